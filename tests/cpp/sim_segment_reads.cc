// Reads of a segment tree beside those of the exact one: what is expected, and what comes.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "lsmkit/sim/exact_run.h"
#include "lsmkit/sim/segment_run.h"
#include "lsmkit/workload/workload_spec.h"
#include "support/run_count.h"

using namespace lsmkit;

namespace {

CompactionOptions tree_of(Layout layout) {
  CompactionOptions options;
  options.layout = layout;
  options.memtable_weight = 124 << 11;
  options.table_weight = 124 << 10;
  options.base_weight = 124 << 13;
  options.fanout = 6;
  return options;
}

WorkloadSpec workload_of(const std::string& keys, const std::string& mix, const std::string& more) {
  return workload_from_text(
      "key_count 100000\nencoding binary key_bytes=16\nphase load\nmix put=1\nkeys permuted\n"
      "end unit=ops after=100000\nphase run\nmix " +
      mix + "\nkeys " + keys + "\n" + more + "end unit=ops after=300000\n");
}

struct Both {
  ReadCounts exact, segment;
};

Both reads_of(const WorkloadSpec& spec, Layout layout, const ReadOptions& reads) {
  ExactRun exact(spec, tree_of(layout), false, reads);
  while (exact.step()) {
  }
  SegmentRun segment(spec, tree_of(layout), SegmentStart::kEmpty, reads);
  while (segment.step()) {
  }
  return {exact.tree().read_counts(), segment.tree().read_counts()};
}

bool near(uint64_t found, uint64_t due, double bound) {
  return std::abs(static_cast<double>(found) - static_cast<double>(due)) <=
         bound * static_cast<double>(due);
}

double hit_share(const ReadCounts& counts) {
  return static_cast<double>(counts.cache_hits) / static_cast<double>(counts.blocks());
}

}  // namespace

TEST_CASE("a segment tree's reads are the exact tree's on average") {
  for (const Layout layout : {Layout::kHybrid, Layout::kLeveled, Layout::kTiered}) {
    for (const char* keys : {"uniform", "zipf theta=0.99 scattered=yes"}) {
      for (const char* absent : {"", "absent_share 0.5\n"}) {
        for (const uint64_t cache_bytes : {uint64_t{2} << 20, uint64_t{6} << 20}) {
          if (test::some_cases_do() && (layout != Layout::kHybrid || cache_bytes > 2 << 20))
            continue;
          const Both both = reads_of(workload_of(keys, "put=0.3 get=0.7", absent), layout,
                                     {.block = {}, .cache_bytes = cache_bytes});
          const ReadCounts &e = both.exact, &s = both.segment;
          CAPTURE(static_cast<int>(layout));
          CAPTURE(std::string(keys) + " " + absent);
          CAPTURE(cache_bytes);
          CHECK(near(s.tables_probed, e.tables_probed, 0.03));
          CHECK(near(s.gets_found, e.gets_found, 0.01));
          CHECK(near(s.blocks(), e.blocks(), 0.03));
          // Absent keys that are popular are let through again and again, or never.
          const bool by_luck = std::string(keys) != "uniform" && std::string(absent) != "";
          CHECK(near(s.false_positives, e.false_positives, by_luck ? 0.3 : 0.1));
          CHECK(std::abs(hit_share(s) - hit_share(e)) < 0.04);
        }
      }
    }
  }
}
