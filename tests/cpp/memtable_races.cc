// Readers that a split overtakes: on their way down, when the child they go to is taken apart, and
// on their way to the next leaf, when another is put before it.
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/memtable/memtable.h"

using namespace lsmkit;

TEST_CASE("a seek above a row that grows meanwhile lands behind the row" *
          doctest::test_suite("threads")) {
  constexpr Seqno kRow = 400'000;
  Memtable table;
  table.insert({"b", 1, Kind::kPut, "behind the row"});
  std::atomic<uint64_t> seeks{0}, astray{0};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    auto cursor = table.cursor();
    while (!done) {
      cursor.seek("az", kMaxSeqno);
      if (!cursor.valid() || cursor.key() != "b") ++astray;
      ++seeks;
    }
  });
  while (seeks == 0) std::this_thread::yield();
  for (Seqno seqno = 2; seqno < kRow; ++seqno) {
    table.insert({"a" + std::to_string(1'000'000 + seqno), seqno, Kind::kPut, {}});
  }
  done = true;
  reader.join();
  CHECK(astray.load() == 0);
}

// Keys that differ late, so that nodes skip what their own keys share and others don't; and for
// each, which of the keys before it follows it: when it is inserted, that one is likely to change
// places.
struct Keys {
  std::vector<std::string> in_order_of_arrival;
  std::vector<size_t> followers;

  Keys(std::mt19937_64& random, size_t count) {
    std::map<std::string, size_t> sorted;
    for (size_t i = 0; i < count; ++i) {
      std::string key = "common/";
      while (key.size() < 40) key += random() % 2 == 0 ? 'a' : 'b';
      const auto follower = sorted.upper_bound(key);
      followers.push_back(follower == sorted.end() ? 0 : follower->second);
      in_order_of_arrival.push_back(key);
      sorted[key] = i;
    }
  }
};

// Many small tables, so that the nodes that are read are those that are being split.
TEST_CASE("a get on its way down finds its key, whatever is split before it" *
          doctest::test_suite("threads")) {
  constexpr uint64_t kTables = 5'000, kKeys = 400, kSets = 16;
  std::mt19937_64 random(1);
  std::vector<Keys> sets;
  for (uint64_t i = 0; i < kSets; ++i) sets.emplace_back(random, kKeys);
  std::vector<std::unique_ptr<Memtable>> tables;
  for (uint64_t i = 0; i < kTables; ++i) tables.push_back(std::make_unique<Memtable>());
  std::atomic<uint64_t> inserted{0}, gets{0}, missed{0};
  std::thread reader([&] {
    for (uint64_t stand; (stand = inserted.load(std::memory_order_acquire)) < kTables * kKeys;) {
      const uint64_t table = stand / kKeys, count = stand % kKeys;
      const Keys& set = sets[table % kSets];
      ++gets;
      if (count == 0) continue;
      const std::string& key = set.in_order_of_arrival[set.followers[count]];
      if (!tables[table]->get(key, kMaxSeqno)) ++missed;
    }
  });
  while (gets == 0) std::this_thread::yield();
  for (uint64_t table = 0; table < kTables; ++table) {
    for (const std::string& key : sets[table % kSets].in_order_of_arrival) {
      tables[table]->insert({key, 1, Kind::kPut, {}});
      inserted.fetch_add(1, std::memory_order_release);
    }
  }
  reader.join();
  CHECK(missed.load() == 0);
}
