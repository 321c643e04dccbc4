// A full node makes room wherever the next key falls, and keeps what it costs in bounds.
#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>

#include "lsmkit/memtable/memtable.h"

using namespace lsmkit;

namespace {

std::string decimal_key(size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(10 - digits.size(), '0') + digits;
}

struct Both {
  Memtable table;
  std::set<std::string> model;

  void insert(const std::string& key) {
    table.insert({key, 1, Kind::kPut, "of " + key});
    model.insert(key);
  }

  size_t differences() const {
    size_t different = 0;
    auto cursor = table.cursor();
    cursor.seek_to_first();
    for (const auto& key : model) {
      if (!cursor.valid()) return model.size();
      different += cursor.key() != key || cursor.value() != "of " + key;
      const auto hit = table.get(key, 1);
      different += !hit || hit->value != "of " + key;
      cursor.next();
    }
    different += cursor.valid();
    cursor.seek_to_last();
    for (auto key = model.rbegin(); key != model.rend(); ++key) {
      if (!cursor.valid()) return model.size();
      different += cursor.key() != *key;
      cursor.prev();
    }
    return different + cursor.valid();
  }
};

}  // namespace

TEST_CASE("a full leaf takes one more at every place") {
  for (size_t place = 0; place <= kNodeSlots; ++place) {
    Both both;
    for (size_t i = 0; i < kNodeSlots; ++i) both.insert(decimal_key(10 * i + 5));
    both.insert(decimal_key(10 * place));
    CHECK(both.differences() == 0);
  }
}

TEST_CASE("full inner nodes take more at every place, on every level") {
  constexpr size_t kThreeLevels = 15 * 15 * kNodeSlots + 1;
  for (size_t gap = 0; gap < kThreeLevels; gap += 143) {
    Both both;
    for (size_t i = 0; i < kThreeLevels; ++i) both.insert(decimal_key(1000 * i + 999));
    // Alternating from both ends of the gap, so that nothing looks like an ascending row.
    for (size_t i = 0; i < 200; ++i) {
      both.insert(decimal_key(1000 * gap + (i % 2 ? 998 - i : i)));
    }
    CHECK(both.differences() == 0);
  }
}

TEST_CASE("rows that descend, or meet in the middle, or come in strides are kept in order") {
  constexpr size_t kKeys = 5000;
  const std::function<size_t(size_t)> orders[] = {
      [](size_t i) { return kKeys - i; },
      [](size_t i) { return i % 2 ? kKeys + i : kKeys - i; },
      [](size_t i) { return i % 2 ? i : 2 * kKeys - i; },
      [](size_t i) { return i * 997 % kKeys; },
      [](size_t i) { return (i % 50) * 1000 + i / 50; },
  };
  for (const auto& order : orders) {
    Both both;
    for (size_t i = 0; i < kKeys; ++i) both.insert(decimal_key(order(i)));
    CHECK(both.differences() == 0);
  }
}

// A record takes 14 bytes and its key here, and a place in a full leaf 18; half-full leaves take
// twice that, and as much again for the nodes they replaced. What arenas have in reserve comes on
// top.
constexpr uint64_t most_bytes(size_t entries, size_t key_bytes) {
  return entries * (14 + key_bytes + 18 + 4) + 2 * Arena::kLargestChunkBytes;
}

TEST_CASE("ascending and descending rows fill their nodes, one row or many at a time") {
  constexpr size_t kKeys = 100'000;
  for (const bool ascending : {true, false}) {
    for (const size_t rows : {1, 10}) {
      CAPTURE(ascending);
      CAPTURE(rows);
      Memtable table;
      for (size_t i = 0; i < kKeys; ++i) {
        const uint64_t step = ascending ? i / rows : kKeys - i / rows;
        const uint64_t number = __builtin_bswap64((i % rows) << 32 | step);
        table.insert({{reinterpret_cast<const char*>(&number), 8}, i + 1, Kind::kPut, {}});
      }
      CHECK(table.allocated_bytes() < most_bytes(kKeys, 8));
    }
  }
}

TEST_CASE("so does a key that is written over and over") {
  constexpr size_t kVersions = 100'000;
  Memtable table;
  table.insert({"before", 1, Kind::kPut, {}});
  table.insert({"the key behind", 1, Kind::kPut, {}});
  for (size_t i = 0; i < kVersions; ++i) table.insert({"the key", i + 2, Kind::kPut, {}});
  CHECK(table.allocated_bytes() < most_bytes(kVersions, 7));
}
