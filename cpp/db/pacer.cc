#include "lsmkit/db/pacer.h"

#include "lsmkit/db/output_options.h"

namespace lsmkit {
Pacer::Pacer(const Options& options, const CompactionOptions& compaction)
    : is_rocksdb_(options.flow == "rocksdb"),
      ask_bytes_(is_rocksdb_ ? 1 : kPauseAskBytes),
      rocksdb_options_(rocksdb_flow_options_of(options)),
      compaction_(compaction) {}

void Pacer::tree_changed(const Version& version, uint64_t sealed_memtables, uint64_t now_us) {
  if (is_rocksdb_) {
    const RocksDbFlow before = flow_;
    flow_ = next_rocksdb_flow(before, rocksdb_flow_state(version, sealed_memtables, compaction_),
                              rocksdb_options_);
    const bool delays = flow_.flow == WriteFlow::kDelayed;
    if (delays && before.flow != WriteFlow::kDelayed) ++delay_number_;
    cause_ = flow_.cause;
    delayed_bytes_per_s_ = delays ? flow_.bytes_per_s : 0;
    stopped_ = flow_.flow == WriteFlow::kStopped ? flow_.cause : StallCause::kNone;
    return;
  }
  // Nobody measures how fast debt shrinks: it is what L0 pushes down that makes it.
  const double drain =
      l0_drain_.bytes_per_s(flush_bytes_per_s_.load(std::memory_order_relaxed), now_us);
  const WriteDelay delay = longer(
      write_delay(StallCause::kL0Runs, l0_pressure(version, sealed_memtables, compaction_), drain),
      write_delay(StallCause::kDebt, debt_pressure(version, compaction_), drain));
  cause_ = delay.cause;
  us_per_byte_ = delay.us_per_byte;
}

void Pacer::flushed(uint64_t weight, uint64_t us) {
  flush_bytes_per_s_.store(
      flush_rate_after(flush_bytes_per_s_.load(std::memory_order_relaxed), weight, us),
      std::memory_order_relaxed);
}

WriteDelay Pacer::delay_for(const Fill& fill) const {
  const WriteDelay tree{us_per_byte_.load(std::memory_order_relaxed),
                        cause_.load(std::memory_order_relaxed)};
  // One memtable goes with each log.
  const double logs = fill.log_us > 0 ? bytes_per_s_of(fill.log.free, fill.log_us) : 0;
  return longer(longer(tree, write_delay(StallCause::kLog, fill.log, logs)),
                write_delay(StallCause::kMemtables, fill.memtables,
                            flush_bytes_per_s_.load(std::memory_order_relaxed)));
}

uint64_t Pacer::tree_pause_us(uint64_t bytes) const {
  const uint64_t rate = delayed_bytes_per_s_;
  const double us_per_byte = rate > 0 ? 1e6 / static_cast<double>(rate) : us_per_byte_.load();
  return static_cast<uint64_t>(us_per_byte * static_cast<double>(bytes));
}

bool Pacer::may_pause(const Fill& fill) {
  const bool may = is_rocksdb_ ? delayed_bytes_per_s_ > 0 : delay_for(fill).us_per_byte > 0;
  if (!may) unpaid_bytes_ = 0;
  return may;
}

Pacer::Pause Pacer::take_pause(const Fill& fill, uint64_t weight, uint64_t now_us) {
  const uint64_t bytes = unpaid_bytes_;
  unpaid_bytes_ = 0;
  if (!is_rocksdb_) {
    const WriteDelay delay = delay_for(fill);
    if (delay.us_per_byte == 0) return {};
    return {queue_.pause_us(bytes, delay.us_per_byte, longest_pause_us(weight), now_us),
            delay.cause};
  }
  const uint64_t rate = delayed_bytes_per_s_;
  if (rate == 0) return {};
  if (const uint64_t number = delay_number_; number != delayed_number_) {
    delayed_number_ = number;
    delayed_ = {};
  }
  return {delayed_.delay_us(bytes, rate, now_us), cause_.load(std::memory_order_relaxed)};
}

}  // namespace lsmkit
