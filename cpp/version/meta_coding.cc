// The bytes of a table meta: FORMAT.md, "Table meta".
#include <cmath>
#include <limits>

#include "lsmkit/version/fields.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {
namespace {

enum Tag : uint64_t {
  kNumber = 1,
  kKeyBytes = 2,
  kSmallest = 3,
  kValueBytes = 4,
  kLargest = 5,
  kCreated = 6,
  kWeight = 7,
  kCodec = 8,
  kFileBytes = 9,
  kEarliestExpiry = 10,
  kEntries = 11,
  kLatestExpiry = 12,
  kTombstones = 13,
  kSamples = 14,
  kRangeTombstones = 15,
  kSeqnoSpan = 17,
  kTableId = 19,
  kIngestSeqno = 21,
  kKeyspace = 23,
};

void require(bool ok, const char* what) {
  if (!ok) throw DecodeError(std::string("table meta: ") + what);
}

std::string bound_bytes(const TableBound& bound) {
  std::string out;
  put_length_prefixed(out, bound.key);
  put_varint(out, bound.seqno);
  out += static_cast<char>(bound.kind);
  out += static_cast<char>(bound.exclusive ? 1 : 0);
  return out;
}

TableBound take_bound(Decoder& in) {
  TableBound bound;
  bound.key = in.take_length_prefixed();
  require(bound.key.size() <= kMaxKeyBytes, "a bound is longer than a key can be");
  bound.seqno = in.take_varint_at_most(kMaxSeqno);
  const uint8_t kind = in.take_byte();
  require(kind >= 1 && kind <= kLastKind, "a bound has an unknown kind");
  bound.kind = Kind{kind};
  const uint8_t flags = in.take_byte();
  require(flags <= 1, "a bound has unknown flags");
  bound.exclusive = flags == 1;
  return bound;
}

std::string sample_bytes(const std::vector<KeySample>& samples) {
  std::string out;
  for (const KeySample& sample : samples) {
    put_length_prefixed(out, sample.key);
    put_varint(out, sample.weight_before);
  }
  return out;
}

std::vector<KeySample> take_samples(Decoder& in) {
  std::vector<KeySample> samples;
  while (!in.empty()) {
    require(samples.size() < kMaxKeySamples, "too many key samples");
    const std::string_view key = in.take_length_prefixed();
    require(key.size() <= kMaxSampleBytes, "a key sample is too long");
    const uint64_t weight = in.take_varint();
    require(
        samples.empty() || (samples.back().key <= key && samples.back().weight_before <= weight),
        "key samples are out of order");
    samples.push_back({std::string(key), weight});
  }
  return samples;
}

bool take_field(TableMeta& table, uint64_t tag, Decoder& in) {
  switch (tag) {
    case kNumber:
      table.number = TableNumber{in.take_varint()};
      return true;
    case kKeyBytes:
      table.key_bytes = in.take_varint();
      return true;
    case kSmallest:
      table.smallest = take_bound(in);
      return true;
    case kValueBytes:
      table.value_bytes = in.take_varint();
      return true;
    case kLargest:
      table.largest = take_bound(in);
      return true;
    case kCreated:
      table.created_us = in.take_varint();
      return true;
    case kWeight:
      table.weight = in.take_varint();
      return true;
    case kCodec:
      table.codec = Codec{in.take_byte()};
      return true;
    case kFileBytes:
      table.file_bytes = in.take_varint();
      return true;
    case kEarliestExpiry:
      table.earliest_expiry_us = in.take_varint();
      return true;
    case kEntries:
      table.entry_count = in.take_varint();
      return true;
    case kLatestExpiry:
      table.latest_expiry_us = in.take_varint();
      return true;
    case kTombstones:
      table.tombstone_count = in.take_varint();
      return true;
    case kSamples:
      table.samples = take_samples(in);
      return true;
    case kRangeTombstones:
      table.range_tombstone_count = in.take_varint();
      return true;
    case kSeqnoSpan:
      table.smallest_seqno = in.take_varint_at_most(kMaxSeqno);
      table.largest_seqno = in.take_varint_at_most(kMaxSeqno);
      return true;
    case kTableId:
      table.id = in.take_fixed64();
      return true;
    case kIngestSeqno:
      table.ingest_seqno = in.take_varint_at_most(kMaxSeqno);
      return true;
    case kKeyspace:
      table.keyspace =
          static_cast<uint32_t>(in.take_varint_at_most(std::numeric_limits<uint32_t>::max()));
      return true;
    default:
      return false;
  }
}

}  // namespace

double take_finite_double(Decoder& payload) {
  const uint64_t bits = payload.take_fixed64();
  double value;
  std::memcpy(&value, &bits, sizeof value);
  if (!std::isfinite(value)) throw DecodeError("a figure is not finite");
  return value;
}

void encode(const TableMeta& table, std::string& out) {
  put_varint_field(out, kNumber, static_cast<uint64_t>(table.number));
  put_field(out, kSmallest, bound_bytes(table.smallest));
  put_field(out, kLargest, bound_bytes(table.largest));
  put_unless_zero(out, kWeight, table.weight);
  put_unless_zero(out, kFileBytes, table.file_bytes);
  put_unless_zero(out, kEntries, table.entry_count);
  put_unless_zero(out, kTombstones, table.tombstone_count);
  put_unless_zero(out, kRangeTombstones, table.range_tombstone_count);
  if (table.largest_seqno != 0) {
    std::string span;
    put_varint(span, table.smallest_seqno);
    put_varint(span, table.largest_seqno);
    put_field(out, kSeqnoSpan, span);
  }
  if (table.id != 0) {
    std::string id;
    put_fixed64(id, table.id);
    put_field(out, kTableId, id);
  }
  put_unless_zero(out, kIngestSeqno, table.ingest_seqno);
  put_unless_zero(out, kKeyspace, table.keyspace);
  put_unless_zero(out, kKeyBytes, table.key_bytes);
  put_unless_zero(out, kValueBytes, table.value_bytes);
  put_unless_zero(out, kCreated, table.created_us);
  if (table.codec != Codec::kNone)
    put_field(out, kCodec, std::string(1, static_cast<char>(table.codec)));
  put_unless_zero(out, kEarliestExpiry, table.earliest_expiry_us);
  put_unless_zero(out, kLatestExpiry, table.latest_expiry_us);
  if (!table.samples.empty()) put_field(out, kSamples, sample_bytes(table.samples));
  put_unknown_fields(out, table.unknown);
}

TableMeta decode_table_meta(std::string_view bytes) {
  TableMeta table;
  uint64_t seen = 0;
  decode_fields(bytes, "table meta", 0, table.unknown, [&](uint64_t tag, Decoder& in) {
    if (!take_field(table, tag, in)) return false;
    seen |= uint64_t{1} << tag;
    return true;
  });
  const uint64_t required = 1 << kNumber | 1 << kSmallest | 1 << kLargest;
  require((seen & required) == required, "number or bounds are missing");
  require(covers_something(table), "its smallest key is above its largest");
  require(table.smallest_seqno <= table.largest_seqno, "its seqno span is upside down");
  require(table.tombstone_count <= table.entry_count, "it has more tombstones than entries");
  require(table.range_tombstone_count <= table.entry_count,
          "it has more range tombstones than entries");
  require(table.samples.empty() || table.samples.back().weight_before <= table.weight,
          "a key sample lies beyond its weight");
  return table;
}

}  // namespace lsmkit
