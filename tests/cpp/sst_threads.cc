// Threads that read the same tables through one cache that is far too small: every answer is right
// while blocks come and go, values that are held stay, and the cache keeps to its capacity.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"

using namespace lsmkit;

namespace {

constexpr int kKeys = 2'000;
constexpr uint64_t kCacheBytes = 48 << 10;  // the table takes 20 KiB of it for itself

std::string key(int i) {
  const std::string digits = std::to_string(i);
  return "key" + std::string(6 - digits.size(), '0') + digits;
}
std::string value(int i) {
  return std::string(static_cast<size_t>(i % 60), 'v') + std::to_string(i);
}

std::shared_ptr<const Table> make_table(MemoryFileSystem& files, BlockCache& cache) {
  TableOptions options;
  options.block_bytes = 512;
  const auto file = files.create("/table", AppendMode::kTable, 0);
  TableBuilder builder(*file, 1, 2, 3, options);
  for (int i = 0; i < kKeys; ++i) builder.add({key(i), 7, Kind::kPut, value(i)});
  builder.finish();
  file->close();
  return Table::open(files.open("/table"), &cache, 1);
}

}  // namespace

TEST_CASE("threads share a cache that is too small" * doctest::test_suite("threads")) {
  MemoryFileSystem files;
  BlockCache cache(kCacheBytes);
  const auto table = make_table(files, cache);
  std::atomic<uint64_t> most_bytes{0};
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned reader = 0; reader < 4; ++reader) {
      threads.emplace_back([&, reader] {
        std::mt19937_64 random(reader);
        std::vector<std::pair<int, TableHit>> held(8);
        for (int step = 0; step < 4'000; ++step) {
          const int i = static_cast<int>(random() % kKeys);
          auto& [held_key, hit] = held[random() % held.size()];
          if (hit.owner && hit.value != value(held_key)) ++wrong;
          hit = {};
          TableGetStats stats;
          const auto found = table->get(key(i), 9, hash_bytes(key(i)), hit, true, stats);
          if (found != TableGetResult::kFound || hit.value != value(i)) ++wrong;
          held_key = i;
          if (step % 500 == 0) {
            auto cursor = table->cursor({});
            int at = i;
            for (cursor.seek(key(i), 9); cursor.valid() && at < i + 100; cursor.next(), ++at) {
              if (cursor.key() != key(at) || cursor.value() != value(at)) ++wrong;
            }
          }
          most_bytes = std::max<uint64_t>(most_bytes, cache.usage_bytes());
          cache.pinned_bytes();
        }
      });
    }
  }
  // Others take the whole cache for themselves: every block goes, and reading goes on.
  cache.charge(kCacheBytes);
  CHECK(cache.usage_bytes() >= kCacheBytes);
  TableHit hit;
  TableGetStats stats;
  CHECK(table->get(key(7), 9, hash_bytes(key(7)), hit, false, stats) ==
        TableGetResult::kWouldBlock);
  CHECK(table->get(key(7), 9, hash_bytes(key(7)), hit, true, stats) == TableGetResult::kFound);
  cache.discharge(kCacheBytes);
  CHECK(wrong == 0);
  CHECK(most_bytes <= kCacheBytes);
  CHECK(cache.hits() > 0);
  CHECK(cache.misses() > 0);
  CHECK(cache.hits() + cache.misses() >= 4 * 4'000);
}
