// Whoever opens or reads a database on a disk that fails gets an error or the truth: never an older
// state, never "not found" or the end of a scan in place of an error. And no open, however it ends,
// takes anything from the next one. (W3.5, W3.8)
//
// LSMKIT_FAULT_STRIDE takes only one run in so many (default 151; 1: all).
#include <doctest/doctest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "lsmkit/db/db_cursor.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/crash_check.h"
#include "support/crash_session.h"
#include "support/crash_workloads.h"
#include "support/fault_kinds.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

// Whether the call returned.
bool returns(const std::function<void()>& call) {
  try {
    call();
    return true;
  } catch (const Error&) {
    return false;
  }
}

void check_answer(Db& db, const Contents& due) {
  Contents found;
  if (returns([&] { found = contents_of(db); })) REQUIRE(found == due);
}

// A disk that a crash has left, as often as it is wanted, and what an open finds on it.
struct Left {
  const Session& session;
  const Life& life;
  uint64_t at;
  Damage damage;
  bool has_power = false;  // only the process died: not all that stands is durable
  Seqno seqno = 0;
  Contents contents = {};

  std::unique_ptr<MemoryFileSystem> disk() const {
    return has_power ? life.disk->kill_image(at) : life.disk->crash_image(at, damage, at);
  }
  // From now on all that was found must be found.
  Due all_of_it() const {
    Due due = due_after(life, at, damage);
    due.least = seqno;
    return due;
  }
  // The power goes out (again).
  Due what_was_durable() const {
    return has_power ? due_after(life, at, kNothingUnsynced) : all_of_it();
  }
};

// Moments of a workload with logs, tables and removals under way.
std::vector<Left> left_by(const Session& session) {
  std::vector<Left> out;
  const Life& life = session.life();
  const uint64_t first = life.first_operation(), last = life.moments.back().operations;
  for (const uint64_t percent : {20, 45, 70, 93, 100}) {
    const uint64_t at = first + (last - first) * percent / 100;
    for (const size_t family : {1, 5, 7}) {
      out.push_back({session, life, at, kDamageFamilies[family].damage});
    }
    out.push_back({session, life, at, kProcessKill, true});
  }
  for (Left& left : out) {
    ManualClock clock{2'000'000};
    const auto disk = left.disk();
    const auto db = Db::open(small_request(*disk, clock, session.sync_mode()));
    left.seqno = db->last_seqno();
    left.contents = contents_of(*db);
    REQUIRE(due_after(life, left.at, left.damage).allows(left.seqno, left.contents));
  }
  return out;
}

// An open that meets the k-th fault; a power loss; the next open.
void open_under_fault(const Left& left, const FaultKind& kind, uint64_t k) {
  const auto disk = left.disk();
  FaultFileSystem faulty(*disk);
  faulty.inject(kind.at(k));
  ManualClock clock{2'000'000};
  std::shared_ptr<Db> db;
  returns([&] { db = Db::open(small_request(faulty, clock, left.session.sync_mode())); });
  const bool opened = db != nullptr;
  if (opened) {
    REQUIRE(db->last_seqno() == left.seqno);
    check_answer(*db, left.contents);
    returns([&] { db->close(); });
    db.reset();
  }
  const NamedDamage& family = kDamageFamilies[k % std::size(kDamageFamilies)];
  CAPTURE(family.name);
  const auto after = disk->crash_image(disk->operation_count(), family.damage, k);
  check_image(*after, left.session, opened ? left.all_of_it() : left.what_was_durable());
  check_image(*disk, left.session, left.all_of_it());
}

