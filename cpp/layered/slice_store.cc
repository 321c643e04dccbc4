#include "lsmkit/layered/slice_store.h"

#include <algorithm>

#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/slice_profile.h"

namespace lsmkit {

void SliceStore::put(LayerNumber number, Contents contents) {
  const auto place = static_cast<size_t>(number);
  if (place >= contents_.size()) contents_.resize(place + 1);
  contents_[place] = std::move(contents);
}

void SliceStore::flush(LayerNumber number) {
  put(number, {{{{0, kEndOfPages}, {flushed_, mass_.end()}}}});
  flushed_ = mass_.end();
}

std::unique_ptr<LevelProfile> SliceStore::profile(std::span<const LayerNumber> deltas) const {
  std::vector<MassBox> all;
  for (const LayerNumber delta : deltas)
    all.insert(all.end(), boxes(delta).begin(), boxes(delta).end());
  return std::make_unique<SliceProfile>(mass_, std::move(all), most_page_bytes_);
}

uint64_t SliceStore::make_delta(LayerNumber number, const LayerJob& job,
                                std::span<const LayerNumber> inputs) {
  const MassBox box{job.pages, job.lsns};
  std::vector<MassBox> parts;
  for (const LayerNumber input : inputs)
    for (const MassBox& of_input : boxes(input))
      if (const MassBox part = common(of_input, box); !is_empty(part)) parts.push_back(part);
  const uint64_t held = bytes(parts);
  // Where layers end around the pages that they have, there is nothing between them.
  Contents contents{held == bytes({box}) ? std::vector{box} : joined(parts), job.page_images};
  const uint64_t images = images_ == nullptr ? 0 : images_->count(contents.boxes);
  put(number, std::move(contents));
  return kDeltaBytes + held + images * kPageBytes;
}

void SliceStore::drop(LayerNumber delta) {
  contents_[static_cast<size_t>(delta)] = {};
}

void SliceStore::forget(LayerNumber delta) {
  if (is_needed_)
    for (const MassBox& box : boxes(delta))
      require_invariant(!is_needed_(box), "I10: a layer goes that a read must come to");
  forgotten_bytes_ += bytes(boxes(delta));
  drop(delta);
}

uint64_t SliceStore::bytes(const std::vector<MassBox>& boxes) const {
  uint64_t sum = 0;
  for (const MassBox& box : boxes) sum += mass_.bytes(box.pages, box.lsns);
  return sum;
}

void SliceStore::check() const {
  uint64_t held = forgotten_bytes_;
  for (const Contents& contents : contents_) held += bytes(contents.boxes);
  require_invariant(held == flushed_, "I1: layers hold other bytes than the log");
}

std::vector<LsnRange> SliceStore::held_lsns() const {
  std::vector<LsnRange> out;
  for (const Contents& contents : contents_)
    for (const MassBox& box : contents.boxes) out.push_back(box.lsns);
  return out;
}

uint64_t SliceStore::allocated_bytes() const {
  uint64_t bytes = contents_.capacity() * sizeof(Contents);
  for (const Contents& contents : contents_) bytes += contents.boxes.capacity() * sizeof(MassBox);
  return bytes;
}

}  // namespace lsmkit
