#include "lsmkit/sim/slices.h"

#include <algorithm>
#include <cmath>

namespace lsmkit {
namespace {

constexpr size_t kFewSlices = 4;
constexpr size_t kManySlices = 32;
constexpr double kFewMoved = 0.002;  // of all records

}  // namespace

void Slices::append(const Slice& slice) {
  slices_.push_back(slice);
  rows_.insert(rows_.end(), group_count_, 1.0);
  rows_.insert(rows_.end(), row_size_ - group_count_, 0.0);
}

void Slices::append(const Slices& other, size_t i, uint64_t begin, uint64_t end) {
  slices_.push_back(other.slices_[i]);
  slices_.back().begin = begin;
  slices_.back().end = end;
  const auto row = other.rows_.begin() + static_cast<std::ptrdiff_t>(i * row_size_);
  rows_.insert(rows_.end(), row, row + static_cast<std::ptrdiff_t>(row_size_));
}

void Slices::clear() {
  slices_.clear();
  rows_.clear();
}

void Slices::shrink() {
  slices_.shrink_to_fit();
  rows_.shrink_to_fit();
}

uint64_t Slices::allocated_bytes() const {
  return slices_.capacity() * sizeof(Slice) + rows_.capacity() * sizeof(double);
}

RecordCount Slices::density(const KeyGroups& groups, size_t i) const {
  const double* shares = groups.shares.data();
  const double* none = absent(i);
  double sum = 0;
  for (size_t j = 0; j < group_count_; ++j) sum += shares[j] * none[j];
  RecordCount out{1 - slices_[i].missed() * sum, 0};
  if (!groups.deletes) return out;
  const double *tombstones = dead(i), *dropped = gone(i);
  for (size_t j = 0; j < group_count_; ++j) {
    out.tombstones += shares[j] * tombstones[j];
    out.all -= shares[j] * dropped[j];
  }
  return out;
}

RecordCount Slices::count(const KeyGroups& groups) const {
  RecordCount sum;
  for (size_t i = 0; i < size(); ++i) {
    const RecordCount each = density(groups, i);
    sum.all += each.all * slices_[i].length();
    sum.tombstones += each.tombstones * slices_[i].length();
  }
  return sum;
}

double Slices::variance(const KeyGroups& groups, size_t i) const {
  const double missed = slices_[i].missed();
  const double* none = absent(i);
  const double* dropped = groups.deletes ? gone(i) : nullptr;
  double sum = 0;
  for (size_t j = 0; j < group_count_; ++j) {
    const double stored = 1 - missed * none[j] - (dropped != nullptr ? dropped[j] : 0);
    sum += groups.shares[j] * stored * (1 - stored);
  }
  return std::max(0.0, sum);
}

// Hits are what has to be kept: those by turns are averaged, and chance gets the rest. In a hole
// between the two nobody was met.
void Slices::join(size_t i) {
  Slice& a = slices_[i];
  const Slice& b = slices_[i + 1];
  const auto whole = static_cast<double>(b.end - a.begin);
  const double part_a = a.length() / whole, part_b = b.length() / whole;
  const double part_hole = static_cast<double>(b.begin - a.end) / whole;
  const double missed_a = part_a * a.missed(), missed_b = part_b * b.missed();
  for (size_t g = 0; g < a.turns.size(); ++g)
    a.turns[g] = part_a * a.turns[g] + part_b * b.turns[g];
  a.value_bytes = (part_a * a.value_bytes + part_b * b.value_bytes) / (part_a + part_b);
  a.end = b.end;
  const double missed = a.missed();
  double *row_a = absent(i), *row_b = absent(i + 1);
  for (size_t j = 0; j < group_count_; ++j)
    row_a[j] = missed > 0
                   ? std::min(1.0, (missed_a * row_a[j] + missed_b * row_b[j] + part_hole) / missed)
                   : part_a * row_a[j] + part_b * row_b[j];
  for (size_t j = group_count_; j < row_size_; ++j)
    row_a[j] = part_a * row_a[j] + part_b * row_b[j];
  slices_.erase(slices_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  const auto row = rows_.begin() + static_cast<std::ptrdiff_t>((i + 1) * row_size_);
  rows_.erase(row, row + static_cast<std::ptrdiff_t>(row_size_));
}

void Slices::coalesce(const KeyGroups& groups) {
  if (size() <= kFewSlices) return;
  std::vector<double> densities;
  double records = 0;
  for (size_t i = 0; i < size(); ++i) {
    densities.push_back(density(groups, i).all);
    records += densities.back() * slices_[i].length();
  }
  while (size() > kFewSlices) {
    size_t best = 0;
    double least = -1;  // records that joining two would put elsewhere
    for (size_t i = 0; i + 1 < size(); ++i) {
      const double a = slices_[i].length(), b = slices_[i + 1].length();
      const auto hole = static_cast<double>(slices_[i + 1].begin - slices_[i].end);
      const double moved = std::abs(densities[i] - densities[i + 1]) * a * b / (a + b) +
                           std::max(densities[i], densities[i + 1]) * hole;
      if (least >= 0 && moved >= least) continue;
      least = moved;
      best = i;
    }
    if (size() <= kManySlices && least > kFewMoved * records) return;
    join(best);
    densities.erase(densities.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    densities[best] = density(groups, best).all;
  }
}

}  // namespace lsmkit
