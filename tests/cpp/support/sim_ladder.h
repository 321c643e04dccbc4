// One workload on the exact simulator and on the segment simulator, and how far they are apart:
// rung V1 of the validation ladder. Tests take small cases, cpp/bench/sim_ladder.cc large ones.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/sim/exact_tree.h"
#include "lsmkit/sim/segment_run.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/workload/workload_stream.h"

namespace lsmkit {

// What a run shows from operation `window_begins` on. Means are over the moments after each flush.
struct Shape {
  double write_amp = 0;  // by weight
  double space_amp = 0;
  std::vector<double> level_weight;
  std::vector<double> level_tables;
  std::vector<double> level_runs;
  uint64_t compactions = 0;
  uint64_t moves = 0;
  uint64_t samples = 0;
  double seconds = 0;  // of the whole run
};

class ShapeMeter {
 public:
  explicit ShapeMeter(uint64_t window_begins) : window_begins_(window_begins) {}

  // Asked at each flush, `writes` puts and deletes after the beginning.
  template <class Tree>
  void see(const Tree& tree) {
    const uint64_t writes = tree.counters().puts + tree.counters().deletes;
    if (writes < window_begins_) return;
    if (shape_.samples++ == 0) begin_ = tree.counters();
    end_ = tree.counters();
    const Version& version = tree.version();
    const size_t levels = version.level_count();
    shape_.level_weight.resize(std::max(shape_.level_weight.size(), levels));
    shape_.level_tables.resize(shape_.level_weight.size());
    shape_.level_runs.resize(shape_.level_weight.size());
    for (unsigned n = 0; n < levels; ++n) {
      shape_.level_weight[n] += static_cast<double>(version.level(n).weight());
      shape_.level_tables[n] += static_cast<double>(version.level(n).table_count());
      shape_.level_runs[n] += static_cast<double>(version.level(n).runs.size());
    }
    shape_.space_amp += space_amp(version, tree.live_weight());
  }

  Shape shape() const {
    Shape out = shape_;
    const auto samples = static_cast<double>(std::max<uint64_t>(1, out.samples));
    for (auto* means : {&out.level_weight, &out.level_tables, &out.level_runs})
      for (double& mean : *means) mean /= samples;
    out.space_amp /= samples;
    const Counters counted = difference(end_, begin_);
    out.write_amp = write_amp_weight(counted);
    out.compactions = counted.compaction_count;
    out.moves = counted.trivial_move_count;
    return out;
  }

