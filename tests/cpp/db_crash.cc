// Power goes out, or the process dies, after every single operation on the disk. Whatever the crash
// leaves, the database opens by itself, shows the state after some prefix of the commits, whole
// batches only, and that prefix holds all that was known to be durable (and, if only the process
// died, all that was acknowledged). Then it goes on working.
//
// The workloads run in every sync mode, so this is also what each mode can lose (W1.3): nothing
// that durable_seqno() had named, and nothing at all if only the process dies. (W3.5, W3.8)
//
// Each operation takes its turn of LSMKIT_CRASH_FAMILIES families of damage (default 2; all: 13),
// each with LSMKIT_CRASH_SEEDS seeds (default 1). LSMKIT_CRASH_STRIDE takes only every n-th
// operation (default 1: all).
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/crash_check.h"
#include "support/crash_session.h"
#include "support/crash_workloads.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr uint64_t kAllFamilies = std::size(kDamageFamilies);

uint64_t stride() {
  return from_environment("LSMKIT_CRASH_STRIDE", 1);
}

uint64_t families_per_operation() {
  return std::min(kAllFamilies, from_environment("LSMKIT_CRASH_FAMILIES", 2));
}

// Every operation of every life. Returns the number of images looked at.
uint64_t crash_everywhere(const Session& session) {
  const uint64_t families = families_per_operation();
  const uint64_t seeds = from_environment("LSMKIT_CRASH_SEEDS", 1);
  uint64_t images = 0;
  for (const auto& life : session.lives()) {
    const uint64_t last = life->moments.back().operations;
    for (uint64_t at = life->first_operation(); at <= last; at += stride()) {
      for (uint64_t turn = 0; turn < families; ++turn) {
        const auto& family = kDamageFamilies[(at * families + turn) % kAllFamilies];
        for (uint64_t seed = 0; seed < seeds; ++seed) {
          CAPTURE(at);
          CAPTURE(family.name);
          CAPTURE(seed);
          check_crash(session, *life, at, family.damage, at * 31 + seed);
          ++images;
        }
      }
    }
  }
  return images;
}

}  // namespace

TEST_CASE("a crash after every operation leaves a prefix with all that was durable") {
  uint64_t images = 0;
  for (const Workload& workload : kWorkloads) {
    CAPTURE(workload.name);
    Session session(workload.sync);
    workload.run(session);
    REQUIRE(session.raised() == 0);
    images += crash_everywhere(session);
  }
  MESSAGE("crash images: " << images << " over " << std::size(kWorkloads) << " workloads");
}

TEST_CASE("a crash during the recovery from a crash leaves the same prefix") {
  uint64_t images = 0;
  Session session("every(4)");
  session.open();
  std::mt19937_64 random(8);
  put_some(session, random, 70, 25, 60);
  const Life& life = session.life();
  const uint64_t last = life.moments.back().operations;
  const uint64_t families = families_per_operation();
  for (uint64_t at = 1; at <= last; at += stride()) {
    for (uint64_t turn = 0; turn < families; ++turn) {
      const auto& first = kDamageFamilies[(at * families + turn) % kAllFamilies];
      const auto image = life.disk->crash_image(at, first.damage, at);
      ManualClock clock{2'000'000};
      const Due due = due_after(life, at, kNothingUnsynced);
      Due shown = due;
      uint64_t opened;
      {
        const auto db = Db::open(small_request(*image, clock, session.sync_mode()));
        opened = image->operation_count();
        shown.least = db->last_seqno();
        REQUIRE(due.allows(shown.least, contents_of(*db)));
      }
      // What the first recovery has shown is durable: the second must show at least that once the
      // open had returned, and before that at least what was durable.
      for (uint64_t second = 0; second <= image->operation_count(); second += 3) {
        const auto& family = kDamageFamilies[(at + second) % kAllFamilies];
        CAPTURE(at);
        CAPTURE(first.name);
        CAPTURE(second);
        CAPTURE(family.name);
        const auto twice = image->crash_image(second, family.damage, second);
        check_image(*twice, session, second < opened ? due : shown);
        ++images;
      }
    }
  }
  MESSAGE("crash images at depth 2: " << images);
}

// What a killed process leaves is whole, but not all of it is durable. A recovery that acts upon
// what only the page cache holds loses it to the power loss that follows.
TEST_CASE("a power loss during the recovery from a kill, or after it, leaves the same prefix") {
  uint64_t images = 0;
  for (const std::string sync : {"every(4)", "none"}) {
    Session session(sync);
    session.open();
    std::mt19937_64 random(9);
    put_some(session, random, 90, 25, 60);
    session.compact();
    const Life& life = session.life();
    const uint64_t last = life.moments.back().operations;
    for (uint64_t at = 1; at <= last; at += 2 * stride()) {
      const auto image = life.disk->kill_image(at);
      ManualClock clock{2'000'000};
      const Due before = due_after(life, at, kNothingUnsynced);
      Due after = before;
      uint64_t opened;
      {
        const auto db = Db::open(small_request(*image, clock, sync));
        opened = image->operation_count();
        after.least = db->last_seqno();
        REQUIRE(due_after(life, at, kProcessKill).allows(after.least, contents_of(*db)));
      }
      for (uint64_t second = at; second <= image->operation_count(); second += 5) {
        const auto& family = kDamageFamilies[(at + second) % kAllFamilies];
        CAPTURE(sync);
        CAPTURE(at);
        CAPTURE(second);
        CAPTURE(family.name);
        const auto twice = image->crash_image(second, family.damage, second);
        check_image(*twice, session, second < opened ? before : after);
        ++images;
      }
    }
  }
  MESSAGE("images of a power loss after a kill: " << images);
}
