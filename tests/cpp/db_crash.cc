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
#include <cstdlib>
#include <functional>
#include <map>
#include <random>

#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

using Model = Contents;

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

OpenRequest request_for(MemoryFileSystem& files, Clock& clock, const std::string& sync) {
  Options o;
  o.memtable_bytes = 2 << 10;
  o.table_bytes = 2 << 10;
  o.base_bytes = 4 << 10;
  o.fanout = 3;
  o.block_bytes = 256;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = "inline";
  return {
      .path = "/db", .options = o, .overrides = {{"sync", sync}}, .environment = {&files, &clock}};
}

// A database at work, and what is known at each moment.
class Session {
 public:
  explicit Session(std::string sync) : sync_(std::move(sync)), states_(1) {}

  void open() {
    db_ = Db::open(request_for(files_, clock_, sync_));
    note();
  }
  void close() {
    db_->close();
    db_.reset();
    note_closed();
  }
  Db& db() { return *db_; }

  void put(const std::string& key, const std::string& value, bool sync = false) {
    db_->put(key, value, {.sync = sync});
    Model next = states_.back();
    next[key] = value;
    committed(std::move(next));
  }
  void remove(const std::string& key) {
    db_->remove(key);
    Model next = states_.back();
    next.erase(key);
    committed(std::move(next));
  }
  void write(const std::vector<std::pair<std::string, std::string>>& puts) {
    WriteBatch batch;
    Model next = states_.back();
    for (const auto& [key, value] : puts) {
      batch.put(key, value);
      next[key] = value;
    }
    db_->write(batch);
    committed(std::move(next));
  }
  void sync() {
    db_->sync();
    note();
  }
  void flush() {
    db_->flush();
    note();
  }
  void advance_ms(uint64_t ms) { clock_.advance(ms * 1000); }

  // What must be there after a crash right after `operations`.
  struct Due {
    Seqno durable = 0;
    Seqno acknowledged = 0;
  };
  Due due_after(uint64_t operations) const {
    Due due;
    for (const Note& note : notes_) {
      if (note.operations > operations) break;
      due = note.due;
    }
    return due;
  }
  MemoryFileSystem& files() { return files_; }
  const std::vector<Model>& states() const { return states_; }
  const std::string& sync_mode() const { return sync_; }

 private:
  struct Note {
    uint64_t operations;
    Due due;
  };
  void committed(Model next) {
    states_.push_back(std::move(next));
    clock_.advance(500);
    note();
  }
  void note() {
    notes_.push_back({files_.operation_count(), {db_->durable_seqno(), db_->last_seqno()}});
  }
  void note_closed() {
    const Seqno all = states_.size() - 1;
    notes_.push_back({files_.operation_count(), {all, all}});
  }

  const std::string sync_;
  MemoryFileSystem files_;
  ManualClock clock_{1'000'000};
  std::shared_ptr<Db> db_;
  std::vector<Model> states_;  // by seqno: what the database shows after that commit
  std::vector<Note> notes_;
};

// Opens what a crash left, and holds it against what must be there.
void check_image(MemoryFileSystem& image, const Session& session, const Session::Due& due,
                 bool process_kill) {
  ManualClock clock{2'000'000};
  const OpenRequest request = request_for(image, clock, session.sync_mode());
  Seqno seen;
  {
    OpenRequest look = request;
    look.read_only = true;
    const uint64_t operations = image.operation_count();
    // A crash before the database was made leaves nothing to look at.
    const auto db = image.exists("/db/MANIFEST") ? Db::open(look) : nullptr;
    seen = db ? db->last_seqno() : 0;
    REQUIRE(seen >= due.durable);
    REQUIRE(seen < session.states().size());
    if (db) REQUIRE(contents_of(*db) == session.states()[seen]);
    REQUIRE(image.operation_count() == operations);
  }
  {
    const auto db = Db::open(request);
    const Seqno prefix = db->last_seqno();
    REQUIRE(prefix == seen);
    REQUIRE(prefix >= due.durable);
    if (process_kill) REQUIRE(prefix >= due.acknowledged);
    REQUIRE(prefix < session.states().size());
    Model model = session.states()[prefix];
    REQUIRE(contents_of(*db) == model);
    // It goes on working.
    for (int i = 0; i < 12; ++i) {
      const std::string key = "after" + std::to_string(i % 7),
                        value(100 + static_cast<size_t>(i), 'x');
      db->put(key, value);
      model[key] = value;
    }
    db->compact_range(std::nullopt, std::nullopt);
    REQUIRE(contents_of(*db) == model);
    db->close();
    const auto again = Db::open(request);
    REQUIRE(again->open_report().torn_tail.empty());
    REQUIRE(contents_of(*again) == model);
    again->verify();
    for (const std::string& name : image.list("/db")) {
      const bool expected = name == "LOCK" || name == "MANIFEST" || name.ends_with(".log") ||
                            name.ends_with(".table") || name.ends_with(".events");
      REQUIRE_MESSAGE(expected, name);
    }
  }
}

