#include "lsmkit/sim/timed_flow.h"

#include <algorithm>

namespace lsmkit {
namespace {

constexpr double kRocksDbRefillUs = 1'000;  // DelayedWrites grants a millisecond's worth at a time

// The least multiple of `step` that reaches `least`.
double multiple_of(double step, double least) {
  const double below = step * static_cast<double>(static_cast<uint64_t>(least / step));
  return below >= least ? below : below + step;
}

}  // namespace

void TimedFlow::tree_changed(const Version& version, uint64_t sealed_memtables, uint64_t now_us) {
  if (rule_ == FlowRule::kRocksDb) {
    rocksdb_now_ = next_rocksdb_flow(
        rocksdb_now_, rocksdb_flow_state(version, sealed_memtables, options_), rocksdb_);
    return;
  }
  const double drain = l0_drain_.bytes_per_s(flush_bytes_per_s_, now_us);
  tree_ = longer(
      write_delay(StallCause::kL0Runs, l0_pressure(version, sealed_memtables, options_), drain),
      write_delay(StallCause::kDebt, debt_pressure(version, options_), drain));
}

FlowDelay TimedFlow::delay(const Pressure& memtables, double commit_weight, double writers) const {
  if (rule_ == FlowRule::kSmooth) return smooth_delay(memtables, commit_weight, writers);
  const RocksDbFlow& now = rocksdb_now_;
  if (now.flow == WriteFlow::kNormal) return {};
  if (now.flow == WriteFlow::kStopped) return {now.cause, true, 0, 0, 0};
  const double us_per_byte = 1e6 / static_cast<double>(std::max<uint64_t>(now.bytes_per_s, 1));
  const double commit_us = us_per_byte * commit_weight;
  // What goes beyond a grant is waited for, too.
  const double longest = commit_us < kRocksDbRefillUs ? kRocksDbRefillUs + commit_us : commit_us;
  return {now.cause, false, us_per_byte, std::max(kRocksDbRefillUs, commit_us), longest};
}

// No pause is longer than the longest, so whoever has paused that long writes on, however full.
FlowDelay TimedFlow::smooth_delay(const Pressure& memtables, double commit_weight,
                                  double writers) const {
  const WriteDelay asked =
      longer(tree_, write_delay(StallCause::kMemtables, memtables, flush_bytes_per_s_));
  if (asked.us_per_byte == 0) return {};
  const auto longest = static_cast<double>(longest_pause_us(static_cast<uint64_t>(commit_weight)));
  const double ask_bytes = multiple_of(commit_weight, kPauseAskBytes);
  const double us_per_byte = std::min(asked.us_per_byte, longest / (writers * ask_bytes));
  // What is asked for adds up until it is worth a sleep.
  const double pause = std::min(multiple_of(us_per_byte * ask_bytes, kShortestPauseUs), longest);
  return {asked.cause, false, us_per_byte, pause, pause};
}

}  // namespace lsmkit
