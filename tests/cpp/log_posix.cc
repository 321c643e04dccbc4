// On the real file system, with real threads: one appends, one syncs beside it, one reads.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "log_disk.h"

using namespace lsmkit;

namespace {

class TemporaryDir {
 public:
  TemporaryDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lsmkit-log-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDir() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<LogNumber> logs_in(const std::string& dir) {
  std::vector<LogNumber> logs;
  for (const std::string& name : posix_file_system().list(dir)) {
    if (const auto log = parse_log_file_name(name)) logs.push_back(*log);
  }
  return logs;
}

// A position in 64 bits, so that threads can hand it over whole.
uint64_t pack(LogPosition p) {
  return static_cast<uint64_t>(p.log) << 40 | p.offset;
}
LogPosition unpack(uint64_t packed) {
  return {LogNumber{packed >> 40}, packed & (kMaxLogBytes - 1)};
}

}  // namespace

TEST_CASE("records come back from the real file system, open and closed") {
  const TemporaryDir dir;
  FileSystem& files = posix_file_system();
  const std::string path = join_path(dir.path(), log_file_name(number(1)));
  auto log = LogWriter::create(files, path, {kDatabase, number(1)}, 1 << 20);
  std::vector<std::string> model;
  for (size_t i = 0; i < 200; ++i) {
    model.push_back(patterned(i * i * 5, i));
    append(*log, model.back(), log->position());
    if (i % 50 == 0) log->sync();
    if (i % 30 == 0) log->prepare(1 << 20);
  }
  const auto read = [&] {
    std::vector<std::string> records;
    const ReplayReport report =
        replay_chain(files, dir.path(), logs_in(dir.path()), number(1), kDatabase,
                     [&](std::string_view record, LogPosition) { records.emplace_back(record); });
    CHECK(report.torn_tail == "");
    return records;
  };
  CHECK(read() == model);  // with what is allocated past the end
  log->close();
  CHECK(read() == model);
  CHECK(files.file_bytes(path) == log->size());
}

TEST_CASE("appending, syncing, leaving for the next log and reading go on side by side" *
          doctest::test_suite("threads")) {
  const TemporaryDir dir;
  FileSystem& files = posix_file_system();
  const auto create = [&](uint64_t n) {
    return LogWriter::create(files, join_path(dir.path(), log_file_name(number(n))),
                             {kDatabase, number(n), number(n - 1)}, 1 << 20);
  };
  const auto text = [](uint64_t i) { return std::to_string(i) + patterned(i % 500, i); };
  std::atomic<uint64_t> committed{0};
  std::atomic<uint64_t> appended{0}, synced{0};  // positions
  std::atomic<LogWriter*> current{nullptr};

  const std::jthread writer([&](std::stop_token stop) {
    std::vector<std::unique_ptr<LogWriter>> logs;  // stay open, so that the syncer may use them
    logs.push_back(create(1));
    for (uint64_t n = 1; n <= 4; ++n) {
      LogWriter& log = *logs.back();
      logs.push_back(create(n + 1));
      appended = pack(log.position());
      current = &log;
      for (int i = 0; i < 3000; ++i) {
        append(log, text(committed), unpack(synced));
        appended = pack(log.position());
        ++committed;
      }
      log.sync();
      log.seal(number(n + 1), committed, log.position());
    }
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  const std::jthread syncer([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      const uint64_t target = appended;
      LogWriter* const log = current;
      if (log == nullptr || log->identity().number != unpack(target).log) continue;
      log->sync();
      synced = target;
    }
  });

  size_t replays = 0;
  for (uint64_t at_begin = 0; at_begin < 4 * 3000; ++replays) {
    at_begin = committed;
    if (at_begin == 0) continue;
    uint64_t next = 0;
    const ReplayReport report = replay_chain(
        files, dir.path(), logs_in(dir.path()), number(1), kDatabase,
        [&](std::string_view record, LogPosition) { REQUIRE(record == text(next++)); });
    REQUIRE(next >= at_begin);
    REQUIRE(report.records == next);
  }
  CHECK(replays > 0);
}
