// An insert that finds no memory throws and changes nothing, wherever in the split it happens.
#include <doctest/doctest.h>

#include <map>
#include <new>
#include <string>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/memtable/memtable.h"
#include "support/scarce_memory.h"

using namespace lsmkit;
using namespace lsmkit::test;

TEST_CASE("an insert that runs out of memory leaves the memtable as it was, and may be repeated") {
  Memtable table;
  std::map<std::string, std::string> model;
  size_t refusals = 0;
  for (uint64_t i = 0; i < 6000; ++i) {
    // Every other key is so long that whatever has to hold it, a record or a separator between two
    // of them, asks for a chunk of its own.
    std::string key = std::to_string(mix64(i));
    if (i % 2) key = std::string(10'000, '~') + key;
    const std::string value = std::to_string(i);
    for (int granted = 0;; ++granted) {
      allocations_left = granted;
      bool refused = false;
      try {
        table.insert({key, 1, Kind::kPut, value});
      } catch (const std::bad_alloc&) {
        refused = true;
      }
      allocations_left = -1;
      if (!refused) break;
      ++refusals;
      REQUIRE(table.entry_count() == model.size());
      REQUIRE_FALSE(table.get(key, 1).has_value());
    }
    model[key] = value;
  }
  CHECK(refusals > 300);

  auto cursor = table.cursor();
  cursor.seek_to_first();
  size_t different = 0;
  for (const auto& [key, value] : model) {
    REQUIRE(cursor.valid());
    different += cursor.key() != key || cursor.value() != value;
    different += table.get(key, 1)->value != value;
    cursor.next();
  }
  CHECK_FALSE(cursor.valid());
  CHECK(different == 0);
}
