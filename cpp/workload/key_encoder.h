// Bytes of a key from its id, and the id from the bytes. Every key of a workload is equally long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// Behind a key, it makes one that nobody ever put.
inline constexpr char kAbsentKeyEnd = '!';

class KeyEncoder {
 public:
  // Requires: checked.
  explicit KeyEncoder(const KeyEncoding& encoding);

  size_t key_bytes() const { return key_bytes_; }
  // Ids below this have keys; an id at or above it makes encode throw InvalidArgument.
  uint64_t id_limit() const { return id_limit_; }

  // Replaces `out`.
  void encode(uint64_t id, std::string& out) const;
  // A key that no id has, right behind the key of `id`: that with a byte more.
  void encode_absent(uint64_t id, std::string& out) const;
  // The id of a key, none for what no id is encoded as.
  std::optional<uint64_t> decode(std::string_view key) const;

  // Whether keys are in the order of their ids.
  bool keeps_order() const;
  // The ids below `key_count` in the order of their keys. O(n) memory, O(n log n) time where the
  // order is not kept.
  std::vector<uint64_t> ids_in_key_order(uint64_t key_count) const;

 private:
  KeyEncoding encoding_;
  size_t key_bytes_;
  uint64_t id_limit_;
};

}  // namespace lsmkit
