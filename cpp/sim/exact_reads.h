// What gets and scans of an exact simulated tree look into: the tables whose range holds the key,
// through their filters, and data blocks through a cache. Filters, where blocks end, what an index
// names and which cached block goes are the engine's own (lookup), so beside an engine with one
// reader the counts are the same. Nothing here changes the tree.
//
// Not modelled: tables that are closed because indexes and filters outgrow their memory
// (db/open_tables.h), and what dictionaries take in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lsmkit/lookup/cache_clock.h"
#include "lsmkit/sim/read_options.h"
#include "lsmkit/sim/read_table.h"
#include "lsmkit/trace/read_counts.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

class ExactReads {
 public:
  // Whether the newest record of a key is a value.
  using IsLive = std::function<bool(KeyRank)>;

  ExactReads(std::shared_ptr<const KeyUniverse> keys, const ReadOptions& options)
      : keys_(std::move(keys)), options_(options), clock_(options.cache_bytes) {}

  // ---- What becomes of tables. They are open as long as they stand.
  void add(TableNumber number, std::shared_ptr<const Records> records, double filter_bits_per_key);
  // `version` stands from now on, and no version names `gone` any more.
  void take(const Version& version, std::span<const TableNumber> gone);

  // ---- Reading.
  // A get that a memtable answers.
  void count_get_in_memory(bool found);
  void get(const SoughtKey& key);
  // Values from a key on; `in_memory`: the keys from there on that memtables hold, ascending.
  using NextInMemory = std::function<std::optional<KeyRank>(uint64_t from_rank)>;
  void scan(KeyRank first, uint64_t entries, const NextInMemory& in_memory, const IsLive& is_live);

  const ReadCounts& counts() const { return counts_; }
  // What cached blocks and open tables take.
  uint64_t cache_bytes() const { return clock_.usage_bytes() + clock_.charged_bytes(); }
  // By level, from L0 on: what gets looked into there.
  const std::vector<LevelReadCounts>& levels() const { return levels_; }

 private:
  struct RunView {
    Run::Tree::Root root;
    unsigned level;
    std::vector<KeyRank> largest;
    std::vector<ReadTable*> tables;
  };
  class Walk;

  void read_block(ReadTable& table, size_t block);
  bool look_into(ReadTable& table, const SoughtKey& key, LevelReadCounts& level, bool& found);
  static size_t table_at(const RunView& run, KeyRank from);

  const std::shared_ptr<const KeyUniverse> keys_;
  const ReadOptions options_;
  CacheClock<CachedBlock> clock_;
  std::map<TableNumber, std::unique_ptr<ReadTable>> tables_;
  std::vector<RunView> runs_;  // newest first
  ReadCounts counts_;
  std::vector<LevelReadCounts> levels_;
};

}  // namespace lsmkit
