#include "lsmkit/layered/layer_planner.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/cut_points.h"
#include "lsmkit/layered/delta_cutter.h"
#include "lsmkit/layered/makespan.h"
#include "lsmkit/layered/part_choice.h"
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
  // Where nothing is in use an image says so, for what lies beneath to go one day.
  if (left > 0 || out.empty()) out.push_back({begin, pages.end});
  return out;
}

namespace {

// One decision, and its jobs.
class PartPlanner {
 public:
  // `layers`: of the level that are of these pages.
  PartPlanner(const LayerLevel& level, const PageRange& pages, std::span<const uint32_t> layers,
              const LayeredOptions& options, LayerPlan& plan)
      : level_(level), layers_(layers), options_(options), plan_(plan) {
    part_.pages = pages;
    for (const uint32_t i : layers) {
      const Layer& layer = level.layers[i];
      if (!layer.is_delta()) continue;
      deltas_.push_back(i);
      part_.delta_bytes += layer.record_bytes();
    }
  }

  // `level_bytes`: of all pages in use and all deltas of the level.
  void plan(LevelProfile& profile, const Keyspace& keyspace, const PartBytes& level_bytes) {
    part_.image_bytes = keyspace.bytes(part_.pages);
    decide(level_bytes.images < level_bytes.deltas);
    if (part_.makes == LayerKind::kImage) make_images(keyspace);
    if (part_.makes == LayerKind::kDelta) make_deltas(profile);
    plan_.parts.push_back(part_);
  }

 private:
  void decide(bool level_would_have_images) {
    PartChoice choice;
    if (options_.partitioned)
      choice =
          choice_for(state_of(level_of_part(), part_.pages),
                     {part_.image_bytes, part_.delta_bytes, level_would_have_images}, options_);
    else
      choice.makes = level_would_have_images ? LayerKind::kImage : LayerKind::kDelta;
    part_.makes = choice.makes;
    if (choice.images_half_way && *choice.images_half_way >= level_.same_pages_from)
      part_.image_lsns.push_back(*choice.images_half_way);
    if (choice.makes == LayerKind::kImage) part_.image_lsns.push_back(level_.lsns.end);
  }

  LayerLevel level_of_part() const {
    LayerLevel out{level_.lsns, {}};
    out.lower_begin = level_.lower_begin;
    for (const uint32_t i : layers_) out.layers.push_back(level_.layers[i]);
    return out;
  }

  void make_images(const Keyspace& keyspace) {
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
      plan_.inputs[job.inputs[0]].identical = true;
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
  const std::span<const uint32_t> layers_;
  const LayeredOptions& options_;
  LayerPlan& plan_;
  std::vector<uint32_t> deltas_;  // among these
  PlannedPart part_;
};

// Of each part its layers, by number in the level and in the level's order. Requires: the parts lie
// side by side from the first page to the last.
std::vector<std::vector<uint32_t>> layers_by_part(const LayerLevel& level,
                                                  std::span<const PageRange> parts) {
  std::vector<std::vector<uint32_t>> out(parts.size());
  for (uint32_t i = 0; i < level.layers.size(); ++i) {
    const PageRange& pages = level.layers[i].pages;
    auto part = std::partition_point(parts.begin(), parts.end(), [&pages](const PageRange& before) {
      return before.end <= pages.begin;
    });
    for (; part != parts.end() && part->begin < pages.end; ++part)
      out[static_cast<size_t>(part - parts.begin())].push_back(i);
  }
  return out;
}

}  // namespace

LayerPlan plan_level(const LayerLevel& level, LevelProfile& profile, const Keyspace& keyspace,
                     const LayeredOptions& options) {
  LayerPlan plan;
  plan.lsns = level.lsns;
  PartBytes all{keyspace.bytes({}), 0};
  for (const Layer& layer : level.layers) {
    plan.inputs.push_back({layer.number, false, {}});
    if (layer.is_delta()) all.deltas += layer.record_bytes();
  }
  const std::vector<PageRange> parts =
      options.partitioned ? partitions_of(level) : std::vector{PageRange{}};
  const std::vector<std::vector<uint32_t>> layers = layers_by_part(level, parts);
  for (size_t i = 0; i < parts.size(); ++i)
    PartPlanner(level, parts[i], layers[i], options, plan).plan(profile, keyspace, all);
  return plan;
}

}  // namespace lsmkit
