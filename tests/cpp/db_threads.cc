// One database used by many threads at once: what each may see is a prefix of what was written,
// batches are seen whole or not at all, and nothing acknowledged goes back. Run it under
// ThreadSanitizer too.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file.h"
#include "lsmkit/vfs/passing_file_system.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr unsigned kWriters = 2;
constexpr uint64_t kSlots =
    40;  // keys of one writer, half of them on the far side of the key space

Options tiny_options(const std::string& sync) {
  Options o;
  o.memtable_bytes = 8 << 10;
  o.table_bytes = 4 << 10;
  o.base_bytes = 16 << 10;
  o.fanout = 4;
  o.block_bytes = 256;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.threads = 2;
  set_option(o, "sync", sync);
  return o;
}

std::shared_ptr<Db> open_db(const TemporaryDirectory& directory, const std::string& sync) {
  return Db::open({.path = directory.path() + "/db",
                   .options = tiny_options(sync),
                   .overrides = {},
                   .read_only = false,
                   .environment = {}});
}

// Slot `slot` of writer `writer` lives under two keys far apart, always written in one batch.
std::string key(char side, unsigned writer, uint64_t slot) {
  return std::string(1, side) + std::to_string(writer) + "/" + std::to_string(slot);
}

// A round as a value; its length differs from round to round.
std::string text(uint64_t round) {
  return std::to_string(round) + std::string(round % 50, '.');
}
uint64_t round_of(std::string_view value) {
  return std::stoull(std::string(value));
}

// Round r writes slot r % kSlots; some rounds delete the slot instead.
bool deletes(uint64_t round) {
  return round % 7 == 3;
}

WriteBatch batch_of(unsigned writer, uint64_t round) {
  WriteBatch batch;
  for (const char side : {'a', 'z'}) {
    if (deletes(round)) {
      batch.remove(key(side, writer, round % kSlots));
    } else {
      batch.put(key(side, writer, round % kSlots), text(round));
    }
  }
  return batch;
}

// What a database at `last` rounds of a writer shows for a slot: the newest round of that slot, or
// nothing.
std::optional<uint64_t> due(uint64_t last, uint64_t slot) {
  const uint64_t back = (last % kSlots + kSlots - slot) % kSlots;
  if (back >= last || deletes(last - back)) return std::nullopt;
  return last - back;
}

std::optional<uint64_t> read(Db& db, const std::string& at, const Snapshot* snapshot) {
  PinnedValue value;
  if (!db.get(at, value, snapshot)) return std::nullopt;
  return round_of(value.bytes);
}

// Walks everything under one snapshot, forwards and backwards, and reads some of it by get: each
// writer's slots must show one and the same moment of that writer, between `from` and `to`.
void check_moment(Db& db, const std::vector<uint64_t>& from,
                  const std::vector<std::atomic<uint64_t>>& done, std::mt19937_64& random) {
  const auto snapshot = db.snapshot();
  std::vector<uint64_t> to;
  for (const auto& d : done) to.push_back(d.load() + 1);  // one may be under way

  std::vector<std::pair<std::string, std::string>> forwards, backwards;
  const auto cursor = db.cursor({}, snapshot);
  for (cursor->seek_to_first(); cursor->valid(); cursor->next()) {
    forwards.emplace_back(cursor->key(), cursor->value());
  }
  for (cursor->seek_to_last(); cursor->valid(); cursor->prev()) {
    backwards.emplace_back(cursor->key(), cursor->value());
  }
  std::reverse(backwards.begin(), backwards.end());
  REQUIRE(forwards == backwards);

  for (unsigned writer = 0; writer < kWriters; ++writer) {
    std::vector<std::optional<uint64_t>> shown[2];
    for (const char side : {'a', 'z'}) {
      auto& slots = shown[side == 'z'];
      slots.resize(kSlots);
      for (const auto& [k, v] : forwards) {
        const std::string head = std::string(1, side) + std::to_string(writer) + "/";
        if (k.starts_with(head)) slots[std::stoull(k.substr(head.size()))] = round_of(v);
      }
    }
    REQUIRE(shown[0] == shown[1]);  // batches are whole
    // Some moment in the allowed range explains all slots.
    bool explained = false;
    for (uint64_t last = from[writer]; last <= to[writer] && !explained; ++last) {
      explained = true;
      for (uint64_t slot = 0; slot < kSlots && explained; ++slot) {
        explained = shown[0][slot] == due(last, slot);
      }
    }
    REQUIRE(explained);
    const uint64_t slot = random() % kSlots;
    REQUIRE(read(db, key('a', writer, slot), snapshot.get()) == shown[0][slot]);
    REQUIRE(read(db, key('z', writer, slot), snapshot.get()) == shown[0][slot]);
  }
}

