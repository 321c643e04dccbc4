// How large a table's file is, found out without writing it: entry by entry as TableBuilder lays
// them out, byte for byte where nothing is compressed. FORMAT.md of the floor `sst` draws it.
#pragma once

#include <cstdint>
#include <optional>
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
  void add(std::string_view key, uint64_t value_bytes, Seqno seqno, Kind kind);
  // Likewise so many puts of different keys of one length, values of one length. key_at(i) and
  // seqno_at(i) tell of the i-th.
  template <class KeyAt, class SeqnoAt>
  void add_alike(size_t count, uint64_t value_bytes, const KeyAt& key_at, const SeqnoAt& seqno_at);
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

  void begin_entry(std::string_view key, uint64_t value_bytes);
  void count(uint64_t entries, uint64_t key_bytes, uint64_t value_bytes);
  void finish_block();
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

  // Of the open block.
  uint64_t entry_bytes_ = 0;  // seqnos aside
  uint64_t own_key_bytes_ = 0;
  uint64_t block_value_bytes_ = 0;
  std::vector<Seqno> seqnos_;
};

template <class KeyAt, class SeqnoAt>
void TableSize::add_alike(size_t count_of_puts, uint64_t value_bytes, const KeyAt& key_at,
                          const SeqnoAt& seqno_at) {
  if (count_of_puts == 0) return;
  const size_t key_bytes = key_at(0).size();
  const uint64_t value_head = varint_bytes(value_bytes << kEntryKindBits);
  const bool short_keys = key_bytes < 0x80;  // so that all lengths of theirs take a byte
  if (first_key_.data() == nullptr) first_key_ = key_at(0);
  for (size_t i = 0; i < count_of_puts; ++i) {
    const std::string_view key = key_at(i);
    if (separator_is_due_ || fill_.stands_alone(value_bytes)) begin_entry(key, value_bytes);
    const size_t common =
        fill_.restarts() || last_key_.data() == nullptr ? 0 : common_prefix_bytes(last_key_, key);
    const size_t own = key_bytes - common;
    const size_t lengths = short_keys ? 2 : varint_bytes(common) + varint_bytes(own);
    entry_bytes_ += lengths + value_head + own + value_bytes;
    if (!fill_.restarts()) own_key_bytes_ += own;
    block_value_bytes_ += value_bytes;
    seqnos_.push_back(seqno_at(i));
    last_key_ = key;
    fill_.add(key_bytes, value_bytes);
    if (fill_.stands_alone(value_bytes) || fill_.is_full()) finish_block();
  }
  user_keys_ += count_of_puts;
  count(count_of_puts, count_of_puts * key_bytes, count_of_puts * value_bytes);
}

}  // namespace lsmkit
