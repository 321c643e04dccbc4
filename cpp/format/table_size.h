// How large a table's file is, found out without writing it: entry by entry as TableBuilder lays
// them out, byte for byte where nothing is compressed. FORMAT.md of the floor `sst` draws it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/key.h"
#include "lsmkit/format/block_fill.h"
#include "lsmkit/format/separator.h"
#include "lsmkit/format/stored_block.h"
#include "lsmkit/format/table_format.h"
#include "lsmkit/format/table_properties.h"

namespace lsmkit {

struct TableShape {
  uint64_t block_bytes = 4096;
  uint32_t restart_interval = 16;
  double filter_bits_per_key = 10;
  // None: nothing is compressed. Where all seqnos are 0 there are none to compress either.
  std::optional<StoredBlock> codec;
  std::optional<StoredBlock> codec_without_seqnos;
  // Random in a file: half of the database ids take as many bytes as this one.
  uint64_t database_id = uint64_t{1} << 63;
  uint64_t created_us = 0;
};

class TableSize {
 public:
  explicit TableSize(const TableShape& shape);

  // In internal order. Requires: the key's bytes stay where they are until the end.
  void add(std::string_view key, uint64_t value_bytes, Seqno seqno, Kind kind) {
    add(key, common_prefix_bytes(last_key_, key), value_bytes, seqno, kind);
  }
  // Of a key that is known to share so many bytes with the one before it (the first: 0), and is
  // then not looked at.
  void add(std::string_view key, size_t shared_bytes, uint64_t value_bytes, Seqno seqno, Kind kind);
  // Likewise so many puts of different keys of one length, values of one length. key_at(i) gives
  // the i-th key, shared_at(i) how many bytes it shares with the one before; without `seqnos` all
  // have the same. Requires: nothing was added yet.
  template <class KeyAt, class SharedAt>
  void add_alike(size_t count, uint64_t value_bytes, const KeyAt& key_at, const SharedAt& shared_at,
                 std::span<const Seqno> seqnos, Seqno same_seqno);
  // Of the file. Requires: something was added.
  uint64_t finish();

  // After finish(): how the bytes are made up.
  uint64_t data_bytes() const { return properties_.data_bytes; }
  uint64_t block_count() const { return index_.size(); }

 private:
  struct IndexEntry {
    std::string_view separator;
    uint64_t bytes = 0;
  };
  // What the seqnos of a block take, as distances from the smallest.
  struct BlockSeqnos {
    Seqno base = 0;
    Seqno largest = 0;
    uint64_t bytes = 0;
  };
  // What an open block holds, but for its seqnos.
  struct DataBlock {
    uint64_t entries = 0;
    uint64_t restart_count = 0;
    uint64_t entry_bytes = 0;
    uint64_t own_key_bytes = 0;  // of entries that may share others
    uint64_t value_bytes = 0;
  };
  struct KeyBytes {
    uint64_t shared = 0;
    uint64_t lengths = 0;  // the bytes that say how many are shared and how many are not
  };

  void begin_entry(std::string_view key, size_t shared_bytes, uint64_t value_bytes);
  void count(uint64_t entries, uint64_t key_bytes, uint64_t value_bytes);
  void finish_open_block();
  static BlockSeqnos seqnos_of_block(std::span<const Seqno> seqnos);
  void finish_block(const DataBlock& block, const BlockSeqnos& seqnos);
  template <class SharedAt>
  KeyBytes key_bytes_of_block(size_t key_bytes, const SharedAt& shared_at, size_t begin,
                              size_t end) const;
  void add_block(uint64_t bytes) { offset_ += bytes + kBlockTrailerBytes; }
  uint64_t partition_bytes(const std::vector<IndexEntry>& entries, size_t begin, size_t end,
                           uint64_t first_offset) const;
  void add_index();

  const TableShape shape_;
  BlockFill fill_;
  std::vector<IndexEntry> index_;
  bool separator_is_due_ = false;
  TableProperties properties_;
  std::string_view first_key_, last_key_;
  uint64_t user_keys_ = 0;
  uint64_t offset_ = 0;

  DataBlock open_;  // what fill_ counts aside
  std::vector<Seqno> seqnos_;
};

// As add() of each, with what the entries have in common counted once: what is left to look at is
// how much a key shares with the one before it, and how far apart the seqnos of a block are.
template <class KeyAt, class SharedAt>
void TableSize::add_alike(size_t count_of_puts, uint64_t value_bytes, const KeyAt& key_at,
                          const SharedAt& shared_at, std::span<const Seqno> seqnos,
                          Seqno same_seqno) {
  if (count_of_puts == 0) return;
  first_key_ = key_at(0);
  const size_t key_bytes = first_key_.size();
  const size_t per_block = entries_per_block(fill_, key_bytes, value_bytes, count_of_puts);
  const uint64_t value_head =
      varint_bytes(value_bytes << kEntryKindBits | static_cast<uint8_t>(Kind::kPut));
  index_.reserve(count_of_puts / per_block + 1);
  for (size_t begin = 0; begin < count_of_puts; begin += per_block) {
    const size_t end = std::min(begin + per_block, count_of_puts);
    if (begin > 0)
      index_.back().separator = shortest_separator(last_key_, key_at(begin), shared_at(begin));
    const KeyBytes keys = key_bytes_of_block(key_bytes, shared_at, begin, end);
    const uint64_t entries = end - begin;
    const uint64_t own = entries * key_bytes - keys.shared;
    DataBlock block;
    block.entries = entries;
    block.restart_count = (entries + shape_.restart_interval - 1) / shape_.restart_interval;
    block.own_key_bytes = own - block.restart_count * key_bytes;
    block.value_bytes = entries * value_bytes;
    block.entry_bytes = keys.lengths + entries * value_head + own + block.value_bytes;
    last_key_ = key_at(end - 1);
    finish_block(block, seqnos.empty() ? BlockSeqnos{same_seqno, same_seqno, entries}
                                       : seqnos_of_block(seqnos.subspan(begin, entries)));
  }
  user_keys_ += count_of_puts;
  count(count_of_puts, count_of_puts * key_bytes, count_of_puts * value_bytes);
}

template <class SharedAt>
TableSize::KeyBytes TableSize::key_bytes_of_block(size_t key_bytes, const SharedAt& shared_at,
                                                  size_t begin, size_t end) const {
  const bool short_keys = key_bytes < 0x80;  // so that all lengths of theirs take a byte
  KeyBytes out;
  if (short_keys) out.lengths = 2 * (end - begin);
  for (size_t restart = begin; restart < end; restart += shape_.restart_interval) {
    if (!short_keys) out.lengths += varint_bytes(0) + varint_bytes(key_bytes);
    const size_t restart_end = std::min<size_t>(restart + shape_.restart_interval, end);
    for (size_t i = restart + 1; i < restart_end; ++i) {
      const size_t shared = shared_at(i);
      out.shared += shared;
      if (!short_keys) out.lengths += varint_bytes(shared) + varint_bytes(key_bytes - shared);
    }
  }
  return out;
}

}  // namespace lsmkit
