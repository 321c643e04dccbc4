#include "lsmkit/memtable/write_batch.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

void check_size(const char* what, uint64_t bytes, uint64_t limit) {
  if (bytes > limit) [[unlikely]] {
    throw InvalidArgument(std::string(what) + " of " + std::to_string(bytes) +
                          " bytes is above the limit of " + std::to_string(limit));
  }
}

}  // namespace

void check_key_size(size_t key_bytes) {
  check_size("key", key_bytes, kMaxKeyBytes);
}

void check_value_size(size_t value_bytes) {
  check_size("value", value_bytes, kMaxValueBytes);
}

void check_batch_size(uint64_t ops_bytes) {
  check_size("batch", ops_bytes, kMaxBatchBytes);
}

void WriteBatch::put(std::string_view key, std::string_view value) {
  check_key_size(key.size());
  check_value_size(value.size());
  add(Kind::kPut, key, value);
}

void WriteBatch::remove(std::string_view key) {
  check_key_size(key.size());
  add(Kind::kDelete, key, {});
}

void WriteBatch::add(Kind kind, std::string_view key, std::string_view value) {
  char op_head[kMaxOpHeadBytes];
  const size_t op_head_bytes = encode_op_head(op_head, kind, key.size());
  char value_head[kMaxValueHeadBytes];
  const size_t value_head_bytes =
      kind == Kind::kPut ? encode_value_head(value_head, value.size()) : 0;

  const uint64_t grown = ops_.size() + op_head_bytes + key.size() + value_head_bytes + value.size();
  check_batch_size(grown);
  if (grown > ops_.capacity()) ops_.reserve(std::max<size_t>(grown, 2 * ops_.capacity()));
  // From here on nothing can fail.
  ops_.append(op_head, op_head_bytes);
  ops_.append(key);
  ops_.append(value_head, value_head_bytes);
  ops_.append(value);
  ++op_count_;
  weight_ += weight_of(key.size(), value.size());
}

void WriteBatch::append(const WriteBatch& other) {
  check_batch_size(ops_.size() + other.ops_.size());
  ops_.append(other.ops_);
  op_count_ += other.op_count_;
  weight_ += other.weight_;
}

void WriteBatch::reserve(size_t ops, uint64_t bytes) {
  ops_.reserve(ops_.size() + ops * (kMaxOpHeadBytes + kMaxValueHeadBytes) + bytes);
}

void WriteBatch::clear() {
  ops_.clear();
  op_count_ = 0;
  weight_ = 0;
}

}  // namespace lsmkit
