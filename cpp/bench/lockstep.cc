// Write amplification, space and sorted runs of our rules and RocksDB's in lock-step (lockstep.h):
// a load of n distinct keys in random order, then overwrites (or deletes) among them.
//
//   build/cpp/bench/lockstep [--keys N] [--overwrites N] [--flush N] [--distribution uniform|zipf]
//                            [--deletes PERCENT] [--picker NAME] [--dynamic] [--fanout F]
//                            [--trees lsmkit,leveled,rocksdb] [--set OPTION=VALUE]... [--dir DIR]
//
// lsmkit has its own defaults for the same memtables and tables; leveled are our rules with the
// layout that RocksDB is asked for. --set gives an option of either its value.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "lockstep.h"
#include "scratch.h"
#include "text_table.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

struct Asked {
  uint64_t keys = 1'000'000;
  uint64_t overwrites = 4'000'000;
  bool zipf = false;
  unsigned delete_percent = 0;
  std::string trees = "lsmkit,leveled,rocksdb";
  std::string dir = ".";
  LockstepShape shape;
};

// The keys to write, one after the other: equal for every tree.
class KeyOrder {
 public:
  KeyOrder(const Asked& asked) : asked_(asked), random_(7) {
    ids_.resize(asked.keys);
    for (uint64_t i = 0; i < asked.keys; ++i) ids_[i] = i;
    std::shuffle(ids_.begin(), ids_.end(), random_);
    if (asked.zipf) {
      double sum = 0;
      shares_.reserve(asked.keys);
      for (uint64_t rank = 1; rank <= asked.keys; ++rank) {
        shares_.push_back(sum += std::pow(static_cast<double>(rank), -kTheta));
      }
    }
  }
  uint64_t loaded(uint64_t i) const { return ids_[i]; }
  uint64_t drawn() {
    if (!asked_.zipf) return std::uniform_int_distribution<uint64_t>(0, asked_.keys - 1)(random_);
    const double u = std::uniform_real_distribution<double>(0, shares_.back())(random_);
    const auto rank = std::lower_bound(shares_.begin(), shares_.end(), u) - shares_.begin();
    return ids_[static_cast<size_t>(rank)];  // the hot ones lie anywhere
  }
  bool deletes() {
    return asked_.delete_percent > 0 &&
           std::uniform_int_distribution<unsigned>(1, 100)(random_) <= asked_.delete_percent;
  }

 private:
  static constexpr double kTheta = 0.99;
  const Asked& asked_;
  std::mt19937_64 random_;
  std::vector<uint64_t> ids_;
  std::vector<double> shares_;
};

struct Outcome {
  LockstepWork load, end;
  double mean_space = 0, peak_space = 0, mean_runs = 0;
  std::vector<LockstepLevel> levels;
  double seconds = 0;
  std::optional<PickTally> picks;
};

// Space and runs are taken after each flush of the second half of the overwrites: entries in tables
// over live keys.
Outcome run(const Asked& asked, LockstepTree& tree) {
  KeyOrder order(asked);
  Outcome out;
  std::vector<bool> live(asked.keys);
  uint64_t live_count = 0, since_flush = 0, samples = 0;
  bool sampling = false;
  const auto step = [&] {
    if (++since_flush < asked.shape.flush_entries) return;
    since_flush = 0;
    tree.flush_and_settle();
    if (!sampling) return;
    uint64_t entries = 0;
    for (const LockstepLevel& level : tree.levels()) entries += level.entries;
    const double space = static_cast<double>(entries) / static_cast<double>(live_count);
    out.mean_space += space;
    out.peak_space = std::max(out.peak_space, space);
    out.mean_runs += static_cast<double>(tree.run_count());
    ++samples;
  };
  out.seconds = seconds_of([&] {
    for (uint64_t i = 0; i < asked.keys; ++i) {
      const uint64_t id = order.loaded(i);
      live[id] = true;
      ++live_count;
      tree.put(decimal_key(id));
      step();
    }
    out.load = tree.work();
    for (uint64_t i = 0; i < asked.overwrites; ++i) {
      sampling = i >= asked.overwrites / 2;
      const uint64_t id = order.drawn();
      const bool deletes = order.deletes();
      live_count += live[id] == deletes ? (deletes ? uint64_t(-1) : 1) : 0;
      live[id] = !deletes;
      if (deletes) {
        tree.remove(decimal_key(id));
      } else {
        tree.put(decimal_key(id));
      }
      step();
    }
  });
  out.end = tree.work();
  if (samples > 0) {
    out.mean_space /= static_cast<double>(samples);
    out.mean_runs /= static_cast<double>(samples);
  }
  out.levels = tree.levels();
  if (tree.picks() != nullptr) out.picks = *tree.picks();
  return out;
}

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

