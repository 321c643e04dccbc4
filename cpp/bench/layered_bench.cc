// How fast the layered store is simulated record by record, and what the tiered algorithm comes to.
// Prints a block per workload.
//
//   layered_bench [--checks] [--target BYTES] [--partitioned] [--grid PAGES]
//                 [--keep-identical]
//   layered_bench --options [SMALLER [WORKLOAD]]
//   layered_bench ... --slices-against-records [NAME] | --terabytes     see layered_slices.h
//
// --checks: with invariants checked. --target: of the first two, instead of 256 MiB. The others:
// options of the planner, for all but the last. --options: a table of workloads and sets of options
// instead, all of it so many times smaller than 20 GB.
//
// uniform    20,000,000 records of 1,000 B over 5,000 MiB of pages, fanout 4, layers of 256 MiB
// hot-cold   the same, 90 % of the records to the first 10 % of the pages
// one page   999 rounds of 100 records over 100,000 pages and 1,000 of page 0, 10 B each, layers of
//            1 MB, compacted after each round
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "layered_slices.h"
#include "layered_table.h"
#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/workload/key_chooser.h"
#include "peak_memory.h"

using namespace lsmkit;

namespace {

constexpr double kMiB = 1 << 20;

// Since when: on the clock, and on processors.
struct Stopwatch {
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::clock_t cpu_begin = std::clock();

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  double cpu_seconds() const { return double(std::clock() - cpu_begin) / CLOCKS_PER_SEC; }
};

void print_totals(const char* name, const LayeredRun& run, const Stopwatch& watch) {
  const LayeredTotals& totals = run.tree().totals();
  const LayerMap& map = run.map();
  uint64_t largest = 0;
  for (const Layer& layer : map.layers()) largest = std::max(largest, layer.bytes);
  std::printf("\n%s\n", name);
  std::printf("  write amplification %.2f, storage %.2f of the log, %.2f of the pages\n",
              run.write_amp(), run.storage_amp_log(), run.storage_amp_logical());
  std::printf("  layers created %" PRIu64 " = %" PRIu64 " L0 + %" PRIu64 " delta + %" PRIu64
              " image, deleted %" PRIu64 "\n",
              map.created().layers, totals.flushed.layers, totals.retiled.layers,
              totals.images.layers, map.deleted().layers);
  std::printf("  compactions %" PRIu64 ", of levels %" PRIu64 "\n", totals.compactions,
              totals.level_compactions);
  std::printf("  MiB created %.0f = flush %.0f + delta %.0f + image %.0f; peak of live %.0f\n",
              double(totals.written_bytes()) / kMiB, double(totals.flushed.bytes) / kMiB,
              double(totals.retiled.bytes) / kMiB, double(totals.images.bytes) / kMiB,
              double(map.peak_live_bytes()) / kMiB);
  std::printf("  live layers %zu, the largest %" PRIu64 " B\n", map.layers().size(), largest);
  std::printf(
      "  %.2f s, %.2f s of them on a processor; contents %.0f MiB, peak of the process %.0f MiB\n",
      watch.seconds(), watch.cpu_seconds(), double(run.store().allocated_bytes()) / kMiB,
      peak_resident_mib());
}

void print_reads(const char* when, const ReadFigures& reads) {
  std::printf("  reads %s, mean, p99 and most: layers opened %.2f %" PRIu64 " %" PRIu64
              ", holding a record %.2f %" PRIu64 " %" PRIu64 ", records %.1f %" PRIu64 " %" PRIu64
              ", B %.0f %" PRIu64 " %" PRIu64 "\n",
              when, reads.layers_opened.mean, reads.layers_opened.p99, reads.layers_opened.most,
              reads.layers_holding.mean, reads.layers_holding.p99, reads.layers_holding.most,
              reads.records.mean, reads.records.p99, reads.records.most, reads.bytes.mean,
              reads.bytes.p99, reads.bytes.most);
}

// Of every page once, as the published figures are.
void print_reads_of_all_pages(LayeredRun& run, uint64_t pages) {
  double opened = 0, holding = 0;
  for (PageNumber page = 0; page < pages; ++page) {
    const LayerRead read = run.read(page, run.flushed_lsn());
    opened += read.layers_opened;
    holding += read.layers_holding;
  }
  std::printf("  every page at the tip: %.2f layers opened, %.2f deltas hold a record\n",
              opened / double(pages), holding / double(pages));
}

void run_20_gb(const char* name, const KeyChoice& choice, const LayeredRunOptions& options) {
  constexpr uint64_t kPages = uint64_t{5'000} * (1 << 20) / kPageBytes;
  constexpr uint64_t kRecords = 20'000'000;
  constexpr uint32_t kRecordBytes = 1'000;
  const Stopwatch watch;
  LayeredRun run(options);
  run.use_pages({0, kPages});
  KeyChooser chooser(choice, kPages, 1, Random(1, "pages"));
  ReadSampler history(1), tip(1);
  Stopwatch reading;
  double reading_seconds = 0;
  for (uint64_t i = 1; i <= kRecords; ++i) {
    run.ingest(chooser.next(), kRecordBytes);
    if (i % (1'000'000'000 / kRecordBytes) != 0) continue;
    reading = {};
    history.sample(run, 1'000, ReadAt::kHistory);
    reading_seconds += reading.seconds();
  }
  run.flush();
  print_totals(name, run, watch);
  reading = {};
  tip.sample(run, 20'000, ReadAt::kTip);
  reading_seconds += reading.seconds();
  print_reads("after every GB, at any LSN", history.figures());
  print_reads("at the end, at the tip", tip.figures());
  print_reads_of_all_pages(run, kPages);
  std::printf("  40,000 sampled reads: %.2f s (those after every GB are in the time above)\n",
              reading_seconds);
}

void run_one_page(bool checks) {
  constexpr uint64_t kPages = 100'000;
  const Stopwatch watch;
  LayeredRunOptions options;
  options.layered.target_bytes = 1'000'000;
  options.checks = checks;
  LayeredRun run(options);
  run.use_pages({0, kPages});
  Random random(1, "pages");
  for (int round = 0; round < 999; ++round) {
    for (int i = 0; i < 100; ++i) run.ingest(random.below(kPages), 10);
    for (int i = 0; i < 1'000; ++i) run.ingest(0, 10);
    run.compact();
  }
  print_totals("one page", run, watch);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--options") == 0) {
    print_layered_table(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1,
                        argc > 3 ? argv[3] : nullptr);
    return 0;
  }
  LayeredRunOptions options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--checks") == 0) {
      options.checks = true;
    } else if (std::strcmp(argv[i], "--grid") == 0 && i + 1 < argc) {
      options.layered.grid_pages = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--partitioned") == 0) {
      options.layered.partitioned = true;
    } else if (std::strcmp(argv[i], "--keep-identical") == 0) {
      options.layered.keeps_identical = true;
    } else if (std::strcmp(argv[i], "--target") == 0 && i + 1 < argc) {
      options.layered.target_bytes = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--slices-against-records") == 0) {
      return print_slices_against_records(options, i + 1 < argc ? argv[i + 1] : "");
    } else if (std::strcmp(argv[i], "--terabytes") == 0) {
      return print_terabytes(options);
    } else {
      std::fprintf(stderr,
                   "layered_bench [--checks] [--target BYTES] [--partitioned] [--grid PAGES] "
                   "[--keep-identical] [--slices-against-records [NAME] | --terabytes]\n");
      return 2;
    }
  }
  run_20_gb("uniform", UniformKeys{}, options);
  HotspotKeys hot;
  hot.hot_keys = 0.1;
  hot.hot_draws = 0.9;
  run_20_gb("hot-cold", hot, options);
  run_one_page(options.checks);
  return 0;
}
