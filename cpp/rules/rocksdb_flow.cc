#include "lsmkit/rules/rocksdb_flow.h"

#include <algorithm>
#include <utility>

#include "lsmkit/rules/pending_weight.h"

namespace lsmkit {
namespace {

constexpr uint64_t kLeastBytesPerS = 16 << 10;
constexpr double kStricter = 0.8;
constexpr double kMilder = 1.25;
constexpr double kCloseToStop = 0.6;
constexpr double kRecovered = 1.4;
constexpr uint64_t kRefillUs = 1'000;

using Condition = std::pair<WriteFlow, StallCause>;

Condition condition_of(const RocksDbFlowState& state, const RocksDbFlowOptions& options) {
  const auto reached = [&](uint64_t limit) { return limit > 0 && state.pending_weight >= limit; };
  if (state.sealed_memtables >= options.sealed_memtables_stop) {
    return {WriteFlow::kStopped, StallCause::kMemtables};
  }
  if (state.l0_runs >= options.l0_stop_runs) return {WriteFlow::kStopped, StallCause::kL0Runs};
  if (reached(options.hard_pending_weight)) return {WriteFlow::kStopped, StallCause::kDebt};
  // With so many memtables allowed, the last but one is a warning.
  if (options.sealed_memtables_stop > 3 &&
      state.sealed_memtables + 1 >= options.sealed_memtables_stop) {
    return {WriteFlow::kDelayed, StallCause::kMemtables};
  }
  if (state.l0_runs >= options.l0_slowdown_runs) return {WriteFlow::kDelayed, StallCause::kL0Runs};
  if (reached(options.soft_pending_weight)) return {WriteFlow::kDelayed, StallCause::kDebt};
  return {WriteFlow::kNormal, StallCause::kNone};
}

bool close_to_stop(StallCause cause, const RocksDbFlowState& state,
                   const RocksDbFlowOptions& options) {
  if (cause == StallCause::kL0Runs) return state.l0_runs + 2 >= options.l0_stop_runs;
  if (cause != StallCause::kDebt || options.hard_pending_weight == 0) return false;
  const uint64_t between = options.hard_pending_weight -
                           std::min(options.soft_pending_weight, options.hard_pending_weight);
  const uint64_t three_quarters = between / 4 * 3 + between % 4 * 3 / 4;
  return state.pending_weight - options.soft_pending_weight > three_quarters;
}

uint64_t times(uint64_t rate, double factor) {
  return static_cast<uint64_t>(static_cast<double>(rate) * factor);
}

}  // namespace

RocksDbFlowState rocksdb_flow_state(const Version& version, uint64_t sealed_memtables,
                                    const CompactionOptions& options) {
  // Universal style: all runs count, and nothing is estimated. FIFO: writes wait for memtables
  // alone.
  if (options.layout == Layout::kTiered) return {sealed_memtables, version.run_count(), 0};
  if (options.layout == Layout::kFifo) return {sealed_memtables, 0, 0};
  const Level& l0 = version.level(0);
  const bool l0_is_due =
      l0.runs.size() >= options.l0_trigger_runs || l0.weight() >= options.base_weight;
  return {sealed_memtables, l0.runs.size(),
          pending_weight(version, options, l0_is_due, PendingOf::kRocksDb)};
}

RocksDbFlow next_rocksdb_flow(const RocksDbFlow& before, const RocksDbFlowState& state,
                              const RocksDbFlowOptions& options) {
  const uint64_t most = std::max<uint64_t>(options.delayed_bytes_per_s, 1);
  const auto [flow, cause] = condition_of(state, options);
  uint64_t rate = before.bytes_per_s == 0 ? most : before.bytes_per_s;
  // A rate is changed by what follows a delay. After a stop it is what it was before the stop.
  if (before.flow == WriteFlow::kDelayed) {
    if (flow == WriteFlow::kNormal) {
      rate = times(rate, kRecovered);
    } else if (flow == WriteFlow::kDelayed && most > kLeastBytesPerS) {
      if (close_to_stop(cause, state, options)) {
        rate = std::max(times(rate, kCloseToStop), kLeastBytesPerS);
      } else if (before.pending_weight > state.pending_weight) {
        rate = times(rate, kMilder);
      } else if (before.pending_weight > 0) {
        rate = std::max(times(rate, kStricter), kLeastBytesPerS);
      }
    }
  }
  return {flow, cause, std::min(rate, most), state.pending_weight};
}

uint64_t DelayedWrites::delay_us(uint64_t bytes, uint64_t bytes_per_s, uint64_t now_us) {
  const double rate = static_cast<double>(std::max<uint64_t>(bytes_per_s, 1));
  if (credit_bytes_ < bytes) {
    if (next_refill_us_ == 0) next_refill_us_ = now_us;
    if (next_refill_us_ <= now_us) {
      const double us = static_cast<double>(now_us - next_refill_us_ + kRefillUs);
      credit_bytes_ += static_cast<uint64_t>(us / 1e6 * rate + 0.999999);
      next_refill_us_ = now_us + kRefillUs;
    }
  }
  if (credit_bytes_ >= bytes) {
    credit_bytes_ -= bytes;
    return 0;
  }
  const double over = static_cast<double>(bytes - credit_bytes_);
  credit_bytes_ = 0;
  next_refill_us_ += static_cast<uint64_t>(over / rate * 1e6);
  return std::max(next_refill_us_ - now_us, kRefillUs);
}

}  // namespace lsmkit
