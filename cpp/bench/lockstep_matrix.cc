// Cases, what differs in each, and the table of them.
#include "lockstep_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include "in_parallel.h"
#include "scratch.h"
#include "text_table.h"

namespace lsmkit::bench {
namespace {

struct Case {
  std::string name;
  OurRules rules;
  LockstepShape shape;
  LockstepWorkload workload;
};

// Of all seeds together.
struct Sums {
  uint64_t flushed = 0;
  uint64_t all_written = 0;
  std::vector<uint64_t> written;
  double tables = 0;
  std::vector<LockstepWork> seeds;
  void add(const LockstepOutcome& outcome) {
    seeds.push_back(outcome.end);
    flushed += outcome.end.flushed;
    all_written += outcome.end.all_written();
    written.resize(std::max(written.size(), outcome.end.written.size()));
    for (size_t n = 0; n < outcome.end.written.size(); ++n) written[n] += outcome.end.written[n];
    tables += outcome.mean_tables;
  }
  double write_amp() const { return per_flushed(all_written); }
  double per_flushed(uint64_t entries) const {
    return static_cast<double>(entries) / static_cast<double>(flushed);
  }
  uint64_t at(size_t level) const { return level < written.size() ? written[level] : 0; }
};

// How far apart the seeds of one store are, as a share of what they come to together. `of` a seed's
// work: entries.
template <class Of>
double between_seeds(const Sums& sums, const Of& of) {
  double least = INFINITY, most = 0;
  uint64_t all = 0;
  for (const LockstepWork& work : sums.seeds) {
    const double share = static_cast<double>(of(work)) / static_cast<double>(work.flushed);
    least = std::min(least, share);
    most = std::max(most, share);
    all += of(work);
  }
  return all == 0 ? 0 : (most - least) / sums.per_flushed(all);
}

double write_amps_apart(const Sums& sums) {
  return between_seeds(sums, [](const LockstepWork& work) { return work.all_written(); });
}

double levels_apart(const Sums& sums, size_t level) {
  return between_seeds(sums, [level](const LockstepWork& work) {
    return level < work.written.size() ? work.written[level] : 0;
  });
}

struct Result {
  Sums ours, theirs;
  // None of LevelDB's, which does not tell its picks.
  uint64_t jobs = 0, same_picks = 0;
  uint64_t rewrites = 0, same_outputs = 0;
};

// Something of ours beside theirs, and how far apart they may be, as a share of theirs.
struct Figure {
  std::string what;
  double ours = 0, theirs = 0;
  double most = 0;
  double difference() const { return theirs == 0 ? (ours == 0 ? 0 : 1) : ours / theirs - 1; }
  bool holds() const { return std::abs(difference()) <= most; }
};

Figure write_amps(const Result& result) {
  return {"write amplification", result.ours.write_amp(), result.theirs.write_amp(),
          kMostWriteDifference};
}

Figure tables(const Result& result) {
  return {"tables", result.ours.tables, result.theirs.tables, kMostTableDifference};
}

struct LevelFigure {
  size_t level = 0;
  Figure written;
};
LevelFigure worst_level(const Result& result) {
  LevelFigure worst{0, {"written into L0", 0, 0, kMostLevelDifference}};
  const Sums &ours = result.ours, &theirs = result.theirs;
  for (size_t n = 0; n < std::max(ours.written.size(), theirs.written.size()); ++n) {
    const Figure here{"written into L" + std::to_string(n), ours.per_flushed(ours.at(n)),
                      theirs.per_flushed(theirs.at(n)), kMostLevelDifference};
    if (std::max(here.ours, here.theirs) < kLevelTakesMuch * theirs.write_amp()) continue;
    if (std::abs(here.difference()) >= std::abs(worst.written.difference())) worst = {n, here};
  }
  return worst;
}

// LevelDB's are not known.
std::optional<Figure> same_picks(const Result& result) {
  if (result.jobs == 0) return {};
  const double share = static_cast<double>(result.same_picks) / static_cast<double>(result.jobs);
  return Figure{"same picks", share, 1, 1 - kLeastSamePicks};
}

std::vector<Figure> figures_of(const Result& result) {
  std::vector<Figure> out{write_amps(result), worst_level(result).written, tables(result)};
  if (const auto picks = same_picks(result)) out.push_back(*picks);
  return out;
}

bool takes_part(OurRules rules) {
#ifdef LSMKIT_WITH_ROCKSDB
  if (rules == OurRules::kAsRocksDb || rules == OurRules::kAsUniversal) return true;
#endif
#ifdef LSMKIT_WITH_LEVELDB
  if (rules == OurRules::kAsLevelDb) return true;
#endif
  return false;
}

std::unique_ptr<LockstepTree> peer_of(const Case& c, const std::string& path) {
#ifdef LSMKIT_WITH_ROCKSDB
  if (c.rules == OurRules::kAsRocksDb || c.rules == OurRules::kAsUniversal)
    return lockstep_rocksdb(c.shape, c.rules, path);
#endif
#ifdef LSMKIT_WITH_LEVELDB
  if (c.rules == OurRules::kAsLevelDb) return lockstep_leveldb(c.shape, path);
#endif
  throw std::logic_error("a case without a peer: " + c.name + " in " + path);
}

std::vector<Case> cases_of(const MatrixAsked& asked, bool brief) {
  std::vector<Case> cases;
  const std::vector<std::string> all_workloads = {"uniform", "zipf", "deletes"};
  const auto add = [&](const std::string& name, OurRules rules, const LockstepShape& shape,
                       const std::vector<std::string>& workloads) {
    for (const std::string& workload : workloads) {
      Case c{name + " " + workload, rules, shape, asked.workload};
      c.workload.zipf = workload == "zipf";
      c.workload.delete_percent = workload == "deletes" ? 20 : 0;
      if (takes_part(rules) && c.name.find(asked.filter) != std::string::npos) cases.push_back(c);
    }
  };
  for (const bool dynamic : {false, true}) {
    for (const std::string picker :
         {"min_overlapping_ratio", "round_robin", "oldest_smallest_seq", "oldest_largest_seq"}) {
      if (brief && (dynamic || picker != "min_overlapping_ratio")) continue;
      LockstepShape shape = asked.shape;
      shape.dynamic_levels = dynamic;
      shape.picker = picker;
      add(std::string("rocksdb ") + (dynamic ? "dynamic " : "static ") + picker,
          OurRules::kAsRocksDb, shape, all_workloads);
    }
  }
  for (const unsigned trigger : {4U, 8U}) {
    if (brief && trigger != 4) continue;
    LockstepShape shape = asked.shape;
    shape.l0_trigger = trigger;
    add("rocksdb universal trigger " + std::to_string(trigger), OurRules::kAsUniversal, shape,
        brief ? std::vector<std::string>{"uniform"} : all_workloads);
  }
  if (!brief) add("leveldb", OurRules::kAsLevelDb, asked.shape, all_workloads);
  if (cases.empty())
    throw std::invalid_argument(
        "no case takes part: built without RocksDB and LevelDB, or --filter");
  return cases;
}

Result run_case(const Case& c, unsigned seeds, const std::string& dir) {
  Result result;
  for (unsigned i = 0; i < seeds; ++i) {
    LockstepWorkload workload = c.workload;
    workload.seed += i;
    ScratchDirectory scratch(dir, "lockstep");
    result.ours.add(run_lockstep(workload, c.shape, *lockstep_lsmkit(c.shape, c.rules)));
    const LockstepOutcome theirs = run_lockstep(workload, c.shape, *peer_of(c, scratch.fresh()));
    result.theirs.add(theirs);
    if (!theirs.picks) continue;
    result.jobs += theirs.picks->jobs;
    result.same_picks += theirs.picks->same;
    result.rewrites += theirs.outputs->jobs;
    result.same_outputs += theirs.outputs->same_cuts;
  }
  return result;
}

std::string share_text(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  return text("%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

Cells row_of(const std::string& name, const Result& result) {
  const auto [level, written] = worst_level(result);
  const Figure write_amp = write_amps(result);
  return {name,
          text("%.3f", write_amp.ours),
          text("%.3f", write_amp.theirs),
          text("%.1f %%", 100 * write_amps_apart(result.theirs)),
          text("%+.1f %%", 100 * write_amp.difference()),
          text("L%zu %+.1f %%", level, 100 * written.difference()),
          text("%.1f %%", 100 * levels_apart(result.theirs, level)),
          text("%+.1f %%", 100 * tables(result).difference()),
          share_text(result.same_picks, result.jobs),
          result.jobs == 0 ? "-" : with_commas(result.jobs),
          share_text(result.same_outputs, result.rewrites)};
}

void print_figures(const std::string& name, const Result& result) {
  for (const Figure& figure : figures_of(result))
    std::printf(
        "{\"case\": \"%s\", \"figure\": \"%s\", \"found\": %.6g, \"due\": %.6g, "
        "\"bound\": %.6g}\n",
        name.c_str(), figure.what.c_str(), figure.ours, figure.theirs, figure.most);
}

}  // namespace

std::vector<std::string> run_matrix(const MatrixAsked& asked, bool brief) {
  const std::vector<Case> cases = cases_of(asked, brief);
  std::vector<Result> results(cases.size());
  in_parallel(cases.size(), asked.jobs,
              [&](size_t n) { results[n] = run_case(cases[n], asked.seeds, asked.dir); });
  std::vector<Cells> rows;
  std::vector<std::string> broken;
  for (size_t n = 0; n < cases.size(); ++n) {
    rows.push_back(row_of(cases[n].name, results[n]));
    if (asked.json) print_figures(cases[n].name, results[n]);
    for (const Figure& figure : figures_of(results[n])) {
      if (figure.holds()) continue;
      broken.push_back(cases[n].name + ": " + figure.what +
                       text(" %.4g beside %.4g, %.1f %% apart, at most %.0f", figure.ours,
                            figure.theirs, 100 * figure.difference(), 100 * figure.most));
    }
  }
  if (asked.json) return broken;
  print_table(
      text("%s keys, %s puts among them, a flush every %s, %u seeds from %llu on",
           with_commas(asked.workload.keys).c_str(), with_commas(asked.workload.overwrites).c_str(),
           with_commas(asked.shape.flush_entries).c_str(), asked.seeds,
           static_cast<unsigned long long>(asked.workload.seed)),
      {"case", "WA ours", "theirs", "between their seeds", "differ by", "worst level",
       "between their seeds", "tables", "same picks", "of jobs", "same outputs"},
      rows);
  return broken;
}

}  // namespace lsmkit::bench
