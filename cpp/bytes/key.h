// What a record is: user key, seqno, kind, value; how records are ordered, and what they weigh.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace lsmkit {

// The number of a commit, from 1. All entries of one commit share it. 0 means "older than
// everything that anyone can ask about": compaction zeroes seqnos that nobody can tell apart.
using Seqno = uint64_t;
inline constexpr Seqno kMaxSeqno = (uint64_t{1} << 56) - 1;

enum class TableNumber : uint64_t {};  // Names a table file; packs (job, part, position).
enum class LogNumber : uint64_t {};    // Names a log file; logs count apart from tables.
enum class JobNumber : uint64_t {};    // Grows with every flush and compaction.

// What an entry does to its key. On disk this is one byte.
enum class Kind : uint8_t {
  kPut = 1,
  kDelete = 2,
  // Reserved, so that what comes later needs no new format.
  kMerge = 3,
  kRangeDelete = 4,
  kPutExpiring = 5,
  kBlobReference = 6,
  kTimeMark = 7,
};
inline constexpr uint8_t kLastKind = 7;

inline constexpr size_t kMaxKeyBytes = 65'535;
inline constexpr uint64_t kMaxValueBytes = uint64_t{1} << 30;
inline constexpr uint64_t kMaxBatchBytes = uint64_t{1} << 31;

// One sorted thing. The views belong to whoever hands the entry out.
struct Entry {
  std::string_view key;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  std::string_view value;
};

// Weight decides (when a memtable is sealed, where a table is cut, what a level scores); file bytes
// are only reported. Key + value + 8 bytes per record, before any compression.
inline constexpr uint64_t kRecordOverheadWeight = 8;
constexpr uint64_t weight_of(size_t key_bytes, size_t value_bytes) {
  return key_bytes + value_bytes + kRecordOverheadWeight;
}
constexpr uint64_t weight_of(const Entry& e) {
  return weight_of(e.key.size(), e.value.size());
}

// The first 8 bytes of a key as a number that compares as the bytes do; short keys are padded with
// zeros, so equal prefixes say nothing and the bytes must be compared.
inline uint64_t key_prefix(std::string_view key) {
  uint64_t prefix = 0;
  if (key.size() >= 8) {
    std::memcpy(&prefix, key.data(), 8);
  } else if (!key.empty()) {
    std::memcpy(&prefix, key.data(), key.size());
  }
  return __builtin_bswap64(prefix);
}

inline size_t common_prefix_bytes(std::string_view a, std::string_view b) {
  const size_t most = a.size() < b.size() ? a.size() : b.size();
  size_t n = 0;
  for (; n + 8 <= most; n += 8) {
    uint64_t x, y;
    std::memcpy(&x, a.data() + n, 8);
    std::memcpy(&y, b.data() + n, 8);
    if (x != y) return n + static_cast<size_t>(__builtin_ctzll(x ^ y)) / 8;  // little-endian
  }
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

// Internal order: user key ascending by bytes, then seqno descending (newest first). (user key,
// seqno) is unique within a database, except for seqno 0, which only the oldest run of a key holds.
inline int compare_internal(std::string_view a_key, Seqno a_seqno, std::string_view b_key,
                            Seqno b_seqno) {
  const int by_key = a_key.compare(b_key);
  if (by_key != 0) return by_key;
  return a_seqno > b_seqno ? -1 : a_seqno < b_seqno ? 1 : 0;
}

// The smallest key above every key that starts with `prefix`; false if there is none.
inline bool prefix_end(std::string_view prefix, std::string& end) {
  end = prefix;
  while (!end.empty()) {
    if (static_cast<unsigned char>(end.back()) != 0xff) {
      end.back() = static_cast<char>(end.back() + 1);
      return true;
    }
    end.pop_back();
  }
  return false;
}

}  // namespace lsmkit
