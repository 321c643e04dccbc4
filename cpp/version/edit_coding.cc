// The bytes of a version edit: FORMAT.md, "Edit".
#include "lsmkit/version/fields.h"
#include "lsmkit/version/version_edit.h"

namespace lsmkit {
namespace {

enum Tag : uint64_t {
  kAdded = 1,
  kReason = 2,
  kRemoved = 3,
  kJob = 4,
  kLastSeqno = 5,
  kScore = 6,
  kNextJob = 7,
  kCursor = 8,
  kNextLog = 9,
  kCounters = 10,
  kOldestLog = 11,
  kFlushedSeqno = 13,
  kHistoryFloor = 15,
  kOptions = 17,
  kTypedCodec = 19,
};
constexpr uint64_t kRepeatable = 1 << kAdded | 1 << kRemoved | 1 << kCursor;

uint32_t take_level(Decoder& in) {
  return static_cast<uint32_t>(in.take_varint_at_most(kMaxLevels - 1));
}

AddedTable take_added(Decoder& in) {
  AddedTable added;
  added.level = take_level(in);
  added.run = in.take_varint();
  added.table = std::make_shared<const TableMeta>(decode_table_meta(in.rest()));
  return added;
}

RemovedTable take_removed(Decoder& in) {
  RemovedTable removed;
  removed.level = take_level(in);
  removed.run = in.take_varint();
  removed.number = TableNumber{in.take_varint()};
  removed.smallest_key = in.rest();
  return removed;
}

bool take_field(VersionEdit& edit, uint64_t tag, Decoder& in) {
  switch (tag) {
    case kAdded:
      edit.added.push_back(take_added(in));
      return true;
    case kReason:
      edit.reason = EditReason{static_cast<uint8_t>(in.take_varint_at_most(255))};
      return true;
    case kRemoved:
      edit.removed.push_back(take_removed(in));
      return true;
    case kJob:
      edit.job = JobNumber{in.take_varint()};
      return true;
    case kLastSeqno:
      edit.last_seqno = in.take_varint_at_most(kMaxSeqno);
      return true;
    case kScore:
      edit.score = take_finite_double(in);
      return true;
    case kNextJob:
      edit.next_job = JobNumber{in.take_varint()};
      return true;
    case kCursor: {
      const uint32_t level = take_level(in);
      if (!edit.cursors.emplace(level, in.rest()).second)
        throw DecodeError("an edit sets one cursor twice");
      return true;
    }
    case kNextLog:
      edit.next_log = LogNumber{in.take_varint()};
      return true;
    case kCounters:
      edit.counters.emplace();
      for (const auto field : kCounterFields) *edit.counters.*field = in.take_varint();
      return true;
    case kOldestLog:
      edit.oldest_log = LogNumber{in.take_varint()};
      return true;
    case kFlushedSeqno:
      edit.flushed_seqno = in.take_varint_at_most(kMaxSeqno);
      return true;
    case kHistoryFloor:
      edit.history_floor = in.take_varint_at_most(kMaxSeqno);
      return true;
    case kOptions:
      edit.options = in.rest();
      return true;
    case kTypedCodec:
      edit.typed_codec = in.rest();
      return true;
    default:
      return false;
  }
}

template <class Number>
void put_optional(std::string& out, uint64_t tag, const std::optional<Number>& number) {
  if (number) put_varint_field(out, tag, static_cast<uint64_t>(*number));
}

}  // namespace

void encode(const VersionEdit& edit, std::string& out) {
  put_unless_zero(out, kReason, static_cast<uint64_t>(edit.reason));
  put_optional(out, kJob, edit.job);
  std::string payload;
  if (edit.score != 0) {
    put_double(payload, edit.score);
    put_field(out, kScore, payload);
  }
  put_optional(out, kLastSeqno, edit.last_seqno);
  put_optional(out, kNextJob, edit.next_job);
  put_optional(out, kNextLog, edit.next_log);
  put_optional(out, kOldestLog, edit.oldest_log);
  put_optional(out, kFlushedSeqno, edit.flushed_seqno);
  put_optional(out, kHistoryFloor, edit.history_floor);
  if (edit.options) put_field(out, kOptions, *edit.options);
  if (edit.typed_codec) put_field(out, kTypedCodec, *edit.typed_codec);
  if (edit.counters) {
    payload.clear();
    for (const auto field : kCounterFields) put_varint(payload, *edit.counters.*field);
    put_field(out, kCounters, payload);
  }
  for (const auto& [level, key] : edit.cursors) {
    payload.clear();
    put_varint(payload, level);
    payload += key;
    put_field(out, kCursor, payload);
  }
  for (const RemovedTable& removed : edit.removed) {
    payload.clear();
    put_varint(payload, removed.level);
    put_varint(payload, removed.run);
    put_varint(payload, static_cast<uint64_t>(removed.number));
    payload += removed.smallest_key;
    put_field(out, kRemoved, payload);
  }
  for (const AddedTable& added : edit.added) {
    payload.clear();
    put_varint(payload, added.level);
    put_varint(payload, added.run);
    encode(*added.table, payload);
    put_field(out, kAdded, payload);
  }
  put_unknown_fields(out, edit.unknown);
}

VersionEdit decode_version_edit(std::string_view bytes) {
  VersionEdit edit;
  decode_fields(bytes, "version edit", kRepeatable, edit.unknown,
                [&](uint64_t tag, Decoder& in) { return take_field(edit, tag, in); });
  return edit;
}

std::string_view name_of(EditReason reason) {
  switch (reason) {
    case EditReason::kNone:
      return "none";
    case EditReason::kOpen:
      return "open";
    case EditReason::kFlush:
      return "flush";
    case EditReason::kRecoveryFlush:
      return "recovery flush";
    case EditReason::kL0ToBase:
      return "L0 to base";
    case EditReason::kIntraL0:
      return "within L0";
    case EditReason::kLevelFull:
      return "level full";
    case EditReason::kManual:
      return "manual";
    case EditReason::kLevelDrain:
      return "level drain";
    case EditReason::kSpaceAmp:
      return "space amplification";
    case EditReason::kSizeRatio:
      return "size ratio";
    case EditReason::kRunCount:
      return "run count";
    case EditReason::kTierFull:
      return "tier full";
    case EditReason::kGather:
      return "gather";
    case EditReason::kFifoWeight:
      return "fifo weight";
    case EditReason::kFifoAge:
      return "fifo age";
    case EditReason::kTombstones:
      return "tombstones";
    case EditReason::kElision:
      return "elision";
    case EditReason::kCustom:
      return "custom";
    case EditReason::kTwoLevels:
      return "two levels";
  }
  return "unknown";
}

}  // namespace lsmkit
