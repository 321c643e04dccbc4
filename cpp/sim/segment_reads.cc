#include "lsmkit/sim/segment_reads.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lsmkit/lookup/cache_clock.h"
#include "lsmkit/lookup/filter_rate.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/sim/rank_key.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

constexpr size_t kPlaces = 24;               // of the key space, looked at for a stretch of reads
constexpr double kLeastPiece = 1024;         // reads; a stretch is cut, for caches grow warm in it
constexpr uint64_t kMostSeparatorBytes = 8;  // of keys that differ early, as most do

uint64_t whole(double x) {
  return static_cast<uint64_t>(std::max(0.0, x) + .5);
}

// The slice that holds a rank; none: slices.size().
size_t slice_at(const Slices& slices, uint64_t rank) {
  size_t low = 0, high = slices.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (slices[middle].end <= rank)
      low = middle + 1;
    else
      high = middle;
  }
  return low < slices.size() && slices[low].begin <= rank ? low : slices.size();
}

}  // namespace

bool SegmentReads::can_model(const PhaseContents& contents) {
  for (const Phase& phase : contents.workload().phases) {
    const OpMix& mix = phase.mix;
    const double reads = mix[OpKind::kGet] + mix[OpKind::kScan] + mix[OpKind::kReadModifyWrite];
    if (reads == 0) continue;
    const bool in_turns = std::holds_alternative<SequentialKeys>(phase.keys) ||
                          std::holds_alternative<PermutedKeys>(phase.keys);
    if (std::holds_alternative<QueueKeys>(phase.keys)) return false;
    if (in_turns && mix.total() > mix[OpKind::kGet] + mix[OpKind::kScan]) return false;
  }
  return true;
}

SegmentReads::SegmentReads(const PhaseContents& contents, const ReadOptions& options,
                           SlicesOf slices_of)
    : contents_(&contents),
      options_(options),
      slices_of_(std::move(slices_of)),
      where_(contents.workload().seed, "places of reads") {}

void SegmentReads::add(const TableMeta& table, double filter_bits_per_key) {
  const auto keys = static_cast<double>(table.entry_count);
  tables_[static_cast<uint64_t>(table.number)] = {
      filter_bits_per_key, false_positive_rate(keys, filter_bits_per_key), done_, keys};
}

// ---- What is read.

SegmentReads::Reads SegmentReads::reads_of(const OpWindow& window) const {
  const Phase& phase = contents_->workload().phases[window.phase];
  const auto ops = static_cast<double>(window.op_count);
  const double gets = phase.mix.share(OpKind::kGet);
  Reads reads;
  reads.gets_of_absent = ops * gets * phase.absent_share;
  reads.gets_of_keys =
      ops * (gets * (1 - phase.absent_share) + phase.mix.share(OpKind::kReadModifyWrite));
  reads.scans = ops * phase.mix.share(OpKind::kScan);
  reads.scan_entries = reads.scans > 0 ? mean_size(phase.scan_entries) : 0;
  return reads;
}

// For each stretch of keys that are drawn alike some places, evenly spread.
std::vector<SegmentReads::Place> SegmentReads::places(const OpWindow& window) {
  const std::vector<DrawnKeys> drawn = contents_->drawn(window);
  const auto n = static_cast<double>(contents_->workload().key_count);
  std::vector<Place> out;
  for (size_t first = 0, end = 0; first < drawn.size(); first = end) {
    const uint64_t begin = drawn[first].begin;
    while (end < drawn.size() && drawn[end].begin == begin && drawn[end].end == drawn[first].end)
      ++end;
    const auto length = static_cast<double>(drawn[first].end - begin);
    const double share = std::clamp(length / std::max(n, length), 0.0, 1.0);
    const auto count = std::max<size_t>(2, static_cast<size_t>(share * kPlaces + .5));
    for (size_t i = 0; i < count; ++i) {
      Place place;
      place.length = length / static_cast<double>(count);
      const double at = (static_cast<double>(i) + where_.unit()) * place.length;
      place.rank = begin + std::min(static_cast<uint64_t>(at), drawn[first].end - begin - 1);
      for (size_t d = first; d < end; ++d) {
        for (size_t j = drawn[d].first_group; j < drawn[d].end_group; ++j) {
          place.groups.push_back(j);
          place.key_drawn.push_back(drawn[d].of_each);
          place.drawn += drawn[d].of_each * contents_->groups().shares[j] * place.length;
        }
      }
      out.push_back(std::move(place));
    }
  }
  return out;
}

