// A modelled table as a reader meets it: blocks and filter as the engine would have written them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/lookup/block_limit.h"
#include "lsmkit/lookup/cache_clock.h"
#include "lsmkit/lookup/filter.h"
#include "lsmkit/sim/key_universe.h"
#include "lsmkit/sim/records.h"
#include "lsmkit/workload/key_encoder.h"

namespace lsmkit {

// A key of the universe, or the one right behind it that nobody ever put.
struct SoughtKey {
  KeyRank rank = 0;
  bool absent = false;  // Requires, then: keys are equally long
  std::string bytes(const KeyUniverse& keys) const;
  // The first rank that is not below it.
  KeyRank rank_from() const { return absent ? rank + 1 : rank; }
};

// Of the cache's clock.
struct CachedBlock {
  size_t place = 0;
  uint32_t charge = 0;  // 0: not cached
  bool used = false;

  bool is_cached() const { return charge != 0; }
  uint64_t charged_bytes() const { return charge; }
  bool take_mark() {
    const bool was = used;
    used = false;
    return was;
  }
};

class ReadTable {
 public:
  ReadTable(const KeyUniverse& keys, std::shared_ptr<const Records> records,
            double filter_bits_per_key, const BlockLimit& limit);

  const Records& records() const { return *records_; }
  KeyRank smallest() const { return records_->rank(0); }
  KeyRank largest() const { return records_->rank(records_->size() - 1); }

  // Beside blocks: as TableFrame (lookup/cache_clock.h) has it.
  uint64_t memory_bytes() const { return memory_bytes_; }
  // The filter is built when it is asked first.
  bool may_contain(const KeyUniverse& keys, const SoughtKey& key);
  // The first record at or behind a key.
  size_t first_at(const SoughtKey& key) const;
  size_t block_count() const { return blocks_.size(); }
  size_t block_of(size_t record) const;
  size_t block_end(size_t block) const;  // its last record + 1
  // The block that the index names for a key whose first record, or the next key's, is `record`.
  size_t find_block(const KeyUniverse& keys, const SoughtKey& key, size_t record) const;
  uint64_t raw_bytes(const KeyUniverse& keys, size_t block, const BlockLimit& limit) const;
  std::vector<CachedBlock>& blocks() { return blocks_; }

 private:
  size_t block_begin(size_t block) const { return block == 0 ? 0 : block_end(block - 1); }
  void find_blocks(const KeyUniverse& keys, const BlockLimit& limit);
  uint64_t key_count() const;
  std::string separator_before(const KeyUniverse& keys, size_t record) const;
  void build_filter_of(const KeyUniverse& keys);

  const std::shared_ptr<const Records> records_;
  const double filter_bits_per_key_;
  uint64_t memory_bytes_ = 0;
  size_t equal_entries_ = 0;          // of each block but the last; 0: they differ
  std::vector<uint32_t> block_ends_;  // where they differ
  std::vector<CachedBlock> blocks_;
  bool has_filter_ = false;
  std::string filter_bytes_;
  FilterReader filter_;
};

}  // namespace lsmkit
