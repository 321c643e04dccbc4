// A job whose parts run side by side: it makes the same tables, counts its progress whoever makes
// it, and can be heard and ended while the caller's thread waits for the others.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/compaction/compaction_job.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file.h"
#include "lsmkit/vfs/passing_file_system.h"
#include "support/vector_cursor.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr int kEntries = 100'000;  // dozens of polls in each part
constexpr auto kPatience = std::chrono::seconds(20);
constexpr auto kLongAfter = std::chrono::milliseconds(300);

// Other threads than the one that made it wait in their first commit to a table until they are let
// go, or patience is lost.
class HoldsOtherThreads final : public PassingFileSystem {
 public:
  explicit HoldsOtherThreads(FileSystem& below) : PassingFileSystem(below) {}

  void let_go() { held_ = false; }
  void wait_until_somebody_waits() const {
    wait_for([this] { return waits_ > 0; });
  }
  bool lost_patience() const { return lost_patience_; }
  uint64_t others_bytes() const { return others_bytes_; }

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    return std::make_unique<HeldFile>(*this, below_.create(path, mode, expected_bytes));
  }

 private:
  class HeldFile final : public PassingAppendFile {
   public:
    HeldFile(HoldsOtherThreads& disk, std::unique_ptr<AppendFile> below)
        : PassingAppendFile(std::move(below)), disk_(disk) {}
    void commit(size_t bytes) override {
      disk_.hold(bytes);
      below_->commit(bytes);
    }

   private:
    HoldsOtherThreads& disk_;
  };

  void hold(size_t bytes) {
    if (std::this_thread::get_id() == owner_) return;
    others_bytes_ += bytes;
    ++waits_;
    wait_for([this] { return !held_; });
  }

  template <class Holds>
  void wait_for(const Holds& holds) const {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) lost_patience_ = true;
      if (lost_patience_) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const std::thread::id owner_ = std::this_thread::get_id();
  std::atomic<bool> held_{true};
  std::atomic<int> waits_{0};
  std::atomic<uint64_t> others_bytes_{0};
  mutable std::atomic<bool> lost_patience_{false};
};

std::string key(int i) {
  return "key" + std::to_string(1'000'000 + i);
}

// One table in L1 that goes to L2 in two parts, each half of it.
class TwoParts {
 public:
  TwoParts() {
    std::vector<OwnedEntry> entries;
    for (int i = 0; i < kEntries; ++i)
      entries.push_back({key(i), Seqno(i + 1), Kind::kPut, std::string(100, 'v')});
    MergeRules rules;
    rules.job = JobNumber{1};
    plan_.inputs = {{1, 0, run_flush(rules, VectorCursor(entries), output(disk_)).tables}};
    plan_.job = plan_.merge.job = JobNumber{2};
    plan_.output_level = 2;
    plan_.merge.cut.part_bounds = {key(kEntries / 2)};
    plan_.merge.input_entry_count = kEntries;
  }

  JobOutput run(FileSystem& disk, unsigned threads, std::function<void(uint64_t)> poll) {
    const OpenTable open = [&](const TableRef& table) {
      return Table::open(disk.open(path_of(table->number)), nullptr, table->id);
    };
    OutputContext context = output(disk);
    context.poll = std::move(poll);
    return run_merge(plan_, open, std::move(context), threads);
  }

  MemoryFileSystem& disk() { return disk_; }
  const TableMeta& input() const { return *plan_.inputs.front().tables.front(); }

 private:
  static std::string path_of(TableNumber number) { return "/" + to_text(number); }

  static OutputContext output(FileSystem& disk) {
    OutputContext out;
    out.files = &disk;
    out.path_of = path_of;
    return out;
  }

  MemoryFileSystem disk_;
  CompactionPlan plan_;
};

// As the caller's thread sees it: another part is under way before it makes much of its own, and it
// has to wait for that once several polls in a row bring no news.
class Listener {
 public:
  explicit Listener(HoldsOtherThreads& disk) : disk_(disk) {}

  bool waits(uint64_t entry_count) {
    CHECK(std::this_thread::get_id() == caller_);
    if (polls == 0) disk_.wait_until_somebody_waits();
    ++polls;
    entries += entry_count;
    silent_ = entry_count == 0 ? silent_ + 1 : 0;
    return silent_ == 3;
  }

  int polls = 0;
  uint64_t entries = 0;

 private:
  HoldsOtherThreads& disk_;
  const std::thread::id caller_ = std::this_thread::get_id();
  int silent_ = 0;
};

}  // namespace

TEST_CASE("a job is polled while it waits for a part on another thread" *
          doctest::test_suite("threads")) {
  TwoParts job;
  HoldsOtherThreads disk(job.disk());
  Listener listener(disk);
  const JobOutput output = job.run(disk, 2, [&](uint64_t entry_count) {
    if (listener.waits(entry_count)) disk.let_go();  // nobody else does
  });
  CHECK_FALSE(disk.lost_patience());
  CHECK(output.counts.out_entries == kEntries);
  CHECK(output.tables.size() == 2);
  CHECK(disk.others_bytes() > 0);
  // All but what the other part made after the last poll; each part polls once early.
  CHECK(listener.entries > kEntries / 2);
  CHECK(listener.entries < kEntries + 3 * kEntriesPerPoll);
}

TEST_CASE("what poll throws while a job waits ends the other parts" *
          doctest::test_suite("threads")) {
  TwoParts job;
  REQUIRE(job.disk().list("/").size() == 1);
  HoldsOtherThreads disk(job.disk());
  Listener listener(disk);
  int polls_after = 0;
  bool thrown = false;
  // Lets the other part go on well after the throw, by when the job knows of it.
  std::thread letting_go;
  CHECK_THROWS_AS(job.run(disk, 2,
                          [&](uint64_t entry_count) {
                            polls_after += thrown;
                            if (!listener.waits(entry_count)) return;
                            thrown = true;
                            letting_go = std::thread([&] {
                              std::this_thread::sleep_for(kLongAfter);
                              disk.let_go();
                            });
                            throw Interrupted();
                          }),
                  Interrupted);
  letting_go.join();
  CHECK(thrown);
  CHECK(polls_after == 0);
  CHECK_FALSE(disk.lost_patience());
  // The other part was at its first commit; it wrote no more than what lies between two polls.
  CHECK(disk.others_bytes() > 0);
  CHECK(disk.others_bytes() < job.input().file_bytes / 8);
  CHECK(job.disk().list("/").size() == 1);
}
