#include "lsmkit/rules/output_cutter.h"

#include <algorithm>

namespace lsmkit {

Cut OutputCutter::before(std::string_view key, uint64_t open_weight) {
  const bool part = begins_part(key);
  const uint64_t overlap_before = overlap_weight_;
  const unsigned crossed = cross_boundaries(key);
  const bool cursor = passes_cursor(key);

  bool cut = false;
  if (open_weight > 0) {
    const bool too_wide = passed_too_much();
    cut = part || cursor || too_wide || open_weight >= rules_.max_weight ||
          (crossed > 0 && ends_at_boundary(open_weight, crossed, overlap_weight_ - overlap_before));
  }
  if (cut || open_weight == 0) begin_table();
  if (part) return Cut::kPart;
  return cut ? Cut::kTable : Cut::kNo;
}

// Requires: before() was asked since the last part began.
StretchEnd OutputCutter::steady_until() const {
  StretchEnd end;
  if (part_ < rules_.part_bounds.size()) end = {rules_.part_bounds[part_], false};
  if (!cursor_passed_ && rules_.cursor) end = earlier(end, {*rules_.cursor, false});
  if (!neighbour_) return end;
  const TableBound& bound = in_gap_ ? neighbour_->smallest : neighbour_->largest;
  return earlier(end, {bound.key, !in_gap_ && !bound.exclusive});
}

// A part knows nothing of the one before it: it may be cut elsewhere, beside it.
bool OutputCutter::begins_part(std::string_view key) {
  const uint32_t before = part_;
  while (part_ < rules_.part_bounds.size() && key >= rules_.part_bounds[part_]) ++part_;
  if (part_ == before) return false;
  started_ = false;
  passed_weight_ = 0;
  return true;
}

bool OutputCutter::passes_cursor(std::string_view key) {
  if (cursor_passed_ || !rules_.cursor || key < *rules_.cursor) return false;
  cursor_passed_ = true;
  return true;
}

bool OutputCutter::ends_at_boundary(uint64_t open_weight, unsigned crossed,
                                    uint64_t added_overlap) {
  if (rules_.kind == OutputCut::kGrandparents) return false;
  if (overlap_weight_ + open_weight > rules_.max_overlap_weight) return true;
  if (rules_.kind == OutputCut::kGrid) return ends_at_grid_point(open_weight);
  if (rules_.kind == OutputCut::kPlain) return false;
  // A whole neighbour lies between the keys if both its ends were crossed and the key has left the
  // neighbour that the last key may have been in.
  const unsigned skips_one = in_gap_ ? 2 : 3;
  if (crossed >= skips_one && added_overlap > rules_.target_weight / 8) return true;
  const unsigned hundredths = 50 + std::min(boundaries_seen_ * 5, 40u);
  return open_weight >=
         rules_.target_weight / 100 * hundredths + rules_.target_weight % 100 * hundredths / 100;
}

bool OutputCutter::ends_at_grid_point(uint64_t open_weight) {
  if (begun_ == 0) return false;
  const uint64_t step = open_weight - point_weight_;
  point_weight_ = open_weight;
  return open_weight + step / 2 >= rules_.target_weight;
}

bool OutputCutter::passed_too_much() {
  if (rules_.kind != OutputCut::kGrandparents || passed_weight_ <= rules_.max_overlap_weight)
    return false;
  passed_weight_ = 0;
  return true;
}

// Moves on to where `key` stands in next_run; returns how many ends of tables were passed.
unsigned OutputCutter::cross_boundaries(std::string_view key) {
  begun_ = 0;
  if (!started_) {
    started_ = true;
    neighbour_ = rules_.next_run.first_not_before(key);
    in_gap_ = !neighbour_ || starts_after(*neighbour_, key);
    return 0;
  }
  unsigned crossed = 0;
  while (neighbour_) {
    if (in_gap_) {
      if (starts_after(*neighbour_, key)) break;
      overlap_weight_ += neighbour_->weight;
      in_gap_ = false;
      ++begun_;
    } else {
      if (!ends_before(*neighbour_, key)) break;
      passed_weight_ += neighbour_->weight;
      neighbour_ = rules_.next_run.first_after(neighbour_->smallest.key);
      in_gap_ = true;
    }
    ++crossed;
  }
  boundaries_seen_ += crossed;
  return crossed;
}

void OutputCutter::begin_table() {
  boundaries_seen_ = 0;
  point_weight_ = 0;
  overlap_weight_ = in_gap_ || !neighbour_ ? 0 : neighbour_->weight;
}

}  // namespace lsmkit
