#include "lsmkit/sst/block.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {

namespace {

// Whether (a, a_seqno) comes before (b, b_seqno). If so, adds to `in_common` what both begin with.
bool precedes(std::string_view a, Seqno a_seqno, std::string_view b, Seqno b_seqno,
              size_t* in_common) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t same = 0;
  while (same < shorter && a[same] == b[same]) ++same;
  const bool before =
      same < shorter ? static_cast<unsigned char>(a[same]) < static_cast<unsigned char>(b[same])
      : a.size() != b.size() ? a.size() < b.size()
                             : a_seqno > b_seqno;
  if (before) *in_common += same;
  return before;
}

}  // namespace

// What stands before an entry's own key bytes, and where those begin.
struct BlockCursor::EntryHead {
  uint64_t shared, own, value_bytes, seqno_delta;
  uint8_t kind;
  const char* body;
};

// The numbers at the front of the entry at `at`, which follows a key of `key_before` bytes. Nearly
// always each number is a single byte.
BlockCursor::EntryHead BlockCursor::decode_head(const Block& block, uint32_t at,
                                                size_t key_before) {
  const char* p = block.data() + at;
  const char* const limit = block.data() + block.entries_end();
  EntryHead h;
  uint64_t value_and_kind;
  if ((p = load_varint(p, limit, &h.shared)) == nullptr ||
      (p = load_varint(p, limit, &h.own)) == nullptr ||
      (p = load_varint(p, limit, &value_and_kind)) == nullptr) {
    throw DecodeError("an entry's lengths run out of the block");
  }
  h.seqno_delta = 0;
  if (!block.seqnos_are_zero() && (p = load_varint(p, limit, &h.seqno_delta)) == nullptr) {
    throw DecodeError("an entry's seqno runs out of the block");
  }
  h.kind = static_cast<uint8_t>(value_and_kind & ((1u << kEntryKindBits) - 1));
  h.value_bytes = value_and_kind >> kEntryKindBits;
  if (h.kind == 0 || h.kind > kLastKind) throw DecodeError("an entry of an unknown kind");
  const auto left = static_cast<uint64_t>(limit - p);
  if (h.own > left || h.value_bytes > left - h.own) {
    throw DecodeError("an entry runs out of the block");
  }
  if (h.shared > key_before) throw DecodeError("a key that shares more than there is");
  if (h.shared + h.own > kMaxKeyBytes) throw DecodeError("a key that is too long");
  if (h.seqno_delta > kMaxSeqno - block.base_seqno())
    throw DecodeError("a seqno that is too large");
  h.body = p;
  return h;
}

std::shared_ptr<Block> Block::with_room(size_t size) {
  static_assert(std::is_trivially_destructible_v<Block>);
  using Piece = std::max_align_t;
  const size_t pieces = (sizeof(Block) + size + sizeof(Piece) - 1) / sizeof(Piece);
  auto memory = std::make_shared_for_overwrite<Piece[]>(pieces);
  Block* const block = new (memory.get()) Block(size);
  return {std::move(memory), block};
}

void Block::parse() {
  if (size_ < 1 + 4 || size_ > UINT32_MAX) throw DecodeError("a block of impossible size");
  const char* const p = data();
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
  for (uint32_t i = 0; i < std::min(restart_count_, kNearRestarts); ++i) {
    near_restarts_[i] = load_fixed<uint32_t>(p + entries_end_ + 4 * size_t{i});
  }
  if (near_restarts_[0] != entries_begin_) {
    throw DecodeError("a block whose first restart is not its first entry");
  }
}

uint32_t Block::restart_offset(uint32_t index) const {
  const uint32_t offset = index < kNearRestarts
                              ? near_restarts_[index]
                              : load_fixed<uint32_t>(data() + entries_end_ + 4 * size_t{index});
  if (offset < entries_begin_ || offset >= entries_end_) {
    throw DecodeError("a restart that lies outside of its block");
  }
  return offset;
}