void report(const std::vector<std::pair<std::string, Outcome>>& outcomes) {
  std::vector<Cells> rows;
  for (const auto& [name, o] : outcomes) {
    rows.push_back({name, text("%.3f", ratio(o.load.all_written(), o.load.flushed)),
                    text("%.3f", ratio(o.end.all_written(), o.end.flushed)),
                    text("%.3f", ratio(o.end.all_written() - o.load.all_written(),
                                       o.end.flushed - o.load.flushed)),
                    text("%.3f", o.mean_space), text("%.3f", o.peak_space),
                    text("%.2f", o.mean_runs), with_commas(o.end.jobs), with_commas(o.end.moves),
                    text("%.1f", o.seconds), by_level(o.end)});
  }
  print_table("write amplification: entries that flush and compaction wrote / entries flushed",
              {"tree", "load", "load and overwrites", "overwrites", "mean space", "peak space",
               "mean runs", "jobs", "moves", "seconds", "of it compaction into"},
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
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string {
      if (++i == argc) throw std::invalid_argument(name + " needs a value");
      return argv[i];
    };
    const auto number = [&] { return std::stoull(value()); };
    if (name == "--keys") {
      out.keys = number();
    } else if (name == "--overwrites") {
      out.overwrites = number();
    } else if (name == "--flush") {
      out.shape.flush_entries = number();
    } else if (name == "--deletes") {
      out.delete_percent = static_cast<unsigned>(number());
    } else if (name == "--distribution") {
      const std::string given = value();
      if (given != "uniform" && given != "zipf") {
        throw std::invalid_argument("--distribution is uniform or zipf, not " + given);
      }
      out.zipf = given == "zipf";
    } else if (name == "--picker") {
      out.shape.picker = value();
    } else if (name == "--dynamic") {
      out.shape.dynamic_levels = true;
    } else if (name == "--fanout") {
      out.shape.fanout = std::stod(value());
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
  return out;
}

void run_all(const Asked& asked) {
  std::printf("%s keys of %zu + %zu bytes loaded, %s written again (%s%s), a flush every %s\n",
              with_commas(asked.keys).c_str(), kLockstepKeyBytes, kLockstepValueBytes,
              with_commas(asked.overwrites).c_str(), asked.zipf ? "zipf .99" : "uniform",
              asked.delete_percent ? text(", %u %% deletes", asked.delete_percent).c_str() : "",
              with_commas(asked.shape.flush_entries).c_str());
  [[maybe_unused]] ScratchDirectory scratch(asked.dir, "lockstep");
  std::vector<std::pair<std::string, Outcome>> outcomes;
  const auto take_part = [&](const std::string& name, const auto& make) {
    if (("," + asked.trees + ",").find("," + name + ",") == std::string::npos) return;
    outcomes.emplace_back(name, run(asked, *make()));
  };
  take_part("lsmkit", [&] { return lockstep_lsmkit(asked.shape, OurRules::kDefaults); });
  take_part("leveled", [&] { return lockstep_lsmkit(asked.shape, OurRules::kAsRocksDb); });
#ifdef LSMKIT_WITH_ROCKSDB
  take_part("rocksdb", [&] { return lockstep_rocksdb(asked.shape, scratch.fresh()); });
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
    lsmkit::bench::run_all(lsmkit::bench::asked_of(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lockstep: %s\n", error.what());
    return 2;
  }
}
