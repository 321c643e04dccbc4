#include "lsmkit/layered/layer_planner.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/cut_points.h"
#include "lsmkit/layered/delta_cutter.h"
#include "lsmkit/layered/level_parts.h"
#include "lsmkit/layered/makespan.h"
#include "lsmkit/layered/retention.h"

namespace lsmkit {

void check(const LayeredOptions& options) {
  ensure(options.target_bytes >= kPageBytes && options.target_bytes <= uint64_t{2} << 30,
         "target_bytes of a layered store must be from 8192 to 2 GiB");
  ensure(options.fanout >= 2 && options.fanout <= 1000,
         "fanout of a layered store must be from 2 to 1000");
  ensure(options.early_image_percent <= 100,
         "early_image_percent of a layered store must be at most 100");
  check(RetentionOptions{options.history_bytes, options.history_s, options.log_bytes_per_s});
  check(JobSpeeds{options.worker_bytes_per_s, options.device_bytes_per_s});
  ensure(options.page_image_records != 1,
         "page_image_records of a layered store must be 0 or above 1");
  ensure(options.page_image_bytes == 0 || options.page_image_bytes >= kPageBytes,
         "page_image_bytes of a layered store must be 0 or at least 8192");
  ensure(options.early_image_percent == 0 || options.partitioned,
         "early_image_percent of a layered store needs partitioned");
}

uint64_t most_height(uint64_t level_height) {
  const uint64_t slop = level_height / 4 * 3 + level_height % 4 * 3 / 4;
  return level_height > UINT64_MAX - slop ? UINT64_MAX : level_height + slop;
}

std::vector<PageRange> cut_images(const PageRange& pages, const Keyspace& keyspace,
                                  uint64_t target_bytes) {
  const uint64_t target_pages = std::max<uint64_t>(target_bytes / kPageBytes, 1);
  uint64_t left = keyspace.page_count(pages);  // in use, and in no range yet
  uint64_t due = target_pages;                 // for the range that is open
  PageNumber begin = pages.begin;
  std::vector<PageRange> out;
  for (const PageRange& used : keyspace.ranges()) {
    PageNumber at = std::max(used.begin, pages.begin);
    const PageNumber end = std::min(used.end, pages.end);
    while (at < end && left > target_pages + target_pages / 4) {
      const uint64_t taken = std::min<uint64_t>(end - at, due);
      at += taken;
      due -= taken;
      if (due > 0) continue;
      out.push_back({begin, at});
      begin = at;
      left -= target_pages;
      due = target_pages;
    }
  }
  if (left > 0) out.push_back({begin, pages.end});
  return out;
}

namespace {

// One decision, and its jobs.
class PartPlanner {
 public:
  PartPlanner(const LayerLevel& level, const PageRange& pages, const LayeredOptions& options,
              LayerPlan& plan)
      : level_(level), options_(options), plan_(plan) {
    part_.pages = pages;
    for (uint32_t i = 0; i < level.layers.size(); ++i) {
      const Layer& layer = level.layers[i];
      if (!layer.is_delta() || !layer.pages.overlaps(pages)) continue;
      deltas_.push_back(i);
      part_.delta_bytes += layer.record_bytes();
    }
  }

  void plan(LevelProfile& profile, const Keyspace& keyspace) {
    if (options_.partitioned) state_ = state_of(level_, part_.pages);
    part_.image_bytes = keyspace.bytes(part_.pages);
    part_.makes = options_.partitioned ? choice(keyspace) : choice_between(part_.delta_bytes);
    if (part_.makes == LayerKind::kImage) make_images(keyspace);
    if (part_.makes == LayerKind::kDelta) make_deltas(profile);
    plan_.parts.push_back(part_);
  }

 private:
  LayerKind choice_between(uint64_t delta_bytes) const {
    return part_.image_bytes < delta_bytes ? LayerKind::kImage : LayerKind::kDelta;
  }

  std::optional<LayerKind> choice(const Keyspace& keyspace) const {
    const bool cheap = images_are_cheap();
    if (state_.depth < options_.fanout)
      return cheap ? std::optional(LayerKind::kImage) : std::nullopt;
    // Images that come too seldom leave more deltas to be read than retiling does.
    const bool may_be_seldom =
        options_.early_image_percent == 0 || keyspace.bytes({}) < delta_bytes_of_all();
    if (!cheap && !may_be_seldom) return LayerKind::kDelta;
    // Retiling would rewrite what lies beneath images, too.
    return choice_between(part_.delta_bytes);
  }

  bool had_as_many_tiers() const {
    return state_.had_images || state_.open_tiers.size() >= options_.fanout;
  }

  // Whether images are small beside the deltas of two tiers, so that every second may have some;
  // for parts that have not proved to go on like that, very small.
  bool images_are_cheap() const {
    const uint64_t tiers = state_.open_tiers.size();
    const bool goes_on = state_.is_steady && had_as_many_tiers();
    const uint64_t share =
        goes_on ? options_.early_image_percent : options_.early_image_percent / 16;
    uint64_t bytes = state_.open_bytes;
    if (state_.is_steady && tiers > 2) bytes = bytes * 2 / tiers;
    return part_.image_bytes > 0 && part_.image_bytes <= bytes / 100 * share;
  }

  uint64_t delta_bytes_of_all() const {
    uint64_t bytes = 0;
    for (const Layer& layer : level_.layers)
      if (layer.is_delta()) bytes += layer.record_bytes();
    return bytes;
  }

