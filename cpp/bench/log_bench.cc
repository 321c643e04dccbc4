// What a commit costs in the log (W1.2), and what each sync mode costs a writer (W1.3, W1.4).
//
// W1.2: a record framed the plain way (header and pieces copied into a fresh string, its checksum
//       in a second pass, then one append) beside ours (reserved in the file's memory, copied and
//       summed there). Allocations are counted.
// W1.3: put latency in every sync mode through the engine, one thread.
// W1.4: syncs per commit and rate under "always" as writers are added.
//
//   build/cpp/bench/log_bench [directory, the current one if not given]
//
// It writes into a fresh directory within that one, and removes that alone.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <thread>

#include "lsmkit/bytes/crc32c.h"
#include "lsmkit/db/db.h"
#include "lsmkit/log/log_writer.h"
#include "scratch.h"
#include "timing.h"

namespace {
std::atomic<uint64_t> allocations{0};
}
void* operator new(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace lsmkit::bench {
namespace {

constexpr uint64_t kRecords = 1'000'000;
constexpr uint64_t kLogBytes = kRecords * 150;

struct Cost {
  double ns = 0;
  double allocations = 0;
};

template <class Append>
Cost cost_of(Append&& append) {
  const uint64_t before = allocations;
  const double s = seconds_of([&] {
    for (uint64_t i = 0; i < kRecords; ++i) append(i);
  });
  return {s * 1e9 / kRecords, static_cast<double>(allocations - before) / kRecords};
}

void framing(const std::string& dir) {
  FileSystem& files = posix_file_system();
  const std::string key = decimal_key(7), value(100, 'v'), head(9, 'h');
  std::vector<double> plain, ours;
  Cost last_plain, last_ours;
  for (int round = 0; round < 5; ++round) {
    {
      const auto file = files.create(join_path(dir, "plain"), AppendMode::kLog, kLogBytes);
      last_plain = cost_of([&](uint64_t) {
        std::string record(8, '\0');
        record += head;
        record += key;
        record += value;
        const uint32_t crc = crc32c(std::string_view(record).substr(8));
        std::memcpy(record.data(), &crc, 4);
        file->allocate(record.size());
        file->append(record);
      });
      plain.push_back(last_plain.ns);
    }
    files.remove(join_path(dir, "plain"));
    {
      const std::string path = join_path(dir, "000001.log");
      const auto log =
          LogWriter::create(files, path, {1, LogNumber{1}, LogNumber{}, LogKind::kWal}, kLogBytes);
      last_ours = cost_of([&](uint64_t) {
        const std::string_view pieces[] = {head, key, value};
        log->allocate(head.size() + key.size() + value.size());
        log->append(pieces, {});
      });
      ours.push_back(last_ours.ns);
      files.remove(path);
    }
  }
  std::printf("appending 9 + 16 + 100 bytes, medians of 5 rounds of %llu (W1.2)\n",
              static_cast<unsigned long long>(kRecords));
  std::printf("  copied, then summed          %7.0f ns   %.2f allocations\n", median(plain),
              last_plain.allocations);
  std::printf("  in place, in one pass        %7.0f ns   %.2f allocations\n", median(ours),
              last_ours.allocations);
}

std::shared_ptr<Db> open_empty(const std::string& dir, const std::string& sync) {
  const std::string path = join_path(dir, "db");
  std::filesystem::remove_all(path);
  return Db::open({.path = path, .options = {}, .overrides = {{"sync", sync}}, .environment = {}});
}

void sync_modes(const std::string& dir) {
  std::printf("\nput of 16 + 100 bytes, one writer (W1.3)\n");
  std::printf("  %-16s %9s %10s %10s %10s %8s\n", "sync", "puts/s", "median us", "99 % us",
              "99.9 % us", "syncs");
  for (const std::string sync : {"always", "every(64)", "hybrid(64, 10)", "interval(10)", "none"}) {
    const auto db = open_empty(dir, sync);
    const bool waits = sync == "always";
    const uint64_t count = waits ? 2'000 : 200'000;
    std::vector<double> us;
    us.reserve(count);
    const std::string value(100, 'v');
    const double s = seconds_of([&] {
      for (uint64_t i = 0; i < count; ++i) {
        const std::string key = decimal_key(mix64(i) % 10'000'000);
        us.push_back(seconds_of([&] { db->put(key, value); }) * 1e6);
      }
    });
    std::sort(us.begin(), us.end());
    std::printf("  %-16s %9.0f %10.2f %10.2f %10.2f %8llu\n", sync.c_str(),
                static_cast<double>(count) / s, us[count / 2], us[count - count / 100 - 1],
                us[count - count / 1000 - 1],
                static_cast<unsigned long long>(db->stats().sync_count));
  }
}

void group_commit(const std::string& dir) {
  std::printf("\nput under \"always\" (W1.4)\n  %7s %9s %16s\n", "writers", "puts/s",
              "commits per sync");
  for (const unsigned writers : {1u, 2u, 4u, 8u, 16u}) {
    const auto db = open_empty(dir, "always");
    const uint64_t each = 4'000 / writers;
    const double s = seconds_of([&] {
      std::vector<std::jthread> threads;
      for (unsigned w = 0; w < writers; ++w) {
        threads.emplace_back([&, w] {
          const std::string value(100, 'v');
          for (uint64_t i = 0; i < each; ++i) db->put(decimal_key(i * writers + w), value);
        });
      }
    });
    const auto commits = static_cast<double>(each * writers);
    std::printf("  %7u %9.0f %16.2f\n", writers, commits / s,
                commits / static_cast<double>(db->stats().sync_count));
  }
}

}  // namespace
}  // namespace lsmkit::bench

int main(int argc, char** argv) {
  const lsmkit::bench::ScratchDirectory scratch(argc > 1 ? argv[1] : ".", "log-bench");
  lsmkit::bench::framing(scratch.path());
  lsmkit::bench::sync_modes(scratch.path());
  lsmkit::bench::group_commit(scratch.path());
}
