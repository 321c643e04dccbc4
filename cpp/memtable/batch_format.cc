#include "lsmkit/memtable/batch_format.h"

#include <limits>
#include <string>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

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