void SegmentReads::read(const OpWindow& window, const Tree& tree) {
  const Reads all = reads_of(window);
  if (all.all() <= 0) return;
  const std::vector<Place> where = places(window);
  for (double done = 0; done < 1;) {
    const double piece =
        std::min(1 - done, std::max({done, 1.0 / 8, std::min(1.0, kLeastPiece / all.all())}));
    Reads some = all;
    some.gets_of_keys *= piece;
    some.gets_of_absent *= piece;
    some.scans *= piece;
    done_ += some.all() / 2;  // as old as tables are half-way
    read_piece(where, some, done + piece / 2, tree);
    done_ += some.all() / 2;
    done += piece;
  }
}

// The memtable has grown as far as `at`, from 0 to 1.
void SegmentReads::read_piece(const std::vector<Place>& places, const Reads& reads, double at,
                              const Tree& tree) {
  gets_ += reads.gets_of_keys + reads.gets_of_absent;
  scans_ += reads.scans;
  scanned_ += reads.scans * reads.scan_entries;
  sought_ += reads.scans * static_cast<double>(tree.version.run_count());
  levels_.resize(std::max<size_t>(levels_.size(), tree.version.level_count()));
  cells_.clear();
  for (Place place : places) {
    look_into_memtable(place, at, reads, tree);
    for (unsigned n = 0; n < tree.version.level_count(); ++n)
      for (const Run& run : tree.version.level(n).runs) look_into_run(place, run, n, reads, tree);
  }
  find_reach();
  count_blocks(reads);
}

// ---- Gets.

void SegmentReads::look_into_memtable(Place& place, double at, const Reads& reads,
                                      const Tree& tree) {
  const KeyGroups& groups = contents_->groups();
  const Slices &before = tree.memtable_before, &after = tree.memtable_after;
  const size_t old = slice_at(before, place.rank), now = slice_at(after, place.rank);
  place.unmet.assign(place.groups.size(), 1);
  place.reach.assign(place.groups.size(), 1);
  place.turns_left.assign(2, 1);
  if (now == after.size()) return;
  double turns_missed = 1;
  for (size_t t = 0; t < 2; ++t) {
    const double had = old < before.size() ? before[old].turns[t] : 0;
    place.turns_left[t] = 1 - (had + at * (after[now].turns[t] - had));
    turns_missed *= place.turns_left[t];
  }
  for (size_t i = 0; i < place.groups.size(); ++i) {
    const size_t j = place.groups[i];
    const double had = old < before.size() ? before.absent(old)[j] : 1;
    const double has = after.absent(now)[j];
    place.unmet[i] = had > 0 && has > 0 ? had * portable_exp(at * portable_log(has / had)) : has;
    place.reach[i] = turns_missed * place.unmet[i];
    const double met = 1 - after[now].missed() * has;
    const double dead = groups.deletes && met > 0 ? after.dead(now)[j] / met : 0;
    found_ += reads.gets_of_keys * place.key_drawn[i] * groups.shares[j] * place.length *
              (1 - place.reach[i]) * (1 - dead);
  }
}

double SegmentReads::entries_of_block(double value_bytes) const {
  return static_cast<double>(
      entries_per_block(whole(contents_->groups().key_bytes), whole(value_bytes), options_.block));
}

