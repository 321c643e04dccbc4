#include "lsmkit/sst/table_cursor.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {
namespace {

constexpr uint64_t kFirstStretchBytes = 16 << 10;
constexpr uint64_t kLastStretchBytes = 256 << 10;

}  // namespace

// Runs a move of the block's cursor; what it finds wrong is told with file and offset.
template <class Move>
void TableCursor::guarded(Move&& move) {
  try {
    move();
  } catch (const DecodeError& error) {
    const uint64_t offset = table_->index().handle(block_number_).offset;
    block_.reset();
    table_->corrupt(offset, error.what());
  }
}

bool TableCursor::enter(size_t block) {
  block_.reset();
  entries_.reset();
  if (block >= table_->block_count()) return false;
  block_number_ = block;
  block_ = load(block);
  entries_.reset(*block_);
  return true;
}

std::shared_ptr<const Block> TableCursor::load(size_t block) {
  const bool next_door =
      last_loaded_ != SIZE_MAX && (block == last_loaded_ + 1 || block + 1 == last_loaded_);
  in_a_row_ = next_door ? in_a_row_ + 1 : 0;
  const bool forward = block != last_loaded_ - 1;
  last_loaded_ = block;
  if (hints_.use_cache) {
    auto cached = table_->cached_block(block, hints_.fill_cache);
    if (hints_.fill_cache) table_->count_read(cached != nullptr);
    if (cached) return cached;
  }
  const BlockHandle& handle = table_->index().handle(block);
  const bool in_stretch =
      handle.offset >= stretch_begin_ && handle.end() <= stretch_begin_ + stretch_.size();
  if (!in_stretch) {
    if (hints_.before_read != nullptr) (*hints_.before_read)();
    const bool wanted_alone = hints_.readahead_bytes == 0 && in_a_row_ < 2;
    const bool large = hints_.readahead_bytes > 0 && handle.bytes >= hints_.readahead_bytes;
    if (wanted_alone || (large && hints_.use_cache)) {
      if (large) stretch_ = {};  // the block is memory enough
      return table_->read_block(block, hints_.fill_cache);
    }
    read_stretch(handle, forward);
  }
  auto parsed = table_->parse_block(
      block, std::string_view(stretch_).substr(handle.offset - stretch_begin_,
                                               handle.bytes + kBlockTrailerBytes));
  if (hints_.fill_cache) table_->cache_block(block, parsed);
  return parsed;
}

// Reads `handle` and what follows it in the walking direction.
void TableCursor::read_stretch(const BlockHandle& handle, bool forward) {
  uint64_t wanted = hints_.readahead_bytes;
  if (wanted == 0) {
    wanted = std::min(kLastStretchBytes, kFirstStretchBytes << std::min(in_a_row_ / 4, 8u));
  }
  const uint64_t own = handle.bytes + kBlockTrailerBytes;
  const uint64_t data_begin = table_->index().handle(0).offset;
  const uint64_t data_end = table_->index().handle(table_->block_count() - 1).end();
  uint64_t begin = handle.offset, end = handle.end();
  if (own < wanted) {
    if (forward) {
      end = std::min(data_end, begin + wanted);
    } else {
      begin = std::max(data_begin, end - std::min(wanted, end));
    }
  }
  stretch_.resize(end - begin);
  stretch_begin_ = begin;
  const size_t got = table_->file().read(begin, stretch_.size(), stretch_.data());
  stretch_.resize(got);
  if (begin + got < handle.end()) table_->corrupt(handle.offset, "a block that ends early");
}

void TableCursor::seek_to_first() {
  if (enter(0)) guarded([&] { entries_.seek_to_first(); });
}

void TableCursor::seek_to_last() {
  if (enter(table_->block_count() - 1)) guarded([&] { entries_.seek_to_last(); });
}

void TableCursor::seek(std::string_view key, Seqno seqno) {
  const size_t block = table_->index().find(key);
  if (block_ == nullptr || block != block_number_) {
    if (!enter(block)) return;
  }
  guarded([&] { entries_.seek(key, seqno); });
  // The separator may be above the block's last entry, and versions of a key may go on next door.
  while (block_ != nullptr && !entries_.valid()) {
    if (!enter(block_number_ + 1)) return;
    guarded([&] { entries_.seek(key, seqno); });
  }
}

void TableCursor::next() {
  guarded([&] { entries_.next(); });
  if (entries_.valid()) [[likely]]
    return;
  const std::string key(entries_.key());
  const Seqno seqno = entries_.seqno();
  if (!enter(block_number_ + 1)) return;
  guarded([&] {
    entries_.seek_to_first();
    if (compare_internal(key, seqno, entries_.key(), entries_.seqno()) >= 0) {
      throw DecodeError("a block whose first entry does not follow the one before");
    }
  });
}

void TableCursor::prev() {
  const bool at_first = entries_.at_first();
  if (!at_first) return guarded([&] { entries_.prev(); });
  const std::string key(entries_.key());
  const Seqno seqno = entries_.seqno();
  if (!enter(block_number_ - 1)) return;  // wraps, and so ends nowhere, below the first
  guarded([&] {
    entries_.seek_to_last();
    if (compare_internal(entries_.key(), entries_.seqno(), key, seqno) >= 0) {
      throw DecodeError("a block whose last entry does not precede the one after");
    }
  });
}

}  // namespace lsmkit
