#include "lsmkit/sst/block.h"

#include <utility>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/sst/table_format.h"

namespace lsmkit {
namespace {

struct EntryHead {
  uint64_t shared, own, value_bytes, seqno_delta;
  uint8_t kind;
  const char* body;
};

// The numbers at the front of an entry. Nearly always each is a single byte.
EntryHead decode_head(const char* p, const char* limit, bool zero_seqnos) {
  EntryHead h;
  uint64_t value_and_kind;
  if ((p = load_varint(p, limit, &h.shared)) == nullptr ||
      (p = load_varint(p, limit, &h.own)) == nullptr ||
      (p = load_varint(p, limit, &value_and_kind)) == nullptr) {
    throw DecodeError("an entry's lengths run out of the block");
  }
  h.seqno_delta = 0;
  if (!zero_seqnos && (p = load_varint(p, limit, &h.seqno_delta)) == nullptr) {
    throw DecodeError("an entry's seqno runs out of the block");
  }
  h.kind = static_cast<uint8_t>(value_and_kind & ((1u << kEntryKindBits) - 1));
  h.value_bytes = value_and_kind >> kEntryKindBits;
  if (h.kind == 0 || h.kind > kLastKind) throw DecodeError("an entry of an unknown kind");
  const auto left = static_cast<uint64_t>(limit - p);
  if (h.own > left || h.value_bytes > left - h.own) {
    throw DecodeError("an entry runs out of the block");
  }
  h.body = p;
  return h;
}

}  // namespace

Block::Block(std::unique_ptr<char[]> bytes, size_t size) : bytes_(std::move(bytes)), size_(size) {
  if (size_ < 1 + 4 || size_ > UINT32_MAX) throw DecodeError("a block of impossible size");
  const char* p = bytes_.get();
  const auto flags = static_cast<uint8_t>(*p);
  if ((flags & ~kKnownBlockFlags) != 0) throw DecodeError("a block with unknown flags");
  zero_seqnos_ = (flags & kBlockSeqnosAreZero) != 0;
  restart_count_ = load_fixed<uint32_t>(p + size_ - 4);
  if (restart_count_ == 0 || restart_count_ > (size_ - 5) / 4) {
    throw DecodeError("a block with an impossible number of restarts");
  }
  entries_end_ = static_cast<uint32_t>(size_ - 4 - 4 * size_t{restart_count_});
  const char* begin = p + 1;
  if (!zero_seqnos_) {
    begin = load_varint(begin, p + entries_end_, &base_seqno_);
    if (begin == nullptr || base_seqno_ > kMaxSeqno)
      throw DecodeError("a block with a bad seqno base");
  }
  entries_begin_ = static_cast<uint32_t>(begin - p);
  if (load_fixed<uint32_t>(p + entries_end_) != entries_begin_) {
    throw DecodeError("a block whose first restart is not its first entry");
  }
}

uint32_t BlockCursor::restart_offset(uint32_t index) const {
  const auto offset =
      load_fixed<uint32_t>(block_->data() + block_->entries_end() + 4 * size_t{index});
  if (offset < block_->entries_begin() || offset >= block_->entries_end()) {
    throw DecodeError("a restart that lies outside of its block");
  }
  return offset;
}

void BlockCursor::decode(uint32_t at) {
  if (at >= block_->entries_end()) {
    entry_ = kNowhere;
    return;
  }
  const char* const data = block_->data();
  const EntryHead h =
      decode_head(data + at, data + block_->entries_end(), block_->seqnos_are_zero());
  if (h.shared > key_.size()) throw DecodeError("a key that shares more than there is");
  if (h.shared + h.own > kMaxKeyBytes) throw DecodeError("a key that is too long");
  if (h.seqno_delta > kMaxSeqno - block_->base_seqno())
    throw DecodeError("a seqno that is too large");
  key_.resize(h.shared);
  key_.append(h.body, h.own);
  seqno_ = block_->base_seqno() + h.seqno_delta;
  kind_ = static_cast<Kind>(h.kind);
  value_ = h.body + h.own;
  value_bytes_ = h.value_bytes;
  entry_ = at;
  next_ = static_cast<uint32_t>(value_ + value_bytes_ - data);
}

void BlockCursor::enter_restart(uint32_t index) {
  restart_ = index;
  key_.clear();
  decode(restart_offset(index));
}

void BlockCursor::seek_to_first() {
  enter_restart(0);
}

void BlockCursor::seek_to_last() {
  enter_restart(block_->restart_count() - 1);
  while (valid() && next_ < block_->entries_end()) decode(next_);
}

void BlockCursor::next() {
  decode(next_);
  if (valid() && restart_ + 1 < block_->restart_count() && entry_ >= restart_offset(restart_ + 1)) {
    ++restart_;
  }
}

void BlockCursor::prev() {
  const uint32_t here = entry_;
  while (restart_offset(restart_) >= here) {
    if (restart_ == 0) {
      entry_ = kNowhere;
      return;
    }
    --restart_;
  }
  enter_restart(restart_);
  while (next_ < here) decode(next_);
  if (next_ != here) throw DecodeError("entries that do not follow each other");
}

// The key at a restart is stored whole, so it can be compared where it lies.
int BlockCursor::compare_restart(uint32_t index, std::string_view key, Seqno seqno) const {
  const char* const data = block_->data();
  const EntryHead h = decode_head(data + restart_offset(index), data + block_->entries_end(),
                                  block_->seqnos_are_zero());
  if (h.shared != 0) throw DecodeError("a restart whose key is not whole");
  return compare_internal({h.body, h.own}, block_->base_seqno() + h.seqno_delta, key, seqno);
}

void BlockCursor::seek(std::string_view key, Seqno seqno) {
  // The last stretch that begins before the target.
  uint32_t low = 0, high = block_->restart_count();
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    if (compare_restart(middle, key, seqno) < 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  enter_restart(low);
  while (valid() && compare_internal(key_, seqno_, key, seqno) < 0) next();
}

}  // namespace lsmkit
