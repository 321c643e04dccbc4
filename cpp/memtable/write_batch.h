// The writes of one commit, encoded as they stand in the log. FORMAT.md draws the bytes.
//
// A WriteBatch collects ops. A log record is a batch header and then the ops; for a single put the
// pieces of a record can be made without a WriteBatch and without allocating:
//
//   encode_batch_header, encode_op_head, the key, encode_value_head, the value
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {

// Throw InvalidArgument, naming the size and the limit, for what a database does not take.
void check_key_size(size_t key_bytes);
void check_value_size(size_t value_bytes);

class WriteBatch {
 public:
  // Both throw InvalidArgument, and leave the batch as it was, when the key, the value or the batch
  // would be too large.
  void put(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  // Adds the ops of `other`, in order.
  void append(const WriteBatch& other);
  void clear();

  bool empty() const { return op_count_ == 0; }
  size_t op_count() const { return op_count_; }
  uint64_t weight() const { return weight_; }  // of all ops, also of those overwritten within
  uint64_t encoded_bytes() const { return ops_.size(); }
  std::string_view ops() const { return ops_; }  // as they stand in the log, after the header

  // f(Kind, std::string_view key, std::string_view value) for every op, in order.
  template <class F>
  void for_each(F&& f) const;

 private:
  void add(Kind kind, std::string_view key, std::string_view value);

  std::string ops_;
  uint32_t op_count_ = 0;
  uint64_t weight_ = 0;
};

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

// A log record taken apart. The views point into the record.
struct DecodedBatch {
  BatchHeader header;
  std::string_view ops;

  // f(Kind, std::string_view key, std::string_view value) for every op, in order.
  template <class F>
  void for_each(F&& f) const;
};

// Checks the whole record, so that nothing of it need be applied before all of it is known to be
// sound. Throws DecodeError.
DecodedBatch decode_batch(std::string_view record);

// Reads the op at the front of `ops` and cuts it off. Throws DecodeError.
struct BatchOp {
  Kind kind;
  std::string_view key;
  std::string_view value;
};
BatchOp take_op(Decoder& ops);

template <class F>
void for_each_op(std::string_view ops, F&& f) {
  Decoder rest(ops);
  while (!rest.empty()) {
    const BatchOp op = take_op(rest);
    f(op.kind, op.key, op.value);
  }
}

template <class F>
void WriteBatch::for_each(F&& f) const {
  for_each_op(ops_, f);
}

template <class F>
void DecodedBatch::for_each(F&& f) const {
  for_each_op(ops, f);
}

}  // namespace lsmkit
