// wal and syncmodes: what the log alone costs, and what each sync mode costs a writer.
//
// W1.1: lsmkit's log holds no timestamp per entry. `wal` gives its bytes and the rate of puts as it
// is, and with the eight bytes of a time in each value; reading a clock would come on top.
// W1.3: `always` and `every(n)` wait for the disk in the put, `interval(ms)` leaves it to a thread,
// `hybrid` does both. What each can lose is tested in tests/cpp/db_crash.cc.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <numeric>
#include <stdexcept>
#include <system_error>

#include "own_workloads.h"
#include "parts.h"
#include "timing.h"
#include "workloads.h"

namespace lsmkit::bench {
namespace {

constexpr uint64_t kEveryCommits = 100;
constexpr size_t kLogRecordBytes = 144;    // about what a put of 16 + 100 bytes takes in a log
constexpr uint64_t kEntryRoomBytes = 256;  // more than an entry takes in a memtable besides

struct Mode {
  std::string name;
  uint64_t commits_per_sync;  // that a writer waits for; 0: it waits for none
};
const Mode kModes[] = {{"always", 1},
                       {"every(100)", kEveryCommits},
                       {"interval(10)", 0},
                       {"hybrid(100, 10)", kEveryCommits},
                       {"none", 0}};

uint64_t operations_of(const Mode& mode, uint64_t num) {
  return mode.commits_per_sync == 0 ? num
                                    : std::min(num, synced_count(num) * mode.commits_per_sync);
}

// A store that flushes nothing.
Ask log_alone(const Settings& settings, const std::string& sync, size_t value_bytes) {
  Ask ask;
  ask.cache_bytes = 8 << 20;
  ask.lsmkit_sync = sync;
  ask.lsmkit_memtable_bytes =
      std::max(kMemtableBytes, settings.num * (kKeyBytes + value_bytes + kEntryRoomBytes));
  return ask;
}

void ensure_log_alone(const Store::LogUse& use) {
  if (use.flushes > 0) throw std::runtime_error("lsmkit: it flushed; its log is not alone");
}

Sample wal_sample(const OwnRound& round, const Mode& mode, const std::string& name,
                  const ValuePool& values) {
  const uint64_t count = operations_of(mode, round.settings.num);
  const std::string path = round.scratch.fresh();
  const auto store =
      lsmkit_kind().open(path, log_alone(round.settings, mode.name, values.value_bytes()));
  const Store::LogUse before = store->log_use();
  const Part part{round.data.shuffled, values, 0, count};
  const double seconds = seconds_of([&] { store->put_all(part); });
  const Store::LogUse after = store->log_use();
  ensure_log_alone(after);
  Sample out{round.round, "lsmkit", "wal", "", name, 1, count, seconds, {}, store->shape()};
  const auto bytes = static_cast<double>(after.bytes - before.bytes);
  out.figures = {{"commits_per_s", static_cast<double>(count) / seconds},
                 {"bytes_per_s", bytes / seconds},
                 {"log_bytes_per_commit", bytes / static_cast<double>(count)},
                 {"syncs", static_cast<double>(after.syncs - before.syncs)}};
  store->close();
  std::filesystem::remove_all(path);
  return out;
}

Sample latency_sample(const OwnRound& round, const std::string& store, const std::string& mode,
                      std::vector<uint32_t> took_ns) {
  const uint64_t sum = std::accumulate(took_ns.begin(), took_ns.end(), uint64_t{0});
  std::sort(took_ns.begin(), took_ns.end());
  const auto us = [&](double percent) { return percentile(took_ns, percent) / 1e3; };
  Sample out{round.round, store, "syncmodes",    "",
             mode,        1,     took_ns.size(), static_cast<double>(sum) / 1e9,
             {},          {}};
  out.figures = {{"mean_us", out.us_per_op()},
                 {"p50_us", us(50)},
                 {"p99_us", us(99)},
                 {"p99.9_us", us(99.9)},
                 {"max_us", us(100)}};
  return out;
}

Sample timed_puts(const OwnRound& round, const StoreKind& kind, const Ask& ask,
                  const std::string& mode, uint64_t count) {
  const std::string path = round.scratch.fresh();
  const auto store = kind.open(path, ask);
  std::vector<uint32_t> took_ns;
  took_ns.reserve(count);
  store->put_timed({round.data.shuffled, round.data.values, 0, count}, took_ns);
  const Store::LogUse use = store->log_use();
  if (store->right_values({round.data.shuffled, round.data.values, 0, count}) != count) {
    throw std::runtime_error(kind.name + ": it has lost what was put");
  }
  Sample out = latency_sample(round, kind.name, mode, std::move(took_ns));
  out.shape = store->shape();
  if (kind.name == "lsmkit") {
    ensure_log_alone(use);
    out.figures["syncs"] = static_cast<double>(use.syncs);
  }
  store->close();
  std::filesystem::remove_all(path);
  return out;
}

void ensure(bool done, const std::string& path) {
  if (!done) throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

const std::vector<OwnWorkload>& own_workloads() {
  static const std::vector<OwnWorkload> all{{"wal", false, run_wal},
                                            {"syncmodes", true, run_syncmodes},
                                            {"open", false, run_open},
                                            {"flushmany", false, run_flushmany},
                                            {"throttled", true, run_throttled}};
  return all;
}

void run_wal(const OwnRound& round) {
  for (const Mode& mode : kModes) {
    round.emit(wal_sample(round, mode, mode.name, round.data.values));
  }
  const ValuePool timed(round.settings.value_bytes + 8, round.settings.seed);
  round.emit(wal_sample(round, kModes[4], "none, 8-byte time per entry", timed));
}

void run_syncmodes(const OwnRound& round) {
  const Settings& settings = round.settings;
  const uint64_t synced = synced_count(settings.num);
  round.emit(latency_sample(round, "control", "write, fdatasync",
                            preallocated_sync_ns(round.scratch.fresh(), synced, kLogRecordBytes)));
  for (const StoreKind& kind : round.kinds) {
    if (kind.name == "lsmkit") {
      for (const Mode& mode : kModes) {
        round.emit(timed_puts(round, kind, log_alone(settings, mode.name, settings.value_bytes),
                              mode.name, operations_of(mode, settings.num)));
      }
      continue;
    }
    Ask ask;
    ask.cache_bytes = settings.cache_bytes;
    ask.data_bytes = settings.num * (kKeyBytes + settings.value_bytes);
    round.emit(timed_puts(round, kind, ask, "none", settings.num));
    ask.durable = true;
    round.emit(timed_puts(round, kind, ask, "always", synced));
  }
}

std::vector<uint32_t> preallocated_sync_ns(const std::string& path, uint64_t count, size_t bytes) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ensure(file >= 0, path);
  struct Closed {
    int file;
    ~Closed() { ::close(file); }
  } const closed{file};
  const std::string record(bytes, 'r');
  const std::string zeros(count * bytes, '\0');
  ensure(pwrite(file, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()), path);
  ensure(fsync(file) == 0, path);
  std::vector<uint32_t> took_ns;
  took_ns.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const auto offset = static_cast<off_t>(i * bytes);
    const double s = seconds_of([&] {
      ensure(pwrite(file, record.data(), bytes, offset) == static_cast<ssize_t>(bytes), path);
      ensure(fdatasync(file) == 0, path);
    });
    took_ns.push_back(static_cast<uint32_t>(s * 1e9));
  }
  ensure(unlink(path.c_str()) == 0, path);
  return took_ns;
}

}  // namespace lsmkit::bench