  // The first images of a part that goes on as before come so late that those they would have had
  // half way are made up for: reads of the past are spared as many deltas.
  void find_image_lsns() {
    const size_t half = state_.open_tiers.size() / 2;
    if (state_.is_steady && !state_.had_images && images_are_cheap() && had_as_many_tiers() &&
        state_.open_tiers[half - 1] >= level_.same_pages_from)
      part_.image_lsns.push_back(state_.open_tiers[half - 1]);
    part_.image_lsns.push_back(level_.lsns.end);
  }

  void make_images(const Keyspace& keyspace) {
    find_image_lsns();
    for (const PageRange& pages : cut_images(part_.pages, keyspace, options_.target_bytes))
      for (const Lsn lsn : part_.image_lsns)
        plan_.jobs.push_back({LayerKind::kImage, pages, {lsn, lsn}, {}, keyspace.bytes(pages)});
  }

  void make_deltas(LevelProfile& profile) {
    for (const uint32_t input : deltas_) plan_.inputs[input].deleted = true;
    const LevelPages pages = pages_of_part(profile);
    std::vector<CutPoint> points = level_.edges;
    if (options_.cuts_at_density)
      points = merged_cuts(points, density_steps(pages.stretches, options_.target_bytes / 8));
    DeltaCutter cutter(options_.target_bytes, options_.grid_pages, points);
    size_t taken = 0;
    const auto take = [&] {
      for (; taken < cutter.deltas().size(); ++taken)
        add_delta(cutter.deltas()[taken].pages, level_.lsns, cutter.deltas()[taken].bytes);
    };
    auto too_large = pages.too_large.begin();
    for (const PageStretch& stretch : pages.stretches) {
      if (too_large == pages.too_large.end() || too_large->first != stretch.pages.begin) {
        cutter.add(stretch);
        continue;
      }
      cutter.finish();
      take();
      cut_by_lsn(stretch, (too_large++)->second);
    }
    cutter.finish();
    take();
  }

  // What the deltas hold of each page, and, of one that is larger than the target, of its LSNs.
  struct LevelPages {
    std::vector<PageStretch> stretches;
    std::vector<std::pair<PageNumber, std::vector<LsnPart>>> too_large;
  };

  LevelPages pages_of_part(LevelProfile& profile) const {
    LevelPages out;
    profile.begin(part_.pages);
    for (auto some = profile.next(); !some.empty(); some = profile.next())
      for (const PageStretch& stretch : some) {
        out.stretches.push_back(stretch);
        const PageNumber page = stretch.pages.begin;
        if (stretch.pages.size() == 1 && stretch.bytes > options_.target_bytes)
          out.too_large.emplace_back(page, profile.parts_by_lsn(page, options_.target_bytes));
      }
    return out;
  }

  void cut_by_lsn(const PageStretch& page, const std::vector<LsnPart>& parts) {
    for (size_t i = 0; i < parts.size(); ++i) {
      const Lsn begin = i == 0 ? level_.lsns.begin : parts[i].begin;
      const Lsn end = i + 1 == parts.size() ? level_.lsns.end : parts[i + 1].begin;
      add_delta(page.pages, {begin, end}, parts[i].bytes);
    }
  }

  void add_delta(const PageRange& pages, const LsnRange& lsns, uint64_t record_bytes) {
    LayerJob job{LayerKind::kDelta,
                 pages,
                 lsns,
                 {},
                 kDeltaBytes + record_bytes,
                 {options_.page_image_records, options_.page_image_bytes}};
    for (const uint32_t input : deltas_) {
      const Layer& layer = level_.layers[input];
      if (layer.pages.overlaps(pages) && layer.lsns.overlaps(lsns)) job.inputs.push_back(input);
    }
    if (options_.keeps_identical && job.inputs.size() == 1 && holds_as_much(job)) {
      plan_.inputs[job.inputs[0]].deleted = false;
      return;
    }
    for (const uint32_t input : job.inputs)
      plan_.inputs[input].after_jobs.push_back(static_cast<uint32_t>(plan_.jobs.size()));
    plan_.jobs.push_back(std::move(job));
  }

  // The job would copy its only input, all of it.
  bool holds_as_much(const LayerJob& job) const {
    const Layer& layer = level_.layers[job.inputs[0]];
    return layer.pages == job.pages && job.lsns.begin <= layer.lsns.begin &&
           layer.lsns.end <= job.lsns.end;
  }

  const LayerLevel& level_;
  const LayeredOptions& options_;
  LayerPlan& plan_;
  std::vector<uint32_t> deltas_;  // of the level that are in this part
  PlannedPart part_;
  PartState state_;  // where parts are decided apart
};

}  // namespace

LayerPlan plan_level(const LayerLevel& level, LevelProfile& profile, const Keyspace& keyspace,
                     const LayeredOptions& options) {
  LayerPlan plan;
  plan.lsns = level.lsns;
  for (const Layer& layer : level.layers) plan.inputs.push_back({layer.number, false, {}});
  const std::vector<PageRange> parts =
      options.partitioned ? partitions_of(level) : std::vector{PageRange{}};
  for (const PageRange& pages : parts)
    PartPlanner(level, pages, options, plan).plan(profile, keyspace);
  return plan;
}

}  // namespace lsmkit
