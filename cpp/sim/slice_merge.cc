#include "lsmkit/sim/slice_merge.h"

#include <algorithm>
#include <utility>

namespace lsmkit {
namespace {

constexpr double kEnoughRecords = 50;  // nobody asks more exactly how many others there are

}  // namespace

SliceMerge::SliceMerge(const KeyGroups& groups, const std::vector<std::vector<ModelledTable>>& runs)
    : groups_(groups) {
  for (const auto& run : runs) tables_.insert(tables_.end(), run.begin(), run.end());
  for (uint32_t t = 0; t < tables_.size(); ++t) {
    const Slices& slices = *tables_[t].slices;
    for (uint32_t i = 0; i < slices.size(); ++i)
      pieces_.push_back({slices[i].begin, slices[i].end, t, i});
  }
  std::sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.table < b.table;
  });
  find_bounds();
}

// From at_, or the first slice behind it, up to where a slice begins or ends.
void SliceMerge::find_bounds() {
  if (active_.empty()) {
    if (next_piece_ == pieces_.size()) {
      end_ = at_;
      return;
    }
    at_ = pieces_[next_piece_].begin;
  }
  for (; next_piece_ < pieces_.size() && pieces_[next_piece_].begin <= at_; ++next_piece_) {
    const Piece& piece = pieces_[next_piece_];
    const auto place = std::find_if(active_.begin(), active_.end(),
                                    [&](const Piece& p) { return p.table > piece.table; });
    active_.insert(place, piece);
  }
  end_ = next_piece_ < pieces_.size() ? pieces_[next_piece_].begin : UINT64_MAX;
  for (const Piece& piece : active_) end_ = std::min(end_, piece.end);
}

void SliceMerge::next() {
  at_ = end_;
  std::erase_if(active_, [&](const Piece& piece) { return piece.end <= at_; });
  find_bounds();
}

void SliceMerge::merged(Slices& out) const {
  out.clear();
  out.append(slices_of(active_.front()), active_.front().slice, at_, end_);
  if (active_.size() == 1) return;
  if (groups_.deletes) return merge_tombstones(out);
  merge_values(out);
}

void SliceMerge::merge_values(Slices& out) const {
  Slice& sum = out[0];
  double* absent = out.absent(0);
  for (size_t i = 1; i < active_.size(); ++i) {
    const Slices& slices = slices_of(active_[i]);
    const Slice& older = slices[active_[i].slice];
    const bool same_size = older.value_bytes == sum.value_bytes;
    const double hit_before = same_size ? 0 : out.density(groups_, 0).all;
    for (size_t g = 0; g < older.turns.size(); ++g)
      sum.turns[g] = std::min(1.0, sum.turns[g] + older.turns[g]);
    const double* older_absent = slices.absent(active_[i].slice);
    for (size_t j = 0; j < groups_.count(); ++j) absent[j] *= older_absent[j];
    if (same_size) continue;
    const double hit = out.density(groups_, 0).all;
    if (hit > 0)
      sum.value_bytes += (older.value_bytes - sum.value_bytes) * (hit - hit_before) / hit;
  }
}

// Of the keys that an older table hits, those that no newer one did show what it holds.
void SliceMerge::merge_tombstones(Slices& out) const {
  Slice& sum = out[0];
  double *absent = out.absent(0), *dead = out.dead(0), *gone = out.gone(0);
  for (size_t i = 1; i < active_.size(); ++i) {
    const Slices& slices = slices_of(active_[i]);
    const size_t at = active_[i].slice;
    const double *older_absent = slices.absent(at), *older_dead = slices.dead(at),
                 *older_gone = slices.gone(at);
    const double missed_before = sum.missed(), older_missed = slices[at].missed();
    for (size_t g = 0; g < sum.turns.size(); ++g)
      sum.turns[g] = std::min(1.0, sum.turns[g] + slices[at].turns[g]);
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
  for (const Piece& piece : active_)
    if (piece.slice == 0 && piece.begin == at_ && tables_[piece.table].meta)
      return &tables_[piece.table];
  return nullptr;
}

double SliceMerge::others_in(const ModelledTable& table) const {
  const auto own = static_cast<uint32_t>(&table - tables_.data());
  const uint64_t begin = (*table.slices)[0].begin, end = table.slices->back().end;
  double sum = 0;
  const auto add = [&](const Piece& piece) {
    const uint64_t from = std::max(piece.begin, begin), to = std::min(piece.end, end);
    if (piece.table != own && from < to)
      sum += slices_of(piece).density(groups_, piece.slice).all * static_cast<double>(to - from);
  };
  for (const Piece& piece : active_) add(piece);
  for (size_t i = next_piece_; i < pieces_.size() && sum < kEnoughRecords; ++i) {
    if (pieces_[i].begin >= end) break;
    add(pieces_[i]);
  }
  if (sum < kEnoughRecords && has_end_of_another(*table.meta)) return kEnoughRecords;
  return sum;
}

// The keys that other tables begin and end with are there for certain.
bool SliceMerge::has_end_of_another(const TableMeta& table) const {
  const auto holds = [&](const std::string& key) {
    return table.smallest.key <= key && key <= table.largest.key;
  };
  return std::any_of(tables_.begin(), tables_.end(), [&](const ModelledTable& other) {
    return other.meta && other.meta->number != table.number &&
           (holds(other.meta->smallest.key) || holds(other.meta->largest.key));
  });
}

void SliceMerge::leave_out(const ModelledTable& table) {
  const auto own = static_cast<uint32_t>(&table - tables_.data());
  const uint64_t end = table.slices->back().end;
  const auto is_own = [&](const Piece& piece) { return piece.table == own; };
  std::erase_if(active_, is_own);
  const auto first = pieces_.begin() + static_cast<std::ptrdiff_t>(next_piece_);
  const auto last =
      std::find_if(first, pieces_.end(), [&](const Piece& piece) { return piece.begin >= end; });
  pieces_.erase(std::remove_if(first, last, is_own), last);
  find_bounds();
}

Slices merged_slices(const KeyGroups& groups, const std::vector<const Slices*>& sources) {
  std::vector<std::vector<ModelledTable>> runs;
  for (const Slices* source : sources)
    if (!source->empty()) runs.push_back({{source, nullptr}});
  Slices out(groups), one(groups);
  for (SliceMerge merge(groups, std::move(runs)); merge.valid(); merge.next()) {
    merge.merged(one);
    out.append(one, 0, one[0].begin, one[0].end);
  }
  return out;
}

void drop_tombstones(Slices& slice, size_t i, const KeyGroups& groups) {
  if (!groups.deletes) return;
  double *dead = slice.dead(i), *gone = slice.gone(i);
  for (size_t j = 0; j < groups.count(); ++j) gone[j] += std::exchange(dead[j], 0.0);
}

void drop_all_tombstones(Slices& slices, const KeyGroups& groups) {
  for (size_t i = 0; i < slices.size(); ++i) drop_tombstones(slices, i, groups);
}

}  // namespace lsmkit
