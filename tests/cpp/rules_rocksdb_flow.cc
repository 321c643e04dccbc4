// RocksDB's write stalls: when writes are delayed or stopped, by what, and how fast they may go.
// testdata/rules/rocksdb_flow tells it as a story.
#include <doctest/doctest.h>

#include "lsmkit/rules/pending_weight.h"
#include "lsmkit/rules/rocksdb_flow.h"
#include "support/datadriven.h"

using namespace lsmkit;

namespace {

std::string to_text(const RocksDbFlow& flow) {
  const std::string cause(name_of(flow.cause));
  const std::string rate = std::to_string(flow.bytes_per_s);
  switch (flow.flow) {
    case WriteFlow::kNormal:
      return "normal; the next delay begins with " + rate;
    case WriteFlow::kDelayed:
      return "delayed by " + cause + " to " + rate;
    case WriteFlow::kStopped:
      return "stopped by " + cause;
  }
  return "";
}

}  // namespace

TEST_CASE("RocksDB's rule, step by step") {
  RocksDbFlowOptions options;
  RocksDbFlow flow;
  DelayedWrites writes;
  run_datadriven("rules/rocksdb_flow", [&](const Directive& d) -> std::string {
    if (d.command == "options") {
      const RocksDbFlowOptions defaults;
      options.sealed_memtables_stop =
          static_cast<uint32_t>(d.number("sealed_memtables_stop", defaults.sealed_memtables_stop));
      options.l0_slowdown_runs =
          static_cast<uint32_t>(d.number("l0_slowdown_runs", defaults.l0_slowdown_runs));
      options.l0_stop_runs = static_cast<uint32_t>(d.number("l0_stop_runs", defaults.l0_stop_runs));
      options.soft_pending_weight = d.number("soft", defaults.soft_pending_weight);
      options.hard_pending_weight = d.number("hard", defaults.hard_pending_weight);
      options.delayed_bytes_per_s = d.number("rate", defaults.delayed_bytes_per_s);
      flow = {};
      return "";
    }
    if (d.command == "tree") {
      flow = next_rocksdb_flow(flow, {d.number("memtables"), d.number("l0"), d.number("pending")},
                               options);
      return to_text(flow);
    }
    if (d.command == "delay-begins") {
      writes = {};
      return "";
    }
    if (d.command == "write") {
      const uint64_t us = writes.delay_us(d.number("bytes"), d.number("rate"), d.number("at"));
      return std::to_string(us) + " us";
    }
    if (d.command == "pending") {
      CompactionOptions c;
      c.sizing = d.number("dynamic", 0) == 0 ? LevelSizing::kStatic : LevelSizing::kDynamic;
      c.base_weight = 1'000;
      c.fanout = 10;
      c.l0_trigger_runs = static_cast<uint32_t>(d.number("trigger", 4));
      const RocksDbFlowState state = rocksdb_flow_state(version_from_text(d.input), 1, c);
      return std::to_string(state.l0_runs) + " runs in L0, " +
             std::to_string(state.pending_weight) + " pending";
    }
    return "unknown command";
  });
}

TEST_CASE("whatever the tree does, a delayed rate stays between 16 KiB/s and the options'") {
  RocksDbFlowOptions options;
  options.soft_pending_weight = 100;
  options.hard_pending_weight = 1'000;
  RocksDbFlow flow;
  uint64_t random = 1;
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const RocksDbFlowState state{random >> 33 & 1, random >> 35 & 63, (random >> 45) % 1'200};
    flow = next_rocksdb_flow(flow, state, options);
    CHECK(flow.bytes_per_s <= options.delayed_bytes_per_s);
    CHECK(flow.bytes_per_s >= 16 << 10);
    CHECK((flow.flow == WriteFlow::kStopped) ==
          (state.l0_runs >= 36 || state.pending_weight >= 1'000));
    CHECK((flow.cause == StallCause::kNone) == (flow.flow == WriteFlow::kNormal));
    least = std::min(least, flow.bytes_per_s);
  }
  CHECK(least == 16 << 10);
}