// A read-only open that meets the k-th fault: it leaves all as it is.
void look_under_fault(const Left& left, const FaultKind& kind, uint64_t k) {
  const auto disk = left.disk();
  const uint64_t operations = disk->operation_count();
  FaultFileSystem faulty(*disk);
  faulty.inject(kind.at(k));
  ManualClock clock{2'000'000};
  OpenRequest look = small_request(faulty, clock, left.session.sync_mode());
  look.read_only = true;
  std::shared_ptr<Db> db;
  returns([&] { db = Db::open(look); });
  if (db) {
    REQUIRE(db->last_seqno() == left.seqno);
    check_answer(*db, left.contents);
    returns([&] { db->verify(); });
    faulty.heal();
    REQUIRE(contents_of(*db) == left.contents);
    db->close();
  }
  REQUIRE(disk->operation_count() == operations);
}

// An open without faults, and all that a run does after it: their operations are counted in
// `files`.
void open_unharmed(const Left& left, FaultFileSystem& files, bool read_only) {
  ManualClock clock{2'000'000};
  OpenRequest request = small_request(files, clock, left.session.sync_mode());
  request.read_only = read_only;
  const auto db = Db::open(request);
  REQUIRE(contents_of(*db) == left.contents);
  if (read_only) db->verify();
  db->close();
}

// All questions that can be put to a database. `ask` runs each.
void ask_everything(Db& db, const Contents& due,
                    const std::function<void(const std::function<void()>&)>& ask) {
  // What may raise stands outside REQUIRE, which would take it for a failure of the test.
  ask([&] {
    const Contents found = contents_of(db);
    REQUIRE(found == due);
  });
  ask([&] {
    const Contents found = contents_backwards(db);
    REQUIRE(found == due);
  });
  PinnedValue value;
  for (auto here = due.begin(); here != due.end(); ++here) {
    const std::string& key = here->first;
    const auto shows = [&](DbCursor& cursor, Contents::const_iterator entry) {
      REQUIRE(cursor.valid());
      REQUIRE(cursor.key() == entry->first);
      REQUIRE(cursor.value() == entry->second);
    };
    ask([&] {
      const bool found = db.get(key, value);
      REQUIRE(found);
      REQUIRE(value.bytes == here->second);
    });
    ask([&] {
      const bool found = db.get(key + " is not there", value);
      REQUIRE(!found);
    });
    ask([&] {
      const auto cursor = db.cursor({});
      cursor->seek(key);
      shows(*cursor, here);
      cursor->prev();
      if (here != due.begin()) return shows(*cursor, std::prev(here));
      REQUIRE(!cursor->valid());
    });
    ask([&] {
      const auto cursor = db.cursor({});
      cursor->seek_for_prev(key + " ");
      shows(*cursor, here);
      cursor->next();
      if (std::next(here) != due.end()) return shows(*cursor, std::next(here));
      REQUIRE(!cursor->valid());
    });
  }
  ask([&] { db.verify(); });
}

const Workload& workload_named(std::string_view name) {
  for (const Workload& workload : kWorkloads) {
    if (workload.name == name) return workload;
  }
  FAIL("there is no such workload");
  return kWorkloads[0];
}

const std::string kRecovered[] = {
    "every third, deletes between",
    "batches that cross blocks and fill memtables",
    "a snapshot held over a manual compaction",
    "killed again and again, with writes between",
};

using Run = void (*)(const Left& left, const FaultKind& kind, uint64_t k);

uint64_t sweep_opens(bool read_only, Run run) {
  uint64_t runs = 0;
  Turns turns(read_only ? 4 : 1);
  for (const std::string& name : kRecovered) {
    CAPTURE(name);
    const Workload& workload = workload_named(name);
    Session session(workload.sync);
    workload.run(session);
    for (const Left& left : left_by(session)) {
      CAPTURE(left.at);
      CAPTURE(left.has_power);
      const auto disk = left.disk();
      FaultFileSystem counting(*disk);
      open_unharmed(left, counting, read_only);
      for (const FaultKind& kind : kFaultKinds) {
        CAPTURE(kind.name);
        for (uint64_t k = 1; k <= kind.operations_of(counting); ++k) {
          if (!turns.is_mine()) continue;
          CAPTURE(k);
          run(left, kind, k);
          ++runs;
        }
      }
    }
  }
  return runs;
}

