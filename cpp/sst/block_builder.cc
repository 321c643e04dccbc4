#include "lsmkit/sst/block_builder.h"

#include <algorithm>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/format/separator.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {
namespace {

char* copy(char* to, std::string_view bytes) {
  std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

void BlockBuilder::add(const Entry& entry) {
  Pending pending;
  pending.key_at = static_cast<uint32_t>(bytes_.size());
  pending.key_bytes = static_cast<uint32_t>(entry.key.size());
  pending.value_at = bytes_.size() + entry.key.size();
  pending.value_bytes = entry.value.size();
  pending.seqno = entry.seqno;
  pending.kind = entry.kind;
  bytes_.append(entry.key);
  bytes_.append(entry.value);
  entries_.push_back(pending);
}

std::string_view BlockBuilder::finish() {
  Seqno base = kMaxSeqno, largest = 0;
  for (const Pending& e : entries_) {
    base = std::min(base, e.seqno);
    largest = std::max(largest, e.seqno);
  }
  const bool zero = largest == 0;
  const size_t restarts = (entries_.size() + restart_interval_ - 1) / restart_interval_;
  // The most that an entry takes beside its bytes: two key lengths, value length, seqno.
  block_.resize(1 + kMaxVarint64Bytes + bytes_.size() + entries_.size() * 24 + 4 * restarts + 4);
  char* at = block_.data();
  *at++ = zero ? static_cast<char>(kBlockSeqnosAreZero) : 0;
  if (!zero) at = store_varint(at, base);
  std::vector<uint32_t> restart_offsets;
  restart_offsets.reserve(restarts);
  std::string_view previous;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Pending& e = entries_[i];
    const std::string_view key = std::string_view(bytes_).substr(e.key_at, e.key_bytes);
    size_t shared = 0;
    if (i % restart_interval_ == 0) {
      restart_offsets.push_back(static_cast<uint32_t>(at - block_.data()));
    } else {
      shared = common_prefix_bytes(previous, key);
    }
    at = store_varint(at, shared);
    at = store_varint(at, key.size() - shared);
    at = store_varint(at, e.value_bytes << kEntryKindBits | static_cast<uint8_t>(e.kind));
    if (!zero) at = store_varint(at, e.seqno - base);
    at = copy(at, key.substr(shared));
    at = copy(at, std::string_view(bytes_).substr(e.value_at, e.value_bytes));
    previous = key;
  }
  for (const uint32_t offset : restart_offsets) {
    store_fixed(at, offset);
    at += 4;
  }
  store_fixed(at, static_cast<uint32_t>(restart_offsets.size()));
  at += 4;
  return {block_.data(), static_cast<size_t>(at - block_.data())};
}

void BlockBuilder::reset() {
  bytes_.clear();
  entries_.clear();
}

}  // namespace lsmkit
