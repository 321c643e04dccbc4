// A crash after any operation leaves a chain that opens without an error and gives a prefix of what
// was appended, with everything that had been synced.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "log_disk.h"
#include "lsmkit/vfs/memory_file_system.h"

using namespace lsmkit;

namespace {

// What stood after an operation of the disk: appended, and promised.
struct Moment {
  uint64_t operation;
  size_t appended_count;
  size_t synced_count;
};

// Writes a chain as the engine does: the next log is created and made durable ahead of time, a sync
// covers all older logs, oldest first.
class Workload {
 public:
  // Syncs after every `sync_every` records; 0: never.
  Workload(size_t sync_every, uint64_t seed) : random_(seed) {
    disk.make_dir("db");
    logs_.push_back(create_durable(1));
    for (uint64_t n = 1; n <= 4; ++n) {
      logs_.push_back(create_durable(n + 1));
      for (int i = 0; i < 12; ++i) {
        append_record(*logs_[n - 1]);
        if (sync_every != 0 && records.size() % sync_every == 0) sync(n);
      }
      logs_[n - 1]->seal(number(n + 1), records.size(), synced_);
      note();
    }
  }

  MemoryFileSystem disk;
  std::vector<std::string> records;
  std::vector<Moment> moments;

  // What stood right after an operation.
  Moment at(uint64_t operation) const {
    Moment last{};
    for (const Moment& m : moments) {
      if (m.operation <= operation) last = m;
    }
    return last;
  }

 private:
  std::unique_ptr<LogWriter> create_durable(uint64_t n) {
    auto log = create_log(disk, n, n - 1);
    log->sync();
    disk.sync_dir("db");
    return log;
  }

  void append_record(LogWriter& log) {
    const size_t bytes = random_() % 4 == 0 ? random_() % 20'000 : random_() % 300;
    records.push_back(patterned(bytes, random_()));
    append(log, records.back(), synced_);
    note();
  }

  void sync(uint64_t active) {
    for (uint64_t n = std::max<uint64_t>(1, static_cast<uint64_t>(synced_.log)); n <= active; ++n)
      logs_[n - 1]->sync();
    synced_ = logs_[active - 1]->position();
    synced_count_ = records.size();
    note();
  }

  void note() { moments.push_back({disk.operation_count(), records.size(), synced_count_}); }

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<LogWriter>> logs_;
  LogPosition synced_;
  size_t synced_count_ = 0;
};

std::vector<uint64_t> logs_on(FileSystem& disk) {
  std::vector<uint64_t> logs;
  if (!disk.exists("db")) return logs;
  for (const std::string& name : disk.list("db"))
    logs.push_back(static_cast<uint64_t>(*parse_log_file_name(name)));
  return logs;
}

}  // namespace

TEST_CASE("a crash after any operation loses nothing synced, leaves no hole and refuses no read") {
  for (const size_t sync_every : {0, 1, 5}) {
    const Workload workload(sync_every, sync_every);
    for (uint64_t k = 0; k <= workload.disk.operation_count(); ++k) {
      const Moment now = workload.at(k);
      for (const NamedDamage& family : kDamageFamilies) {
        const auto disk = workload.disk.crash_image(k, family.damage, k);
        const Replayed result = replay(*disk, logs_on(*disk), 1);
        CAPTURE(family.name);
        CAPTURE(sync_every);
        CAPTURE(k);
        REQUIRE(result.error == "");
        REQUIRE(result.records.size() >= now.synced_count);
        REQUIRE(result.records.size() <= now.appended_count);
        REQUIRE(std::equal(result.records.begin(), result.records.end(), workload.records.begin()));
        if (family.damage.content == ContentSurvival::kAll &&
            family.damage.names == NameSurvival::kAll)
          REQUIRE(result.records.size() == now.appended_count);
      }
    }
  }
}
