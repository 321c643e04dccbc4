#include "lsmkit/layered/slice_profile.h"

#include <algorithm>
#include <utility>

namespace lsmkit {

SliceProfile::SliceProfile(const SliceMass& mass, std::vector<MassBox> boxes,
                           uint64_t most_page_bytes)
    : mass_(mass),
      boxes_(std::move(boxes)),
      most_page_bytes_(most_page_bytes),
      bounds_(mass.bounds().begin(), mass.bounds().end()) {
  std::sort(boxes_.begin(), boxes_.end(),
            [](const MassBox& a, const MassBox& b) { return a.lsns.begin < b.lsns.begin; });
  for (MassBox& box : boxes_) {
    box.pages.end = std::min(box.pages.end, mass.bounds().back());
    if (box.pages.begin >= box.pages.end) box.pages = {0, 0};
    bounds_.push_back(box.pages.begin);
    bounds_.push_back(box.pages.end);
  }
  std::sort(bounds_.begin(), bounds_.end());
  bounds_.erase(std::unique(bounds_.begin(), bounds_.end()), bounds_.end());
  page_bytes_.resize(bounds_.size() - 1, 0);
  for (const MassBox& box : boxes_) {
    if (box.pages == PageRange{0, 0}) continue;
    size_t slice = mass_.slice_of(box.pages.begin);
    for (size_t part = part_of(box.pages.begin); bounds_[part] < box.pages.end; ++part) {
      if (bounds_[part] == mass_.bounds()[slice + 1]) ++slice;
      page_bytes_[part] += mass_.page_bytes(slice, box.lsns);
    }
  }
}

size_t SliceProfile::part_of(PageNumber page) const {
  const auto behind = std::upper_bound(bounds_.begin(), bounds_.end(), page);
  return static_cast<size_t>(behind - bounds_.begin()) - 1;
}

void SliceProfile::begin(const PageRange& pages) {
  pages_ = {pages.begin, std::min(pages.end, bounds_.back())};
}

std::span<const PageStretch> SliceProfile::next() {
  size_t count = 0;
  if (pages_.begin >= pages_.end) return {};
  for (size_t part = part_of(pages_.begin);
       count < stretches_.size() && pages_.begin < pages_.end;) {
    PageNumber end = std::min(bounds_[part + 1], pages_.end);
    const uint64_t of_each = page_bytes_[part];
    if (of_each > most_page_bytes_) end = pages_.begin + 1;
    if (of_each > 0) stretches_[count++] = {{pages_.begin, end}, (end - pages_.begin) * of_each};
    pages_.begin = end;
    if (end == bounds_[part + 1]) ++part;
  }
  return std::span(stretches_).first(count);
}

std::vector<LsnPart> SliceProfile::parts_by_lsn(PageNumber page, uint64_t most_bytes) {
  const size_t slice = mass_.slice_of(page);
  std::vector<LsnPart> parts;
  for (const MassBox& box : boxes_) {
    if (!box.pages.holds(page)) continue;
    LsnRange rest = box.lsns;
    for (uint64_t left = mass_.page_bytes(slice, rest); left > 0;) {
      if (parts.empty() || parts.back().bytes == most_bytes) parts.push_back({rest.begin, 0});
      const uint64_t room = most_bytes - parts.back().bytes;
      const uint64_t taken = std::min(left, room);
      parts.back().bytes += taken;
      left -= taken;
      if (left > 0) rest.begin = mass_.lsn_at(slice, mass_.page_bytes(slice, rest.begin) + taken);
    }
  }
  return parts;
}

}  // namespace lsmkit
