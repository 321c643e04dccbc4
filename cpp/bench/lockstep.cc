// Write amplification, space and sorted runs of our rules and RocksDB's in lock-step (lockstep.h):
// a load of n distinct keys in random order, then overwrites (or deletes) among them.
//
//   build/cpp/bench/lockstep [--keys N] [--overwrites N] [--flush N] [--distribution uniform|zipf]
//                            [--deletes PERCENT] [--picker NAME] [--dynamic] [--fanout F]
//                            [--trees NAME,...] [--seed N] [--set OPTION=VALUE]...
//                            [--differences N] [--exact|--usual] [--dir DIR]
//   build/cpp/bench/lockstep --matrix | --check [--seeds N] [--jobs N] [--filter TEXT]
//                            [--json] ...
//   build/cpp/bench/lockstep --shares [--jobs N] [--filter TEXT] ...
//
// Trees: lsmkit has its own defaults for the same memtables and tables, and is only lists of keys;
// engine is the same in files, inline. leveled are our rules with the layout that rocksdb is asked
// for, tiered as for universal, which is RocksDB's style of that name, as_leveldb as for leveldb.
// By default lsmkit,engine,leveled,rocksdb. --set gives an option of any of ours its value;
// --differences prints the first jobs of RocksDB's for which our planner chose other inputs, and
// the first whose inputs our rules cut otherwise. --exact gives RocksDB tables whose size it knows
// to the entry, and our picker its order among equals (lockstep.h); so do --matrix and --check, but
// for
// --usual.
//
// --matrix prints a table of all cases beside RocksDB and LevelDB, --check of RocksDB's defaults
// and one of its universal style, by default with 200,000 keys. Exits with 1 if a case breaks a
// bound (lockstep_matrix.h), and says which. --json prints a line for each figure instead, as
// `lsmkit validate V2` reads them.
//
// --shares prints what our defaults come to with one mechanism at a time switched off.
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "lockstep_matrix.h"
#include "lockstep_run.h"
#include "lockstep_shares.h"
#include "scratch.h"
#include "text_table.h"