void BlockCursor::decode(uint32_t at) {
  if (at >= block_->entries_end()) {
    entry_ = kNowhere;
    return;
  }
  const EntryHead h = decode_head(*block_, at, key_.size());
  key_.resize(h.shared);
  key_.append(h.body, h.own);
  stand(at, h);
}

// On the entry that `head` was decoded from, whose key is in key_.
void BlockCursor::stand(uint32_t at, const EntryHead& head) {
  seqno_ = block_->base_seqno() + head.seqno_delta;
  kind_ = static_cast<Kind>(head.kind);
  value_ = head.body + head.own;
  value_bytes_ = head.value_bytes;
  entry_ = at;
  next_ = static_cast<uint32_t>(value_ + value_bytes_ - block_->data());
}

void BlockCursor::enter_restart(uint32_t index) {
  restart_ = index;
  key_.clear();
  decode(block_->restart_offset(index));
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
  if (restart_ + 1 == block_->restart_count()) return;
  const uint32_t due = block_->restart_offset(restart_ + 1);
  if (entry_ < due) return;
  // A search begins at restarts, so one that is not as it should be would hide entries from it.
  // (kNowhere is above every offset.)
  if (entry_ > due || block_->data()[entry_] != 0) {
    throw DecodeError("a restart where no entry begins that has all of its key");
  }
  ++restart_;
}

void BlockCursor::prev() {
  const uint32_t here = entry_;
  while (block_->restart_offset(restart_) >= here) {
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
  const EntryHead h = decode_head(*block_, block_->restart_offset(index), 0);
  return compare_internal({h.body, h.own}, block_->base_seqno() + h.seqno_delta, key, seqno);
}

// The last stretch, from `low` on, that begins before the target; `low` if none does.
uint32_t BlockCursor::find_stretch(uint32_t low, std::string_view key, Seqno seqno) const {
  uint32_t high = block_->restart_count();
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    if (compare_restart(middle, key, seqno) < 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

void BlockCursor::seek(std::string_view key, Seqno seqno) {
  restart_ = find_stretch(0, key, seqno);
  walk(block_->restart_offset(restart_), 0, 0, key, seqno);
}

void BlockCursor::seek_onward(std::string_view key, Seqno seqno) {
  size_t in_common = 0;
  if (!precedes(key_, seqno_, key, seqno, &in_common)) return;
  const uint32_t stretch = find_stretch(restart_, key, seqno);
  if (stretch == restart_) {
    walk(next_, key_.size(), in_common, key, seqno);
  } else {
    restart_ = stretch;
    walk(block_->restart_offset(stretch), 0, 0, key, seqno);
  }
}

// From the entry at `at` to the first one that is not before the target; what stands before `at`
// has a key of `key_before` bytes and `in_common` of them with the target. On the way no key is put
// together: of entries before the target it is enough to know how many bytes they have in common
// with it. An entry that shares more with its predecessor than that differs from the target where
// its predecessor does, and so comes before it as well; any other is compared from there on.
void BlockCursor::walk(uint32_t at, size_t key_before, size_t in_common, std::string_view key,
                       Seqno seqno) {
  entry_ = kNowhere;
  while (at < block_->entries_end()) {
    const EntryHead h = decode_head(*block_, at, key_before);
    bool before = h.shared > in_common;
    if (!before) {
      in_common = h.shared;
      before = precedes({h.body, h.own}, block_->base_seqno() + h.seqno_delta,
                        key.substr(in_common), seqno, &in_common);
    }
    if (!before) {
      key_.assign(key.substr(0, h.shared)).append(h.body, h.own);
      stand(at, h);
      const uint32_t after = restart_ + 1;
      if (after < block_->restart_count() && at >= block_->restart_offset(after)) restart_ = after;
      return;
    }
    key_before = h.shared + h.own;
    at = static_cast<uint32_t>(h.body + h.own + h.value_bytes - block_->data());
  }
}

}  // namespace lsmkit
