#include "lsmkit/workload/named_workloads.h"

#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {
namespace {

OpMix only(OpKind kind) {
  OpMix mix;
  mix[kind] = 1;
  return mix;
}

OpMix both(OpKind a, double a_share, OpKind b, double b_share) {
  OpMix mix;
  mix[a] = a_share;
  mix[b] = b_share;
  return mix;
}

PhaseEnd after_ops(uint64_t ops) {
  return {EndUnit::kOps, static_cast<double>(ops)};
}

// Every key put once.
Phase load_phase(uint64_t key_count, const KeyChoice& keys, const SizeChoice& value_bytes) {
  Phase phase;
  phase.name = "load";
  phase.mix = only(OpKind::kPut);
  phase.keys = keys;
  phase.value_bytes = value_bytes;
  phase.end = after_ops(key_count);
  return phase;
}

Phase run_phase(const OpMix& mix, const KeyChoice& keys, const SizeChoice& value_bytes,
                const PhaseEnd& end) {
  Phase phase;
  phase.mix = mix;
  phase.keys = keys;
  phase.value_bytes = value_bytes;
  phase.end = end;
  return phase;
}

WorkloadSpec workload(std::string name, uint64_t key_count, const KeyEncoding& encoding) {
  WorkloadSpec out;
  out.name = std::move(name);
  out.key_count = key_count;
  out.encoding = encoding;
  return out;
}

}  // namespace

WorkloadSpec ycsb(char letter, uint64_t key_count, uint64_t ops) {
  const SizeChoice record = ConstantSize{1000};
  WorkloadSpec out = workload(std::string("ycsb_") + letter, key_count, HashedKeys{24});
  // YCSB inserts ids in order; their hashes are in none.
  out.phases.push_back(load_phase(key_count, SequentialKeys{}, record));
  Phase run = run_phase({}, YcsbZipfianKeys{}, record, after_ops(ops));
  switch (letter) {
    case 'a':
      run.mix = both(OpKind::kGet, 0.5, OpKind::kPut, 0.5);
      break;
    case 'b':
      run.mix = both(OpKind::kGet, 0.95, OpKind::kPut, 0.05);
      break;
    case 'c':
      run.mix = only(OpKind::kGet);
      break;
    case 'd':
      run.mix = both(OpKind::kGet, 0.95, OpKind::kInsert, 0.05);
      run.keys = LatestKeys{0.99};
      break;
    case 'e':
      run.mix = both(OpKind::kScan, 0.95, OpKind::kInsert, 0.05);
      run.scan_entries = UniformSize{1, 100};
      break;
    case 'f':
      run.mix = both(OpKind::kGet, 0.5, OpKind::kReadModifyWrite, 0.5);
      break;
    default:
      throw InvalidArgument("YCSB has no workload '" + printable(std::string(1, letter)) +
                            "'; give one of a b c d e f");
  }
  out.phases.push_back(run);
  return out;
}

WorkloadSpec db_bench(std::string_view name, uint64_t num) {
  struct Benchmark {
    std::string_view name;
    bool loads;
    OpKind kind;
    KeyChoice keys;
    double absent_share;
  };
  static const std::array<Benchmark, 10> kBenchmarks = {{
      {"fillseq", false, OpKind::kPut, SequentialKeys{}, 0},
      {"fillrandom", false, OpKind::kPut, UniformKeys{}, 0},  // so 63.2 % of the keys get there
      {"filluniquerandom", false, OpKind::kPut, PermutedKeys{}, 0},
      {"overwrite", true, OpKind::kPut, UniformKeys{}, 0},
      {"updaterandom", true, OpKind::kReadModifyWrite, UniformKeys{}, 0},
      {"readrandom", true, OpKind::kGet, UniformKeys{}, 0},
      {"readmissing", true, OpKind::kGet, UniformKeys{}, 1},
      {"seekrandom", true, OpKind::kScan, UniformKeys{}, 0},
      {"deleteseq", true, OpKind::kDelete, SequentialKeys{}, 0},
      {"deleterandom", true, OpKind::kDelete, UniformKeys{}, 0},
  }};
  const SizeChoice value = ConstantSize{100};
  for (const Benchmark& benchmark : kBenchmarks) {
    if (benchmark.name != name) continue;
    WorkloadSpec out = workload(std::string(name), num, BinaryKeys{16});
    if (benchmark.loads) out.phases.push_back(load_phase(num, PermutedKeys{}, value));
    Phase run = run_phase(only(benchmark.kind), benchmark.keys, value, after_ops(num));
    run.absent_share = benchmark.absent_share;
    run.scan_entries = ConstantSize{1};  // a seek, and no next: --seek_nexts=0
    out.phases.push_back(run);
    return out;
  }
  std::string names;
  for (const Benchmark& benchmark : kBenchmarks) (names += " ") += benchmark.name;
  throw InvalidArgument("db_bench's '" + printable(name) + "' is not known here; give one of" +
                        names);
}

