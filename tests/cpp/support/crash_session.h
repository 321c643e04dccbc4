// A database at work on a disk in memory, and what must be true of it at every moment: the
// workloads of the crash and fault tests are written against it.
//
// It acts as a user does. A call that raises is noted as such, and the next one is made all the
// same; what was acknowledged is what returned. Errors without an injected fault fail the test.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"
#include "support/replaceable_disk.h"

namespace lsmkit::test {

inline uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

inline std::string numbered(const char* text, uint64_t n) {
  return text + std::to_string(n);
}

using Overrides = std::vector<std::pair<std::string, std::string>>;

// Everything small, so that a hundred writes flush and compact; the caller does all the work, so
// that the k-th operation is the same one in every run.
inline OpenRequest small_request(FileSystem& files, Clock& clock, const std::string& sync,
                                 const Overrides& overrides = {}) {
  Options o;
  o.memtable_bytes = 2 << 10;
  o.table_bytes = 2 << 10;
  o.base_bytes = 4 << 10;
  o.fanout = 3;
  o.l0_trigger_runs = o.l0_merged_runs = 2;
  o.block_bytes = 256;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 32 << 20;  // more than the jobs' buffers, or each put would have to flush
  o.background = "inline";
  OpenRequest request{
      .path = "/db", .options = o, .overrides = {{"sync", sync}}, .environment = {&files, &clock}};
  request.overrides.insert(request.overrides.end(), overrides.begin(), overrides.end());
  return request;
}

// What is known when so many operations have been done on the disk.
struct Moment {
  uint64_t operations = 0;
  Seqno durable = 0;    // a power loss leaves at least this
  Seqno written = 0;    // the death of the process leaves at least this
  Seqno published = 0;  // and nothing leaves more, but for one write
  // that raised: its record may be in the log, whole, and then the next open shows it.
  std::optional<Contents> doubt = {};
  std::string codec = {};        // typed codec: acknowledged
  std::string codec_asked = {};  // or asked for
  bool destroying = false;       // destroy() has been called
};

// A checkpoint, and what it must hold.
struct Copy {
  std::string path;
  Contents contents;
  bool raised = false;
  std::optional<uint64_t> done_after = {};  // operations
};

// What happens on one disk. A crash makes another disk of it, and another life begins there.
struct Life {
  std::unique_ptr<MemoryFileSystem> disk;
  std::vector<Contents> states;  // by seqno: what the database shows after that commit
  std::vector<Moment> moments = {};
  std::vector<Copy> copies = {};

  const Moment& before(uint64_t operations) const { return *(later_than(operations) - 1); }
  // The end of the call that was under way after so many operations.
  const Moment& after(uint64_t operations) const {
    const auto later = later_than(operations);
    return later == moments.end() ? moments.back() : *later;
  }
  uint64_t first_operation() const { return moments.front().operations; }

 private:
  std::vector<Moment>::const_iterator later_than(uint64_t operations) const {
    return std::upper_bound(moments.begin(), moments.end(), operations,
                            [](uint64_t due, const Moment& m) { return due < m.operations; });
  }
};

class Session {
 public:
  explicit Session(std::string sync) : sync_(std::move(sync)) {
    Options parsed;
    set_option(parsed, "sync", sync_);
    mode_ = parsed.sync;
    begin_life(std::make_unique<MemoryFileSystem>(), {Contents{}}, {});
  }

  // ---- What a workload does. Whatever follows an open that failed is left out.
  void open(const Overrides& overrides = {}) {
    for (int tries = 0; tries < 3 && !db_; ++tries) {
      attempt([&] { db_ = Db::open(small_request(faults_, clock_, sync_, overrides)); });
    }
    poisoned_ = false;
    if (db_) take_what_stands();
    note();
  }

  void close() {
    if (!db_) return;
    snapshot_.reset();
    const bool done = attempt([&] { db_->close(); });
    db_.reset();
    if (done) REQUIRE(!poisoned_);  // It must say that writing had stopped.
    if (done) now_.durable = now_.published;
    note();
  }

