#include "lsmkit/sim/slice_merge.h"

#include <algorithm>
#include <utility>

namespace lsmkit {

void SliceMerge::Source::next() {
  if (++slice < tables[table].slices->size()) return;
  slice = 0;
  ++table;
}

SliceMerge::SliceMerge(const KeyGroups& groups, std::vector<std::vector<ModelledTable>> runs)
    : groups_(groups) {
  for (auto& tables : runs) sources_.push_back({std::move(tables)});
  find_bounds();
}

// From at_, or the first slice behind it, up to where a slice of any source begins or ends.
void SliceMerge::find_bounds() {
  active_.clear();
  uint64_t first = UINT64_MAX;
  for (const Source& source : sources_)
    if (source.valid()) first = std::min(first, std::max(at_, source.here().begin));
  at_ = end_ = first;
  if (first == UINT64_MAX) return;
  end_ = UINT64_MAX;
  for (size_t s = 0; s < sources_.size(); ++s) {
    if (!sources_[s].valid()) continue;
    const Slice& here = sources_[s].here();
    if (here.begin <= at_) active_.push_back(s);
    end_ = std::min(end_, here.begin <= at_ ? here.end : here.begin);
  }
}

void SliceMerge::next() {
  at_ = end_;
  for (const size_t s : active_)
    if (sources_[s].here().end <= at_) sources_[s].next();
  find_bounds();
}

void SliceMerge::merged(Slices& out) {
  out.clear();
  const Source& first = sources_[active_.front()];
  out.append(*first.tables[first.table].slices, first.slice, at_, end_);
  if (active_.size() == 1) return;
  double* absent = out.absent(0);
  if (groups_.deletes) return merge_tombstones(out);
  double hit = out.density(groups_, 0).all;
  for (size_t i = 1; i < active_.size(); ++i) {
    const Source& source = sources_[active_[i]];
    const Slice& older = source.here();
    for (size_t g = 0; g < older.turns.size(); ++g)
      out[0].turns[g] = std::min(1.0, out[0].turns[g] + older.turns[g]);
    add_chance(source, absent);
    if (older.value_bytes == out[0].value_bytes) continue;
    const double hit_now = out.density(groups_, 0).all;
    if (hit_now > 0)
      out[0].value_bytes += (older.value_bytes - out[0].value_bytes) * (hit_now - hit) / hit_now;
    hit = hit_now;
  }
}

void SliceMerge::add_chance(const Source& source, double* absent) const {
  const double* older = source.tables[source.table].slices->absent(source.slice);
  for (size_t j = 0; j < groups_.count(); ++j) absent[j] *= older[j];
}

// Of the keys that an older source hits, those that no newer one did show what it holds.
void SliceMerge::merge_tombstones(Slices& out) {
  Slice& sum = out[0];
  double *absent = out.absent(0), *dead = out.dead(0), *gone = out.gone(0);
  for (size_t i = 1; i < active_.size(); ++i) {
    const Source& source = sources_[active_[i]];
    const Slices& slices = *source.tables[source.table].slices;
    const Slice& older = source.here();
    const double *older_absent = slices.absent(source.slice),
                 *older_dead = slices.dead(source.slice), *older_gone = slices.gone(source.slice);
    const double missed_before = sum.missed(), older_missed = older.missed();
    for (size_t g = 0; g < older.turns.size(); ++g)
      sum.turns[g] = std::min(1.0, sum.turns[g] + older.turns[g]);
    const double missed_now = sum.missed();
    for (size_t j = 0; j < groups_.count(); ++j) {
      const double unhit = missed_before * absent[j];
      absent[j] *= older_absent[j];
      const double older_hit = 1 - older_missed * older_absent[j];
      if (older_hit <= 0) continue;
      const double shown = (unhit - missed_now * absent[j]) / older_hit;
      dead[j] += shown * older_dead[j];
      gone[j] += shown * older_gone[j];
    }
  }
}

const ModelledTable* SliceMerge::table_ahead() const {
  for (const size_t s : active_) {
    const Source& source = sources_[s];
    if (source.slice == 0 && source.here().begin == at_ && source.tables[source.table].meta)
      return &source.tables[source.table];
  }
  return nullptr;
}

double SliceMerge::records_in(const Source& source, uint64_t begin, uint64_t end) const {
  constexpr double kEnough = 50;  // nobody asks more exactly
  double sum = 0;
  size_t slice = source.slice;
  for (size_t t = source.table; t < source.tables.size() && sum < kEnough; ++t, slice = 0) {
    const Slices& slices = *source.tables[t].slices;
    for (; slice < slices.size() && sum < kEnough; ++slice) {
      const Slice& here = slices[slice];
      if (here.begin >= end) return sum;
      if (here.end <= begin) continue;
      sum += slices.density(groups_, slice).all *
             static_cast<double>(std::min(here.end, end) - std::max(here.begin, begin));
    }
  }
  return sum;
}

double SliceMerge::others_in(const ModelledTable& table) const {
  const uint64_t begin = (*table.slices)[0].begin, end = table.slices->back().end;
  double sum = 0;
  for (const Source& source : sources_)
    if (!source.valid() || &source.tables[source.table] != &table)
      sum += records_in(source, begin, end);
  return sum;
}

void SliceMerge::skip(const ModelledTable& table) {
  const uint64_t behind = table.slices->back().end;
  for (Source& source : sources_)
    while (source.valid() && source.here().end <= behind) source.next();
  at_ = behind;
  find_bounds();
}

}  // namespace lsmkit
