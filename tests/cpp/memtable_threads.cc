// Readers beside the writer. The writer publishes a commit's seqno once all of the commit is in, as
// the engine does; whoever has read that seqno finds every entry up to it, each time, and nothing
// half written. Run it under ThreadSanitizer too.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/memtable/memtable.h"

using namespace lsmkit;

namespace {

constexpr unsigned kEntriesPerCommit = 4;
constexpr Seqno kCommits = 900;
constexpr int kRounds = 6;

// What is written is a function of (seqno, index), so readers know what is due.
struct Workload {
  const char* name;
  std::string (*key)(Seqno seqno, unsigned index);
};

std::string number_key(std::string_view head, uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(head) + std::string(12 - digits.size(), '0') + digits;
}

const Workload kWorkloads[] = {
    {"random keys",
     [](Seqno seqno, unsigned index) {
       return number_key("", mix64(seqno * kEntriesPerCommit + index) % 1'000'000'000);
     }},
    {"some keys, many versions",
     [](Seqno seqno, unsigned index) {
       return number_key("a long common beginning/", mix64(seqno) % 25 * kEntriesPerCommit + index);
     }},
    {"four keys", [](Seqno, unsigned index) { return std::string(index, '\0'); }},
    {"ascending",
     [](Seqno seqno, unsigned index) { return number_key("", seqno * kEntriesPerCommit + index); }},
    {"four rows, two of them descending",
     [](Seqno seqno, unsigned index) {
       return std::string(1, static_cast<char>('a' + index)) +
              number_key("", index % 2 ? kCommits - seqno : seqno);
     }},
};

std::string value_of(Seqno seqno, unsigned index) {
  return std::string(seqno % 40, static_cast<char>('a' + index)) + std::to_string(seqno);
}

struct Shared {
  explicit Shared(const Workload& w) : workload(w) {}

  const Workload& workload;
  Memtable table;
  std::atomic<Seqno> published = 0;
  std::atomic<const char*> broken = nullptr;  // the promise that some thread saw broken

  void expect(bool ok, const char* promise) {
    if (!ok) broken = promise;
  }
};

void write_all(Shared& shared) {
  for (Seqno seqno = 1; seqno <= kCommits; ++seqno) {
    for (unsigned index = 0; index < kEntriesPerCommit; ++index) {
      const std::string key = shared.workload.key(seqno, index);
      // Every third commit changes its mind: nobody may see the first word.
      if (seqno % 3 == 0) shared.table.insert({key, seqno, Kind::kDelete, "taken back"});
      shared.table.insert({key, seqno, Kind::kPut, value_of(seqno, index)});
    }
    shared.published.store(seqno, std::memory_order_release);
  }
}

void check_entry(Shared& shared, std::string_view key, Seqno seqno, Kind kind,
                 std::string_view value) {
  for (unsigned index = 0; index < kEntriesPerCommit; ++index) {
    if (shared.workload.key(seqno, index) != key) continue;
    return shared.expect(kind == Kind::kPut && value == value_of(seqno, index),
                         "a cursor shows the last word of a commit, whole");
  }
  shared.expect(false, "a cursor shows what was written");
}

void get_at_random(Shared& shared, std::mt19937_64 random) {
  for (;;) {
    const Seqno visible = shared.published.load(std::memory_order_acquire);
    for (int i = 0; visible > 0 && i < 20; ++i) {
      const Seqno seqno = i < 3 ? visible : 1 + random() % visible;
      const auto index = static_cast<unsigned>(random() % kEntriesPerCommit);
      const std::string key = shared.workload.key(seqno, index);
      const auto exact = shared.table.get(key, seqno);
      shared.expect(exact && exact->seqno == seqno && exact->kind == Kind::kPut &&
                        exact->value == value_of(seqno, index),
                    "get finds the version that was asked for");
      const auto newest = shared.table.get(key, visible);
      shared.expect(newest && newest->seqno >= seqno && newest->seqno <= visible,
                    "get finds the newest version");
    }
    if (visible == kCommits) return;
  }
}

// Every visible entry is met once, in order, forwards or backwards.
void walk_over_all(Shared& shared, bool forwards) {
  auto cursor = shared.table.cursor();
  for (;;) {
    const Seqno visible = shared.published.load(std::memory_order_acquire);
    uint64_t met = 0;
    std::string last_key;
    Seqno last_seqno = 0;
    bool first = true;
    forwards ? cursor.seek_to_first() : cursor.seek_to_last();
    while (cursor.valid()) {
      const Entry entry = entry_at(cursor);
      if (!first) {
        const int sign = compare_internal(last_key, last_seqno, entry.key, entry.seqno);
        shared.expect(forwards ? sign < 0 : sign > 0, "a cursor walks in order");
      }
      first = false;
      last_key = entry.key;
      last_seqno = entry.seqno;
      if (entry.seqno <= visible) {
        check_entry(shared, entry.key, entry.seqno, entry.kind, entry.value);
        ++met;
      }
      forwards ? cursor.next() : cursor.prev();
    }
    shared.expect(met == visible * kEntriesPerCommit, "a cursor meets each entry once");
    if (visible == kCommits) return;
  }
}

// From anywhere some way in one direction, and the same way back.
void go_to_and_fro(Shared& shared, std::mt19937_64 random) {
  auto cursor = shared.table.cursor();
  for (;;) {
    const Seqno visible = shared.published.load(std::memory_order_acquire);
    if (visible > 0) {
      const Seqno seqno = 1 + random() % visible;
      cursor.seek(shared.workload.key(seqno, 0), seqno);
      shared.expect(cursor.valid() && cursor.seqno() == seqno, "seek finds the entry");
      const bool forwards = random() % 2;
      std::vector<const char*> way;
      Entry here;
      for (size_t steps = 1 + random() % 100; cursor.valid() && steps > 0; --steps) {
        here = entry_at(cursor);
        if (here.seqno <= visible) way.push_back(here.value.data());
        forwards ? cursor.next() : cursor.prev();
      }
      if (!cursor.valid()) cursor.seek(here.key, here.seqno);
      for (; !way.empty() && cursor.valid(); forwards ? cursor.prev() : cursor.next()) {
        if (cursor.seqno() <= visible && cursor.value().data() == way.back()) way.pop_back();
      }
      shared.expect(way.empty(), "a cursor finds its way back");
    }
    if (visible == kCommits) return;
  }
}

void watch_totals(Shared& shared) {
  for (;;) {
    const Seqno visible = shared.published.load(std::memory_order_acquire);
    shared.expect(shared.table.entry_count() >= visible * kEntriesPerCommit, "entries are counted");
    shared.expect(shared.table.largest_seqno() >= visible, "the largest seqno is known");
    shared.expect(shared.table.smallest_seqno() <= 1, "the smallest seqno is known");
    const uint64_t weight = shared.table.weight();
    shared.expect(shared.table.allocated_bytes() >= weight / 2, "memory is counted");
    if (visible == kCommits) return;
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("readers find all that was published before they began, while the writer goes on" *
          doctest::test_suite("threads")) {
  for (const Workload& workload : kWorkloads) {
    INFO(std::string(workload.name));
    for (int round = 0; round < kRounds; ++round) {
      Shared shared(workload);
      const auto seed = static_cast<uint64_t>(round);
      std::vector<std::thread> readers;
      readers.emplace_back([&] { get_at_random(shared, std::mt19937_64(seed)); });
      readers.emplace_back([&] { walk_over_all(shared, round % 2 == 0); });
      readers.emplace_back([&] { go_to_and_fro(shared, std::mt19937_64(seed)); });
      readers.emplace_back([&] { watch_totals(shared); });
      write_all(shared);
      for (auto& reader : readers) reader.join();
      const char* broken = shared.broken;
      INFO(std::string(broken ? broken : ""));
      CHECK(broken == nullptr);
    }
  }
}