uint64_t stride() {
  return from_environment("LSMKIT_CRASH_STRIDE", 1);
}

uint64_t families_per_operation() {
  const uint64_t all = std::size(kDamageFamilies);
  return std::min(all, from_environment("LSMKIT_CRASH_FAMILIES", 2));
}

// Every operation. Returns the number of images looked at.
uint64_t crash_everywhere(Session& session) {
  const uint64_t families = families_per_operation();
  const uint64_t seeds = from_environment("LSMKIT_CRASH_SEEDS", 1);
  const uint64_t last = session.files().operation_count();
  uint64_t images = 0;
  for (uint64_t at = 0; at <= last; at += stride()) {
    const Session::Due due = session.due_after(at);
    for (uint64_t turn = 0; turn < families; ++turn) {
      const auto& family = kDamageFamilies[(at * families + turn) % std::size(kDamageFamilies)];
      for (uint64_t seed = 0; seed < seeds; ++seed) {
        CAPTURE(at);
        CAPTURE(family.name);
        CAPTURE(seed);
        const auto image = session.files().crash_image(at, family.damage, at * 31 + seed);
        check_image(*image, session, due,
                    family.damage.content == ContentSurvival::kAll &&
                        family.damage.names == NameSurvival::kAll);
        ++images;
      }
    }
  }
  return images;
}

std::string numbered(const char* text, uint64_t n) {
  return text + std::to_string(n);
}

struct Workload {
  const char* name;
  const char* sync;
  std::function<void(Session&)> run;
};

const Workload kWorkloads[] = {
    {"a few puts, each synced", "always",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 12; ++i) s.put(numbered("k", i), std::string(20, 'a'));
       s.close();
     }},
    {"flushes and compactions, never synced", "none",
     [](Session& s) {
       s.open();
       std::mt19937_64 random(5);
       for (uint64_t i = 0; i < 150; ++i) {
         s.put(numbered("k", random() % 60),
               std::string(40 + random() % 60, static_cast<char>('a' + i % 26)));
       }
       s.close();
     }},
    {"every third, deletes between", "every(3)",
     [](Session& s) {
       s.open();
       std::mt19937_64 random(6);
       for (uint64_t i = 0; i < 120; ++i) {
         if (random() % 3 == 0) {
           s.remove(numbered("k", random() % 30));
         } else {
           s.put(numbered("k", random() % 30), std::string(50, 'b') + std::to_string(i));
         }
       }
     }},
    {"at intervals, by the clock", "interval(2)",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 80; ++i)
         s.put(numbered("k", i % 25), std::string(70, 'c') + std::to_string(i));
       s.sync();
       for (uint64_t i = 0; i < 10; ++i) s.put(numbered("z", i), "last words");
     }},
    {"batches that cross blocks and fill memtables", "hybrid(4, 3)",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 6; ++i) {
         std::vector<std::pair<std::string, std::string>> puts;
         for (uint64_t j = 0; j < 10; ++j) {
           puts.emplace_back(numbered("b", (i * 7 + j) % 40), std::string(i % 2 ? 4'500 : 30, 'd'));
         }
         s.write(puts);
         s.put(numbered("one", i), "between");
       }
       s.close();
     }},
    {"one write synced among many that are not", "none",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 60; ++i)
         s.put(numbered("k", i % 20), std::string(60, 'e') + std::to_string(i), i % 9 == 8);
     }},
    {"opened and closed again and again", "every(5)",
     [](Session& s) {
       for (uint64_t round = 0; round < 4; ++round) {
         s.open();
         for (uint64_t i = 0; i < 9; ++i) s.put(numbered("k", i + round), numbered("round", round));
         s.close();
       }
     }},
    {"a snapshot held over a manual compaction", "none",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 40; ++i)
         s.put(numbered("k", i % 15), std::string(80, 'f') + std::to_string(i));
       const auto pinned = s.db().snapshot();
       for (uint64_t i = 0; i < 40; ++i)
         s.put(numbered("k", i % 15), std::string(80, 'g') + std::to_string(i));
       s.db().compact_range(std::nullopt, std::nullopt);
       s.flush();
       for (uint64_t i = 0; i < 5; ++i) s.remove(numbered("k", i));
     }},
};

}  // namespace

