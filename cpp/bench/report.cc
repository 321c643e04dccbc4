#include "report.h"

#include <algorithm>

namespace lsmkit::bench {

std::vector<Row> rows_of(const Report& report) {
  std::vector<Row> out;
  for (const Sample& sample : report.samples) {
    auto row = std::find_if(out.begin(), out.end(), [&](const Row& r) {
      return r.workload == sample.workload && r.state == sample.state && r.mode == sample.mode &&
             r.threads == sample.threads;
    });
    if (row == out.end()) {
      row = out.insert(out.end(),
                       Row{sample.workload, sample.state, sample.mode, sample.threads, {}});
    }
    row->by_store[sample.store].push_back(&sample);
  }
  return out;
}

std::vector<double> Row::values(const std::string& store, const std::string& figure) const {
  std::vector<double> out;
  const auto samples = by_store.find(store);
  if (samples == by_store.end()) return out;
  for (const Sample* sample : samples->second) {
    if (figure.empty()) {
      out.push_back(sample->us_per_op());
    } else if (const auto found = sample->figures.find(figure); found != sample->figures.end()) {
      out.push_back(found->second);
    }
  }
  return out;
}

std::vector<double> Row::ratios(const std::string& peer) const {
  std::vector<double> out;
  const auto ours = by_store.find("lsmkit"), theirs = by_store.find(peer);
  if (ours == by_store.end() || theirs == by_store.end()) return out;
  const size_t rounds = std::min(ours->second.size(), theirs->second.size());
  for (size_t i = 0; i < rounds; ++i) {
    out.push_back(theirs->second[i]->us_per_op() / ours->second[i]->us_per_op());
  }
  return out;
}

}  // namespace lsmkit::bench
