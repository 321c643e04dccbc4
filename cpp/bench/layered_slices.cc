#include "layered_slices.h"

#include "peak_memory.h"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/layered/layered_workload.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/layered/sliced_reads.h"
#include "lsmkit/layered/sliced_run.h"

namespace lsmkit {

namespace {

constexpr uint64_t kGB = 1'000'000'000;
constexpr uint64_t kReads = 100'000;
constexpr uint64_t kAboutThere = 10'000'000;  // lengths that are drawn do not sum up to a whole GB
constexpr uint64_t kPages = uint64_t{5'000} * (1 << 20) / kPageBytes;

Phase puts(KeyChoice keys, uint64_t record_bytes, uint64_t bytes) {
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.keys = std::move(keys);
  phase.value_bytes = ConstantSize{record_bytes};
  phase.end = {EndUnit::kOps, static_cast<double>(bytes / record_bytes)};
  return phase;
}

HotspotKeys hotspot(double keys, double draws, uint64_t shift_every_draws = 0) {
  HotspotKeys out;
  out.hot_keys = keys;
  out.hot_draws = draws;
  out.shift_every_draws = shift_every_draws;
  return out;
}

WorkloadSpec named(const char* name, uint64_t pages, std::vector<Phase> phases) {
  WorkloadSpec out;
  out.name = name;
  out.key_count = pages;
  out.phases = std::move(phases);
  return out;
}

std::vector<WorkloadSpec> workloads_of_20_gb() {
  constexpr uint64_t kAll = 20 * kGB;
  Phase growing = puts(UniformKeys{}, 1'000, kAll);
  growing.mix[OpKind::kInsert] = 0.03;
  constexpr uint64_t kRecords = kAll / 1'000, kDropped = kPages / 10 * 9;
  Phase shrinking = puts(WindowKeys{}, 1'000, kAll);
  shrinking.mix[OpKind::kPut] = static_cast<double>(kRecords);
  shrinking.mix[OpKind::kDelete] = static_cast<double>(kDropped);
  shrinking.end = {EndUnit::kOps, static_cast<double>(kRecords + kDropped)};
  Phase append = puts(UniformKeys{}, 1'000, kAll);
  append.mix = {};
  append.mix[OpKind::kInsert] = 1;
  ZipfKeys in_order;
  in_order.scattered = false;
  Phase mixed = puts(UniformKeys{}, 1'000, kAll);
  mixed.value_bytes = UniformSize{1, 1'999};
  return {
      named("uniform", kPages, {puts(UniformKeys{}, 1'000, kAll)}),
      named("hot-cold", kPages, {puts(hotspot(.1, .9), 1'000, kAll)}),
      named("zipf .99", kPages, {puts(ZipfKeys{}, 1'000, kAll)}),
      named("zipf in order", kPages, {puts(in_order, 1'000, kAll)}),
      named("round and round", kPages, {puts(SequentialKeys{}, 1'000, kAll)}),
      named("append", 1, {append}),
      named("load, then update", kPages,
            {puts(SequentialKeys{}, kPageBytes, kPages * kPageBytes),
             puts(UniformKeys{}, 1'000, kAll - kPages * kPageBytes)}),
      named("moving hotspot", kPages, {puts(hotspot(.1, .9, 1'000'000), 1'000, kAll)}),
      named("growing space", kPages / 10, {growing}),
      named("shrinking space", kPages, {shrinking}),
      named("one page", kPages, {puts(hotspot(1e-9, 10.0 / 11), 1'000, kAll)}),
      named("mixed sizes", kPages, {mixed}),
  };
}

struct OptionSet {
  const char* name;
  LayeredOptions options;
};

// For some of the workloads, each with the fanouts and targets that the plain options are tried
// with.
std::vector<OptionSet> option_sets(const LayeredOptions& base) {
  LayeredOptions apart = base;
  apart.partitioned = true;
  apart.grid_pages = 10'000;
  apart.early_image_percent = 28;
  std::vector<OptionSet> out{{"history", base},         {"images after 64", base},
                             {"images after 16", base}, {"images by bytes", base},
                             {"apart", apart},          {"history, apart", apart},
                             {"all of these", apart}};
  for (OptionSet& set : out) {
    const std::string name = set.name;
    if (name.starts_with("history") || name.starts_with("all")) {
      set.options.history_bytes = 4 * kGB;
      set.options.bottom_image_percent = 100;
    }
    if (name == "images after 64") set.options.page_image_records = 64;
    if (name == "images after 16" || name.starts_with("all")) set.options.page_image_records = 16;
    if (name == "images by bytes") set.options.page_image_bytes = 20'000;
  }
  return out;
}

constexpr const char* kWithOptions[] = {"uniform",        "hot-cold", "zipf .99",
                                        "moving hotspot", "append",   "mixed sizes"};

struct Figures {
  double written = 0, peak_live = 0, created = 0;
  ReadFigures history, tip;
  double seconds = 0;
};

Figures figures_of(const LayeredTree& tree) {
  Figures out;
  out.written = static_cast<double>(tree.totals().written_bytes());
  out.peak_live = static_cast<double>(tree.map().peak_live_bytes());
  out.created = static_cast<double>(tree.map().created().layers);
  return out;
}

double seconds_since(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

Figures per_record(const WorkloadSpec& spec, const LayeredRunOptions& options, uint64_t reads) {
  const std::clock_t begin = std::clock();
  LayeredWorkload workload(spec, options);
  ReadSampler history(1), tip(1);
  bool more = true;
  for (uint64_t due = kGB; more;) {
    more = workload.step(1'000);
    if (workload.run().log_bytes() + kAboutThere < due) continue;
    due += kGB;
    history.sample(workload.run(), reads, ReadAt::kHistory);
  }
  Figures out = figures_of(workload.run().tree());
  tip.sample(workload.run(), 20 * reads, ReadAt::kTip);
  out.history = history.figures();
  out.tip = tip.figures();
  out.seconds = seconds_since(begin);
  return out;
}

Figures by_slices(const WorkloadSpec& spec, const LayeredRunOptions& options, uint64_t reads) {
  const std::clock_t begin = std::clock();
  SlicedRun run(options, spec);
  SlicedReads history(1), tip(1);
  uint64_t due = kGB;
  do {
    for (; run.buffer_end() + kAboutThere >= due; due += kGB)
      history.sample(run, reads, ReadAt::kHistory);
  } while (run.step());
  Figures out = figures_of(run.tree());
  tip.sample(run, 20 * reads, ReadAt::kTip);
  out.history = history.figures();
  out.tip = tip.figures();
  out.seconds = seconds_since(begin);
  return out;
}

double percent(double of, double against) {
  return against == 0 ? 0 : (of / against - 1) * 100;
}

// The largest of the differences.
double print_reads(const ReadFigures& a, const ReadFigures& b) {
  const double differences[] = {percent(a.layers_opened.mean, b.layers_opened.mean),
                                percent(a.layers_holding.mean, b.layers_holding.mean),
                                percent(a.records.mean, b.records.mean),
                                percent(a.bytes.mean, b.bytes.mean)};
  double most = 0;
  for (const double difference : differences) {
    std::printf(" %6.2f", difference);
    most = std::max(most, std::fabs(difference));
  }
  return most;
}

}  // namespace

namespace {

// The largest of the differences.
double print_case(const WorkloadSpec& spec, const char* name, const LayeredRunOptions& options) {
  const Figures a = by_slices(spec, options, kReads), b = per_record(spec, options, kReads);
  std::printf("%-18s %-15s %2u %3" PRIu64 " %6.1f %5.0f |", spec.name.c_str(), name,
              options.layered.fanout, options.layered.target_bytes >> 20, b.written / 1e9,
              b.created);
  double worst = 0;
  for (const double d : {percent(a.written, b.written), percent(a.peak_live, b.peak_live),
                         percent(a.created, b.created)}) {
    std::printf(" %6.2f", d);
    worst = std::max(worst, std::fabs(d));
  }
  std::printf(" |");
  worst = std::max(worst, print_reads(a.history, b.history));
  std::printf(" |");
  worst = std::max(worst, print_reads(a.tip, b.tip));
  std::printf(
      " | %6.1f %6.1f | %.2f %.2f%s\n",
      percent(static_cast<double>(a.history.records.p99),
              static_cast<double>(b.history.records.p99)),
      percent(static_cast<double>(a.history.bytes.p99), static_cast<double>(b.history.bytes.p99)),
      a.seconds, b.seconds, worst > 2 ? " !" : "");
  std::fflush(stdout);
  return worst;
}

}  // namespace

int print_slices_against_records(const LayeredRunOptions& options, const std::string& name) {
  std::printf(
      "20 GB by slices against per record, in percent: written, peak live, layers created | reads "
      "at any LSN\nafter every GB: layers opened, holding a record, records, bytes | the same at "
      "the tip at the end |\np99 of records and bytes at any LSN | seconds by slices, per record; "
      "!: above 2\nworkload, options, fanout, MiB, GB written, layers\n");
  double worst = 0;
  for (const WorkloadSpec& spec : workloads_of_20_gb())
    for (const uint32_t fanout : {4u, 10u})
      for (const uint64_t target : {uint64_t{128} << 20, uint64_t{256} << 20}) {
        LayeredRunOptions these = options;
        these.layered.fanout = fanout;
        these.layered.target_bytes = target;
        std::vector<OptionSet> sets{{"plain", these.layered}};
        const bool more = std::find(std::begin(kWithOptions), std::end(kWithOptions), spec.name) !=
                          std::end(kWithOptions);
        if (more)
          for (const OptionSet& set : option_sets(these.layered)) sets.push_back(set);
        for (const OptionSet& set : sets) {
          if ((spec.name + ": " + set.name).find(name) == std::string::npos) continue;
          these.layered = set.options;
          worst = std::max(worst, print_case(spec, set.name, these));
        }
      }
  std::printf("largest difference: %.2f %%\n", worst);
  return worst <= 2 ? 0 : 1;
}

int print_terabytes(const LayeredRunOptions& options) {
  constexpr uint64_t kTerabyte = 1'000 * kGB;
  for (const uint64_t logical : {5 * kGB, 250 * kGB}) {
    const uint64_t pages = logical / kPageBytes;
    for (const WorkloadSpec& spec :
         {named("uniform", pages, {puts(UniformKeys{}, 1'000, kTerabyte)}),
          named("hot-cold", pages, {puts(hotspot(.1, .9), 1'000, kTerabyte)}),
          named("zipf .99", pages, {puts(ZipfKeys{}, 1'000, kTerabyte)})}) {
      const auto begin = std::chrono::steady_clock::now();
      const Figures a = by_slices(spec, options, 1'000);
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      std::printf("1 TB, %3" PRIu64
                  " GB of pages, %-9s written %.0f GB, peak live %.0f GB, layers "
                  "created %.0f; layers opened %.2f, records %.1f; %.1f s, %.1f s of them on a "
                  "processor; peak of the process %.0f MiB\n",
                  logical / kGB, spec.name.c_str(), a.written / 1e9, a.peak_live / 1e9, a.created,
                  a.history.layers_opened.mean, a.history.records.mean, seconds, a.seconds,
                  peak_resident_mib());
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace lsmkit
