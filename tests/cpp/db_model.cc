// The engine against the best reviewer there is: a std::map. Random puts, deletes, batches, reads,
// walks, snapshots, held cursors, flushes, compactions and reopens; every answer must be the
// model's. (W3.3, W3.8)
//
// LSMKIT_STEPS sets the steps per configuration (default 4,000).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/order_checker.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

using Model = std::map<std::string, std::string>;

int steps_per_configuration() {
  const char* set = std::getenv("LSMKIT_STEPS");
  return set != nullptr ? std::atoi(set) : 4'000;
}

// Memtables and tables so small that a few thousand puts fill several levels.
Options tiny_options() {
  Options o;
  o.memtable_bytes = 4 << 10;
  o.table_bytes = 4 << 10;
  o.base_bytes = 16 << 10;
  o.fanout = 4;
  o.l0_merged_runs = 2;
  o.block_bytes = 256;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  return o;
}

class Walk {
 public:
  Walk(const OpenRequest& request, uint64_t seed) : request_(request), random_(seed) { reopen(); }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    check_all();
    db_->verify();
  }

 private:
  struct Held {
    std::unique_ptr<DbCursor> cursor;
    Model seen;
    Model::const_iterator at;
  };
  struct Pinned {
    std::shared_ptr<const Snapshot> snapshot;
    Model seen;
  };

  void step() {
    switch (random_() % 64) {
      case 0:
        return flush_or_compact();
      case 1:
        return batch();
      case 2:
      case 3:
        return hold_cursor();
      case 4:
        return pin();
      case 5:
        if (random_() % 12 == 0) reopen();
        return;
      case 6:
        return check_range();
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
        return move_held();
      case 13:
      case 14:
        return read_pinned();
      case 15:
        if (random_() % 4 == 0) db_->sync();
        return;
      case 16:
      case 17:
      case 18:
      case 19:
      case 20:
      case 21:
      case 22:
      case 23:
        return remove();
      case 24:
      case 25:
      case 26:
      case 27:
      case 28:
      case 29:
      case 30:
        return read();
      case 31:
        return random_() % 4 == 0 ? read_many() : read();
      default:
        return put();
    }
  }

  // Mostly a few hundred keys, now and then an odd one.
  std::string any_key() {
    switch (random_() % 40) {
      case 0:
        return "";
      case 1:
        return std::string(random_() % 4, '\0');
      case 2:
        return std::string(1 + random_() % 12, '\xff');
      case 3:
        return std::string(300, 'p') + std::to_string(random_() % 4);
      default:
        return "key" + std::to_string(random_() % 300);
    }
  }
  std::string any_value() {
    const size_t bytes = random_() % 100 == 0 ? 3'000 : random_() % 60;
    return std::string(bytes, static_cast<char>('a' + random_() % 26)) +
           std::to_string(random_() % 1000);
  }
  WriteOptions any_write() { return {.sync = random_() % 50 == 0}; }

  void put() {
    const std::string key = any_key(), value = any_value();
    db_->put(key, value, any_write());
    model_[key] = value;
  }
  void remove() {
    const std::string key = any_key();
    db_->remove(key, any_write());
    model_.erase(key);
  }
  void batch() {
    WriteBatch ops;
    for (uint64_t i = random_() % 30; i > 0; --i) {
      const std::string key = any_key();
      if (random_() % 3 == 0) {
        ops.remove(key);
        model_.erase(key);
      } else {
        const std::string value = any_value();
        ops.put(key, value);
        model_[key] = value;
      }
    }
    db_->write(ops, any_write());
  }

  void expect(const std::string& key, const Model& model, const Snapshot* snapshot) {
    PinnedValue value;
    const bool found = db_->get(key, value, snapshot);
    const auto due = model.find(key);
    REQUIRE(found == (due != model.end()));
    if (found) REQUIRE(value.bytes == due->second);
  }
  void read() { expect(any_key(), model_, nullptr); }
  void read_pinned() {
    if (pinned_.empty()) return;
    const Pinned& pinned = pinned_[random_() % pinned_.size()];
    expect(any_key(), pinned.seen, pinned.snapshot.get());
  }

  // Up to three groups' worth, some keys twice.
  void read_many() {
    std::vector<std::string> keys(random_() % 200);
    for (std::string& key : keys) key = any_key();
    std::sort(keys.begin(), keys.end());
    const std::vector<std::string_view> sorted(keys.begin(), keys.end());
    const bool past = !pinned_.empty() && random_() % 2 == 0;
    const Pinned* const pinned = past ? &pinned_[random_() % pinned_.size()] : nullptr;
    std::vector<std::optional<std::string>> found(keys.size());
    db_->get_sorted(sorted, pinned ? pinned->snapshot.get() : nullptr,
                    [&](size_t i, std::string_view value) {
                      REQUIRE(!found[i]);
                      found[i] = value;
                    });
    const Model& due = pinned ? pinned->seen : model_;
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto at = due.find(keys[i]);
      REQUIRE(found[i].has_value() == (at != due.end()));
      if (found[i]) REQUIRE(*found[i] == at->second);
    }
  }

  void pin() {
    if (pinned_.size() > 4)
      pinned_.erase(pinned_.begin() + static_cast<long>(random_() % pinned_.size()));
    pinned_.push_back({db_->snapshot(), model_});
  }

  void hold_cursor() {
    if (held_.size() > 4) held_.erase(held_.begin() + static_cast<long>(random_() % held_.size()));
    Held held;
    std::shared_ptr<const Snapshot> snapshot;
    held.seen = model_;
    if (!pinned_.empty() && random_() % 2 == 0) {
      const Pinned& pinned = pinned_[random_() % pinned_.size()];
      snapshot = pinned.snapshot;
      held.seen = pinned.seen;
    }
    CursorOptions bounds;
    if (random_() % 2 == 0) {
      bounds.start = any_key();
      bounds.include_start = random_() % 2 == 0;
      held.seen.erase(held.seen.begin(), bounds.include_start
                                             ? held.seen.lower_bound(*bounds.start)
                                             : held.seen.upper_bound(*bounds.start));
    }
    if (random_() % 2 == 0) {
      bounds.stop = any_key();
      bounds.include_stop = random_() % 2 == 0;
      held.seen.erase(bounds.include_stop ? held.seen.upper_bound(*bounds.stop)
                                          : held.seen.lower_bound(*bounds.stop),
                      held.seen.end());
    }
    held.cursor = db_->cursor(bounds, snapshot);
    held_.push_back(std::make_unique<Held>(std::move(held)));
    held_.back()->at = held_.back()->seen.end();
  }

  void move_held() {
    if (held_.empty()) return;
    Held& held = *held_[random_() % held_.size()];
    const Model& seen = held.seen;
    const std::string key = any_key();
    for (int i = 0; i < 8; ++i) {
      switch (held.at == seen.end() ? random_() % 4 : random_() % 10) {
        case 0:
          held.cursor->seek_to_first();
          held.at = seen.begin();
          break;
        case 1:
          held.cursor->seek_to_last();
          held.at = seen.empty() ? seen.end() : std::prev(seen.end());
          break;
        case 2:
          held.cursor->seek(key);
          held.at = seen.lower_bound(key);
          break;
        case 3:
          held.cursor->seek_for_prev(key);
          held.at = seen.upper_bound(key);
          held.at = held.at == seen.begin() ? seen.end() : std::prev(held.at);
          break;
        case 4:
        case 5:
        case 6:
          held.cursor->next();
          ++held.at;
          break;
        default:
          held.cursor->prev();
          held.at = held.at == seen.begin() ? seen.end() : std::prev(held.at);
      }
      REQUIRE(held.cursor->valid() == (held.at != seen.end()));
      if (held.at != seen.end()) {
        REQUIRE(held.cursor->key() == held.at->first);
        REQUIRE(held.cursor->value() == held.at->second);
      }
    }
  }

  void check_range() {
    const auto cursor = db_->cursor({});
    std::string begin = any_key(), end = any_key();
    if (end < begin) std::swap(begin, end);
    auto at = model_.lower_bound(begin);
    for (cursor->seek(begin); cursor->valid() && cursor->key() < end; cursor->next(), ++at) {
      REQUIRE(at != model_.end());
      REQUIRE(cursor->key() == at->first);
      REQUIRE(cursor->value() == at->second);
    }
    REQUIRE(at == model_.lower_bound(end));
    db_->approximate_size(begin, end);
  }

  void check_all() {
    const auto cursor = db_->cursor({});
    auto at = model_.begin();
    for (cursor->seek_to_first(); cursor->valid(); cursor->next(), ++at) {
      REQUIRE(at != model_.end());
      REQUIRE(cursor->key() == at->first);
      REQUIRE(cursor->value() == at->second);
    }
    REQUIRE(at == model_.end());
    auto back = model_.rbegin();
    for (cursor->seek_to_last(); cursor->valid(); cursor->prev(), ++back) {
      REQUIRE(back != model_.rend());
      REQUIRE(cursor->key() == back->first);
    }
    REQUIRE(back == model_.rend());
    db_->tree().version.check_invariants();
  }

  void flush_or_compact() {
    switch (random_() % 8) {
      case 0:
        return db_->compact_range(std::nullopt, std::nullopt);
      case 1:
        return db_->compact_range(any_key(), std::nullopt);
      case 2:
      case 3:
        return db_->wait_idle();
      default:
        return db_->flush();
    }
  }

  void reopen() {
    held_.clear();
    pinned_.clear();
    if (db_) db_->close();
    db_.reset();
    db_ = Db::open(request_);
    check_all();
  }

  const OpenRequest request_;
  std::mt19937_64 random_;
  std::shared_ptr<Db> db_;
  Model model_;
  std::vector<std::unique_ptr<Held>> held_;  // where it lies: a map's end() does not survive a move
  std::vector<Pinned> pinned_;
};

}  // namespace

