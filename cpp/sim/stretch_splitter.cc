#include "lsmkit/sim/stretch_splitter.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/sim/rank_key.h"

namespace lsmkit {
namespace {

constexpr size_t kMostSlices = 4;        // of a table
constexpr double kRoundingWeight = .25;  // what sums of doubles may be off

}  // namespace

StretchSplitter::StretchSplitter(const MergeRules& rules, const KeyGroups& groups, Random& gaps)
    : rules_(rules), groups_(groups), gaps_(gaps), cutter_(rules.cut), open_(groups) {}

void StretchSplitter::add(const Slices& slice) {
  const Stretch stretch = stretch_of(slice);
  if (stretch.density <= 0) return;
  const uint64_t end = slice[0].end;
  for (uint64_t at = slice[0].begin; at < end;) {
    uint64_t least_stop = at + 1;
    const bool steady = smallest_ && at < steady_end_;
    if (!steady || is_heavy()) {
      // The first key of all is that of an input, so it is known to be there.
      const uint64_t key = is_first_ ? at : std::min(end - 1, at + gap(stretch.density));
      const uint64_t largest_before = is_heavy() ? at - 1 : at - 1 - gap(last_density_);
      const Cut cut = cut_before(key, steady && key < steady_end_);
      if (cut != Cut::kNo && smallest_) end_table_at(largest_before);
      if (cut == Cut::kPart) begin_part();
      if (!smallest_) smallest_ = key;
      is_first_ = false;
      least_stop = key + 1;
    }
    const uint64_t stop =
        std::min(end, std::max(least_stop, std::min(steady_end_, heavy_at(stretch, at))));
    open_.append(slice, 0, at, stop);
    open_weight_ += static_cast<double>(stop - at) * stretch.density * stretch.record_weight;
    last_density_ = stretch.density;
    at = stop;
  }
}

StretchSplitter::Stretch StretchSplitter::stretch_of(const Slices& slice) const {
  const RecordCount density = slice.density(groups_, 0);
  const double values = density.all - density.tombstones;
  const double value_bytes = density.all > 0 ? slice[0].value_bytes * values / density.all : 0;
  return {density.all, groups_.key_bytes + value_bytes + 8};
}

// Keys without a record before the next one with one.
uint64_t StretchSplitter::gap(double density) {
  if (density >= 1) return 0;
  const double missed = portable_log(gaps_.unit_above_zero()) / portable_log1p(-density);
  return static_cast<uint64_t>(std::min(missed, 0x1p62));
}

Cut StretchSplitter::cut_before(uint64_t key, bool steady) {
  if (steady) return cutter_.before_unless_heavy(open_weight());
  const Cut cut = cutter_.before(key_of_rank(key), open_weight());
  steady_end_ = end_rank(cutter_.steady_until());
  return cut;
}

uint64_t StretchSplitter::open_weight() const {
  return static_cast<uint64_t>(open_weight_ + .5);
}

bool StretchSplitter::is_heavy() const {
  return open_weight_ + kRoundingWeight >= static_cast<double>(rules_.cut.max_weight);
}

// Where the record ends that makes the open table heavy.
uint64_t StretchSplitter::heavy_at(const Stretch& stretch, uint64_t at) const {
  const double weight = stretch.record_weight;
  const double most = std::ceil(static_cast<double>(rules_.cut.max_weight) / weight) * weight;
  const double keys = std::ceil((most - open_weight_) / (stretch.density * weight) - 1e-6);
  return keys >= 0x1p62 ? UINT64_MAX : at + static_cast<uint64_t>(std::max(keys, 1.0));
}

void StretchSplitter::enter(uint64_t begin) {
  if (!cutter_.begins_part(key_of_rank(begin))) return;
  steady_end_ = 0;
  end_table();
  begin_part();
}

void StretchSplitter::begin_part() {
  part_ = cutter_.part();
  if (part_ >= 1u << kPartBits) throw std::logic_error("a job has too many parts");
  position_ = 0;
}

void StretchSplitter::end_table() {
  if (smallest_) end_table_at(open_.back().end - 1);
}

void StretchSplitter::end_table_at(uint64_t largest) {
  trim(*smallest_, std::max(largest, *smallest_));
  open_.coalesce(groups_, kMostSlices);
  TableMeta meta = sum_up();
  open_.shrink();
  tables_.push_back({std::make_shared<const TableMeta>(std::move(meta)),
                     std::make_shared<const Slices>(std::exchange(open_, Slices(groups_)))});
  smallest_.reset();
  open_weight_ = 0;
}

// Slices end at the table's own ends. The records that are due beyond them, of which there are
// none, are within.
void StretchSplitter::trim(uint64_t smallest, uint64_t largest) {
  Slices within(groups_);
  for (size_t i = 0; i < open_.size(); ++i) {
    const uint64_t begin = std::max(open_[i].begin, smallest);
    const uint64_t end = std::min(open_[i].end, largest + 1);
    if (begin < end) within.append(open_, i, begin, end);
  }
  if (within.empty()) within.append(open_, 0, smallest, largest + 1);
  const double before = open_.count(groups_).all, after = within.count(groups_).all;
  if (after > 0 && after < before)
    for (size_t i = 0; i < within.size(); ++i) within.scale(i, before / after);
  open_ = std::move(within);
}

// Counts are whole; what rounding owes goes to the next table.
TableMeta StretchSplitter::sum_up() {
  double values = 0, value_bytes = 0, tombstones = 0;
  for (size_t i = 0; i < open_.size(); ++i) {
    const RecordCount density = open_.density(groups_, i);
    const double here = (density.all - density.tombstones) * open_[i].length();
    values += here;
    value_bytes += here * open_[i].value_bytes;
    tombstones += density.tombstones * open_[i].length();
  }
  const double entries = values + tombstones + entries_owed_;
  TableMeta meta;
  if (position_ == 1u << kPositionBits) throw std::logic_error("a part has too many tables");
  meta.number = pack_table_number(rules_.job, part_, position_++);
  meta.entry_count = static_cast<uint64_t>(std::max(1.0, std::floor(entries + .5)));
  entries_owed_ = entries - static_cast<double>(meta.entry_count);
  tombstones += tombstones_owed_;
  meta.tombstone_count =
      std::min(meta.entry_count, static_cast<uint64_t>(std::max(0.0, std::floor(tombstones + .5))));
  tombstones_owed_ = tombstones - static_cast<double>(meta.tombstone_count);
  const auto puts = static_cast<double>(meta.entry_count - meta.tombstone_count);
  const double mean = values > 0 ? value_bytes / values : 0;
  meta.key_bytes = static_cast<uint64_t>(static_cast<double>(meta.entry_count) * groups_.key_bytes);
  meta.value_bytes = static_cast<uint64_t>(puts * mean + .5);
  meta.weight = meta.key_bytes + meta.value_bytes + 8 * meta.entry_count;
  meta.file_bytes = meta.weight;
  meta.smallest.key = key_of_rank(open_[0].begin);
  meta.largest.key = key_of_rank(open_.back().end - 1);
  return meta;
}

}  // namespace lsmkit