TEST_CASE("a crash after every operation leaves a prefix with all that was durable") {
  uint64_t images = 0;
  for (const Workload& workload : kWorkloads) {
    CAPTURE(workload.name);
    Session session(workload.sync);
    workload.run(session);
    images += crash_everywhere(session);
  }
  MESSAGE("crash images: " << images);
}

TEST_CASE("a crash during the recovery from a crash leaves the same prefix") {
  uint64_t images = 0;
  Session session("every(4)");
  session.open();
  std::mt19937_64 random(8);
  for (uint64_t i = 0; i < 70; ++i)
    session.put(numbered("k", random() % 25), std::string(60, 'h') + std::to_string(i));
  const uint64_t last = session.files().operation_count();
  const uint64_t families = families_per_operation();
  for (uint64_t at = 1; at <= last; at += 5 * stride()) {
    const Session::Due due = session.due_after(at);
    for (uint64_t turn = 0; turn < families; ++turn) {
      const auto& first = kDamageFamilies[(at / 5 * families + turn) % std::size(kDamageFamilies)];
      const auto image = session.files().crash_image(at, first.damage, at);
      ManualClock clock{2'000'000};
      Seqno prefix;
      {
        const auto db = Db::open(request_for(*image, clock, session.sync_mode()));
        prefix = db->last_seqno();
      }
      // What the first recovery has shown is durable: the second must show at least that once the
      // open had returned, and before that at least what was durable.
      for (uint64_t second = 0; second <= image->operation_count(); second += 3) {
        const auto& family = kDamageFamilies[(at + second) % std::size(kDamageFamilies)];
        CAPTURE(at);
        CAPTURE(first.name);
        CAPTURE(second);
        CAPTURE(family.name);
        const auto twice = image->crash_image(second, family.damage, second);
        check_image(*twice, session, due, false);
        ++images;
      }
      REQUIRE(prefix >= due.durable);
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
    for (uint64_t i = 0; i < 90; ++i)
      session.put(numbered("k", random() % 25), std::string(60, 'i') + std::to_string(i));
    session.db().compact_range(std::nullopt, std::nullopt);
    const uint64_t last = session.files().operation_count();
    for (uint64_t at = 1; at <= last; at += 7 * stride()) {
      const auto image = session.files().kill_image(at);
      ManualClock clock{2'000'000};
      Session::Due before = session.due_after(at), after;
      uint64_t opened;
      {
        const auto db = Db::open(request_for(*image, clock, sync));
        opened = image->operation_count();
        REQUIRE(db->last_seqno() >= before.acknowledged);
        after.durable = after.acknowledged = db->last_seqno();
      }
      for (uint64_t second = at; second <= image->operation_count(); second += 5) {
        const auto& family = kDamageFamilies[(at + second) % std::size(kDamageFamilies)];
        CAPTURE(sync);
        CAPTURE(at);
        CAPTURE(second);
        CAPTURE(family.name);
        const auto twice = image->crash_image(second, family.damage, second);
        check_image(*twice, session, second < opened ? before : after, false);
        ++images;
      }
    }
  }
  MESSAGE("images of a power loss after a kill: " << images);
}
