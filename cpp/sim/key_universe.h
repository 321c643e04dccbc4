// All keys that a run may meet, sorted before it begins: a record then holds its key's rank, and
// the bytes are looked up where somebody asks for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/sim/shared_prefixes.h"

namespace lsmkit {

using KeyRank = uint32_t;

class KeyUniverse {
 public:
  // Sorts them; equal ones become one. Throws InvalidArgument for a key that is too long, for none
  // at all, and for more than fit a KeyRank.
  explicit KeyUniverse(std::vector<std::string> keys);

  uint64_t size() const { return size_; }
  // Requires: rank < size(). Valid while the universe lives.
  std::string_view key(KeyRank rank) const {
    if (width_ != 0) return {bytes_.data() + uint64_t{rank} * width_, width_};
    return {bytes_.data() + ends_[rank], ends_[rank + 1] - ends_[rank]};
  }
  bool have_one_width() const { return width_ != 0; }
  size_t key_bytes(KeyRank rank) const { return width_ != 0 ? width_ : key(rank).size(); }
  const SharedPrefixes& shared_prefixes() const { return shared_prefixes_; }
  // That both begin with. Requires: a < b.
  size_t shared_bytes(KeyRank a, KeyRank b) const {
    return shared_prefixes_.are_known() && b - a <= SharedPrefixes::kFar
               ? shared_prefixes_.shared_bytes(a, b)
               : common_prefix_bytes(key(a), key(b));
  }
  std::vector<std::string> all() const;
  std::optional<KeyRank> rank_of(std::string_view key) const;
  // Likewise, of a key at or above that of `from`: quick if it is near.
  std::optional<KeyRank> rank_of(std::string_view key, KeyRank from) const;
  // How many keys lie below `bound`, or at it if `inclusive`; it need not be one of them.
  uint64_t count_below(std::string_view bound, bool inclusive) const;

 private:
  // The eight bytes after what all keys begin with.
  uint64_t landmark(std::string_view key) const { return key_prefix(key.substr(shared_bytes_)); }

  std::string bytes_;
  size_t width_ = 0;            // of all keys; 0: they differ
  std::vector<uint64_t> ends_;  // where they differ: of each key, after a zero
  uint64_t size_ = 0;
  size_t shared_bytes_ = 0;  // that all keys begin with
  SharedPrefixes shared_prefixes_;
  std::vector<uint64_t> landmarks_;  // of every so many keys, the first of all on
};

}  // namespace lsmkit