  void put(const std::string& key, const std::string& value, bool sync = false) {
    Contents next = life().states.back();
    next[key] = value;
    commit(std::move(next), sync, [&] { db_->put(key, value, {.sync = sync}); });
  }
  void remove(const std::string& key) {
    Contents next = life().states.back();
    next.erase(key);
    commit(std::move(next), false, [&] { db_->remove(key); });
  }
  void write(const std::vector<std::pair<std::string, std::string>>& puts) {
    WriteBatch batch;
    Contents next = life().states.back();
    for (const auto& [key, value] : puts) {
      batch.put(key, value);
      next[key] = value;
    }
    commit(std::move(next), false, [&] { db_->write(batch); });
  }

  void sync() {
    make_durable([&] { db_->sync(); });
  }
  void flush() {
    make_durable([&] { db_->flush(); });
  }
  void compact() {
    make_durable([&] { db_->compact_range(std::nullopt, std::nullopt); });
  }

  void set_typed_codec(const std::string& name) {
    if (!db_) return;
    now_.codec_asked = name;
    if (attempt([&] { db_->set_typed_codec(name); })) now_.codec = name;
    note();
  }

  void checkpoint(const std::string& path) {
    if (!db_) return;
    present().copies.push_back({path, life().states.back()});
    Copy& copy = present().copies.back();
    copy.raised = !attempt([&] { db_->checkpoint(path); });
    if (!copy.raised) copy.done_after = disk().operation_count();
    note();
  }

  void destroy() {
    close();
    now_.destroying = true;
    bool done = false;
    for (int tries = 0; tries < 3 && !done; ++tries) {
      done = attempt([&] { lsmkit::destroy("/db", {&faults_, &clock_}); });
    }
    if (done) REQUIRE(!disk().exists("/db"));
    note();
  }

  void hold_snapshot() {
    if (!db_) return;
    snapshot_ = db_->snapshot();
    held_ = life().states.back();
  }
  void look_at_snapshot() {
    if (snapshot_) read_all([&] { return contents_of(*db_, snapshot_); }, held_);
  }

  // Reads all there is in every way. A read may raise; what it answers must be true (W3.5).
  void look() {
    if (!db_) return;
    const Contents& due = life().states.back();
    read_all([&] { return contents_of(*db_); }, due);
    read_all([&] { return contents_backwards(*db_); }, due);
    bool found = false;
    if (attempt([&] { found = db_->get("no such key", value_); })) REQUIRE(!found);
    for (const auto& row : due) {
      if (!attempt([&] { found = db_->get(row.first, value_); })) continue;
      REQUIRE(found);
      REQUIRE(value_.bytes == row.second);
    }
  }

  // The process dies, and another finds the disk.
  void kill() { crash(disk().kill_image(disk().operation_count())); }
  void lose_power(Damage damage, uint64_t seed) {
    power_lost_ = true;
    crash(disk().crash_image(disk().operation_count(), damage, seed));
  }

  // A crash before this is not looked at: what came before takes long, and is there for what comes.
  void begin_here() {
    disk().forget_history();
    present().moments = {present().moments.back()};
  }

  // Of the workload itself: it gets where it wants to go, unless a fault stands in its way.
  void expect(const std::function<bool(Db&)>& arrived) {
    if (raised_ == 0 && faults_.failure_count() == 0) REQUIRE(arrived(*db_));
  }

  // ---- What is known.
  const std::vector<std::unique_ptr<Life>>& lives() const { return lives_; }
  const Life& life() const { return *lives_.back(); }
  const MemoryFileSystem& disk() const { return *life().disk; }
  MemoryFileSystem& disk() { return *life().disk; }
  FaultFileSystem& faults() { return faults_; }
  const std::string& sync_mode() const { return sync_; }
  uint64_t raised() const { return raised_; }
  bool poisoned() const { return poisoned_; }
  bool was_ever_poisoned() const { return ever_poisoned_; }
  bool destroyed() const { return now_.destroying; }
  Db* db() { return db_.get(); }

 private:
  Life& present() { return *lives_.back(); }

