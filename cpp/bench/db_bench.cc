// How fast lsmkit is beside RocksDB, LevelDB and LMDB, each through its own calls in bare loops:
// the same keys, in the same order, with the same values (W3.9).
//
//   apt-get install librocksdb-dev libleveldb-dev liblmdb-dev
//   cmake -S . -B build -DLSMKIT_BENCH=ON && cmake --build build --target db_bench
//   build/cpp/bench/db_bench --help
//   build/cpp/bench/db_bench --num 1000000 --rounds 5 --threads 1,2,4 --json report.json
//   build/cpp/bench/db_bench --workloads fillrandom,readrandom --stores lsmkit,rocksdb
//
// What a workload is and what it begins on: workloads.h; those that measure lsmkit's own parts:
// own_workloads.h. How a store is opened: <store>_store.cc; the options in force are printed. Who
// was not found when this was built is left out, and that is said.
//
// How to read the report: rounds are interleaved, within each round store after store does one
// workload before the next workload begins, and the first store of a round is another one each
// time. A figure is the median of the rounds with the least and the most; a ratio is the median of
// the rounds' ratios. Results are counted and compared, so a store that loses something ends the
// run. Where the disk or several processors matter a control that does nothing else is measured at
// the same time: on a machine that others use, read the ratio to it.
//
// What is written lies in a fresh directory within --dir (the current one, if not given), which is
// all that is removed at the end. Exit codes: 0 it went well, 1 an error, 2 the command line is
// wrong, 130 interrupted.
//
// Where flushmany spends its instructions, and how many they are together:
//
//   valgrind --tool=callgrind --toggle-collect='*measured_flush*' build/cpp/bench/db_bench
//     --workloads flushmany --stores lsmkit --rounds 1
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "rounds.h"

namespace {

volatile std::sig_atomic_t interrupted = 0;

struct Interrupted {};

}  // namespace

int main(int argc, char** argv) {
  using namespace lsmkit::bench;
  Settings settings;
  try {
    settings = settings_from({argv + 1, argv + argc});
  } catch (const UsageError& error) {
    std::fprintf(stderr, "db_bench: %s\nTry db_bench --help.\n", error.what());
    return 2;
  }
  if (settings.help) {
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  struct sigaction once {};
  once.sa_handler = [](int) { interrupted = 1; };
  once.sa_flags = static_cast<int>(SA_RESETHAND);  // the second time it ends at once
  sigaction(SIGINT, &once, nullptr);
  sigaction(SIGTERM, &once, nullptr);
  try {
    if (!settings.json.empty() && !std::ofstream(settings.json, std::ios::app)) {
      throw std::runtime_error(settings.json + ": cannot be written");
    }
    const Report report = run(settings, [](const std::string& what) {
      if (interrupted) throw Interrupted();
      std::fprintf(stderr, "%s\n", what.c_str());
    });
    print(report);
    if (!settings.json.empty()) write_json(report, settings.json);
  } catch (const Interrupted&) {
    std::fputs("db_bench: interrupted\n", stderr);
    return 130;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "db_bench: %s\n", error.what());
    return 1;
  }
}
