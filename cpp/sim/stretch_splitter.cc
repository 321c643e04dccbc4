#include "lsmkit/sim/stretch_splitter.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include "lsmkit/numbers/distributions.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/sim/rank_key.h"

namespace lsmkit {
namespace {

constexpr double kLeastRecords = .5;
constexpr double kLeastSpread = 1e-9;    // below it numbers of records don't vary
constexpr double kMostDrift = .5;        // of a stretch's records
constexpr double kRoundingWeight = .25;  // what sums of doubles may be off

}  // namespace

StretchSplitter::StretchSplitter(const MergeRules& rules, const KeyGroups& groups, const Ends& ends,
                                 double variance, Random& random)
    : rules_(rules),
      groups_(groups),
      random_(random),
      cutter_(rules.cut),
      open_(groups),
      variance_left_(variance) {
  if (!ends) return;
  std::tie(keys_begin_, last_key_) = *ends;
  first_is_known_ = true;
}

void StretchSplitter::add(const Slices& slice) {
  const Stretch stretch = stretch_of(slice);
  if (stretch.density <= 0) return;
  uint64_t at = slice[0].begin;
  const uint64_t end = std::min(slice[0].end, std::max(at, last_key_ + (last_key_ < UINT64_MAX)));
  if (at < keys_begin_) {
    const uint64_t stop = std::min(end, keys_begin_);
    add_between_tables(slice, at, stop);
    at = stop;
  }
  while (at < end) {
    uint64_t least_stop = at + 1;
    if (!smallest_ || at >= steady_end_ || is_heavy()) {
      ask_at(at, end, stretch);
      least_stop = std::max(least_stop, *smallest_ + 1);
    }
    at =
        add_up_to(std::min(end, std::max(least_stop, steady_end_)), least_stop, at, slice, stretch);
  }
  if (at < slice[0].end) add_between_tables(slice, at, slice[0].end);
}

// Up to `stop`, or to where the open table becomes heavy, but not before `least_stop`; says where
// that is.
uint64_t StretchSplitter::add_up_to(uint64_t stop, uint64_t least_stop, uint64_t at,
                                    const Slices& slice, const Stretch& stretch) {
  const double left = records_left(stretch);
  const double spread = stretch.variance / stretch.density;  // of a number of records / its mean
  const bool varies = spread > kLeastSpread && variance_left_ > 0;
  const double noise = varies ? draw_normal(random_) : 0;
  // A bridge: what was too many so far goes as the variance does.
  const double drift =
      varies ? std::clamp(-surplus_so_far_ * spread / variance_left_, -kMostDrift, kMostDrift) : 0;
  const auto deviation = [&](double records) {
    const double variance = records * spread;
    return noise * std::sqrt(variance * std::max(0.0, 1 - variance / variance_left_));
  };
  // So many records are due where `left` are met.
  const double due = std::max(0.0, varies ? (left - deviation(left)) / (1 + drift) : left);
  double records = static_cast<double>(stop - at) * stretch.density;
  double surplus = varies ? deviation(records) + drift * records : 0;
  if (due <= records) {
    const double keys = std::max(1.0, std::ceil(due / stretch.density - 1e-6));
    stop = std::min(stop, std::max(least_stop, at + static_cast<uint64_t>(keys)));
    records = static_cast<double>(stop - at) * stretch.density;
    surplus = varies ? left - records : 0;
  } else {
    surplus = std::clamp(surplus, -records, left - records);
  }
  variance_left_ = std::max(0.0, variance_left_ - records * spread);
  surplus_so_far_ += surplus;
  open_.append(slice, 0, at, stop);
  surplus_ += surplus;
  open_records_ += records + surplus;
  open_weight_ += (records + surplus) * stretch.record_weight;
  last_density_ = stretch.density;
  return stop;
}

// Asks the cutter at the first key from `at` on; then a table is open.
void StretchSplitter::ask_at(uint64_t at, uint64_t end, const Stretch& stretch) {
  const bool steady = smallest_ && at < steady_end_;
  const uint64_t skipped = std::exchange(first_is_known_, false) ? 0 : gap(stretch.density);
  const uint64_t key = std::min(end - 1, at + skipped);
  const uint64_t skipped_before = smallest_ && !is_heavy() ? gap(last_density_) : 0;
  const Cut cut = cut_before(key, steady && key < steady_end_);
  if (cut != Cut::kNo && smallest_) end_table_at(at - std::min(at, 1 + skipped_before));
  if (cut == Cut::kPart) begin_part();
  if (!smallest_) smallest_ = key;
}

void StretchSplitter::add_between_tables(const Slices& slice, uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  Slices& slices = smallest_ || tables_.empty() ? open_ : tables_.back().slices;
  slices.append(slice, 0, begin, end);
}

StretchSplitter::Stretch StretchSplitter::stretch_of(const Slices& slice) const {
  const RecordCount density = slice.density(groups_, 0);
  const double values = density.all - density.tombstones;
  const double value_bytes = density.all > 0 ? slice[0].value_bytes * values / density.all : 0;
  return {density.all, slice.variance(groups_, 0), groups_.key_bytes + value_bytes + 8};
}

// Keys without a record before the next one with one.
uint64_t StretchSplitter::gap(double density) {
  if (density >= 1) return 0;
  const double missed = portable_log(random_.unit_above_zero()) / portable_log1p(-density);
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
  return smallest_ && open_weight_ + kRoundingWeight >= static_cast<double>(rules_.cut.max_weight);
}

// Until the open table is heavy.
double StretchSplitter::records_left(const Stretch& stretch) const {
  const double most = std::ceil(static_cast<double>(rules_.cut.max_weight) / stretch.record_weight);
  return std::max(0.0, most - open_weight_ / stretch.record_weight);
}

void StretchSplitter::enter(uint64_t key) {
  if (!cutter_.begins_part(key_of_rank(key))) return;
  steady_end_ = 0;
  end_table();
  begin_part();
}

void StretchSplitter::begin_part() {
  part_ = cutter_.part();
  if (part_ >= 1u << kPartBits) throw std::logic_error("a job has too many parts");
}

void StretchSplitter::pass(uint64_t smallest, uint64_t largest) {
  if (smallest_) end_table_at(std::min(open_.back().end, smallest) - 1);
  keys_begin_ = std::max(keys_begin_, largest + 1);
}

// The last key is that of an input, or as far from the end as keys are from each other.
void StretchSplitter::end_table() {
  if (!smallest_) return;
  const uint64_t end = open_.back().end;
  end_table_at(last_key_ < end ? last_key_ : end - 1 - std::min(end - 1, gap(last_density_)));
}

// What is no record on average becomes none, but goes with the table before.
void StretchSplitter::end_table_at(uint64_t largest) {
  if (open_records_ < kLeastRecords && !tables_.empty()) {
    for (size_t i = 0; i < open_.size(); ++i)
      tables_.back().slices.append(open_, i, open_[i].begin, open_[i].end);
  } else {
    tables_.push_back({*smallest_, std::max(largest, *smallest_), part_, open_, surplus_});
  }
  open_.clear();
  smallest_.reset();
  open_weight_ = open_records_ = surplus_ = 0;
}

std::vector<SegmentTable> StretchSplitter::take() {
  if (!open_.empty() && !tables_.empty())  // no key was left to open a table with
    for (size_t i = 0; i < open_.size(); ++i)
      tables_.back().slices.append(open_, i, open_[i].begin, open_[i].end);
  even_out();
  std::vector<SegmentTable> out;
  for (Table& table : tables_) {
    if (table.part != (out.empty() ? 0 : part_of(out.back().meta->number))) position_ = 0;
    table.slices.coalesce(groups_);
    table.slices.shrink();
    TableMeta meta = sum_up(table);
    out.push_back({std::make_shared<TableMeta>(std::move(meta)),
                   std::make_shared<const Slices>(std::move(table.slices))});
  }
  return out;
}

// What the bridge has left, the last tables take, which ended for no weight of their own.
void StretchSplitter::even_out() {
  for (auto table = tables_.rbegin(); table != tables_.rend() && surplus_so_far_ != 0; ++table) {
    const double records = table->slices.count(groups_).all + table->surplus;
    const double taken = std::min(surplus_so_far_, records - std::min(records, 1.0));
    table->surplus -= taken;
    surplus_so_far_ -= taken;
  }
}

// Counts are whole; what rounding owes goes to the next table.
TableMeta StretchSplitter::sum_up(const Table& table) {
  const Slices& slices = table.slices;
  double values = 0, value_bytes = 0, tombstones = 0;
  for (size_t i = 0; i < slices.size(); ++i) {
    const RecordCount density = slices.density(groups_, i);
    const double here = (density.all - density.tombstones) * slices[i].length();
    values += here;
    value_bytes += here * slices[i].value_bytes;
    tombstones += density.tombstones * slices[i].length();
  }
  const double entries = values + tombstones + table.surplus + entries_owed_;
  TableMeta meta;
  if (position_ == 1u << kPositionBits) throw std::logic_error("a part has too many tables");
  meta.number = pack_table_number(rules_.job, table.part, position_++);
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
  meta.smallest.key = key_of_rank(table.smallest);
  meta.largest.key = key_of_rank(table.largest);
  return meta;
}

}  // namespace lsmkit