void SegmentReads::look_into_run(Place& place, const Run& run, unsigned level, const Reads& reads,
                                 const Tree& tree) {
  const std::string key = key_of_rank(place.rank);
  const TableRef table = run.first_not_before(key);
  if (!table || table->smallest.key > key) return;
  const Slices& slices = slices_of_(table->number);
  const size_t s = slice_at(slices, place.rank);
  if (s == slices.size()) return;
  const KeyGroups& groups = contents_->groups();
  const TableFacts& facts = tables_.at(static_cast<uint64_t>(table->number));
  Sums& sums = levels_[level];
  const double all = reads.all();

  Cell cell;
  cell.level = level;
  cell.density = slices.density(groups, s).all;
  cell.entries = entries_of_block(slices[s].value_bytes);
  cell.blocks = place.length * cell.density / cell.entries;
  cell.block_bytes =
      kBlockOverheadBytes + cell.entries * (groups.key_bytes + slices[s].value_bytes + 5 +
                                            4.0 / options_.block.restart_interval);
  cell.frame_bytes =
      cell.blocks * static_cast<double>(kBlockIndexBytes + kBlockSlotBytes + kMostSeparatorBytes) +
      place.length * cell.density *
          (facts.filter_bits / 8 + static_cast<double>(kTableOverheadBytes) / facts.key_count);
  cell.age = done_ - facts.born;

  double turns_before = 1, turns_after = 1;
  for (size_t t = 0; t < 2; ++t) {
    turns_before *= place.turns_left[t];
    place.turns_left[t] = std::max(0.0, place.turns_left[t] - slices[s].turns[t]);
    turns_after *= place.turns_left[t];
  }
  // Keys of a round that none of the runs so far has are all the likelier in this one.
  const double by_turns_missed = turns_before > 0 ? turns_after / turns_before : 1;
  double in_vain = 0;
  for (size_t i = 0; i < place.groups.size(); ++i) {
    const size_t j = place.groups[i];
    const double absent = slices.absent(s)[j];
    const double met = 1 - slices[s].missed() * absent;
    const double gone = groups.deletes ? slices.gone(s)[j] : 0;
    const double dead = groups.deletes ? slices.dead(s)[j] : 0;
    const double stored = std::max(0.0, met - gone);
    const double answers = (1 - by_turns_missed * absent) * (met > 0 ? stored / met : 0);
    const double drawn = place.key_drawn[i] * groups.shares[j] * place.length;
    const double come = reads.gets_of_keys * drawn * place.reach[i];
    const double vain = come * (1 - answers) * facts.passes;
    sums.probed += come;
    sums.answers += come * answers;
    sums.in_vain += vain;
    sums.negatives += come * (1 - answers) * (1 - facts.passes);
    found_ += come * answers * (stored > 0 ? 1 - dead / stored : 0);
    in_vain += vain;
    cell.shares.push_back(cell.density > 0 ? groups.shares[j] * stored / cell.density : 0);
    cell.asked.push_back(come * answers / all);
    const double rate = reads.gets_of_keys * place.key_drawn[i] / all;
    const double records = groups.shares[j] * stored * place.length;
    cell.rates.push_back(rate);
    cell.in_sight.push_back(
        rate * records > 0 ? std::min(1.0, come * answers / all / (rate * records)) : 0);
    place.unmet[i] *= absent;
    place.reach[i] *= 1 - answers;
  }
  const double absent_come = reads.gets_of_absent * place.drawn;
  sums.probed += absent_come;
  sums.in_vain += absent_come * facts.passes;
  sums.negatives += absent_come * (1 - facts.passes);
  in_vain += absent_come * facts.passes;
  cell.in_vain = in_vain / all;
  if (reads.scans > 0)
    cell.scans = reads.scans / all * place.drawn * blocks_of_scan(place, cell, reads, tree);
  if (cell.blocks > 0) cell.at_random = (cell.in_vain + cell.scans) / cell.blocks;
  cells_.push_back(std::move(cell));
}

// Of a run, by a scan from this place on: where it begins, and those behind.
double SegmentReads::blocks_of_scan(const Place& place, const Cell& cell, const Reads& reads,
                                    const Tree& tree) const {
  const size_t live = slice_at(tree.live, place.rank);
  if (live == tree.live.size()) return 1;
  const double values = tree.live.density(contents_->groups(), live).all;
  if (values <= 0) return 1;
  return 1 + reads.scan_entries / values * cell.density / cell.entries;
}