namespace lsmkit::bench {
namespace {

struct Asked {
  LockstepWorkload workload;
  std::string trees = "lsmkit,engine,leveled,rocksdb";
  std::string dir = ".";
  LockstepShape shape;
  bool matrix = false, check = false, shares = false, json = false;
  unsigned seeds = 1, jobs = 1;
  std::string filter;
};

double ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

std::string levels_text(const std::vector<LockstepLevel>& levels) {
  std::string out;
  for (size_t n = 0; n < levels.size(); ++n) {
    if (levels[n].tables == 0) continue;
    out += (out.empty() ? "" : ", ") + std::string("L") + std::to_string(n) + " " +
           std::to_string(levels[n].tables) + "/" + with_commas(levels[n].entries);
  }
  return out;
}

std::string by_level(const LockstepWork& work) {
  std::string out;
  for (size_t n = 0; n < work.written.size(); ++n) {
    if (work.written[n] == 0) continue;
    out += text("%sL%zu %.2f", out.empty() ? "" : " ", n, ratio(work.written[n], work.flushed));
  }
  return out;
}

void report(const std::vector<std::pair<std::string, LockstepOutcome>>& outcomes) {
  std::vector<Cells> rows;
  for (const auto& [name, o] : outcomes) {
    rows.push_back({name, text("%.3f", ratio(o.load.all_written(), o.load.flushed)),
                    text("%.3f", ratio(o.end.all_written(), o.end.flushed)),
                    text("%.3f", ratio(o.end.all_written() - o.load.all_written(),
                                       o.end.flushed - o.load.flushed)),
                    text("%.3f", o.mean_space), text("%.3f", o.peak_space),
                    text("%.2f", o.mean_runs), with_commas(o.end.jobs), with_commas(o.end.moves),
                    text("%.1f", o.seconds), text("%.1f", o.cpu_seconds), by_level(o.end)});
  }
  print_table("write amplification: entries that flush and compaction wrote / entries flushed",
              {"tree", "load", "load and overwrites", "overwrites", "mean space", "peak space",
               "mean runs", "jobs", "moves", "seconds", "CPU seconds", "of it compaction into"},
              rows);
  std::printf("\ntables/entries at the end\n");
  for (const auto& [name, o] : outcomes) {
    std::printf("  %-8s %s\n", name.c_str(), levels_text(o.levels).c_str());
  }
  for (const auto& [name, o] : outcomes) {
    if (!o.picks) continue;
    std::printf("\n%s: our planner chose the same inputs in %s of %s jobs (%.1f %%)\n",
                name.c_str(), with_commas(o.picks->same).c_str(),
                with_commas(o.picks->jobs).c_str(), 100 * o.picks->share());
    for (const std::string& difference : o.picks->differences)
      std::printf("%s\n", difference.c_str());
  }
  for (const auto& [name, o] : outcomes) {
    if (!o.outputs) continue;
    std::printf(
        "\n%s: of %s jobs' inputs our rules make the same records in %s, as many tables in %s, "
        "ending within a hundredth of a table in %s; %s tables, theirs %s\n",
        name.c_str(), with_commas(o.outputs->jobs).c_str(),
        with_commas(o.outputs->same_records).c_str(), with_commas(o.outputs->same_tables).c_str(),
        with_commas(o.outputs->same_cuts).c_str(), with_commas(o.outputs->our_tables).c_str(),
        with_commas(o.outputs->their_tables).c_str());
    for (const std::string& difference : o.outputs->differences)
      std::printf("%s\n", difference.c_str());
  }
  const auto& [last, against] = outcomes.back();
  for (size_t i = 0; i + 1 < outcomes.size(); ++i) {
    const auto& [name, o] = outcomes[i];
    const double amp = ratio(o.end.all_written(), o.end.flushed);
    std::printf("%s over %s: %.3f of the write amplification\n", name.c_str(), last.c_str(),
                amp / ratio(against.end.all_written(), against.end.flushed));
  }
}

Asked asked_of(int argc, char** argv) {
  Asked out;
  std::optional<bool> exact;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string {
      if (++i == argc) throw std::invalid_argument(name + " needs a value");
      return argv[i];
    };
    const auto number = [&] { return std::stoull(value()); };
    if (name == "--matrix" || name == "--check") {
      (name == "--matrix" ? out.matrix : out.check) = true;
      out.workload.keys = 200'000;
      out.workload.overwrites = 400'000;
    } else if (name == "--json") {
      out.json = true;
    } else if (name == "--shares") {
      out.shares = true;
    } else if (name == "--keys") {
      out.workload.keys = number();
    } else if (name == "--overwrites") {
      out.workload.overwrites = number();
    } else if (name == "--flush") {
      out.shape.flush_entries = number();
    } else if (name == "--deletes") {
      out.workload.delete_percent = static_cast<unsigned>(number());
    } else if (name == "--distribution") {
      const std::string given = value();
      if (given != "uniform" && given != "zipf") {
        throw std::invalid_argument("--distribution is uniform or zipf, not " + given);
      }
      out.workload.zipf = given == "zipf";
    } else if (name == "--picker") {
      out.shape.picker = value();
    } else if (name == "--exact" || name == "--usual") {
      exact = name == "--exact";
    } else if (name == "--dynamic") {
      out.shape.dynamic_levels = true;
    } else if (name == "--fanout") {
      out.shape.fanout = std::stod(value());
    } else if (name == "--seed") {
      out.workload.seed = number();
    } else if (name == "--seeds") {
      out.seeds = static_cast<unsigned>(number());
    } else if (name == "--jobs") {
      out.jobs = static_cast<unsigned>(number());
    } else if (name == "--filter") {
      out.filter = value();
    } else if (name == "--differences") {
      out.shape.differences = number();
    } else if (name == "--trees") {
      out.trees = value();
    } else if (name == "--dir") {
      out.dir = value();
    } else if (name == "--set") {
      const std::string given = value();
      const size_t equals = given.find('=');
      if (equals == std::string::npos) throw std::invalid_argument("--set OPTION=VALUE");
      out.shape.options[given.substr(0, equals)] = given.substr(equals + 1);
    } else {
      throw std::invalid_argument("unknown argument " + name + " (see the head of lockstep.cc)");
    }
  }
  out.shape.keys = out.workload.keys;
  out.shape.exact = exact.value_or(out.matrix || out.check);
  return out;
}

int matrix_of(const Asked& asked) {
  const std::vector<std::string> broken = run_matrix(
      {asked.workload, asked.shape, asked.seeds, asked.jobs, asked.filter, asked.dir, asked.json},
      !asked.matrix);
  if (asked.json) return broken.empty() ? 0 : 1;
  std::printf("\n%zu bounds broken\n", broken.size());
  for (const std::string& sentence : broken) std::printf("  %s\n", sentence.c_str());
  return broken.empty() ? 0 : 1;
}

void run_all(const Asked& asked) {
  std::printf(
      "%s keys of %zu + %zu bytes loaded, %s written again (%s%s), a flush every %s\n",
      with_commas(asked.workload.keys).c_str(), kLockstepKeyBytes, kLockstepValueBytes,
      with_commas(asked.workload.overwrites).c_str(), asked.workload.zipf ? "zipf .99" : "uniform",
      asked.workload.delete_percent ? text(", %u %% deletes", asked.workload.delete_percent).c_str()
                                    : "",
      with_commas(asked.shape.flush_entries).c_str());
  ScratchDirectory scratch(asked.dir, "lockstep");
  std::vector<std::pair<std::string, LockstepOutcome>> outcomes;
  const auto take_part = [&](const std::string& name, const auto& make) {
    if (("," + asked.trees + ",").find("," + name + ",") == std::string::npos) return;
    outcomes.emplace_back(name, run_lockstep(asked.workload, asked.shape, *make()));
  };
  take_part("lsmkit", [&] { return lockstep_lsmkit(asked.shape, OurRules::kDefaults); });
  take_part("engine", [&] { return lockstep_engine(asked.shape, scratch.fresh()); });
  take_part("leveled", [&] { return lockstep_lsmkit(asked.shape, OurRules::kAsRocksDb); });
#ifdef LSMKIT_WITH_ROCKSDB
  take_part("rocksdb",
            [&] { return lockstep_rocksdb(asked.shape, OurRules::kAsRocksDb, scratch.fresh()); });
#endif
  take_part("tiered", [&] { return lockstep_lsmkit(asked.shape, OurRules::kAsUniversal); });
#ifdef LSMKIT_WITH_ROCKSDB
  take_part("universal",
            [&] { return lockstep_rocksdb(asked.shape, OurRules::kAsUniversal, scratch.fresh()); });
#endif
  take_part("as_leveldb", [&] { return lockstep_lsmkit(asked.shape, OurRules::kAsLevelDb); });
#ifdef LSMKIT_WITH_LEVELDB
  take_part("leveldb", [&] { return lockstep_leveldb(asked.shape, scratch.fresh()); });
#endif
  if (outcomes.empty()) throw std::invalid_argument("--trees names none that takes part");
  report(outcomes);
}

}  // namespace
}  // namespace lsmkit::bench

int main(int argc, char** argv) {
  try {
    const auto asked = lsmkit::bench::asked_of(argc, argv);
    if (asked.matrix || asked.check) return lsmkit::bench::matrix_of(asked);
    if (asked.shares) {
      lsmkit::bench::run_shares({asked.workload, asked.shape, asked.jobs, asked.filter});
    } else {
      lsmkit::bench::run_all(asked);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lockstep: %s\n", error.what());
    return 2;
  }
}