TEST_CASE("inline, in memory: every sync mode, layout and picker answers as the model does") {
  struct Shape {
    std::string layout, picker;
  };
  const Shape by_level[] = {
      {"leveled", "min_overlapping_ratio"}, {"leveled", "round_robin"}, {"hybrid", "round_robin"}};
  const Shape by_run[] = {{"tiered", "round_robin"}, {"lazy_leveled", "round_robin"}};
  uint64_t seed = 100;
  for (const std::string sync : {"always", "every(3)", "interval(1)", "hybrid(5, 2)", "none"}) {
    for (const std::string sizing : {"dynamic", "static"}) {
      std::vector<Shape> shapes(std::begin(by_level), std::end(by_level));
      if (sizing == "dynamic") shapes.insert(shapes.end(), std::begin(by_run), std::end(by_run));
      for (const Shape& shape : shapes) {
        CAPTURE(sync);
        CAPTURE(sizing);
        CAPTURE(shape.layout);
        CAPTURE(shape.picker);
        CAPTURE(++seed);
        MemoryFileSystem memory;
        OrderChecker files(memory);
        ManualClock clock;
        OpenRequest request{.path = "/db",
                            .options = tiny_options(),
                            .overrides = {},
                            .environment = {&files, &clock}};
        request.overrides = {{"sync", sync},
                             {"level_sizing", sizing},
                             {"layout", shape.layout},
                             {"picker", shape.picker},
                             {"background", "inline"}};
        Walk(request, seed).run(steps_per_configuration());
        CHECK(files.violations() == std::vector<std::string>{});
        CHECK(files.manifest_edits_seen() > 100);
      }
    }
  }
}

TEST_CASE("threads, on the real file system: every sync mode answers as the model does" *
          doctest::test_suite("threads")) {
  uint64_t seed = 200;
  for (const std::string sync : {"always", "every(3)", "interval(1)", "hybrid(5, 2)", "none"}) {
    for (const std::string threads : {"1", "3"}) {
      CAPTURE(sync);
      CAPTURE(threads);
      CAPTURE(++seed);
      const TemporaryDirectory directory;
      OrderChecker files(posix_file_system());
      OpenRequest request{.path = directory.path() + "/db",
                          .options = tiny_options(),
                          .overrides = {},
                          .environment = {&files, &system_clock()}};
      request.overrides = {{"sync", sync}, {"threads", threads}, {"max_parts", threads}};
      Walk(request, seed).run(steps_per_configuration() / 4);
      CHECK(files.violations() == std::vector<std::string>{});
    }
  }
}
