#include "lsmkit/memtable/write_batch.h"

#include <limits>

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
  check_size("batch", grown, kMaxBatchBytes);
  if (grown > ops_.capacity()) ops_.reserve(grown);  // from here on nothing can fail
  ops_.append(op_head, op_head_bytes);
  ops_.append(key);
  ops_.append(value_head, value_head_bytes);
  ops_.append(value);
  ++op_count_;
  weight_ += weight_of(key.size(), value.size());
}

void WriteBatch::append(const WriteBatch& other) {
  check_size("batch", ops_.size() + other.ops_.size(), kMaxBatchBytes);
  ops_.append(other.ops_);
  op_count_ += other.op_count_;
  weight_ += other.weight_;
}

void WriteBatch::clear() {
  ops_.clear();
  op_count_ = 0;
  weight_ = 0;
}

size_t encode_batch_header(char* to, const BatchHeader& header) {
  store_fixed(to, header.seqno << 8 | header.flags);
  return static_cast<size_t>(store_varint(to + 8, header.op_count) - to);
}

size_t encode_op_head(char* to, Kind kind, size_t key_bytes) {
  to[0] = static_cast<char>(kind);
  return static_cast<size_t>(store_varint(to + 1, key_bytes) - to);
}

size_t encode_value_head(char* to, size_t value_bytes) {
  return static_cast<size_t>(store_varint(to, value_bytes) - to);
}

BatchOp take_op(Decoder& ops) {
  const uint8_t kind = ops.take_byte();
  if (kind != static_cast<uint8_t>(Kind::kPut) && kind != static_cast<uint8_t>(Kind::kDelete)) {
    throw DecodeError("unknown op kind " + std::to_string(kind));
  }
  BatchOp op{static_cast<Kind>(kind), ops.take(ops.take_varint_at_most(kMaxKeyBytes)), {}};
  if (op.kind == Kind::kPut) op.value = ops.take(ops.take_varint_at_most(kMaxValueBytes));
  return op;
}

DecodedBatch decode_batch(std::string_view record) {
  Decoder d(record);
  DecodedBatch batch;
  const uint64_t seqno_and_flags = d.take_fixed64();
  batch.header.seqno = seqno_and_flags >> 8;
  batch.header.flags = static_cast<uint8_t>(seqno_and_flags);
  if (batch.header.seqno == 0) throw DecodeError("a batch with seqno 0");
  if (batch.header.flags != 0) {
    throw DecodeError("unknown batch flags " + std::to_string(batch.header.flags));
  }
  batch.header.op_count =
      static_cast<uint32_t>(d.take_varint_at_most(std::numeric_limits<uint32_t>::max()));
  batch.ops = d.rest();
  if (batch.ops.size() > kMaxBatchBytes) throw DecodeError("a batch above 2 GiB");

  uint64_t found = 0;
  for_each_op(batch.ops, [&](Kind, std::string_view, std::string_view) { ++found; });
  if (found != batch.header.op_count) {
    throw DecodeError("a batch of " + std::to_string(found) + " ops that says " +
                      std::to_string(batch.header.op_count));
  }
  return batch;
}

}  // namespace lsmkit
