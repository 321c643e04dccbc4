// One allocation of the engine is refused, whichever it is: the call throws or succeeds, what was
// acknowledged stays, and the next open shows it, after a kill and after a close.
//
// LSMKIT_ALLOCATION_STRIDE: every n-th allocation takes its turn (default 2999; 1: all).
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "support/scarce_memory.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(const std::string& path) {
  Options o;
  o.memtable_bytes = 2 << 10;
  o.table_bytes = 2 << 10;
  o.base_bytes = 4 << 10;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = "inline";
  return {.path = path, .options = o, .overrides = {{"sync", "none"}}, .environment = {}};
}

// What each key may hold: the last acknowledged value, and those whose puts threw since.
using Allowed = std::map<std::string, std::set<std::string>>;

void check(Db& db, const Allowed& allowed) {
  for (const auto& [key, values] : allowed) {
    PinnedValue value;
    REQUIRE(db.get(key, value));
    REQUIRE(values.contains(std::string(value.bytes)));
  }
}

// Puts while the `nth` allocation from now on is refused. True if one was.
bool put_with_one_refusal(Db& db, long nth, Allowed& allowed) {
  allocations_left = nth;
  refusals_left = 1;
  for (int i = 100; i < 190; ++i) {
    const long left = std::exchange(allocations_left, kNoLimit);
    const std::string key = "k" + std::to_string(i % 37);
    const std::string value = std::string(60, 'x') + std::to_string(i);
    bool acknowledged = false;
    allocations_left = left;
    try {
      db.put(key, value);
      acknowledged = true;
      if (i % 30 == 0) db.flush();
    } catch (const std::bad_alloc&) {
    } catch (const Error&) {
      // Poisoned: writing has stopped.
    }
    const long after = std::exchange(allocations_left, kNoLimit);
    if (acknowledged) allowed[key].clear();
    allowed[key].insert(value);
    allocations_left = after;
  }
  return std::exchange(allocations_left, kNoLimit) == kNoLimit || refusals_left == 0;
}

}  // namespace

TEST_CASE("no memory for any one allocation loses nothing, and leaves a database that opens") {
  const char* set = std::getenv("LSMKIT_ALLOCATION_STRIDE");
  const long stride = set != nullptr ? std::atol(set) : 2999;
  long refusals = 0;
  for (long nth = 0;; nth += stride) {
    CAPTURE(nth);
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/db", killed = directory.path() + "/killed";
    Allowed allowed;
    {
      const auto db = Db::open(request_for(path));
      for (int i = 0; i < 100; ++i) {
        const std::string key = "k" + std::to_string(i % 37);
        allowed[key] = {std::string(60, 'x') + std::to_string(i)};
        db->put(key, *allowed[key].begin());
      }
      const bool refused = put_with_one_refusal(*db, nth, allowed);
      check(*db, allowed);
      std::filesystem::copy(path, killed);
      try {
        db->close();
      } catch (const Error&) {
        // It says so if writing had stopped.
      }
      if (!refused) break;
      ++refusals;
    }
    check(*Db::open(request_for(killed)), allowed);
    check(*Db::open(request_for(path)), allowed);
  }
  MESSAGE("allocations refused: " << refusals);
  CHECK(refusals > 0);
}
