// How fast simulations run. Prints one row per workload: what was written, write amplification, and
// records that went into merges per second of the whole run.
//
//   sim_bench [--keys N] [--puts-per-key N] [--without-files]     the exact simulator
//   sim_bench --terabyte                        the segment simulator
//
// The setting is that of Lim, Andersen and Kaminsky, FAST'16 (msls-eval): items of 1000 B,
// memtables of 4 MiB, 4 runs of L0, tables of 2 MiB, L1 of 10 MiB, fanout 10, LevelDB's round robin
// and cuts; n keys are loaded in order, then 10 n puts. Their item-level simulator gives a write
// amplification (log included) of 13.07 for uniform puts.
//
// --terabyte: a terabyte is overwritten once, starting filled, and once more after it was loaded in
// random order and overwritten once; tables and memtables of 64 MiB, values of 1,000 B, leveled,
// fanout 10.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/sim/exact_tree.h"
#include "lsmkit/sim/segment_run.h"
#include "lsmkit/trace/amplification.h"

using namespace lsmkit;

namespace {

constexpr uint32_t kKeyBytes = 16;
constexpr uint32_t kValueBytes = 1000 - kKeyBytes - 8;

CompactionOptions fast16() {
  CompactionOptions options;
  options.layout = Layout::kLeveled;
  options.sizing = LevelSizing::kStatic;
  options.picker = Picker::kCompactPointer;
  options.cut = OutputCut::kGrandparents;
  options.memtable_weight = uint64_t{4} << 20;
  options.l0_trigger_runs = 4;
  options.table_weight = uint64_t{2} << 20;
  options.base_weight = uint64_t{10} << 20;
  options.fanout = 10;
  options.tombstone_gain = 0;
  options.pass_through = options.multi_level = false;
  options.filter_bits_per_key = 0;
  return options;
}

std::shared_ptr<const KeyUniverse> universe(uint64_t n) {
  std::vector<std::string> keys;
  keys.reserve(n);
  char text[24];
  for (uint64_t i = 0; i < n; ++i) {
    std::snprintf(text, sizeof text, "%016llu", static_cast<unsigned long long>(i));
    keys.emplace_back(text, kKeyBytes);
  }
  return std::make_shared<const KeyUniverse>(std::move(keys));
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Phase puts(const char* name, KeyChoice keys, double count) {
  Phase phase;
  phase.name = name;
  phase.mix[OpKind::kPut] = 1;
  phase.keys = std::move(keys);
  phase.value_bytes = ConstantSize{1'000};
  phase.end = {EndUnit::kOps, count};
  return phase;
}

double resident_mib() {
  double peak_kib = 0;
  char line[128];
  std::FILE* status = std::fopen("/proc/self/status", "r");
  while (status != nullptr && std::fgets(line, sizeof line, status) != nullptr)
    if (std::strncmp(line, "VmHWM:", 6) == 0) peak_kib = std::strtod(line + 6, nullptr);
  if (status != nullptr) std::fclose(status);
  return peak_kib / 1024;
}

// On one that was loaded and, so that levels are as they stay, overwritten once already; or on one
// that starts filled. With frames: an event of every edit is made.
void overwrite_a_terabyte(const char* name, const KeyChoice& keys, SegmentStart start) {
  constexpr uint64_t kKeys = (uint64_t{1} << 40) / 1'024;
  const bool filled = start == SegmentStart::kFilled;
  WorkloadSpec workload;
  workload.key_count = kKeys;
  workload.encoding = BinaryKeys{16};
  if (!filled)
    workload.phases = {puts("load", PermutedKeys{}, double(kKeys)),
                       puts("first", keys, double(kKeys))};
  workload.phases.push_back(puts("overwrite", keys, double(kKeys)));
  CompactionOptions options;
  auto begin = std::chrono::steady_clock::now();
  SegmentRun run(workload, options, start, {}, FileModel{{TableShape{}}});
  uint64_t edits = 0;
  run.tree().observe([](const Event&) {});
  while (!run.done() && run.phase() + 1 < workload.phases.size()) edits += run.step();
  const double load_seconds = seconds_since(begin);
  const Counters loaded = run.tree().counters();
  begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  while (run.step()) ++edits;
  std::printf(
      "segment, %s, 1 TB on 1 TB %s, %zu groups of keys: write amplification %.2f, %.2f s, %.2f s "
      "of "
      "them on a processor (start %.2f s), %llu edits, slices %.0f MiB, peak %.0f MiB\n",
      name, filled ? "from filled" : "that got there", run.tree().contents().groups().count(),
      write_amp_weight(difference(run.tree().counters(), loaded)), seconds_since(begin),
      double(std::clock() - cpu_begin) / CLOCKS_PER_SEC, load_seconds,
      static_cast<unsigned long long>(edits),
      static_cast<double>(run.tree().allocated_bytes()) / (1 << 20), resident_mib());
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t n = 1'000'000, rounds = 10;
  bool files = true;
  if (argc == 2 && std::strcmp(argv[1], "--terabyte") == 0) {
    for (const SegmentStart start : {SegmentStart::kFilled, SegmentStart::kEmpty}) {
      overwrite_a_terabyte("uniform", UniformKeys{}, start);
      overwrite_a_terabyte("zipf .99", ZipfKeys{.99}, start);
    }
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    const bool last = i + 1 == argc;
    if (std::strcmp(argv[i], "--keys") == 0 && !last) {
      n = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--puts-per-key") == 0 && !last) {
      rounds = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--without-files") == 0) {
      files = false;
    } else {
      std::fprintf(stderr,
                   "sim_bench [--keys N] [--puts-per-key N] [--without-files] | --terabyte\n");
      return 2;
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  ExactTree tree(universe(n), fast16(), {},
                 files ? std::optional(FileModel{{TableShape{}}}) : std::nullopt);
  for (uint64_t i = 0; i < n; ++i) tree.put(static_cast<KeyRank>(i), kValueBytes);
  const Counters loaded = tree.counters();
  uint64_t state = 88172645463325252;
  for (uint64_t i = 0; i < rounds * n; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    tree.put(static_cast<KeyRank>((static_cast<unsigned __int128>(state) * n) >> 64), kValueBytes);
  }
  const double seconds = seconds_since(begin);
  const double cpu_seconds = double(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  tree.check_contents();
  const double overwrites = write_amp_weight(difference(tree.counters(), loaded));
  const double whole = write_amp_weight(tree.counters());
  std::printf(
      "exact, FAST'16, %llu keys, %llu puts each: write amplification with the log %.2f "
      "(overwrites %.2f), "
      "write amplification of files %.2f, %.1f M records into merges, %.2f s, %.2f s of them on a "
      "processor, %.1f M records/s\n",
      static_cast<unsigned long long>(n), static_cast<unsigned long long>(rounds), whole + 1,
      overwrites + 1, write_amp(tree.counters()), static_cast<double>(tree.merged_records()) / 1e6,
      seconds, cpu_seconds, static_cast<double>(tree.merged_records()) / 1e6 / seconds);
  for (unsigned level = 0; level < tree.version().level_count(); ++level)
    std::printf("  L%u %zu tables, %.1f MiB\n", level, tree.version().level(level).table_count(),
                static_cast<double>(tree.version().level(level).weight()) / (1 << 20));
}