// A read-only database whose writer, in another process, has gone on since it was opened.
struct Follower {
  Session writer{"none"};
  FaultFileSystem files{writer.disk()};
  ManualClock clock{2'000'000};
  std::shared_ptr<Db> reader;
  Contents before, after;

  Follower() {
    std::mt19937_64 random(15);
    writer.open();
    put_some(writer, random, 50, 20, 60);
    before = writer.life().states.back();
    OpenRequest look = small_request(files, clock, "none");
    look.read_only = true;
    reader = Db::open(look);
    put_some(writer, random, 50, 20, 60);
    writer.compact();  // what the reader has open is removed
    put_some(writer, random, 7, 20, 60);
    after = writer.life().states.back();
  }
};

}  // namespace

TEST_CASE("an open that meets a fault raises or shows all there is, and takes nothing away") {
  MESSAGE("fault runs: " << sweep_opens(false, open_under_fault));
}

TEST_CASE("a read-only open that meets a fault raises or shows all there is, and touches nothing") {
  MESSAGE("fault runs: " << sweep_opens(true, look_under_fault));
}

TEST_CASE("a read error is raised, once, by the call that met it, whatever it was reading") {
  uint64_t runs = 0;
  Turns turns(16);
  for (const char* name :
       {"flushes and compactions, never synced", "batches that cross blocks and fill memtables"}) {
    CAPTURE(name);
    const Workload& workload = workload_named(name);
    Session session(workload.sync);
    workload.run(session);
    const Contents& due = session.life().states.back();
    ManualClock clock{2'000'000};
    FaultFileSystem faulty(session.disk());
    // So small a cache that the same block is read again and again.
    const auto open = [&] {
      return Db::open(small_request(faulty, clock, workload.sync, {{"cache_bytes", "1024"}}));
    };
    for (const FileOperation of : {FileOperation::kRead, FileOperation::kOpen}) {
      const uint64_t begin = faulty.operation_count(of);
      {
        const auto db = open();
        ask_everything(*db, due, [](const std::function<void()>& question) { question(); });
      }
      const uint64_t operations = faulty.operation_count(of) - begin;
      for (uint64_t k = 1; k <= operations; ++k) {
        if (!turns.is_mine()) continue;
        CAPTURE(k);
        const auto db = open();
        const uint64_t failures = faulty.failure_count();
        faulty.inject({.of = of, .at = k});
        uint64_t raised = 0;
        ask_everything(*db, due, [&](const std::function<void()>& question) {
          if (returns(question)) return;
          ++raised;
          question();  // The fault is over: now it answers.
        });
        REQUIRE(raised == faulty.failure_count() - failures);
        faulty.heal();
        ++runs;
      }
    }
  }
  MESSAGE("fault runs: " << runs);
}

TEST_CASE("a refresh that meets a fault raises and stays at its moment, or goes on to the next") {
  uint64_t runs = 0;
  Turns turns(100);
  for (const FaultKind& kind : kFaultKinds) {
    CAPTURE(kind.name);
    Follower unharmed;
    const uint64_t begin = kind.operations_of(unharmed.files);
    unharmed.reader->refresh();
    const uint64_t operations = kind.operations_of(unharmed.files) - begin;
    for (uint64_t k = 1; k <= operations; ++k) {
      if (!turns.is_mine()) continue;
      CAPTURE(k);
      Follower it;
      it.files.inject(kind.at(k));
      bool is_newer = false;
      const bool refreshed = returns([&] { is_newer = it.reader->refresh(); });
      REQUIRE(it.files.failure_count() > 0);
      REQUIRE(is_newer == refreshed);
      it.files.heal();
      REQUIRE(contents_of(*it.reader) == (refreshed ? it.after : it.before));
      REQUIRE(it.reader->refresh() == !refreshed);
      REQUIRE(contents_of(*it.reader) == it.after);
      ++runs;
    }
  }
  MESSAGE("fault runs: " << runs);
}
