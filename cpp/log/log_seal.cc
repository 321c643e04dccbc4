#include "lsmkit/log/log_seal.h"

#include "lsmkit/bytes/coding.h"

namespace lsmkit {
namespace {

// Odd tags must be understood, even ones may be skipped.
enum Tag : uint64_t { kSuccessor = 1, kLastSeqno = 3 };

void put_number(std::string& out, Tag tag, uint64_t value) {
  put_varint(out, tag);
  put_varint(out, varint_bytes(value));
  put_varint(out, value);
}

uint64_t take_number(std::string_view value) {
  Decoder d(value);
  const uint64_t number = d.take_varint();
  if (!d.empty()) throw DecodeError("a number with bytes after it");
  return number;
}

}  // namespace

std::string encode(const LogSeal& seal) {
  std::string out;
  put_number(out, kSuccessor, static_cast<uint64_t>(seal.successor));
  put_number(out, kLastSeqno, seal.last_seqno);
  return out;
}

LogSeal decode_log_seal(std::string_view payload) {
  LogSeal seal;
  Decoder d(payload);
  while (!d.empty()) {
    const uint64_t tag = d.take_varint();
    const std::string_view value = d.take_length_prefixed();
    if (tag == kSuccessor) {
      seal.successor = LogNumber{take_number(value)};
    } else if (tag == kLastSeqno) {
      seal.last_seqno = take_number(value);
    } else if (tag % 2 == 1) {
      throw NotSupported("a log's seal was written by a newer lsmkit: it has tag " +
                         std::to_string(tag));
    }
  }
  return seal;
}

}  // namespace lsmkit
