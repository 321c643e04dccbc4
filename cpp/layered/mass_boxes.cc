#include "lsmkit/layered/mass_boxes.h"

#include <algorithm>
#include <iterator>

namespace lsmkit {

namespace {

// What the boxes have of these pages, of which each box has all or none.
std::vector<LsnRange> lsns_at(const std::vector<MassBox>& boxes, PageNumber page) {
  std::vector<LsnRange> all, out;
  for (const MassBox& box : boxes)
    if (box.pages.holds(page)) all.push_back(box.lsns);
  std::sort(all.begin(), all.end(),
            [](const LsnRange& a, const LsnRange& b) { return a.begin < b.begin; });
  for (const LsnRange& lsns : all)
    if (!out.empty() && out.back().end == lsns.begin)
      out.back().end = lsns.end;
    else
      out.push_back(lsns);
  return out;
}

}  // namespace

MassBox common(const MassBox& a, const MassBox& b) {
  return {{std::max(a.pages.begin, b.pages.begin), std::min(a.pages.end, b.pages.end)},
          {std::max(a.lsns.begin, b.lsns.begin), std::min(a.lsns.end, b.lsns.end)}};
}

std::vector<MassBox> joined(const std::vector<MassBox>& boxes) {
  std::vector<PageNumber> edges;
  for (const MassBox& box : boxes) edges.insert(edges.end(), {box.pages.begin, box.pages.end});
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<MassBox> out;
  std::vector<LsnRange> before;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    std::vector<LsnRange> lsns = lsns_at(boxes, edges[i]);
    const bool goes_on = lsns == before;
    for (size_t j = 0; j < lsns.size(); ++j)
      if (goes_on)
        out[out.size() - lsns.size() + j].pages.end = edges[i + 1];
      else
        out.push_back({{edges[i], edges[i + 1]}, lsns[j]});
    before = std::move(lsns);
  }
  return out;
}

}  // namespace lsmkit
