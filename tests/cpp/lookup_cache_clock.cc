// The clock of the block cache: who was asked for stays a round longer, who came last goes last.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "lsmkit/lookup/cache_clock.h"

using namespace lsmkit;

namespace {

struct Slot {
  size_t place = 0;
  bool used = false;
  bool is_cached = false;
  uint64_t charged_bytes() const { return 10; }
  bool take_mark() {
    const bool was = used;
    used = false;
    return was;
  }
};

struct Cache {
  CacheClock<Slot> clock{100};
  std::array<Slot, 300> slots;

  void insert(size_t i) {
    slots[i].is_cached = true;
    clock.insert(slots[i], [](Slot& slot) { slot.is_cached = false; });
  }
  bool ask(size_t i) {
    slots[i].used = slots[i].is_cached;
    return slots[i].is_cached;
  }
};

}  // namespace

TEST_CASE("what comes in stays until all that was there before has been looked at") {
  Cache cache;
  for (size_t i = 0; i < 200; ++i) {
    cache.insert(i);
    for (size_t back = 0; back < 10 && back <= i; ++back)
      CHECK(cache.slots[i - back].is_cached);  // the last ten, whoever they are
  }
}

TEST_CASE("what is asked for again and again stays") {
  Cache cache;
  cache.insert(0);
  for (size_t i = 1; i < 200; ++i) {
    CHECK(cache.ask(0));
    cache.insert(i);
    CHECK(cache.slots[i].is_cached);
  }
}

TEST_CASE("what tables take is room that blocks do not have") {
  Cache cache;
  for (size_t i = 0; i < 10; ++i) cache.insert(i);
  const auto evict = [](Slot& slot) { slot.is_cached = false; };
  cache.clock.charge(35, evict);
  CHECK(cache.clock.slots().size() == 6);
  cache.clock.charge(100, evict);
  CHECK(cache.clock.slots().empty());
  CHECK(cache.clock.overdraft_bytes() == 35);
  CHECK(!cache.clock.has_room_for(10));
  cache.clock.discharge(135);
  CHECK(cache.clock.has_room_for(100));
  CHECK(!cache.clock.has_room_for(101));
}
