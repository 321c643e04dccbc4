#include "lsmkit/sim/read_table.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/format/block_fill.h"
#include "lsmkit/format/separator.h"

namespace lsmkit {

std::string SoughtKey::bytes(const KeyUniverse& keys) const {
  std::string out(keys.key(rank));
  if (absent) out += kAbsentKeyEnd;
  return out;
}

ReadTable::ReadTable(const KeyUniverse& keys, std::shared_ptr<const Records> records,
                     double filter_bits_per_key, const BlockLimit& limit)
    : records_(std::move(records)), filter_bits_per_key_(filter_bits_per_key) {
  find_blocks(keys, limit);
  uint64_t separator_bytes = keys.key_bytes(largest());
  for (size_t i = 0; i + 1 < blocks_.size(); ++i)
    separator_bytes += separator_before(keys, block_end(i)).size();
  memory_bytes_ = memory_bytes_of({blocks_.size(), separator_bytes,
                                   filter_bytes(key_count(), filter_bits_per_key_)}) +
                  keys.key_bytes(smallest()) + keys.key_bytes(largest());
}

void ReadTable::find_blocks(const KeyUniverse& keys, const BlockLimit& limit) {
  const size_t count = records_->size();
  if (keys.have_one_width() && records_->are_alike()) {
    equal_entries_ = entries_per_block(keys.key_bytes(0), records_->value_bytes(0), limit);
    blocks_.resize((count + equal_entries_ - 1) / equal_entries_);
    return;
  }
  BlockFill fill(limit.block_bytes, limit.restart_interval);
  const auto end_block = [&](size_t end) {
    block_ends_.push_back(static_cast<uint32_t>(end));
    fill.reset();
  };
  for (size_t i = 0; i < count; ++i) {
    const uint32_t value_bytes = records_->value_bytes(i);
    if (fill.ends_before(value_bytes)) end_block(i);
    fill.add(keys.key_bytes(records_->rank(i)), value_bytes);
    if (fill.ends_after(value_bytes)) end_block(i + 1);
  }
  if (!fill.empty()) end_block(count);
  blocks_.resize(block_ends_.size());
}

uint64_t ReadTable::key_count() const {
  uint64_t count = 0;
  if (!records_->has_repeats()) return records_->size();
  for (size_t i = 0; i < records_->size(); ++i)
    count += i == 0 || records_->rank(i) != records_->rank(i - 1);
  return count;
}

std::string ReadTable::separator_before(const KeyUniverse& keys, size_t record) const {
  return std::string(
      shortest_separator(keys.key(records_->rank(record - 1)), keys.key(records_->rank(record))));
}

size_t ReadTable::block_of(size_t record) const {
  if (equal_entries_ > 0) return record / equal_entries_;
  return static_cast<size_t>(std::upper_bound(block_ends_.begin(), block_ends_.end(), record) -
                             block_ends_.begin());
}

size_t ReadTable::block_end(size_t block) const {
  if (equal_entries_ > 0) return std::min((block + 1) * equal_entries_, records_->size());
  return block_ends_[block];
}

size_t ReadTable::first_at(const SoughtKey& key) const {
  return records_->first_of(key.rank_from());
}

size_t ReadTable::find_block(const KeyUniverse& keys, const SoughtKey& key, size_t record) const {
  const size_t block = block_of(record);
  if (record == 0 || record != block_begin(block)) return block;
  if (!key.absent && records_->rank(record) == key.rank && records_->rank(record - 1) != key.rank)
    return block;
  return key.bytes(keys) <= separator_before(keys, record) ? block - 1 : block;
}

bool ReadTable::may_contain(const KeyUniverse& keys, const SoughtKey& key) {
  if (!has_filter_) build_filter_of(keys);
  return filter_.may_contain(key.absent ? hash_bytes(key.bytes(keys))
                                        : hash_bytes(keys.key(key.rank)));
}

void ReadTable::build_filter_of(const KeyUniverse& keys) {
  std::vector<uint64_t> hashes;
  hashes.reserve(records_->size());
  for (size_t i = 0; i < records_->size(); ++i)
    if (i == 0 || records_->rank(i) != records_->rank(i - 1))
      hashes.push_back(hash_bytes(keys.key(records_->rank(i))));
  filter_bytes_ = build_filter(hashes, filter_bits_per_key_);
  filter_.open(filter_bytes_);
  has_filter_ = true;
}

uint64_t ReadTable::raw_bytes(const KeyUniverse& keys, size_t block,
                              const BlockLimit& limit) const {
  std::vector<BlockEntry> entries;
  for (size_t i = block_begin(block); i < block_end(block); ++i) {
    const SimRecord record = (*records_)[i];
    entries.push_back({keys.key(record.key), record.value_bytes, record.seqno, record.kind});
  }
  return raw_block_bytes(entries, limit.restart_interval);
}

}  // namespace lsmkit
