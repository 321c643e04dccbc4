// What is known of a table without opening it: plain data, kept in the MANIFEST.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

// An end of a table's key range. `exclusive` is for range tombstones cut at [a, m): the table then
// covers keys below m only. All other bounds are inclusive.
struct TableBound {
  std::string key;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  bool exclusive = false;
  bool operator==(const TableBound&) const = default;
};

// A key inside the table and the weight of all entries before it; evenly spaced by weight.
struct KeySample {
  std::string key;  // cut to kMaxSampleBytes
  uint64_t weight_before = 0;
  bool operator==(const KeySample&) const = default;
};
inline constexpr size_t kMaxKeySamples = 16;
inline constexpr size_t kMaxSampleBytes = 32;

enum class Codec : uint8_t { kNone = 0, kZstd = 1 };

// Fields of a format that this build doesn't know and may skip: tag and payload, kept verbatim.
using UnknownFields = std::vector<std::pair<uint64_t, std::string>>;

struct TableMeta {
  TableNumber number{};
  uint64_t id = 0;  // random; block checksums are bound to it
  uint32_t keyspace = 0;
  TableBound smallest;
  TableBound largest;
  uint64_t weight = 0;      // decides
  uint64_t file_bytes = 0;  // is only reported
  uint64_t key_bytes = 0;
  uint64_t value_bytes = 0;
  uint64_t entry_count = 0;
  uint64_t tombstone_count = 0;
  uint64_t range_tombstone_count = 0;
  Seqno smallest_seqno = 0;
  Seqno largest_seqno = 0;
  Seqno ingest_seqno = 0;           // 0: not ingested
  uint64_t created_us = 0;          // wall clock; for people
  uint64_t earliest_expiry_us = 0;  // 0: none
  uint64_t latest_expiry_us = 0;
  Codec codec = Codec::kNone;
  std::vector<KeySample> samples;
  UnknownFields unknown;
  bool operator==(const TableMeta&) const = default;
};
using TableRef = std::shared_ptr<const TableMeta>;

// Whether all keys of the table lie below / above `key`.
inline bool ends_before(const TableMeta& table, std::string_view key) {
  const int order = std::string_view(table.largest.key).compare(key);
  return order < 0 || (order == 0 && table.largest.exclusive);
}
inline bool starts_after(const TableMeta& table, std::string_view key) {
  return table.smallest.key > key;
}

// Whether the bounds are the right way round.
inline bool covers_something(const TableMeta& table) {
  return !ends_before(table, table.smallest.key);
}

// Table numbers pack who made them: job, part of the job, position within the part. So the executor
// numbers outputs without asking anyone, in whatever order parts finish.
inline constexpr unsigned kPositionBits = 20;
inline constexpr unsigned kPartBits = 8;
inline constexpr JobNumber kLastJobNumber{UINT64_MAX >> (kPartBits + kPositionBits)};
constexpr TableNumber pack_table_number(JobNumber job, uint32_t part, uint32_t position) {
  return TableNumber{(static_cast<uint64_t>(job) << (kPartBits + kPositionBits)) |
                     (static_cast<uint64_t>(part) << kPositionBits) | position};
}
constexpr JobNumber job_of(TableNumber n) {
  return JobNumber{static_cast<uint64_t>(n) >> (kPartBits + kPositionBits)};
}
constexpr uint32_t part_of(TableNumber n) {
  return static_cast<uint32_t>(static_cast<uint64_t>(n) >> kPositionBits) & ((1u << kPartBits) - 1);
}
constexpr uint32_t position_of(TableNumber n) {
  return static_cast<uint32_t>(static_cast<uint64_t>(n)) & ((1u << kPositionBits) - 1);
}

// The fields of FORMAT.md, "Table meta". Decoding throws DecodeError (damage) or NotSupported (an
// odd tag that this build doesn't know).
void encode(const TableMeta& table, std::string& out);
TableMeta decode_table_meta(std::string_view bytes);

}  // namespace lsmkit
