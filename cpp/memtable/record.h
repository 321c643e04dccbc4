// An entry as it lies in a memtable's arena, in one piece and never changed:
//
//   byte  0   8   seqno << 8 | kind
//         8   4   value length
//        12   2   key length
//        14       key, then value
#pragma once

#include <cstring>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/key.h"
#include "lsmkit/memtable/arena.h"

namespace lsmkit {

class Record {
 public:
  // Copies an entry into the arena.
  // Requires: its lengths are within kMaxKeyBytes and kMaxValueBytes, its seqno within kMaxSeqno.
  static Record copy(Arena& arena, const Entry& entry) {
    char* p = arena.allocate(kHeadBytes + entry.key.size() + entry.value.size());
    store_fixed(p, entry.seqno << 8 | static_cast<uint8_t>(entry.kind));
    store_fixed(p + 8, static_cast<uint32_t>(entry.value.size()));
    store_fixed(p + 12, static_cast<uint16_t>(entry.key.size()));
    if (!entry.key.empty()) std::memcpy(p + kHeadBytes, entry.key.data(), entry.key.size());
    if (!entry.value.empty()) {
      std::memcpy(p + kHeadBytes + entry.key.size(), entry.value.data(), entry.value.size());
    }
    return Record(p);
  }

  Record() = default;  // null: no record
  explicit Record(const char* address) : p_(address) {}

  explicit operator bool() const { return p_ != nullptr; }
  const char* address() const { return p_; }
  Seqno seqno() const { return load_fixed<uint64_t>(p_) >> 8; }
  Kind kind() const { return static_cast<Kind>(p_[0]); }
  std::string_view key() const { return {p_ + kHeadBytes, key_bytes()}; }
  std::string_view value() const {
    return {p_ + kHeadBytes + key_bytes(), load_fixed<uint32_t>(p_ + 8)};
  }
  uint64_t weight() const { return weight_of(key_bytes(), load_fixed<uint32_t>(p_ + 8)); }

 private:
  static constexpr size_t kHeadBytes = 14;
  size_t key_bytes() const { return load_fixed<uint16_t>(p_ + 12); }

  const char* p_ = nullptr;
};

}  // namespace lsmkit
