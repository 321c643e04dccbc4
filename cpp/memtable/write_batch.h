// The writes of one commit, collected. They are kept encoded, as they stand in the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/memtable/batch_format.h"

namespace lsmkit {

class WriteBatch {
 public:
  // These throw InvalidArgument, and leave the batch as it was, when the key, the value or the
  // batch would be too large.
  void put(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  // Adds the ops of `other`, in order.
  void append(const WriteBatch& other);
  void clear();
  // Makes room for ops of together so many bytes of keys and values.
  void reserve(size_t ops, uint64_t bytes);

  bool empty() const { return op_count_ == 0; }
  size_t op_count() const { return op_count_; }
  uint64_t weight() const { return weight_; }  // of all ops, also of those overwritten within
  uint64_t encoded_bytes() const { return ops_.size(); }
  std::string_view ops() const { return ops_; }  // what follows the batch header in the log

  // f(Kind, std::string_view key, std::string_view value) for every op, in order.
  template <class F>
  void for_each(F&& f) const {
    for_each_op(ops_, f);
  }

 private:
  void add(Kind kind, std::string_view key, std::string_view value);

  std::string ops_;
  uint32_t op_count_ = 0;
  uint64_t weight_ = 0;
};

// Throw InvalidArgument, naming the size and the limit, for what a database does not take.
void check_key_size(size_t key_bytes);
void check_value_size(size_t value_bytes);
void check_batch_size(uint64_t ops_bytes);

}  // namespace lsmkit
