// Builds one data block: prefix-compressed entries with a full key every `restart_interval`
// entries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

class BlockBuilder {
 public:
  explicit BlockBuilder(uint32_t restart_interval) : restart_interval_(restart_interval) {}

  // Requires: in internal order; the caller checks.
  void add(const Entry& entry);
  bool empty() const { return entries_.empty(); }
  // The raw block, valid until the next call of any member; the builder is empty again after
  // reset().
  std::string_view finish();
  void reset();

 private:
  struct Pending {
    uint32_t key_at;
    uint32_t key_bytes;
    uint64_t value_at;
    uint64_t value_bytes;
    Seqno seqno;
    Kind kind;
  };

  const uint32_t restart_interval_;
  std::string bytes_;  // keys and values as added; encoded when all seqnos are known
  std::vector<Pending> entries_;
  std::string block_;
};

}  // namespace lsmkit
