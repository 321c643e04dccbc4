#include "lsmkit/layered/layered_tree.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "lsmkit/layered/collector.h"
#include "lsmkit/layered/layer_checks.h"

namespace lsmkit {

namespace {

LayerNumber after(LayerNumber number, uint64_t by) {
  return LayerNumber{static_cast<uint64_t>(number) + by};
}

uint64_t times(uint64_t height, uint64_t factor) {
  return height > UINT64_MAX / factor ? UINT64_MAX : height * factor;
}

std::vector<LayerNumber> deltas_of(const LayerLevel& level) {
  std::vector<LayerNumber> out;
  for (const Layer& layer : level.layers)
    if (layer.is_delta()) out.push_back(layer.number);
  return out;
}

// I9: a part's images at an LSN lie side by side from its first page to its last and have all pages
// in use.
void check_images_at(Lsn lsn, const PlannedPart& part, const LayerPlan& plan,
                     const Keyspace& keyspace) {
  PageNumber at = part.pages.begin;
  uint64_t bytes = 0;
  for (const LayerJob& job : plan.jobs)
    if (job.makes == LayerKind::kImage && job.lsns.end == lsn && part.pages.overlaps(job.pages)) {
      require_invariant(job.pages.begin == at, "I9: there is a gap between two images");
      at = job.pages.end;
      bytes += keyspace.bytes(job.pages);
    }
  require_invariant(at == part.pages.end, "I9: images end before the pages do");
  require_invariant(bytes == part.image_bytes, "I9: images do not hold all pages in use");
}

void check_images(const LayerPlan& plan, const LayerLevel& level, const Keyspace& keyspace) {
  for (const PlannedPart& part : plan.parts) {
    if (part.makes != LayerKind::kImage || part.image_bytes == 0) continue;
    for (const Lsn lsn : part.image_lsns) {
      require_invariant(lsn == level.lsns.end || (level.lsns.begin < lsn && lsn < level.lsns.end &&
                                                  level.same_pages_from <= lsn),
                        "I9: an image is at an LSN at which other pages may be in use");
      check_images_at(lsn, part, plan, keyspace);
    }
  }
}

}  // namespace

LayeredTree::LayeredTree(const LayeredOptions& options, LayerContents& contents, bool checks)
    : options_(options), contents_(contents), checks_(checks) {
  check(options);
}

void LayeredTree::flushed(const LsnRange& lsns, uint64_t bytes) {
  Layer layer;
  layer.number = next_number_;
  layer.lsns = lsns;
  layer.bytes = bytes;
  layer.born = event_count_;
  next_number_ = after(next_number_, 1);
  flushed_lsn_ = lsns.end;
  ++flushes_since_;
  totals_.flushed.add(layer);
  map_.add(layer);
  tell(layer, false, LayerReason::kFlush, nullptr, 0);
}

bool LayeredTree::compact(const Keyspace& keyspace) {
  if (keyspace.changes() != keyspace_changes_) same_pages_from_ = flushed_lsn_;
  keyspace_changes_ = keyspace.changes();
  uint64_t height = options_.target_bytes;
  uint32_t level_index = 0;
  Lsn lower_begin = UINT64_MAX;
  for (; height < UINT64_MAX; ++level_index) {
    std::optional<LayerLevel> level = find_level(map_.layers(), flushed_lsn_, most_height(height));
    if (!level || (!options_.partitioned && depth_of(level->layers) < options_.fanout)) break;
    level->lower_begin = lower_begin;
    lower_begin = level->lsns.begin;
    level->same_pages_from = same_pages_from_;
    if (options_.cuts_at_edges) level->edges = edges_of(map_.layers());
    if (!compact_level(*level, level_index, keyspace)) break;
    height = times(height, options_.fanout);
  }
  flushes_since_ = 0;
  if (checks_) check_all();
  return level_index > 0;
}

bool LayeredTree::compact_level(const LayerLevel& level, uint32_t level_index,
                                const Keyspace& keyspace) {
  if (checks_) check_level(level);
  std::unique_ptr<LevelProfile> profile = contents_.profile(deltas_of(level));
  const LayerPlan plan = plan_level(level, *profile, keyspace, options_);
  profile.reset();
  if (checks_) check_images(plan, level, keyspace);
  const std::vector<uint64_t> bytes = make_contents(plan);  // the last that may be interrupted
  if (std::none_of(plan.parts.begin(), plan.parts.end(),
                   [](const PlannedPart& part) { return part.makes.has_value(); }))
    return false;
  totals_.compactions += level_index == 0;
  ++totals_.level_compactions;
  totals_.makespans.add(plan, {options_.worker_bytes_per_s, options_.device_bytes_per_s});
  totals_.parts += plan.parts.size();
  for (const PlannedPart& part : plan.parts) totals_.parts_kept += !part.makes.has_value();
  for (size_t i = 0; i < plan.inputs.size(); ++i)
    if (plan.inputs[i].identical) totals_.identical.add(level.layers[i]);
  Doing doing{plan, level_index, next_number_};
  for (const PlannedInput& input : plan.inputs) doing.jobs_left.push_back(input.after_jobs.size());
  next_number_ = after(next_number_, plan.jobs.size());
  for (uint32_t job = 0; job < plan.jobs.size(); ++job) {
    carry_out(job, bytes[job], doing);
    remove_inputs_of(job, doing);
  }
  return true;
}

std::vector<uint64_t> LayeredTree::make_contents(const LayerPlan& plan) {
  std::vector<uint64_t> bytes;
  try {
    for (uint32_t job = 0; job < plan.jobs.size(); ++job) {
      if (poll_) poll_();
      const bool is_image = plan.jobs[job].makes == LayerKind::kImage;
      bytes.push_back(is_image ? plan.jobs[job].bytes : make_delta(plan, job));
    }
  } catch (...) {
    for (uint32_t job = 0; job < bytes.size(); ++job)
      if (plan.jobs[job].makes == LayerKind::kDelta) contents_.drop(after(next_number_, job));
    throw;
  }
  return bytes;
}

uint64_t LayeredTree::make_delta(const LayerPlan& plan, uint32_t job_index) {
  const LayerJob& job = plan.jobs[job_index];
  std::vector<LayerNumber> inputs;
  for (const uint32_t input : job.inputs) inputs.push_back(plan.inputs[input].number);
  const uint64_t bytes = contents_.make_delta(after(next_number_, job_index), job, inputs);
  if (checks_)
    require_invariant(job.page_images.any() ? bytes >= job.bytes : bytes == job.bytes,
                      "I6: a delta has other bytes than it must have");
  return bytes;
}

void LayeredTree::carry_out(uint32_t job_index, uint64_t bytes, Doing& doing) {
  const LayerJob& job = doing.plan.jobs[job_index];
  Layer layer;
  layer.number = after(doing.first_output, job_index);
  layer.kind = job.makes;
  layer.pages = job.pages;
  layer.lsns = job.lsns;
  layer.born = event_count_;
  layer.bytes = bytes;
  if (layer.is_image()) {
    totals_.images.add(layer);
  } else {
    layer.page_image_bytes = layer.bytes - job.bytes;
    totals_.page_image_bytes += layer.page_image_bytes;
    totals_.retiled.add(layer);
  }
  map_.add(layer);
  tell(layer, false, layer.is_image() ? LayerReason::kCovered : LayerReason::kRetiled, &doing,
       job_index);
}

void LayeredTree::remove_inputs_of(uint32_t job_index, Doing& doing) {
  for (const uint32_t input : doing.plan.jobs[job_index].inputs) {
    const PlannedInput& planned = doing.plan.inputs[input];
    if (!planned.deleted || --doing.jobs_left[input] > 0) continue;
    Layer layer = map_.remove(planned.number);
    layer.died = event_count_;
    contents_.drop(planned.number);
    tell(layer, true, LayerReason::kReplaced, &doing, job_index);
  }
}

void LayeredTree::add_images(Lsn lsn, const Keyspace& keyspace) {
  for (const PageRange& pages : cut_images({}, keyspace, options_.target_bytes)) {
    Layer layer;
    layer.number = next_number_;
    layer.kind = LayerKind::kImage;
    layer.pages = pages;
    layer.lsns = {lsn, lsn};
    layer.bytes = keyspace.bytes(pages);
    layer.born = event_count_;
    next_number_ = after(next_number_, 1);
    totals_.images.add(layer);
    map_.add(layer);
    tell(layer, false, LayerReason::kBottom, nullptr, 0);
  }
}

void LayeredTree::collect(Lsn horizon, std::span<const Lsn> pinned) {
  std::vector<Layer> gone;
  for (const LayerNumber number : unneeded_layers(map_.layers(), horizon, pinned))
    gone.push_back(map_.remove(number));
  for (Layer& layer : gone) {
    layer.died = event_count_;
    totals_.collected.add(layer);
    if (layer.is_delta()) contents_.forget(layer.number);
    tell(layer, true, LayerReason::kCollected, nullptr, 0);
  }
  if (checks_) check_all();
}

void LayeredTree::tell(const Layer& layer, bool deleted, LayerReason reason, const Doing* doing,
                       uint32_t job) {
  const uint64_t number = event_count_++;
  const uint64_t compaction = doing == nullptr ? 0 : totals_.level_compactions;
  const uint32_t level = doing == nullptr ? 0 : doing->level;
  const auto parts = doing == nullptr ? 0 : static_cast<uint32_t>(doing->plan.parts.size());
  if (observer_) observer_({number, deleted, reason, compaction, level, job, parts, layer});
}

void LayeredTree::check_level(const LayerLevel& level) const {
  map_.check_crossed_by_none(level.lsns.begin);
}

void LayeredTree::check_all() const {
  map_.check_disjoint();
  map_.check_sizes(options_.target_bytes);
  map_.check_sums();
  contents_.check();
}

}  // namespace lsmkit
