// The bytes of an event: tag-length-value fields as in version/FORMAT.md (odd tags must be
// understood, even ones may be skipped).
//
//    1 kind         byte                     2 number       varint      3 times    monotonic, wall
//    4 job          varint                   6 reason       byte        8 score    fixed64
//   10 levels       input, output varints   12 read         bytes, weight
//   14 written      bytes, weight           16 entries      in, out, dropped
//   18 duration     varint, microseconds    20 last seqno   varint     22 counters 17 varints
//   24 text         bytes                   26 removed *    rectangle  28 added *  rectangle
//
//   rectangle := kind byte, number, level, run, smallest seqno, largest seqno, weight, file bytes,
//                entries, tombstones varints, smallest key (length varint + bytes), largest key
//                (rest)
#include "lsmkit/trace/event.h"
#include "lsmkit/version/fields.h"

namespace lsmkit {
namespace {

enum Tag : uint64_t {
  kKind = 1,
  kNumber = 2,
  kTimes = 3,
  kJob = 4,
  kReason = 6,
  kScore = 8,
  kLevels = 10,
  kRead = 12,
  kWritten = 14,
  kEntries = 16,
  kDuration = 18,
  kLastSeqno = 20,
  kCounters = 22,
  kText = 24,
  kRemoved = 26,
  kAdded = 28,
};
constexpr uint64_t kRepeatable = 1 << kRemoved | 1 << kAdded;

std::string varints(std::initializer_list<uint64_t> numbers) {
  std::string out;
  for (const uint64_t number : numbers) put_varint(out, number);
  return out;
}

// Left out if all are zero.
void put_varints(std::string& out, uint64_t tag, std::initializer_list<uint64_t> numbers) {
  for (const uint64_t number : numbers)
    if (number != 0) return put_field(out, tag, varints(numbers));
}

std::string rectangle_bytes(const Rectangle& r) {
  std::string out(1, static_cast<char>(r.kind));
  out += varints({r.number, r.level, r.run, r.smallest_seqno, r.largest_seqno, r.weight,
                  r.file_bytes, r.entry_count, r.tombstone_count});
  put_length_prefixed(out, r.smallest_key);
  return out + r.largest_key;
}

Rectangle take_rectangle(Decoder& in) {
  Rectangle r;
  r.kind = Rectangle::Kind{in.take_byte()};
  r.number = in.take_varint();
  r.level = static_cast<uint32_t>(in.take_varint_at_most(kMaxLevels - 1));
  r.run = in.take_varint();
  r.smallest_seqno = in.take_varint();
  r.largest_seqno = in.take_varint();
  r.weight = in.take_varint();
  r.file_bytes = in.take_varint();
  r.entry_count = in.take_varint();
  r.tombstone_count = in.take_varint();
  r.smallest_key = in.take_length_prefixed();
  r.largest_key = in.rest();
  return r;
}

bool take_field(Event& e, uint64_t tag, Decoder& in) {
  switch (tag) {
    case kKind:
      e.kind = EventKind{in.take_byte()};
      return true;
    case kNumber:
      e.number = in.take_varint();
      return true;
    case kTimes:
      e.time_us = in.take_varint();
      e.wall_us = in.take_varint();
      return true;
    case kJob:
      e.job = JobNumber{in.take_varint()};
      return true;
    case kReason:
      e.reason = EditReason{in.take_byte()};
      return true;
    case kScore:
      e.score = take_finite_double(in);
      return true;
    case kLevels:
      e.input_level = static_cast<uint32_t>(in.take_varint_at_most(kMaxLevels - 1));
      e.output_level = static_cast<uint32_t>(in.take_varint_at_most(kMaxLevels - 1));
      return true;
    case kRead:
      e.read_bytes = in.take_varint();
      e.read_weight = in.take_varint();
      return true;
    case kWritten:
      e.written_bytes = in.take_varint();
      e.written_weight = in.take_varint();
      return true;
    case kEntries:
      e.in_entries = in.take_varint();
      e.out_entries = in.take_varint();
      e.dropped_entries = in.take_varint();
      return true;
    case kDuration:
      e.duration_us = in.take_varint();
      return true;
    case kLastSeqno:
      e.last_seqno = in.take_varint();
      return true;
    case kCounters:
      e.counters.emplace();
      for (const auto field : kCounterFields) *e.counters.*field = in.take_varint();
      return true;
    case kText:
      e.text = in.rest();
      return true;
    case kRemoved:
      e.removed.push_back(take_rectangle(in));
      return true;
    case kAdded:
      e.added.push_back(take_rectangle(in));
      return true;
    default:
      return false;
  }
}

}  // namespace

void encode(const Event& e, std::string& out) {
  put_field(out, kKind, std::string(1, static_cast<char>(e.kind)));
  put_unless_zero(out, kNumber, e.number);
  put_varints(out, kTimes, {e.time_us, e.wall_us});
  put_unless_zero(out, kJob, static_cast<uint64_t>(e.job));
  if (e.reason != EditReason::kNone)
    put_field(out, kReason, std::string(1, static_cast<char>(e.reason)));
  std::string payload;
  if (e.score != 0) {
    put_double(payload, e.score);
    put_field(out, kScore, payload);
  }
  put_varints(out, kLevels, {e.input_level, e.output_level});
  put_varints(out, kRead, {e.read_bytes, e.read_weight});
  put_varints(out, kWritten, {e.written_bytes, e.written_weight});
  put_varints(out, kEntries, {e.in_entries, e.out_entries, e.dropped_entries});
  put_unless_zero(out, kDuration, e.duration_us);
  put_unless_zero(out, kLastSeqno, e.last_seqno);
  if (e.counters) {
    payload.clear();
    for (const auto field : kCounterFields) put_varint(payload, *e.counters.*field);
    put_field(out, kCounters, payload);
  }
  if (!e.text.empty()) put_field(out, kText, e.text);
  for (const Rectangle& r : e.removed) put_field(out, kRemoved, rectangle_bytes(r));
  for (const Rectangle& r : e.added) put_field(out, kAdded, rectangle_bytes(r));
  put_unknown_fields(out, e.unknown);
}

Event decode_event(std::string_view bytes) {
  Event event;
  bool has_kind = false;
  decode_fields(bytes, "event", kRepeatable, event.unknown, [&](uint64_t tag, Decoder& in) {
    has_kind = has_kind || tag == kKind;
    return take_field(event, tag, in);
  });
  if (!has_kind) throw DecodeError("an event has no kind");
  return event;
}

}  // namespace lsmkit