 private:
  uint64_t window_begins_;
  Counters begin_, end_;
  Shape shape_;
};

inline double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

inline Shape segment_shape(const WorkloadSpec& workload, const CompactionOptions& options,
                           uint64_t window_begins) {
  const auto begin = std::chrono::steady_clock::now();
  ShapeMeter meter(window_begins);
  SegmentRun run(workload, options);
  run.tree().observe([&](const Event& event) {
    if (event.kind == EventKind::kFlush) meter.see(run.tree());
  });
  while (run.step()) {
  }
  run.tree().version().check_invariants();
  Shape shape = meter.shape();
  shape.seconds = seconds_since(begin);
  return shape;
}

// Of each id, its place in the order of keys.
inline std::vector<KeyRank> ranks_of(const KeyEncoder& encoder, uint64_t key_count) {
  std::vector<KeyRank> ranks(key_count);
  const std::vector<uint64_t> ids = encoder.ids_in_key_order(key_count);
  for (size_t rank = 0; rank < ids.size(); ++rank) ranks[ids[rank]] = static_cast<KeyRank>(rank);
  return ranks;
}

inline Shape exact_shape(const WorkloadSpec& workload, const CompactionOptions& options,
                         uint64_t key_count, uint64_t window_begins) {
  const auto begin = std::chrono::steady_clock::now();
  WorkloadStream stream(workload);
  std::vector<std::string> keys(key_count);
  for (uint64_t id = 0; id < key_count; ++id) stream.encoder().encode(id, keys[id]);
  const std::vector<KeyRank> ranks = ranks_of(stream.encoder(), key_count);
  ExactTree tree(std::make_shared<const KeyUniverse>(std::move(keys)), options);
  ShapeMeter meter(window_begins);
  tree.observe([&](const Event& event) {
    if (event.kind == EventKind::kFlush) meter.see(tree);
  });
  std::vector<SimWrite> batch;
  for (Operation op; stream.next(op);) {
    if (writes(op.kind)) {
      const bool deletes = op.kind == OpKind::kDelete;
      batch.push_back(
          {ranks[op.key_id], deletes ? Kind::kDelete : Kind::kPut, static_cast<uint32_t>(op.size)});
    }
    if (!op.ends_batch) continue;
    tree.write(batch);
    batch.clear();
  }
  Shape shape = meter.shape();
  shape.seconds = seconds_since(begin);
  return shape;
}

// The largest share that any level which holds a hundredth of all differs by.
inline double largest_difference(const std::vector<double>& expected,
                                 const std::vector<double>& found) {
  double sum = 0, worst = 0;
  for (const double x : expected) sum += x;
  for (size_t n = 0; n < std::max(expected.size(), found.size()); ++n) {
    const double a = n < expected.size() ? expected[n] : 0, b = n < found.size() ? found[n] : 0;
    if (std::max(a, b) < sum / 100) continue;
    const double off = a > 0 ? b / a - 1 : 1;
    if (std::abs(off) > std::abs(worst)) worst = off;
  }
  return worst;
}

struct LadderCase {
  std::string name;
  CompactionOptions options;
  WorkloadSpec workload;
  uint64_t key_count = 0;  // once all inserts are done
  uint64_t window_begins = 0;
};

struct LadderRow {
  Shape exact, segment;
  double write_amp = 0, space = 0, level_weight = 0, level_tables = 0;  // shares they differ by
  bool holds() const {
    return std::abs(write_amp) <= .02 && std::abs(space) <= .01 && std::abs(level_weight) <= .03 &&
           std::abs(level_tables) <= .05;
  }
};

inline LadderRow row_of(const Shape& exact, const Shape& segment) {
  LadderRow row{exact, segment};
  row.write_amp = segment.write_amp / exact.write_amp - 1;
  row.space = segment.space_amp / exact.space_amp - 1;
  row.level_weight = largest_difference(exact.level_weight, segment.level_weight);
  row.level_tables = largest_difference(exact.level_tables, segment.level_tables);
  return row;
}

inline LadderRow compare(const LadderCase& c) {
  return row_of(exact_shape(c.workload, c.options, c.key_count, c.window_begins),
                segment_shape(c.workload, c.options, c.window_begins));
}

// The mean of runs that differ in their seeds. Requires: there is one.
inline Shape mean_of(const std::vector<Shape>& shapes) {
  Shape sum;
  const auto add = [](std::vector<double>& to, const std::vector<double>& from) {
    to.resize(std::max(to.size(), from.size()));
    for (size_t n = 0; n < from.size(); ++n) to[n] += from[n];
  };
  for (const Shape& shape : shapes) {
    sum.write_amp += shape.write_amp;
    sum.space_amp += shape.space_amp;
    add(sum.level_weight, shape.level_weight);
    add(sum.level_tables, shape.level_tables);
    add(sum.level_runs, shape.level_runs);
    sum.compactions += shape.compactions;
    sum.moves += shape.moves;
    sum.samples += shape.samples;
    sum.seconds += shape.seconds;
  }
  const size_t count = shapes.size();
  const auto runs = static_cast<double>(count);
  for (double* total : {&sum.write_amp, &sum.space_amp, &sum.seconds}) *total /= runs;
  for (auto* totals : {&sum.level_weight, &sum.level_tables, &sum.level_runs})
    for (double& total : *totals) total /= runs;
  sum.compactions /= count;
  sum.moves /= count;
  sum.samples /= count;
  return sum;
}

// A tree of so many keys of 16 B with values of 100 B, of three levels and L0 at a million keys.
inline CompactionOptions ladder_options(Layout layout) {
  CompactionOptions options;
  options.layout = layout;
  options.memtable_weight = uint64_t{4'096} * (16 + 100 + 8);
  options.table_weight = uint64_t{512} << 10;
  options.base_weight = uint64_t{2} << 20;
  return options;
}

inline Phase puts(const std::string& name, KeyChoice keys, double count) {
  Phase phase;
  phase.name = name;
  phase.mix[OpKind::kPut] = 1;
  phase.keys = std::move(keys);
  phase.end = {EndUnit::kOps, count};
  return phase;
}

// Loads n keys in random order, then overwrites each `rounds` times on average; measured from the
// first full overwrite on.
inline LadderCase ladder_case(const std::string& name, const CompactionOptions& options,
                              const KeyChoice& keys, uint64_t n, double rounds) {
  LadderCase c{name, options, {}, n, 2 * n};
  c.workload.name = name;
  c.workload.key_count = n;
  c.workload.encoding = BinaryKeys{16};
  c.workload.phases = {puts("load", PermutedKeys{}, static_cast<double>(n)),
                       puts("overwrite", keys, rounds * static_cast<double>(n))};
  return c;
}

}  // namespace lsmkit