WorkloadSpec mixgraph(std::string_view variant, uint64_t key_count, uint64_t ops) {
  RangeKeys keys;
  if (variant == "all_dist" || variant == "prefix_dist") {
    keys.key_a = 0.002312;
    keys.key_b = 0.3467;
  } else if (variant != "all_random" && variant != "prefix_random") {
    throw InvalidArgument("mixgraph has no variant '" + printable(variant) +
                          "'; give all_random, all_dist, prefix_random or prefix_dist");
  }
  if (variant.starts_with("all")) keys.range_count = 1;
  WorkloadSpec out = workload("mixgraph_" + std::string(variant), key_count, BinaryKeys{48});
  out.phases.push_back(load_phase(key_count, PermutedKeys{}, ConstantSize{43}));
  Phase run = run_phase({}, keys, ParetoSize{0, 25.45, 0.2615, 10, 1024, true}, after_ops(ops));
  run.mix[OpKind::kGet] = 0.83;
  run.mix[OpKind::kPut] = 0.14;
  run.mix[OpKind::kScan] = 0.03;
  run.scan_entries = ParetoSize{0, 14.236, 2.517, 0, 10'000, true};
  // 4500 + 1000 sin(0.000073 t): a day, less four minutes.
  run.rate = SineRate{4500, 1000, 6.2831853071795865 / 0.000073, 0};
  out.phases.push_back(run);
  return out;
}

WorkloadSpec queues(uint64_t queue_count, uint64_t backlog, uint64_t ops) {
  WorkloadSpec out = workload("queues", backlog, CompositeKeys{"q", queue_count});
  out.phases.push_back(load_phase(backlog, SequentialKeys{}, ConstantSize{100}));
  Phase run = run_phase({}, QueueKeys{}, ConstantSize{100}, after_ops(ops));
  run.mix[OpKind::kPut] = 0.45;
  run.mix[OpKind::kDelete] = 0.45;
  run.mix[OpKind::kScan] = 0.1;
  run.scan_entries = ConstantSize{10};
  out.phases.push_back(run);
  return out;
}

WorkloadSpec time_series(uint64_t series_count, double points_per_s, double ttl_s,
                         double duration_s) {
  WorkloadSpec out = workload("time_series", series_count, CompositeKeys{"t", series_count});
  Phase run = run_phase(both(OpKind::kInsert, 0.9, OpKind::kScan, 0.1), LatestKeys{0.99},
                        ConstantSize{16}, {EndUnit::kSeconds, duration_s});
  run.scan_entries = ConstantSize{60};
  run.ttl_s = ttl_s;
  run.rate = ConstantRate{points_per_s};
  // The first point of each series.
  out.phases.push_back(load_phase(series_count, SequentialKeys{}, ConstantSize{16}));
  out.phases.back().ttl_s = ttl_s;
  out.phases.push_back(run);
  return out;
}

WorkloadSpec bursts(uint64_t key_count, double base_bytes_per_s, double duration_s) {
  WorkloadSpec out = workload("bursts", key_count, BinaryKeys{16});
  out.phases.push_back(load_phase(key_count, PermutedKeys{}, ConstantSize{100}));
  Phase run = run_phase(only(OpKind::kPut), UniformKeys{}, ConstantSize{100},
                        {EndUnit::kSeconds, duration_s});
  BurstRate rate;
  rate.on_per_s = 2 * base_bytes_per_s;
  rate.off_per_s = base_bytes_per_s;
  rate.on_sigma = 0.1;
  rate.on_mean_s = 5;
  rate.on_stages = 2;
  rate.off_mean_s = 10;
  rate.spikes_per_s = 0.1;
  rate.spike_mean_s = 1;
  rate.spike_per_s = 0.1 * base_bytes_per_s;
  rate.spike_sigma = 0.5;
  run.rate = rate;
  run.rate_unit = WorkUnit::kBytes;
  out.phases.push_back(run);
  return out;
}

}  // namespace lsmkit
