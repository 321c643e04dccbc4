#include "layered_table.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/workload/key_chooser.h"

namespace lsmkit {

namespace {

constexpr double kMiB = 1 << 20;
constexpr uint32_t kRecordBytes = 1'000;

struct Scale {
  uint64_t pages;
  uint64_t records;
  uint64_t target_bytes;
};

Scale scaled(uint64_t by) {
  return {uint64_t{5'000} * (1 << 20) / kPageBytes / by, 20'000'000 / by,
          (uint64_t{256} << 20) / by};
}

// The page of each record in turn.
using Pages = std::function<PageNumber(uint64_t record)>;

Pages chosen(const KeyChoice& choice, uint64_t page_count) {
  auto chooser = std::make_shared<KeyChooser>(choice, page_count, 1, Random(1, "pages"));
  return [chooser](uint64_t) { return chooser->next(); };
}

struct Workload {
  std::string name;
  uint64_t pages_at_first;
  uint64_t records;
  Pages pages;
};

HotspotKeys hot_tenth(uint64_t shift_every_draws) {
  HotspotKeys hot;
  hot.hot_keys = 0.1;
  hot.hot_draws = 0.9;
  hot.shift_every_draws = shift_every_draws;
  return hot;
}

std::vector<Workload> workloads(const Scale& scale) {
  const uint64_t pages = scale.pages, records = scale.records;
  auto random = std::make_shared<Random>(1, "growing");
  const auto growing = [random, pages, records](uint64_t record) {
    return random->below(pages / 10 + (pages - pages / 10) * record / records);
  };
  const Pages uniform = chosen(UniformKeys{}, pages);
  const auto loaded = [uniform, pages](uint64_t record) {
    return record / 8 < pages ? record / 8 : uniform(record);
  };
  ZipfKeys in_order;
  in_order.scattered = false;
  const auto one_page = [random, pages](uint64_t record) {
    return record % 11 == 0 ? random->below(pages) : 0;
  };
  return {{"uniform", pages, records, uniform},
          {"hot-cold", pages, records, chosen(hot_tenth(0), pages)},
          {"append", 0, records, [](uint64_t record) { return record / 8; }},
          {"load, update", 0, records, loaded},
          {"zipf", pages, records, chosen(ZipfKeys{}, pages)},
          {"zipf in order", pages, records, chosen(in_order, pages)},
          {"moving at 2 GB", pages, records, chosen(hot_tenth(records / 10), pages)},
          {"moving at 2.9 GB", pages, records, chosen(hot_tenth(records / 7), pages)},
          {"moving at 5 GB", pages, records, chosen(hot_tenth(records / 4), pages)},
          {"growing", pages / 10, records, growing},
          {"one page", pages, records, one_page}};
}

struct Result {
  double written, flushed, retiled, images, peak;
  LayeredTotals totals;
  uint64_t layers;
  ReadFigures history, tip, end;
};

Result run_one(const Workload& workload, const LayeredOptions& layered) {
  LayeredRunOptions options;
  options.layered = layered;
  LayeredRun run(options);
  if (workload.pages_at_first > 0) run.use_pages({0, workload.pages_at_first});
  ReadSampler history(1), tip(1), end(1);
  for (uint64_t i = 0; i < workload.records; ++i) {
    run.ingest(workload.pages(i), kRecordBytes);
    if ((i + 1) % (workload.records / 20) != 0) continue;
    history.sample(run, 4'000, ReadAt::kHistory);
    tip.sample(run, 4'000, ReadAt::kTip);
  }
  run.flush();
  end.sample(run, 40'000, ReadAt::kTip);
  const LayeredTotals& totals = run.tree().totals();
  return {double(totals.written_bytes()) / kMiB,
          double(totals.flushed.bytes) / kMiB,
          double(totals.retiled.bytes) / kMiB,
          double(totals.images.bytes) / kMiB,
          double(run.map().peak_live_bytes()) / kMiB,
          totals,
          run.map().created().layers,
          history.figures(),
          tip.figures(),
          end.figures()};
}

void print_figure(const ReadFigure& figure, const ReadFigure& base) {
  std::printf(" %8.2f/%-6" PRIu64 "%s%s", figure.mean, figure.p99,
              figure.mean > base.mean * 1.0005 ? "!" : " ", figure.p99 > base.p99 ? "!" : " ");
}

void print_reads(const char* when, const ReadFigures& reads, const ReadFigures& base) {
  std::printf("        %-8s", when);
  print_figure(reads.layers_opened, base.layers_opened);
  print_figure(reads.records, base.records);
  print_figure(reads.bytes, base.bytes);
  std::printf("\n");
}

void print_result(const char* options, const Result& result, const Result& base) {
  std::printf("    %-24s %7.0f = %6.0f %6.0f %6.0f  %.3f  peak %6.0f %.3f  layers %" PRIu64 "\n",
              options, result.written, result.flushed, result.retiled, result.images,
              result.written / base.written, result.peak, result.peak / base.peak, result.layers);
  std::printf("        parts %" PRIu64 ", %" PRIu64 " of them with nothing due; makespan",
              result.totals.parts, result.totals.parts_kept);
  for (size_t i = 0; i < kWorkerCounts.size(); ++i)
    std::printf(" %u: %.0f s (longest %.1f)", kWorkerCounts[i], result.totals.makespans.sum_s[i],
                result.totals.makespans.longest_s[i]);
  std::printf("\n");
  print_reads("history", result.history, base.history);
  print_reads("tip", result.tip, base.tip);
  print_reads("end", result.end, base.end);
}

struct NamedOptions {
  const char* name;
  LayeredOptions options;
};

std::vector<NamedOptions> option_sets(const Scale& scale, uint64_t by) {
  LayeredOptions base;
  base.target_bytes = scale.target_bytes;
  std::vector<NamedOptions> out{{"baseline", base}};
  const auto with = [&](const char* name, auto change) {
    out.push_back({name, base});
    change(out.back().options);
  };
  const uint64_t grid = 10'000 / by;
  with("partitioned", [&](LayeredOptions& o) { o.partitioned = true; });
  with("grid", [&](LayeredOptions& o) { o.grid_pages = grid; });
  with("partitioned, edges", [&](LayeredOptions& o) {
    o.partitioned = true;
    o.cuts_at_edges = true;
  });
  with("partitioned, grid", [&](LayeredOptions& o) {
    o.partitioned = true;
    o.grid_pages = grid;
  });
  with("partitioned, grid, early", [&](LayeredOptions& o) {
    o.partitioned = true;
    o.grid_pages = grid;
    o.early_image_percent = 28;
  });
  const auto with_page_images = [&](const char* name, uint64_t records) {
    with(name, [&](LayeredOptions& o) {
      o.partitioned = true;
      o.grid_pages = grid;
      o.early_image_percent = 28;
      o.page_image_records = records;
    });
  };
  with_page_images("that, pages per 64", 64);
  with_page_images("that, pages per 32", 32);
  with("page images per 32 alone", [&](LayeredOptions& o) { o.page_image_records = 32; });
  with("all", [&](LayeredOptions& o) {
    o.partitioned = true;
    o.grid_pages = grid;
    o.early_image_percent = 28;
    o.cuts_at_edges = true;
    o.cuts_at_density = true;
    o.keeps_identical = true;
  });
  return out;
}

}  // namespace

void print_layered_table(uint64_t by, const char* only_workload) {
  const Scale scale = scaled(by);
  for (size_t i = 0; i < workloads(scale).size(); ++i) {
    if (only_workload != nullptr && workloads(scale)[i].name != only_workload) continue;
    std::printf("%s\n", workloads(scale)[i].name.c_str());
    std::optional<Result> base;
    for (const NamedOptions& set : option_sets(scale, by)) {
      const Result result = run_one(workloads(scale)[i], set.options);
      if (!base) base = result;
      print_result(set.name, result, *base);
    }
  }
}

}  // namespace lsmkit
