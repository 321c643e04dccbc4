// The k-th operation on the disk fails, for every k, and in every way that disks fail: the error
// comes once or for ever, before the work or after it, a write is cut in half, a failed sync has
// thrown away what it was to make safe. (W1.3, W3.5, W3.8)
//
// The workloads are those of the crash test, and go on after each call that raises. What must hold:
//
//   1. Nothing but Error comes out of a call, and no error without a fault.
//   2. What the live database shows is the commits that were published, each whole, in their order.
//      A write that raised is one of them (its sync failed) or has left no trace; a read raises or
//      tells the truth.
//   3. Once the log could not be written or synced no write is acknowledged (DurabilityError) until
//      the next open.
//   4. The process dies then, and finds a disk that works: all that was published is there, for it
//      had been written to the log; and at most one commit more. That is the write that found the
//      log broken: its record may stand there whole, though its append has raised.
//   5. The power goes out instead: what stands is a prefix of the commits, or all of them and that
//      one more, and holds all that the sync mode, a put with sync=True, sync(), flush(), close()
//      or an open had made durable. It makes no difference whether a sync has failed: it never
//      promised anything. What was acknowledged without a sync, by the mode's leave, may go.
//   6. The fault goes away: unless the log or the MANIFEST had failed, the same open database takes
//      writes again; in any case it does after close and open, is whole, and no file lies about.
//   7. Faults that neither the log nor the MANIFEST can meet never stop writing.
//
// LSMKIT_FAULT_STRIDE takes only one run in so many (default 151; 1: all).
#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "lsmkit/vfs/fault_file_system.h"
#include "support/crash_check.h"
#include "support/crash_session.h"
#include "support/crash_workloads.h"
#include "support/fault_kinds.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

// 4 and 5. `seed` chooses the kind of loss, and an earlier moment for another.
void check_crashes(const Session& session, uint64_t seed) {
  const Life& life = session.life();
  const uint64_t last = life.moments.back().operations;
  const auto crash = [&](uint64_t at, const NamedDamage& family) {
    CAPTURE(at);
    CAPTURE(family.name);
    check_crash(session, life, at, family.damage, seed);
  };
  const NamedDamage kill{"process kill", kProcessKill};
  const auto families = std::size(kDamageFamilies);
  crash(last, kill);
  crash(last, kDamageFamilies[seed % families]);
  const uint64_t first = life.first_operation();
  crash(first + seed * 7919 % (last - first + 1), kDamageFamilies[seed / families % families]);
}

// 6.
void check_heals(Session& session) {
  session.faults().heal();
  if (session.destroyed()) return;
  const auto taken = [&session](const std::function<void()>& call) {
    const uint64_t raised = session.raised();
    call();
    return session.raised() == raised;
  };
  if (session.db() != nullptr) {
    const bool writable = taken([&] { session.put("healed", "here"); });
    REQUIRE((writable || session.poisoned()));
    if (writable) {
      REQUIRE(taken([&] { session.flush(); }));
      REQUIRE(taken([&] { session.compact(); }));
      session.db()->verify();
    }
    REQUIRE(taken([&] { session.close(); }) == writable);
  }
  REQUIRE(taken([&] {
    session.open();
    session.put("healed", "again");
    session.compact();
    session.look();
  }));
  session.db()->verify();
  check_tidy(session.disk(), *session.db());
  REQUIRE(taken([&] { session.close(); }));
}

// False if there were less than k operations: ids are drawn, and what a power loss in the middle of
// a workload leaves depends on them, so its last operations may come or not.
bool run_under_fault(const Workload& workload, const FaultKind& kind, uint64_t k) {
  CAPTURE(kind.name);
  CAPTURE(k);
  Session session(workload.sync);
  session.faults().inject(kind.at(k));
  workload.run(session);
  if (session.faults().failure_count() == 0) return false;
  check_crashes(session, k);
  check_heals(session);
  if (!kind.may_stop_writing()) REQUIRE(!session.was_ever_poisoned());
  return true;
}

}  // namespace

TEST_CASE("whichever operation fails, and however, nothing acknowledged is lost or told wrongly") {
  uint64_t runs = 0, missed = 0;
  Turns turns;
  for (const Workload& workload : kWorkloads) {
    CAPTURE(workload.name);
    Session unharmed(workload.sync);
    workload.run(unharmed);
    for (const FaultKind& kind : kFaultKinds) {
      for (uint64_t k = 1; k <= kind.operations_of(unharmed.faults()); ++k) {
        if (!turns.is_mine()) continue;
        ++(run_under_fault(workload, kind, k) ? runs : missed);
      }
    }
  }
  CHECK(missed <= runs / 100);
  MESSAGE("fault runs: " << runs << " (" << std::size(kFaultKinds) << " kinds of fault, "
                         << std::size(kWorkloads) << " workloads)");
}
