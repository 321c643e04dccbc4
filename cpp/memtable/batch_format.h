// The bytes of a commit in the log: a batch header, then its ops. FORMAT.md draws them.
//
// The record of a single op can be put together from pieces without allocating:
//
//   encode_batch_header, encode_op_head, the key, and for a put encode_value_head, the value
#pragma once

#include <cstdint>
#include <string_view>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {

struct BatchHeader {
  Seqno seqno = 0;
  uint32_t op_count = 0;
  uint8_t flags = 0;  // none is defined yet
};

// Room that each of these needs at `to`; they return the bytes written.
inline constexpr size_t kMaxBatchHeaderBytes = 8 + kMaxVarint32Bytes;
inline constexpr size_t kMaxOpHeadBytes = 1 + 3;
inline constexpr size_t kMaxValueHeadBytes = kMaxVarint32Bytes;
size_t encode_batch_header(char* to, const BatchHeader& header);
size_t encode_op_head(char* to, Kind kind, size_t key_bytes);  // stands before the key
size_t encode_value_head(char* to, size_t value_bytes);        // between key and value of a put

// One op; a delete's value is empty.
struct BatchOp {
  Kind kind;
  std::string_view key;
  std::string_view value;
};

// Reads the next op. Throws DecodeError.
BatchOp take_op(Decoder& ops);

// f(Kind, std::string_view key, std::string_view value) for every op, in order.
template <class F>
void for_each_op(std::string_view ops, F&& f) {
  Decoder rest(ops);
  while (!rest.empty()) {
    const BatchOp op = take_op(rest);
    f(op.kind, op.key, op.value);
  }
}

// A log record taken apart. The views point into the record.
struct DecodedBatch {
  BatchHeader header;
  std::string_view ops;

  template <class F>
  void for_each(F&& f) const {
    for_each_op(ops, f);
  }
};

// Checks the whole record, so that nothing of it need be applied before all of it is known to be
// sound. Throws DecodeError.
DecodedBatch decode_batch(std::string_view record);

}  // namespace lsmkit