// ---- Blocks.

namespace {

// That nobody asks for a block within so many reads.
template <class Cell>
double unasked(const Cell& cell, double reads) {
  const double span = std::min(reads, cell.age);
  double of_one = 1;  // that nobody asks for a record of it
  for (size_t i = 0; i < cell.shares.size(); ++i)
    of_one += cell.shares[i] * cell.in_sight[i] * portable_expm1(-cell.rates[i] * span);
  return portable_exp(-cell.at_random * span) *
         portable_pow(std::clamp(of_one, 0.0, 1.0), cell.entries);
}

}  // namespace

double SegmentReads::cached_bytes(double reach) const {
  double bytes = frame_bytes_;
  for (const Cell& cell : cells_)
    bytes += cell.blocks * cell.block_bytes * (1 - unasked(cell, reach));
  return bytes;
}

// T: the further, the more is cached.
void SegmentReads::find_reach() {
  frame_bytes_ = 0;
  for (const Cell& cell : cells_) frame_bytes_ += cell.frame_bytes;
  const auto room = static_cast<double>(options_.cache_bytes);
  double oldest = 1;
  for (const Cell& cell : cells_) oldest = std::max(oldest, cell.age);
  reach_ = oldest;
  if (cached_bytes(oldest) <= room) return;
  reach_ = 0;
  if (frame_bytes_ >= room) return;
  double low = 0, high = oldest;
  for (int i = 0; i < 24 && high - low > 1e-2 * high; ++i) {
    const double middle = (low + high) / 2;
    (cached_bytes(middle) > room ? high : low) = middle;
  }
  reach_ = (low + high) / 2;
}

void SegmentReads::count_blocks(const Reads& reads) {
  const double all = reads.all();
  for (const Cell& cell : cells_) {
    Sums& sums = levels_[cell.level];
    const double none = unasked(cell, reach_);
    const double span = std::min(reach_, cell.age);
    double others = 1;  // that nobody asks for one of the block's other records
    for (size_t i = 0; i < cell.shares.size(); ++i)
      others += cell.shares[i] * cell.in_sight[i] * portable_expm1(-cell.rates[i] * span);
    others = portable_exp(-cell.at_random * span) *
             portable_pow(std::clamp(others, 0.0, 1.0), cell.entries - 1);
    for (size_t i = 0; i < cell.asked.size(); ++i) {
      const double missed = others * portable_exp(-cell.rates[i] * span);
      sums.hits += all * cell.asked[i] * (1 - missed);
      sums.misses += all * cell.asked[i] * missed;
    }
    sums.hits += all * (cell.in_vain + cell.scans) * (1 - none);
    sums.misses += all * (cell.in_vain + cell.scans) * none;
    scan_blocks_ += all * cell.scans;
  }
}

// ---- Told.

ReadCounts SegmentReads::counts() const {
  Sums sum;
  for (const Sums& level : levels_) {
    sum.probed += level.probed;
    sum.negatives += level.negatives;
    sum.in_vain += level.in_vain;
    sum.hits += level.hits;
    sum.misses += level.misses;
  }
  ReadCounts out;
  out.gets = whole(gets_);
  out.gets_found = whole(found_);
  out.tables_probed = whole(sum.probed);
  out.filter_negatives = whole(sum.negatives);
  out.false_positives = whole(sum.in_vain);
  out.scans = whole(scans_);
  out.scanned_entries = whole(scanned_);
  out.runs_sought = whole(sought_);
  out.cache_hits = whole(sum.hits);
  out.cache_misses = whole(sum.misses);
  out.scan_blocks = whole(scan_blocks_);
  return out;
}

std::vector<LevelReadCounts> SegmentReads::levels() const {
  std::vector<LevelReadCounts> out;
  for (const Sums& s : levels_)
    out.push_back({whole(s.probed), whole(s.negatives), whole(s.in_vain), whole(s.answers),
                   whole(s.hits), whole(s.misses)});
  return out;
}

}  // namespace lsmkit
