// The memtable against a sorted map that keeps every version of every key.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/memtable/memtable.h"
#include "support/key_profiles.h"
#include "support/skiplist_memtable.h"

using namespace lsmkit;

namespace {

struct InternalLess {
  bool operator()(const std::pair<std::string, Seqno>& a,
                  const std::pair<std::string, Seqno>& b) const {
    return compare_internal(a.first, a.second, b.first, b.second) < 0;
  }
};
struct Stored {
  Kind kind;
  std::string value;
};
using Model = std::map<std::pair<std::string, Seqno>, Stored, InternalLess>;

bool same(const Entry& entry, const Model::value_type& due) {
  return entry.key == due.first.first && entry.seqno == due.first.second &&
         entry.kind == due.second.kind && entry.value == due.second.value;
}

// The next entry of a random history: commits of up to five ops, so that a key now and then comes
// twice in one commit; or many ops whose keys ascend.
struct History {
  const KeyProfile& profile;
  std::mt19937_64 random;
  Seqno seqno = 1;

  void step(auto& table, Model& model) {
    if (random() % 5 < 2) ++seqno;
    write(profile.draw(random), table, model);
  }

  void ascend(size_t keys, auto& table, Model& model) {
    ++seqno;
    std::vector<std::string> ascending(keys);
    for (std::string& key : ascending) key = profile.draw(random);
    std::sort(ascending.begin(), ascending.end());
    for (const std::string& key : ascending) write(key, table, model);
  }

 private:
  void write(const std::string& key, auto& table, Model& model) {
    const Kind kind = random() % 4 ? Kind::kPut : Kind::kDelete;
    const std::string value =
        kind == Kind::kPut ? std::string(random() % 30, static_cast<char>(random())) : "";
    table.insert({key, seqno, kind, value});
    model[{key, seqno}] = {kind, value};
  }
};

size_t steps_for(const KeyProfile& profile) {
  return profile.long_keys ? 80 : 4000;
}

template <class Table>
void check_totals(const Table& table, const Model& model) {
  uint64_t weight = 0;
  Seqno smallest = model.empty() ? 0 : kMaxSeqno;
  Seqno largest = 0;
  for (const auto& [internal_key, stored] : model) {
    weight += weight_of(internal_key.first.size(), stored.value.size());
    smallest = std::min(smallest, internal_key.second);
    largest = std::max(largest, internal_key.second);
  }
  CHECK(table.weight() == weight);
  CHECK(table.entry_count() == model.size());
  CHECK(table.empty() == model.empty());
  CHECK(table.smallest_seqno() == smallest);
  CHECK(table.largest_seqno() == largest);
}

template <class Table>
void check_whole_walks(const Table& table, const Model& model) {
  auto cursor = table.cursor();
  size_t different = 0;
  cursor.seek_to_first();
  for (auto due = model.begin(); due != model.end(); ++due, cursor.next()) {
    REQUIRE(cursor.valid());
    different += !same(entry_at(cursor), *due);
  }
  CHECK_FALSE(cursor.valid());
  cursor.seek_to_last();
  for (auto due = model.rbegin(); due != model.rend(); ++due, cursor.prev()) {
    REQUIRE(cursor.valid());
    different += !same(entry_at(cursor), *due);
  }
  CHECK_FALSE(cursor.valid());
  CHECK(different == 0);
}

template <class Table>
void check_gets(const Table& table, const Model& model, History& history) {
  size_t different = 0;
  for (size_t i = 0; i < steps_for(history.profile) / 8; ++i) {
    const std::string key = history.profile.draw(history.random);
    const Seqno seqno =
        history.random() % 4 ? history.random() % (history.seqno + 2) : Seqno{kMaxSeqno};
    const auto due = model.lower_bound({key, seqno});
    const auto hit = table.get(key, seqno);
    if (due == model.end() || due->first.first != key) {
      different += hit.has_value();
    } else {
      different += !hit || !same({key, hit->seqno, hit->kind, hit->value}, *due);
    }
  }
  CHECK(different == 0);
}

// Seeks somewhere, then goes to and fro at random.
template <class Table>
void check_wandering(const Table& table, const Model& model, History& history) {
  auto& random = history.random;
  auto cursor = table.cursor();
  size_t different = 0;
  for (size_t i = 0; i < steps_for(history.profile) / 20; ++i) {
    const std::string key = history.profile.draw(random);
    const Seqno seqno = random() % 2 ? random() % (history.seqno + 2) : Seqno{kMaxSeqno};
    cursor.seek(key, seqno);
    auto due = model.lower_bound({key, seqno});
    for (int step = 0; step < 60; ++step) {
      REQUIRE(cursor.valid() == (due != model.end()));
      if (!cursor.valid()) break;
      different += !same(entry_at(cursor), *due);
      if (random() % 2) {
        ++due;
        cursor.next();
      } else {
        due = due == model.begin() ? model.end() : std::prev(due);
        cursor.prev();
      }
    }
  }
  CHECK(different == 0);
}

template <class Table>
void check_against_model() {
  for (const auto& profile : key_profiles()) {
    INFO(std::string(profile.name));
    Table table;
    Model model;
    History history{profile, std::mt19937_64(1)};
    for (int part = 0; part < 5; ++part) {
      check_totals(table, model);
      check_whole_walks(table, model);
      check_gets(table, model, history);
      check_wandering(table, model, history);
      for (size_t step = 0; step < steps_for(profile) / 8; ++step) history.step(table, model);
      history.ascend(steps_for(profile) / 8, table, model);
    }
  }
}

}  // namespace

TEST_CASE("a memtable answers as a sorted map of all versions does, whatever the keys") {
  check_against_model<Memtable>();
}

TEST_CASE("the skip list, which the benchmark measures by, answers so too") {
  check_against_model<SkiplistMemtable>();
}

TEST_CASE("a cursor stays where it is while the writer inserts around it, and goes on in order") {
  for (const auto& profile : key_profiles()) {
    INFO(std::string(profile.name));
    Memtable table;
    Model model;
    History history{profile, std::mt19937_64(11)};
    for (size_t i = 0; i < steps_for(profile) / 20; ++i) history.step(table, model);
    const Model published = model;
    const Seqno snapshot = history.seqno;
    ++history.seqno;  // what follows belongs to later commits

    for (const bool forwards : {true, false}) {
      size_t inserts_left = steps_for(profile) / 3;  // a writer that never rests is never passed
      auto cursor = table.cursor();
      std::vector<Entry> seen;
      if (forwards) {
        cursor.seek_to_first();
      } else {
        cursor.seek_to_last();
      }
      while (cursor.valid()) {
        const Entry before = entry_at(cursor);
        for (int i = 0; i < 7 && inserts_left > 0; ++i, --inserts_left) history.step(table, model);
        const Entry after = entry_at(cursor);
        CHECK(before.key.data() == after.key.data());
        CHECK(before.value.data() == after.value.data());
        if (after.seqno <= snapshot) seen.push_back(after);
        if (forwards) {
          cursor.next();
        } else {
          cursor.prev();
        }
      }
      if (!forwards) std::reverse(seen.begin(), seen.end());
      REQUIRE(seen.size() == published.size());
      size_t different = 0;
      auto due = published.begin();
      for (const Entry& entry : seen) different += !same(entry, *due++);
      CHECK(different == 0);
    }
  }
}