// Holds up whoever reads a table's first data block, as every compaction does and no flush, until
// it is let go.
class CompactionGate final : public PassingFileSystem {
 public:
  explicit CompactionGate(FileSystem& below) : PassingFileSystem(below) {}
  void let_go() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool somebody_waits() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }
  std::unique_ptr<ReadFile> open(const std::string& path) override {
    auto file = below_.open(path);
    if (!path.ends_with(".table")) return file;
    return std::make_unique<Gated>(std::move(file), *this);
  }

 private:
  static constexpr uint64_t kFirstBlock = 64;  // sst/FORMAT.md
  class Gated final : public PassingReadFile {
   public:
    Gated(std::unique_ptr<ReadFile> below, CompactionGate& gate)
        : PassingReadFile(std::move(below)), gate_(gate) {}
    size_t read(uint64_t offset, size_t bytes, char* to) const override {
      if (offset == kFirstBlock) gate_.pass();
      return PassingReadFile::read(offset, bytes, to);
    }

   private:
    CompactionGate& gate_;
  };
  void pass() {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.wait(lock, [this] { return open_; });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool waiting_ = false;
};

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("writers, readers, snapshots, flushes and compactions go on side by side (W3.5)") {
  for (const std::string sync : {"none", "every(3)", "interval(1)", "hybrid(5, 2)", "always"}) {
    CAPTURE(sync);
    const TemporaryDirectory directory;
    auto db = open_db(directory, sync);
    const uint64_t rounds = sync == "always" ? 300 : 1'500;
    std::vector<std::atomic<uint64_t>> done(kWriters);
    std::atomic<unsigned> running{kWriters};
    std::atomic<uint64_t> moments{0};
    {
      std::vector<std::jthread> threads;
      for (unsigned writer = 0; writer < kWriters; ++writer) {
        threads.emplace_back([&, writer] {
          for (uint64_t round = 1; round <= rounds; ++round) {
            db->write(batch_of(writer, round), {.sync = round % 97 == 0});
            done[writer] = round;
            // Its own write is there at once.
            REQUIRE(read(*db, key('z', writer, round % kSlots), nullptr) ==
                    due(round, round % kSlots));
          }
          --running;
        });
      }
      for (unsigned reader = 0; reader < 2; ++reader) {
        threads.emplace_back([&, reader] {
          std::mt19937_64 random(reader);
          do {
            std::vector<uint64_t> from;
            for (const auto& d : done) from.push_back(d.load());
            check_moment(*db, from, done, random);
            ++moments;
          } while (running > 0);
        });
      }
      threads.emplace_back([&] {
        for (uint64_t i = 0; running > 0; ++i) {
          if (i % 4 == 0) db->flush();
          if (i % 9 == 0) db->compact_range("a", "m");
          if (i % 13 == 0) db->sync();
          if (i % 5 == 0) db->verify();
          db->stats();
          db->tree().version.check_invariants();
          db->events();
          db->approximate_size("a", "z");
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
    }
    CHECK(moments > 0);
    db->close();
    db = open_db(directory, sync);
    std::mt19937_64 random(9);
    check_moment(*db, std::vector<uint64_t>(kWriters, rounds), done, random);
  }
}

TEST_CASE("a write that was acknowledged under always is durable, whoever shared its sync (W1.4)") {
  const TemporaryDirectory directory;
  const auto db = open_db(directory, "always");
  {
    std::vector<std::jthread> threads;
    for (unsigned writer = 0; writer < 4; ++writer) {
      threads.emplace_back([&, writer] {
        for (uint64_t round = 1; round <= 100; ++round) {
          const Seqno before = db->last_seqno();
          db->write(batch_of(writer, round));
          REQUIRE(db->durable_seqno() > before);  // its own seqno came after `before`
        }
      });
    }
  }
  CHECK(db->durable_seqno() == db->last_seqno());
}

TEST_CASE("writes and flushes go on while a compaction stands still (W3.4)") {
  MemoryFileSystem memory;
  CompactionGate files(memory);
  OpenRequest request{.path = "/db",
                      .options = tiny_options("none"),
                      .overrides = {},
                      .environment = {&files, &system_clock()}};
  const auto db = Db::open(request);
  uint64_t round = 0;
  while (!files.somebody_waits()) db->write(batch_of(0, ++round));
  const uint64_t flushes = db->stats().counters.flush_count;
  const uint64_t compactions = db->stats().counters.compaction_count;
  const uint64_t begin = round;
  while (db->stats().counters.flush_count < flushes + 5) db->write(batch_of(0, ++round));
  CHECK(round > begin);
  CHECK(db->stats().counters.compaction_count == compactions);
  for (uint64_t slot = 0; slot < kSlots; ++slot) {
    // Reads go on too; the newest rounds are in memory or in the cache's blocks.
    PinnedValue value;
    const TryResult found = db->try_get(key('a', 0, slot), value);
    if (found == TryResult::kDone) CHECK(round_of(value.bytes) == due(round, slot));
    if (found == TryResult::kAbsent) CHECK(due(round, slot) == std::nullopt);
  }
  files.let_go();
  db->wait_idle();
  CHECK(db->stats().counters.compaction_count > compactions);
  std::vector<std::atomic<uint64_t>> done(kWriters);
  done[0] = round;
  std::mt19937_64 random(9);
  check_moment(*db, {round, 0}, done, random);
}

TEST_CASE(
    "close while others read and write: they get ClosedError, and nothing acknowledged goes") {
  for (int repeat = 0; repeat < 6; ++repeat) {
    const TemporaryDirectory directory;
    auto db = open_db(directory, "none");
    std::vector<std::atomic<uint64_t>> done(kWriters);
    {
      std::vector<std::jthread> threads;
      for (unsigned writer = 0; writer < kWriters; ++writer) {
        threads.emplace_back([&, writer] {
          try {
            for (uint64_t round = 1;; ++round) {
              db->write(batch_of(writer, round));
              done[writer] = round;
            }
          } catch (const ClosedError&) {
          }
        });
      }
      threads.emplace_back([&] {
        try {
          const auto cursor = db->cursor({});
          for (;;) {
            cursor->seek_to_first();
            while (cursor->valid()) cursor->next();
          }
        } catch (const ClosedError&) {
        }
      });
      threads.emplace_back([&] {
        try {
          for (;;) db->compact_range(std::nullopt, std::nullopt);
        } catch (const ClosedError&) {
        } catch (const Interrupted&) {
        }
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + 10 * repeat));
      db->close();
    }
    db = open_db(directory, "none");
    std::vector<uint64_t> from;
    for (const auto& d : done) from.push_back(d.load());
    std::mt19937_64 random(9);
    check_moment(*db, from, done, random);
  }
}

TEST_SUITE_END();
