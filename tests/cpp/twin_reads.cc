// Reads of an engine and of its exact simulation look into the same tables, filters and blocks.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "lsmkit/twin/workload_twin.h"

using namespace lsmkit;

namespace {

using OptionTexts = std::vector<std::pair<std::string, std::string>>;

const OptionTexts kSmall = {{"memtable_bytes", "16384"}, {"table_bytes", "16384"},
                            {"base_bytes", "65536"},     {"fanout", "4"},
                            {"l0_trigger_runs", "4"},    {"compression", "none"}};

OptionTexts with(OptionTexts options, const OptionTexts& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

Phase phase_of(OpMix mix, KeyChoice keys, double ops) {
  Phase phase;
  phase.mix = mix;
  phase.keys = std::move(keys);
  phase.end = {EndUnit::kOps, ops};
  return phase;
}

OpMix mix_of(std::vector<std::pair<OpKind, double>> weights) {
  OpMix mix;
  for (const auto& [kind, weight] : weights) mix[kind] = weight;
  return mix;
}

WorkloadSpec workload_of(const OpMix& mix, const KeyChoice& keys, double absent_share) {
  WorkloadSpec spec;
  spec.key_count = 6000;
  spec.encoding = BinaryKeys{16};
  spec.phases.push_back(phase_of(mix_of({{OpKind::kPut, 1}}), PermutedKeys{}, 5000));
  spec.phases.push_back(phase_of(mix, keys, 30'000));
  spec.phases.back().absent_share = absent_share;
  return spec;
}

void check_same_reads(WorkloadTwin& twin) {
  while (twin.step()) {
  }
  CHECK(twin.finish().difference == "");
  const ReadCounts engine = twin.engine_reads(), simulated = twin.simulated_reads();
  CHECK(engine.gets == simulated.gets);
  CHECK(engine.gets_found == simulated.gets_found);
  CHECK(engine.tables_probed == simulated.tables_probed);
  CHECK(engine.filter_negatives == simulated.filter_negatives);
  CHECK(engine.false_positives == simulated.false_positives);
  CHECK(engine.scans == simulated.scans);
  CHECK(engine.scanned_entries == simulated.scanned_entries);
  CHECK(engine.blocks() == simulated.blocks());
  CHECK(engine.cache_hits == simulated.cache_hits);
  CHECK(twin.twin().engine().stats().memory.cache_bytes == twin.twin().simulation().cache_bytes());
}

}  // namespace

TEST_CASE("gets and scans look into the same tables, filters and blocks") {
  const OpMix gets = mix_of({{OpKind::kPut, 0.2}, {OpKind::kGet, 0.8}});
  const OpMix all = mix_of({{OpKind::kPut, 0.15},
                            {OpKind::kDelete, 0.1},
                            {OpKind::kGet, 0.5},
                            {OpKind::kReadModifyWrite, 0.15},
                            {OpKind::kScan, 0.1}});
  for (const char* layout : {"hybrid", "leveled", "tiered", "lazy_leveled"}) {
    for (const char* cache_bytes : {"65536", "262144", "4194304"}) {
      for (const bool everything : {false, true}) {
        CAPTURE(layout);
        CAPTURE(cache_bytes);
        CAPTURE(everything);
        WorkloadSpec spec =
            everything ? workload_of(all, ZipfKeys{}, 0.3) : workload_of(gets, UniformKeys{}, 0);
        if (everything) spec.phases[1].scan_entries = UniformSize{1, 60};
        WorkloadTwin twin(std::move(spec),
                          with(kSmall, {{"layout", layout}, {"cache_bytes", cache_bytes}}));
        check_same_reads(twin);
        CHECK(twin.simulated_reads().false_positives > 0);
        CHECK(twin.simulated_reads().cache_hits > 0);
      }
    }
  }
}

TEST_CASE("whatever filters, blocks and records are like") {
  const OpMix mix = mix_of({{OpKind::kPut, 0.3}, {OpKind::kGet, 0.6}, {OpKind::kScan, 0.1}});
  const std::vector<OptionTexts> shapes = {
      {{"filter_bits_per_key", "0"}},
      {{"filter_bits_per_key", "3"}, {"filter_allocation", "uniform"}},
      {{"block_bytes", "300"}, {"restart_interval", "2"}},
      {{"block_bytes", "65536"}},
      {{"compression", "zstd"}, {"compression_levels", "1"}}};
  for (const OptionTexts& shape : shapes) {
    for (const bool various : {false, true}) {
      CAPTURE(shape.front().first);
      CAPTURE(various);
      WorkloadSpec spec = workload_of(mix, UniformKeys{}, 0.5);
      if (various) {
        spec.encoding = HashedKeys{16};
        for (Phase& phase : spec.phases) phase.value_bytes = UniformSize{0, 700};
        spec.phases[1].batch_ops = 7;
      }
      spec.phases[1].scan_entries = ConstantSize{20};
      WorkloadTwin twin(std::move(spec), with(with(kSmall, {{"cache_bytes", "131072"}}), shape));
      check_same_reads(twin);
    }
  }
}