  // Whether the call returned. Nothing but Error may come out of it, and not without a cause.
  bool attempt(const std::function<void()>& call) {
    found_poison_ = false;
    try {
      call();
      return true;
    } catch (const Error& error) {
      INFO(error.what());
      REQUIRE(faults_.failure_count() > 0);
      ++raised_;
      const bool stopped = dynamic_cast<const DurabilityError*>(&error) != nullptr;
      found_poison_ = stopped && !poisoned_;
      poisoned_ = poisoned_ || stopped;
      ever_poisoned_ = ever_poisoned_ || stopped;
      return false;
    }
  }

  void read_all(const std::function<Contents()>& read, const Contents& due) {
    Contents found;
    if (attempt([&] { found = read(); })) REQUIRE(found == due);
  }

  // The write is published or not, whatever it answers: the next look tells.
  void commit(Contents next, bool sync, const std::function<void()>& call) {
    if (!db_) return;
    const bool was_poisoned = poisoned_;
    const bool done = attempt(call);
    const Seqno seqno = db_->last_seqno();
    if (seqno != now_.published) {
      REQUIRE(seqno == now_.published + 1);
      now_.published = seqno;
      present().states.push_back(std::move(next));
      now_.doubt.reset();
    } else {
      REQUIRE(!done);
      // Only the write that found the log broken can be in it: any other error comes before the
      // append, and after this one nothing is appended.
      if (found_poison_) now_.doubt = std::move(next);
    }
    if (done) {
      REQUIRE(!was_poisoned);  // Once the log has failed no write is taken.
      const uint64_t commits = sync ? 1 : mode_.commits;
      if (commits > 0) REQUIRE(db_->durable_seqno() + commits > seqno);
    }
    clock_.advance(500);
    note();
    if (!done) look();
  }

  void make_durable(const std::function<void()>& call) {
    if (!db_) return;
    if (attempt(call)) {
      REQUIRE(db_->durable_seqno() == now_.published);
    } else {
      look();
    }
    note();
  }

  // After an open: what it shows is durable. If only the process had died, or not even that,
  // nothing that had been published is missing.
  void take_what_stands() {
    const Seqno seen = db_->last_seqno();
    std::vector<Contents>& states = present().states;
    REQUIRE(seen >= now_.written);
    if (seen > now_.published) {
      REQUIRE(seen == now_.published + 1);
      REQUIRE(now_.doubt);
      states.push_back(std::move(*now_.doubt));
    }
    states.resize(seen + 1);
    now_.durable = now_.published = seen;
    now_.doubt.reset();
    power_lost_ = false;
    read_all([&] { return contents_of(*db_); }, states.back());
  }

  void note() {
    now_.operations = disk().operation_count();
    if (db_) now_.durable = std::max(now_.durable, db_->durable_seqno());
    now_.written = power_lost_ ? now_.durable : now_.published;
    present().moments.push_back(now_);
  }

  void crash(std::unique_ptr<MemoryFileSystem> disk) {
    snapshot_.reset();
    if (db_) dead_.push_back(std::move(db_));
    begin_life(std::move(disk), life().states, life().copies);
  }

  void begin_life(std::unique_ptr<MemoryFileSystem> disk, std::vector<Contents> states,
                  std::vector<Copy> copies) {
    for (Copy& copy : copies) {
      if (copy.done_after) copy.done_after = disk->operation_count();
    }
    lives_.push_back(std::make_unique<Life>(
        Life{.disk = std::move(disk), .states = std::move(states), .copies = std::move(copies)}));
    files_.replace(*life().disk);
    note();
  }

  const std::string sync_;
  SyncMode mode_;
  std::vector<std::unique_ptr<Life>> lives_;
  ReplaceableDisk files_;
  FaultFileSystem faults_{files_};
  ManualClock clock_{1'000'000};
  Moment now_;
  bool power_lost_ = false;  // and no open has succeeded since
  bool poisoned_ = false;    // a call of this open has raised DurabilityError
  bool ever_poisoned_ = false;
  bool found_poison_ = false;  // the last call was the first to
  uint64_t raised_ = 0;
  PinnedValue value_;
  Contents held_;
  // Processes that have died: they find their directory replaced and touch nothing.
  std::vector<std::shared_ptr<Db>> dead_;
  std::shared_ptr<Db> db_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace lsmkit::test
