#include "lsmkit/sim/exact_reads.h"

#include <algorithm>
#include <utility>

namespace lsmkit {

namespace {

constexpr auto evict = [](CachedBlock& block) { block.charge = 0; };

}  // namespace

// ---- What becomes of tables.

void ExactReads::add(TableNumber number, std::shared_ptr<const Records> records,
                     double filter_bits_per_key) {
  auto table =
      std::make_unique<ReadTable>(*keys_, std::move(records), filter_bits_per_key, options_.block);
  clock_.charge(table->memory_bytes(), evict);
  tables_[number] = std::move(table);
}

void ExactReads::take(const Version& version, std::span<const TableNumber> gone) {
  std::vector<RunView> before = std::exchange(runs_, {});
  for (unsigned n = 0; n < version.level_count(); ++n) {
    for (const Run& run : version.level(n).runs) {
      const auto same = std::find_if(before.begin(), before.end(), [&](const RunView& view) {
        return view.root == run.root() && view.level == n;
      });
      if (same != before.end()) {
        runs_.push_back(std::move(*same));
        same->root = nullptr;
        continue;
      }
      RunView& view = runs_.emplace_back(RunView{run.root(), n, {}, {}});
      run.for_each([&](const TableRef& meta) {
        ReadTable* const table = tables_.at(meta->number).get();
        view.largest.push_back(table->largest());
        view.tables.push_back(table);
      });
    }
  }
  for (const TableNumber number : gone) {
    const auto table = tables_.find(number);
    if (table == tables_.end()) continue;
    for (CachedBlock& block : table->second->blocks())
      if (block.is_cached()) clock_.erase(block);
    clock_.discharge(table->second->memory_bytes());
    tables_.erase(table);
  }
}

// ---- Blocks.

void ExactReads::read_block(ReadTable& table, size_t number) {
  CachedBlock& block = table.blocks()[number];
  if (block.is_cached()) {
    block.used = true;
    ++counts_.cache_hits;
    return;
  }
  ++counts_.cache_misses;
  const uint64_t bytes = table.raw_bytes(*keys_, number, options_.block) + kBlockOverheadBytes;
  if (!clock_.has_room_for(bytes)) return;
  block.used = false;
  block.charge = static_cast<uint32_t>(std::min<uint64_t>(bytes, UINT32_MAX));
  clock_.insert(block, evict);
}

// ---- Gets.

void ExactReads::count_get_in_memory(bool found) {
  ++counts_.gets;
  counts_.gets_found += found;
}

// The first table that does not end before a rank.
size_t ExactReads::table_at(const RunView& run, KeyRank from) {
  return static_cast<size_t>(std::lower_bound(run.largest.begin(), run.largest.end(), from) -
                             run.largest.begin());
}

void ExactReads::get(const SoughtKey& key) {
  ++counts_.gets;
  for (const RunView& run : runs_) {
    const size_t i = table_at(run, key.rank_from());
    if (i == run.tables.size() || run.tables[i]->smallest() > key.rank) continue;
    if (levels_.size() <= run.level) levels_.resize(run.level + 1);
    LevelReadCounts& level = levels_[run.level];
    const uint64_t hits = counts_.cache_hits, misses = counts_.cache_misses;
    bool found = false;
    const bool answered = look_into(*run.tables[i], key, level, found);
    level.cache_hits += counts_.cache_hits - hits;
    level.cache_misses += counts_.cache_misses - misses;
    if (!answered) continue;
    ++level.answers;
    counts_.gets_found += found;
    return;
  }
}

// Whether the table has a record of the key, and whether that is a value.
bool ExactReads::look_into(ReadTable& table, const SoughtKey& key, LevelReadCounts& level,
                           bool& found) {
  ++counts_.tables_probed;
  ++level.tables_probed;
  if (!table.may_contain(*keys_, key)) {
    ++counts_.filter_negatives;
    ++level.filter_negatives;
    return false;
  }
  const Records& records = table.records();
  const size_t record = table.first_at(key);
  const size_t last_block = table.block_of(record);
  // A key behind all of a block may go on in the next one.
  for (size_t b = table.find_block(*keys_, key, record); b <= last_block; ++b) read_block(table, b);
  if (!key.absent && records.rank(record) == key.rank) {
    found = records.kind(record) == Kind::kPut;
    return true;
  }
  ++counts_.false_positives;
  ++level.false_positives;
  return false;
}

// ---- Scans.

// A run, walked forwards from a key on.
class ExactReads::Walk {
 public:
  Walk(ExactReads& reads, const RunView& run, KeyRank first) : reads_(&reads), run_(&run) {
    at_table_ = table_at(run, first);
    if (!is_valid()) return;
    ReadTable& table = current();
    record_ = table.first_at({first, false});
    const size_t begin = table.find_block(*reads.keys_, {first, false}, record_);
    for (block_ = begin;; ++block_) {
      reads.read_block(table, block_);
      if (block_ == table.block_of(record_)) break;
    }
  }

  bool is_valid() const { return at_table_ < run_->tables.size(); }
  KeyRank rank() const { return current().records().rank(record_); }
  void skip(KeyRank rank_to_skip) {
    while (is_valid() && rank() == rank_to_skip) next();
  }

 private:
  ReadTable& current() const { return *run_->tables[at_table_]; }
  void next() {
    if (++record_ == current().records().size()) {
      record_ = block_ = 0;
      if (++at_table_ < run_->tables.size()) reads_->read_block(current(), 0);
    } else if (record_ == current().block_end(block_)) {
      reads_->read_block(current(), ++block_);
    }
  }

  ExactReads* reads_;
  const RunView* run_;
  size_t at_table_ = 0;
  size_t record_ = 0;
  size_t block_ = 0;
};

void ExactReads::scan(KeyRank first, uint64_t entries, const NextInMemory& in_memory,
                      const IsLive& is_live) {
  const uint64_t blocks_before = counts_.blocks();
  ++counts_.scans;
  counts_.runs_sought += runs_.size();
  std::vector<Walk> walks;
  walks.reserve(runs_.size());
  for (const RunView& run : runs_) walks.emplace_back(*this, run, first);
  std::optional<KeyRank> fresh = in_memory(first);
  for (uint64_t left = entries; left > 0;) {
    std::optional<KeyRank> least = fresh;
    for (const Walk& walk : walks)
      if (walk.is_valid() && (!least || walk.rank() < *least)) least = walk.rank();
    if (!least) break;
    if (is_live(*least)) {
      ++counts_.scanned_entries;
      if (--left == 0) break;  // nobody asks for the next
    }
    if (fresh == least) fresh = in_memory(uint64_t{*least} + 1);
    for (Walk& walk : walks) walk.skip(*least);
  }
  counts_.scan_blocks += counts_.blocks() - blocks_before;
}

}  // namespace lsmkit
