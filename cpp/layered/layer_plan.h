// What becomes of a level, as a value: whoever carries it out decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

// Pages in the midst of a delta's records: one after so many records or bytes of the page since the
// delta's begin or the one before, whichever comes first. 0: not by these.
struct PageImages {
  uint64_t every_records = 0;
  uint64_t every_bytes = 0;
  bool any() const { return every_records > 0 || every_bytes > 0; }
  bool operator==(const PageImages&) const = default;
};

// One layer to be made. Jobs of a plan do not overlap, so they may run in any order or side by
// side.
struct LayerJob {
  LayerKind makes = LayerKind::kDelta;
  PageRange pages;
  LsnRange lsns;                 // of an image: begin = end
  std::vector<uint32_t> inputs;  // of the plan's: deltas whose records in this box make the new one
  uint64_t bytes = 0;            // of the new layer, without page images
  PageImages page_images{};      // that a new delta gets
  bool operator==(const LayerJob&) const = default;
};

struct PlannedInput {
  LayerNumber number{};
  bool deleted = false;              // otherwise it stays as it is
  std::vector<uint32_t> after_jobs;  // it is deleted when all of these are done
  bool identical = false;            // it stays because a job would have copied all of it
  bool operator==(const PlannedInput&) const = default;
};

// Pages about which one decision was made, and what it was made by.
struct PlannedPart {
  PageRange pages;
  std::optional<LayerKind> makes = LayerKind::kDelta;  // none: it stays as it is
  uint64_t image_bytes = 0;                            // of the pages in use
  uint64_t delta_bytes = 0;                            // of the level's deltas, page images aside
  std::vector<Lsn> image_lsns{};  // of images: at these, the last the level's end
  bool operator==(const PlannedPart&) const = default;
};

struct LayerPlan {
  LsnRange lsns;
  std::vector<PlannedInput> inputs;
  std::vector<PlannedPart> parts;
  std::vector<LayerJob> jobs;  // by pages
  bool operator==(const LayerPlan&) const = default;
};

}  // namespace lsmkit
