#include "lsmkit/layered/delta_cutter.h"

#include <algorithm>
#include <tuple>

namespace lsmkit {

namespace {

__extension__ using Wide = unsigned __int128;

// So many pages at the front of the stretch.
PageStretch first_pages(const PageStretch& stretch, uint64_t count) {
  const auto bytes = static_cast<Wide>(stretch.bytes) * count / stretch.pages.size();
  return {{stretch.pages.begin, stretch.pages.begin + count}, static_cast<uint64_t>(bytes)};
}

// The fewest pages that have so many bytes. Requires: the stretch has them.
uint64_t pages_with(const PageStretch& stretch, uint64_t bytes) {
  const Wide product = static_cast<Wide>(stretch.pages.size()) * bytes;
  return static_cast<uint64_t>((product + stretch.bytes - 1) / stretch.bytes);
}

}  // namespace

void DeltaCutter::add(const PageStretch& stretch) {
  PageStretch rest = stretch;
  while (rest.bytes > 0) {
    const PageStretch piece = rest.pages.size() == 1 ? rest : piece_of(rest);
    if (piece.bytes > 0) add_piece(piece);
    rest = {{piece.pages.end, rest.pages.end}, rest.bytes - piece.bytes};
  }
}

PageStretch DeltaCutter::piece_of(const PageStretch& stretch) const {
  uint64_t due_bytes = target_bytes_;
  for (const uint64_t limit : {most_bytes_, target_bytes_, least_bytes_})
    if (open_.bytes < limit) due_bytes = limit - open_.bytes;
  uint64_t count = stretch.pages.size();
  if (due_bytes < stretch.bytes) count = pages_with(stretch, due_bytes);
  if (grid_pages_ > 0 && open_.bytes >= least_bytes_)
    count = std::min(count, grid_pages_ - stretch.pages.begin % grid_pages_);
  const auto point =
      std::partition_point(points_.begin() + static_cast<ptrdiff_t>(point_), points_.end(),
                           [&](const CutPoint& p) { return p.page <= stretch.pages.begin; });
  if (point != points_.end()) count = std::min(count, point->page - stretch.pages.begin);
  return first_pages(stretch, count);
}

void DeltaCutter::add_piece(const PageStretch& piece) {
  if (open_.bytes == 0)
    open_.pages.begin = piece.pages.begin;
  else
    consider_cut(piece.pages.begin);
  open_.pages.end = piece.pages.end;
  open_.bytes += piece.bytes;
  // One page may have brought it beyond five quarters: the next decides whether it is the last.
  const std::optional<Cut>& cut = best_ ? best_ : full_;
  if (open_.bytes >= most_bytes_ && cut) {
    deltas_.push_back(cut->front);
    open_ = {{cut->rest_begin, open_.pages.end}, open_.bytes - cut->front.bytes};
    full_.reset();
    best_.reset();
  }
}

void DeltaCutter::consider_cut(PageNumber next_page) {
  if (open_.bytes < least_bytes_) return;
  const Cut here{open_, next_page, point_at(next_page)};
  if (!full_ && open_.bytes >= target_bytes_) full_ = here;
  if (here.why.reason != CutReason::kNone && (!best_ || is_better(here, *best_))) best_ = here;
}

CutPoint DeltaCutter::point_at(PageNumber next_page) {
  CutPoint out;
  if (grid_pages_ > 0 && (open_.pages.end - 1) / grid_pages_ != next_page / grid_pages_)
    out = {next_page, CutReason::kGrid, 0};
  while (point_ < points_.size() && points_[point_].page < open_.pages.end) ++point_;
  for (size_t at = point_; at < points_.size() && points_[at].page <= next_page; ++at)
    if (std::tie(points_[at].reason, points_[at].weight) > std::tie(out.reason, out.weight))
      out = points_[at];
  return out;
}

bool DeltaCutter::is_better(const Cut& a, const Cut& b) const {
  if (a.why.reason != b.why.reason) return a.why.reason > b.why.reason;
  if (a.why.weight != b.why.weight) return a.why.weight > b.why.weight;
  return distance(a) < distance(b);
}

uint64_t DeltaCutter::distance(const Cut& cut) const {
  return std::max(cut.front.bytes, target_bytes_) - std::min(cut.front.bytes, target_bytes_);
}

void DeltaCutter::finish() {
  if (open_.bytes > 0) deltas_.push_back(open_);
  open_ = {};
  full_.reset();
  best_.reset();
}

}  // namespace lsmkit
