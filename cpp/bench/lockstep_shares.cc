// The mechanisms, each by the options that switch it off, and the table of them.
#include "lockstep_shares.h"

#include <algorithm>
#include <stdexcept>

#include "in_parallel.h"
#include "text_table.h"

namespace lsmkit::bench {
namespace {

using Settings = std::map<std::string, std::string>;

struct Mechanism {
  std::string name;
  Settings off;
};

// A new mechanism is one more line here.
std::vector<Mechanism> mechanisms_of(const LockstepShape& shape) {
  const std::string base_bytes =
      std::to_string(shape.base_entries * lockstep_entry_weight(shape, OurRules::kDefaults));
  return {
      {"nothing", {}},
      {"L0 goes down unmerged", {{"l0_merged_runs", "1"}}},
      {"leveled from L0 on", {{"layout", "leveled"}, {"base_bytes", base_bytes}}},
      {"static levels", {{"level_sizing", "static"}, {"base_bytes", base_bytes}}},
      {"fanout 10", {{"fanout", "10"}}},
      {"tables end at their target alone", {{"cut", "plain"}}},
      {"... or after ten grandparents", {{"cut", "grandparents"}}},
      {"... or on a grid", {{"cut", "grid"}}},
      {"no pass-through", {{"pass_through", "false"}}},
      {"no multi-level jobs", {{"multi_level", "false"}}},
      {"by turns, a table at a time", {{"picker", "compact_pointer"}}},
      {"min overlapping ratio", {{"picker", "min_overlapping_ratio"}}},
      {"oldest smallest seqno", {{"picker", "oldest_smallest_seq"}}},
      {"oldest largest seqno", {{"picker", "oldest_largest_seq"}}},
      {"four parts a job", {{"max_parts", "4"}}},
      {"tombstones wait", {{"tombstone_gain", "0"}}},
      {"leveled, and none of the others",
       {{"layout", "leveled"},
        {"base_bytes", base_bytes},
        {"cut", "plain"},
        {"picker", "compact_pointer"},
        {"pass_through", "false"},
        {"multi_level", "false"}}},
  };
}

std::vector<std::pair<std::string, LockstepWorkload>> workloads_of(const SharesAsked& asked) {
  std::vector<std::pair<std::string, LockstepWorkload>> out;
  for (const std::string name : {"uniform", "zipf", "deletes"}) {
    if (name.find(asked.filter) == std::string::npos) continue;
    LockstepWorkload workload = asked.workload;
    workload.zipf = name == "zipf";
    workload.delete_percent = name == "deletes" ? 20 : 0;
    out.emplace_back(name, workload);
  }
  if (out.empty()) throw std::invalid_argument("--filter leaves none of uniform, zipf, deletes");
  return out;
}

double write_amp(const LockstepOutcome& outcome) {
  return static_cast<double>(outcome.end.all_written()) / static_cast<double>(outcome.end.flushed);
}

}  // namespace

void run_shares(const SharesAsked& asked) {
  const auto mechanisms = mechanisms_of(asked.shape);
  const auto workloads = workloads_of(asked);
  std::vector<LockstepOutcome> outcomes(mechanisms.size() * workloads.size());
  in_parallel(outcomes.size(), asked.jobs, [&](size_t n) {
    LockstepShape shape = asked.shape;
    for (const auto& [name, value] : mechanisms[n / workloads.size()].off)
      shape.options[name] = value;
    outcomes[n] = run_lockstep(workloads[n % workloads.size()].second, shape,
                               *lockstep_lsmkit(shape, OurRules::kDefaults));
  });

  Cells header{"our defaults, but"};
  for (const auto& [name, workload] : workloads)
    header.insert(header.end(), {name + ": WA", "more", "space", "runs"});
  header.emplace_back("by");
  std::vector<Cells> rows;
  for (size_t m = 0; m < mechanisms.size(); ++m) {
    Cells row{mechanisms[m].name};
    for (size_t w = 0; w < workloads.size(); ++w) {
      const LockstepOutcome& here = outcomes[m * workloads.size() + w];
      row.insert(row.end(), {text("%.3f", write_amp(here)),
                             text("%+.1f %%", 100 * (write_amp(here) / write_amp(outcomes[w]) - 1)),
                             text("%.3f", here.mean_space), text("%.2f", here.mean_runs)});
    }
    std::string settings;
    for (const auto& [name, value] : mechanisms[m].off)
      settings += (settings.empty() ? "" : " ") + name + "=" + value;
    row.push_back(settings);
    rows.push_back(row);
  }
  print_table(
      text("%s keys, %s puts among them, a flush every %s, seed %llu",
           with_commas(asked.workload.keys).c_str(), with_commas(asked.workload.overwrites).c_str(),
           with_commas(asked.shape.flush_entries).c_str(),
           static_cast<unsigned long long>(asked.workload.seed)),
      header, rows);
}

}  // namespace lsmkit::bench
