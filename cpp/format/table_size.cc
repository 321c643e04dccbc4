#include "lsmkit/format/table_size.h"

#include <algorithm>
#include <bit>
#include <string>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/format/filter_size.h"
#include "lsmkit/format/separator.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {

TableSize::TableSize(const TableShape& shape)
    : shape_(shape), fill_(shape.block_bytes, shape.restart_interval), offset_(kTableHeaderBytes) {
  properties_.smallest_seqno = kMaxSeqno;
  properties_.created_us = shape.created_us;
  properties_.database_id = shape.database_id;
  properties_.block_bytes = static_cast<uint32_t>(shape.block_bytes);
  properties_.restart_interval = shape.restart_interval;
  properties_.filter_bits_per_key = shape.filter_bits_per_key;
}

void TableSize::begin_entry(std::string_view key, size_t shared_bytes, uint64_t value_bytes) {
  if (fill_.stands_alone(value_bytes) && !fill_.empty()) finish_open_block();
  if (!separator_is_due_) return;
  index_.back().separator = shortest_separator(last_key_, key, shared_bytes);
  separator_is_due_ = false;
}

void TableSize::count(uint64_t entries, uint64_t key_bytes, uint64_t value_bytes) {
  properties_.entry_count += entries;
  properties_.key_bytes += key_bytes;
  properties_.value_bytes += value_bytes;
  properties_.weight += key_bytes + value_bytes + entries * weight_of(0, 0);
}

void TableSize::add(std::string_view key, size_t shared_bytes, uint64_t value_bytes, Seqno seqno,
                    Kind kind) {
  begin_entry(key, shared_bytes, value_bytes);
  const bool is_first = properties_.entry_count == 0;
  const bool is_new = is_first || shared_bytes < key.size() || shared_bytes < last_key_.size();
  const size_t shared = fill_.restarts() ? 0 : shared_bytes;
  const size_t own = key.size() - shared;
  open_.entry_bytes += varint_bytes(shared) + varint_bytes(own) +
                       varint_bytes(value_bytes << kEntryKindBits | static_cast<uint8_t>(kind)) +
                       own + value_bytes;
  if (!fill_.restarts()) open_.own_key_bytes += own;
  open_.value_bytes += value_bytes;
  seqnos_.push_back(seqno);
  fill_.add(key.size(), value_bytes);

  if (is_first) first_key_ = key;
  user_keys_ += is_new;
  last_key_ = key;
  properties_.tombstone_count += kind == Kind::kDelete;
  count(1, key.size(), value_bytes);
  if (fill_.stands_alone(value_bytes) || fill_.is_full()) finish_open_block();
}

void TableSize::finish_open_block() {
  open_.entries = fill_.entries();
  open_.restart_count = fill_.restart_count();
  finish_block(open_, seqnos_of_block(seqnos_));
  open_ = {};
  fill_.reset();
  seqnos_.clear();
}

TableSize::BlockSeqnos TableSize::seqnos_of_block(std::span<const Seqno> seqnos) {
  BlockSeqnos out{kMaxSeqno, 0, seqnos.size()};
  for (const Seqno seqno : seqnos) {
    out.base = std::min(out.base, seqno);
    out.largest = std::max(out.largest, seqno);
  }
  if (out.largest - out.base < 0x80) return out;
  out.bytes = 0;
  for (const Seqno seqno : seqnos) out.bytes += varint_bytes(seqno - out.base);
  return out;
}

void TableSize::finish_block(const DataBlock& block, const BlockSeqnos& seqnos) {
  properties_.smallest_seqno = std::min(properties_.smallest_seqno, seqnos.base);
  properties_.largest_seqno = std::max(properties_.largest_seqno, seqnos.largest);
  const bool zero = seqnos.largest == 0;
  uint64_t raw = 1 + block.entry_bytes + 4 * block.restart_count + 4;
  if (!zero) raw += varint_bytes(seqnos.base) + seqnos.bytes;
  properties_.raw_block_bytes = std::max(properties_.raw_block_bytes, raw);
  const auto& codec = zero ? shape_.codec_without_seqnos : shape_.codec;
  const uint64_t seqno_bits = block.entries * std::bit_width(seqnos.largest - seqnos.base);
  const BlockParts parts{block.entries, block.own_key_bytes, block.value_bytes, seqno_bits, raw};
  const uint64_t stored = codec ? stored_bytes(*codec, parts) : raw;
  index_.push_back({last_key_, stored});
  separator_is_due_ = true;
  add_block(stored);
}

uint64_t TableSize::finish() {
  if (!fill_.empty()) finish_open_block();
  properties_.smallest_key = first_key_;
  properties_.largest_key = last_key_;
  properties_.data_bytes = offset_ - kTableHeaderBytes;
  const uint64_t filter = filter_bytes(user_keys_, shape_.filter_bits_per_key);
  if (filter > 0) add_block(filter);
  add_index();
  add_block(encode(properties_).size());
  return offset_ + kTableFooterBytes;
}

// One partition, or several and a top that lists them.
void TableSize::add_index() {
  std::vector<IndexEntry> tops;
  uint64_t first_offset = kTableHeaderBytes;
  const uint64_t partitions_offset = offset_;
  for (size_t begin = 0; begin < index_.size();) {
    const size_t end = partition_end(index_, begin);
    const uint64_t bytes = partition_bytes(index_, begin, end, first_offset);
    for (size_t i = begin; i < end; ++i) first_offset += index_[i].bytes + kBlockTrailerBytes;
    add_block(bytes);
    tops.push_back({index_[end - 1].separator, bytes});
    begin = end;
  }
  if (tops.size() > 1) add_block(partition_bytes(tops, 0, tops.size(), partitions_offset));
}

// What encode_index() makes of them. They ascend, so what the outer two share all share.
uint64_t TableSize::partition_bytes(const std::vector<IndexEntry>& entries, size_t begin,
                                    size_t end, uint64_t first_offset) const {
  const size_t common = common_prefix_bytes(entries[begin].separator, entries[end - 1].separator);
  uint64_t bytes =
      varint_bytes(first_offset) + varint_bytes(common) + common + varint_bytes(end - begin);
  for (size_t i = begin; i < end; ++i) {
    const size_t rest = entries[i].separator.size() - common;
    bytes += varint_bytes(rest) + rest + varint_bytes(entries[i].bytes);
  }
  return bytes;
}

}  // namespace lsmkit
