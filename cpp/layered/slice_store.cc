#include "lsmkit/layered/slice_store.h"

#include <algorithm>

#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/slice_profile.h"

namespace lsmkit {

namespace {

MassBox common(const MassBox& box, const LayerJob& job) {
  return {{std::max(box.pages.begin, job.pages.begin), std::min(box.pages.end, job.pages.end)},
          {std::max(box.lsns.begin, job.lsns.begin), std::min(box.lsns.end, job.lsns.end)}};
}

}  // namespace

void SliceStore::put(LayerNumber number, const MassBox& box) {
  const auto place = static_cast<size_t>(number);
  if (place >= boxes_.size()) boxes_.resize(place + 1);
  boxes_[place] = box;
}

void SliceStore::flush(LayerNumber number) {
  put(number, {{0, kEndOfPages}, {flushed_, mass_.end()}});
  flushed_ = mass_.end();
}

std::unique_ptr<LevelProfile> SliceStore::profile(std::span<const LayerNumber> deltas) const {
  std::vector<MassBox> boxes;
  for (const LayerNumber delta : deltas) boxes.push_back(box(delta));
  return std::make_unique<SliceProfile>(mass_, std::move(boxes), most_page_bytes_);
}

uint64_t SliceStore::make_delta(LayerNumber number, const LayerJob& job,
                                std::span<const LayerNumber> inputs) {
  uint64_t bytes = 0;
  for (const LayerNumber input : inputs) {
    const MassBox part = common(box(input), job);
    bytes += mass_.bytes(part.pages, part.lsns);
  }
  put(number, {job.pages, job.lsns});
  return kDeltaBytes + bytes;
}

void SliceStore::drop(LayerNumber delta) {
  boxes_[static_cast<size_t>(delta)] = {};
}

void SliceStore::check() const {
  uint64_t held = 0;
  for (const MassBox& box : boxes_) held += mass_.bytes(box.pages, box.lsns);
  require_invariant(held == flushed_, "I1: layers hold other bytes than the log");
}

}  // namespace lsmkit
