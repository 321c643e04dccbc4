// What a run found: every sample, and rows of medians and ratios drawn from them, as a table for
// people and as JSON. Shapes as in `lsmkit bench --json`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "stores.h"

namespace lsmkit::bench {

using Figures = std::map<std::string, double>;  // named with their units

// One workload of one store in one round.
struct Sample {
  int round = 0;
  std::string store;
  std::string workload;
  std::string state;  // what it began on
  std::string mode;   // of syncing
  unsigned threads = 1;
  uint64_t operations = 0;
  double seconds = 0;
  std::optional<uint64_t> found;  // keys or rows; none for writes
  Shape shape;                    // before reads, after writes
  Figures figures = {};

  double us_per_op() const { return seconds * 1e6 / static_cast<double>(operations); }
};

struct StoreFacts {
  std::string name, version;
  std::vector<std::pair<std::string, std::string>> options;
};

struct Report {
  Settings settings;
  std::vector<std::pair<std::string, std::string>> machine;
  std::vector<StoreFacts> stores;
  std::map<std::string, std::string> left_out;  // and why
  std::vector<Sample> samples;
};

// The samples of all rounds that were done alike.
struct Row {
  std::string workload, state, mode;
  unsigned threads = 1;
  std::map<std::string, std::vector<const Sample*>> by_store;  // in the order of rounds

  std::vector<double> values(const std::string& store, const std::string& figure) const;
  // By round: what the peer took / what lsmkit took.
  std::vector<double> ratios(const std::string& peer) const;
};
std::vector<Row> rows_of(const Report& report);  // in the order of the run

void print(const Report& report);
void write_json(const Report& report, const std::string& file);

}  // namespace lsmkit::bench
