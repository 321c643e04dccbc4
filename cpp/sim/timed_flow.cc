#include "lsmkit/sim/timed_flow.h"

#include <algorithm>

namespace lsmkit {
namespace {

constexpr double kRocksDbRefillUs = 1'000;  // DelayedWrites grants a millisecond's worth at a time

// The fewest whole commits that are so many bytes.
double whole_commits(double commit_weight, double bytes) {
  const auto commits = static_cast<uint64_t>(bytes / commit_weight);
  const double weight = static_cast<double>(commits) * commit_weight;
  return weight >= bytes ? weight : weight + commit_weight;
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
  if (now.flow == WriteFlow::kStopped) return {now.cause, true, 0, 0};
  const double us_per_byte = 1e6 / static_cast<double>(std::max<uint64_t>(now.bytes_per_s, 1));
  return {now.cause, false, us_per_byte, std::max(kRocksDbRefillUs, us_per_byte * commit_weight)};
}

// No pause is longer than the longest, so whoever has paused that long writes on, however full.
FlowDelay TimedFlow::smooth_delay(const Pressure& memtables, double commit_weight,
                                  double writers) const {
  const WriteDelay asked =
      longer(tree_, write_delay(StallCause::kMemtables, memtables, flush_bytes_per_s_));
  if (asked.us_per_byte == 0) return {};
  const auto longest = static_cast<double>(longest_pause_us(static_cast<uint64_t>(commit_weight)));
  const double piece_bytes = whole_commits(commit_weight, kPauseAskBytes);
  const double us_per_byte = std::min(asked.us_per_byte, writers * longest / piece_bytes);
  return {asked.cause, false, us_per_byte,
          std::max(kShortestPauseUs, std::min(us_per_byte * piece_bytes, longest))};
}

}  // namespace lsmkit
