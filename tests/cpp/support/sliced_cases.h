// Workloads on the layered store that are small and quick, and what they come to in both
// fidelities.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/layered/layered_workload.h"
#include "lsmkit/layered/sliced_reads.h"
#include "lsmkit/layered/sliced_run.h"

namespace lsmkit {

inline Phase puts(KeyChoice keys, SizeChoice record_bytes, double ops) {
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.keys = std::move(keys);
  phase.value_bytes = std::move(record_bytes);
  phase.end = {EndUnit::kOps, ops};
  return phase;
}

inline Phase inserts(Phase phase, double share) {
  phase.mix = {};
  phase.mix[OpKind::kInsert] = share;
  if (share < 1) phase.mix[OpKind::kPut] = 1 - share;
  return phase;
}

inline WorkloadSpec of(std::string name, uint64_t pages, std::vector<Phase> phases) {
  WorkloadSpec out;
  out.name = std::move(name);
  out.key_count = pages;
  out.phases = std::move(phases);
  return out;
}

inline HotspotKeys hotspot(double keys, double draws, uint64_t shift_every_draws = 0) {
  HotspotKeys out;
  out.hot_keys = keys;
  out.hot_draws = draws;
  out.shift_every_draws = shift_every_draws;
  return out;
}

// 20 GB of records of 1,000 B over 5,000 MiB of pages, and all of it 256 times smaller.
inline constexpr uint64_t kPages = uint64_t{5'000} * (1 << 20) / kPageBytes / 256;
inline constexpr double kRecords = 20'000'000.0 / 256;

// In turn so many new pages and writes to all there are: how many are new is not left to chance,
// since it decides whether images are made.
inline std::vector<Phase> growing_by(uint64_t pages, int times) {
  std::vector<Phase> out;
  const auto added = static_cast<double>(pages);
  for (int i = 0; i < times; ++i) {
    out.push_back(inserts(puts(UniformKeys{}, ConstantSize{1'000}, added), 1));
    out.push_back(puts(UniformKeys{}, ConstantSize{1'000}, std::floor(kRecords / times) - added));
  }
  return out;
}

inline std::vector<WorkloadSpec> workloads() {
  const ConstantSize size{1'000};
  ZipfKeys in_order;
  in_order.scattered = false;
  // Small ones: of few records the hottest page's share is a matter of chance.
  const ConstantSize small{100};
  const auto loaded = static_cast<double>(kPages);
  return {
      of("uniform", kPages, {puts(UniformKeys{}, size, kRecords)}),
      of("hot-cold", kPages, {puts(hotspot(.1, .9), size, kRecords)}),
      of("zipf", kPages, {puts(ZipfKeys{}, small, 10 * kRecords)}),
      of("zipf in order", kPages, {puts(in_order, small, 10 * kRecords)}),
      of("round and round", kPages, {puts(SequentialKeys{}, size, kRecords)}),
      of("append", 1, {inserts(puts(UniformKeys{}, size, kRecords), 1)}),
      of("load, then update", kPages,
         {puts(SequentialKeys{}, ConstantSize{kPageBytes}, loaded),
          puts(UniformKeys{}, size, kRecords - loaded * kPageBytes / 1'000)}),
      of("moving hotspot", kPages, {puts(hotspot(.1, .9, 4'000), size, kRecords)}),
      of("growing space", kPages / 4, growing_by(kPages / 8, 6)),
      of("one page", kPages, {puts(hotspot(1e-9, 10.0 / 11), size, kRecords)}),
      of("mixed sizes", kPages, {puts(UniformKeys{}, UniformSize{1, 1'999}, kRecords)}),
  };
}

inline LayeredRunOptions checked() {
  LayeredRunOptions options;
  options.layered = {1 << 20, 4};
  options.checks = true;
  return options;
}

struct Figures {
  double written, peak_live, created;
  ReadFigures reads;

  std::vector<double> all() const {
    return {written,
            peak_live,
            created,
            reads.layers_opened.mean,
            reads.layers_holding.mean,
            reads.records.mean,
            reads.bytes.mean};
  }
};

inline void add(const std::vector<double>& figures, std::vector<double>& sums) {
  sums.resize(figures.size(), 0);
  for (size_t i = 0; i < figures.size(); ++i) sums[i] += figures[i];
}

inline constexpr uint64_t kReadsEach = 6'000;
inline constexpr Lsn kReadEvery = 1'000'000'000 / 256;
inline constexpr Lsn kAboutThere = 500'000;

inline Figures figures_of(const LayeredTree& tree, const ReadFigures& reads) {
  return {static_cast<double>(tree.totals().written_bytes()),
          static_cast<double>(tree.map().peak_live_bytes()),
          static_cast<double>(tree.map().created().layers), reads};
}

inline Figures per_record(const WorkloadSpec& spec, LayeredRunOptions options) {
  options.checks = false;  // the tests per record are about these
  LayeredWorkload workload(spec, options);
  ReadSampler reads(spec.seed);
  bool more = true;
  for (Lsn due = kReadEvery; more;) {
    more = workload.step(5);
    if (workload.run().log_bytes() + kAboutThere < due) continue;
    reads.sample(workload.run(), kReadsEach, ReadAt::kHistory);
    due += kReadEvery;
  }
  return figures_of(workload.run().tree(), reads.figures());
}

inline Figures by_slices(const WorkloadSpec& spec, const LayeredRunOptions& options) {
  SlicedRun run(options, spec);
  SlicedReads reads(spec.seed);
  Lsn due = kReadEvery;
  do {
    for (; run.buffer_end() + kAboutThere >= due; due += kReadEvery)
      reads.sample(run, kReadsEach, ReadAt::kHistory);
  } while (run.step());
  return figures_of(run.tree(), reads.figures());
}

}  // namespace lsmkit
