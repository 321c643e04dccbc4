#include "lsmkit/twin/twin.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/twin/exact_start_of.h"

namespace lsmkit {
namespace {

bool changes_the_tree(const Event& event) {
  return event.kind == EventKind::kFlush || event.kind == EventKind::kCompaction ||
         event.kind == EventKind::kTrivialMove;
}

// File bytes are modelled, and decide nothing.
std::vector<Rectangle> without_files(std::vector<Rectangle> tables) {
  for (Rectangle& table : tables) table.file_bytes = 0;
  return tables;
}

std::string text_of(const Rectangle& r) {
  return "L" + std::to_string(r.level) + " #" + to_text(TableNumber{r.number}) + " '" +
         r.smallest_key + "'..'" + r.largest_key + "', seqnos " + std::to_string(r.smallest_seqno) +
         ".." + std::to_string(r.largest_seqno) + ", " + std::to_string(r.entry_count) +
         " entries, " + std::to_string(r.tombstone_count) + " tombstones, weight " +
         std::to_string(r.weight) + ", run " + std::to_string(r.run);
}

class Comparison {
 public:
  template <class T>
  void equal(const char* what, const T& engine, const T& simulation) {
    if (!text.empty() || engine == simulation) return;
    text = std::string(what) + " " + shown(engine) + ", simulated " + shown(simulation);
  }
  void equal(const char* what, const std::vector<Rectangle>& engine,
             const std::vector<Rectangle>& simulation) {
    if (!text.empty()) return;
    for (size_t i = 0; i < std::min(engine.size(), simulation.size()); ++i) {
      if (engine[i] == simulation[i]) continue;
      text = std::string(what) + " " + text_of(engine[i]) + "; simulated " + text_of(simulation[i]);
      return;
    }
    equal(what, engine.size(), simulation.size());
  }
  std::string text;

 private:
  static std::string shown(std::string_view value) { return std::string(value); }
  static std::string shown(double value) { return std::to_string(value); }
  static std::string shown(uint64_t value) { return std::to_string(value); }
};

}  // namespace

std::string difference_of(const Event& engine, const Event& simulation) {
  Comparison compare;
  compare.equal("kind", name_of(engine.kind), name_of(simulation.kind));
  compare.equal("reason", name_of(engine.reason), name_of(simulation.reason));
  compare.equal("job", static_cast<uint64_t>(engine.job), static_cast<uint64_t>(simulation.job));
  compare.equal("score", engine.score, simulation.score);
  compare.equal("removed table", without_files(engine.removed), without_files(simulation.removed));
  compare.equal("output level", uint64_t{engine.output_level}, uint64_t{simulation.output_level});
  compare.equal("added table", without_files(engine.added), without_files(simulation.added));
  compare.equal("weight read", engine.read_weight, simulation.read_weight);
  compare.equal("weight written", engine.written_weight, simulation.written_weight);
  compare.equal("entries read", engine.in_entries, simulation.in_entries);
  compare.equal("entries written", engine.out_entries, simulation.out_entries);
  compare.equal("entries dropped", engine.dropped_entries, simulation.dropped_entries);
  compare.equal("last seqno", engine.last_seqno, simulation.last_seqno);
  return compare.text;
}

Twin::Twin(std::shared_ptr<Db> db, std::shared_ptr<const KeyUniverse> keys,
           const std::optional<ReadOptions>& reads)
    : Twin(std::move(db), std::move(keys), {}, reads) {
  if (db_->last_seqno() != 0)
    throw InvalidArgument(db_->path() +
                          " holds something already; a twin begins with an empty database");
}

std::unique_ptr<Twin> Twin::fork(std::shared_ptr<Db> db, std::shared_ptr<const KeyUniverse> keys) {
  ExactStart start = exact_start_of(db->standing(), *keys, {});
  return std::unique_ptr<Twin>(new Twin(std::move(db), std::move(keys), std::move(start), {}));
}

Twin::Twin(std::shared_ptr<Db> db, std::shared_ptr<const KeyUniverse> keys, ExactStart start,
           const std::optional<ReadOptions>& reads)
    : db_(std::move(db)),
      keys_(std::move(keys)),
      simulation_(keys_, compaction_options_of(db_->options()), std::move(start), {}, reads) {
  if (db_->options().background != "inline")
    throw InvalidArgument(
        "a twin needs background='inline': with threads the order of jobs is nobody's to foresee");
  const std::vector<Event> before = db_->events();
  if (!before.empty()) last_event_ = before.back().number;
  counted_before_ = db_->stats().counters;
  simulation_.observe([this](const Event& event) {
    simulated_.push_back(event);
    if (watcher_) watcher_(event);
  });
}

// ---- What goes to both.

void Twin::write(std::span<const SimWrite> commit) {
  if (differ() || commit.empty()) return;
  simulation_.write(commit);
  const auto value = [this](uint32_t bytes) {
    if (value_.size() < bytes) value_.resize(bytes, 'v');
    return std::string_view(value_).substr(0, bytes);
  };
  if (commit.size() == 1) {
    const SimWrite& one = commit.front();
    if (one.kind == Kind::kDelete) {
      db_->remove(keys_->key(one.rank));
    } else {
      db_->put(keys_->key(one.rank), value(one.value_bytes));
    }
  } else {
    WriteBatch batch;
    for (const SimWrite& one : commit) {
      if (one.kind == Kind::kDelete) {
        batch.remove(keys_->key(one.rank));
      } else {
        batch.put(keys_->key(one.rank), value(one.value_bytes));
      }
    }
    db_->write(batch);
  }
  ++report_.commits;
  if (!simulated_.empty()) compare_edits();
}

void Twin::put(KeyRank rank, uint32_t value_bytes) {
  const SimWrite one{rank, Kind::kPut, value_bytes};
  write({&one, 1});
}

void Twin::remove(KeyRank rank) {
  const SimWrite one{rank, Kind::kDelete, 0};
  write({&one, 1});
}

void Twin::flush() {
  if (differ()) return;
  simulation_.flush();
  db_->flush();
  compare_edits();
}

void Twin::compact_range(const std::optional<std::string>& begin,
                         const std::optional<std::string>& end) {
  if (differ()) return;
  simulation_.compact_range(begin, end);
  db_->compact_range(begin, end);
  compare_edits();
}

void Twin::pin() {
  readers_.emplace_back(db_->snapshot(), simulation_.pin());
}

void Twin::let_go() {
  if (readers_.empty()) return;
  simulation_.unpin(readers_.front().second);
  readers_.erase(readers_.begin());
}

// ---- Comparing.

void Twin::compare_edits() {
  std::vector<Event> engine = db_->events(last_event_);
  if (!engine.empty()) last_event_ = engine.back().number;
  std::erase_if(engine, [](const Event& event) { return !changes_the_tree(event); });
  for (size_t i = 0; i < std::max(engine.size(), simulated_.size()) && !differ(); ++i) {
    const std::string where = "edit " + std::to_string(report_.edits + 1) + " after commit " +
                              std::to_string(report_.commits + 1) + ": ";
    if (i >= engine.size()) {
      report_.difference = where + "the engine made none, simulated: " + to_line(simulated_[i]);
    } else if (i >= simulated_.size()) {
      report_.difference = where + "none was simulated, the engine: " + to_line(engine[i]);
    } else {
      const std::string difference = difference_of(engine[i], simulated_[i]);
      if (difference.empty()) {
        count(simulated_[i]);
      } else {
        report_.difference = where + difference + "\n  engine:     " + to_line(engine[i]) +
                             "\n  simulation: " + to_line(simulated_[i]);
      }
    }
  }
  simulated_.clear();
}

void Twin::count(const Event& event) {
  ++report_.edits;
  ++report_.edits_by_reason[event.reason];
  report_.dropped_entries += event.dropped_entries;
  if (!event.added.empty()) report_.levels.insert(event.output_level);
  if (event.kind == EventKind::kFlush) return;
  ++report_.compactions;
  report_.pinned_jobs += !readers_.empty();
  if (event.kind == EventKind::kTrivialMove) report_.moved_tables += event.added.size();
  if (event.kind == EventKind::kCompaction) count_tables(event);
}

void Twin::count_tables(const Event& event) {
  uint64_t made = 0, tombstones = 0;
  uint32_t last_part = 0;
  for (const Rectangle& removed : event.removed) tombstones += removed.tombstone_count;
  for (const Rectangle& added : event.added) {
    tombstones -= added.tombstone_count;
    const TableNumber number{added.number};
    if (job_of(number) != event.job) {
      ++report_.passed_tables;
      continue;
    }
    ++made;
    last_part = std::max(last_part, part_of(number));
    report_.zeroed_tables += added.largest_seqno == 0;
  }
  report_.dropped_tombstones += tombstones;
  report_.cut_jobs += made > 1;
  report_.parted_jobs += last_part > 0;
}

void Twin::compare_state() {
  const Version engine = db_->tree().version;
  const auto tables_of = [](const Version& version) {
    std::vector<Rectangle> out;
    for (unsigned n = 0; n < version.level_count(); ++n)
      for (const Run& run : version.level(n).runs)
        for (const TableRef& table : run.tables()) out.push_back(rectangle_of(n, run.id(), *table));
    return without_files(std::move(out));
  };
  Comparison compare;
  compare.equal("table", tables_of(engine), tables_of(simulation_.version()));
  const Counters real = difference(db_->stats().counters, counted_before_);
  const Counters modelled = simulation_.counters();
  compare.equal("weight flushed", real.flush_weight, modelled.flush_weight);
  compare.equal("weight compacted", real.compaction_written_weight,
                modelled.compaction_written_weight);
  compare.equal("weight put", real.user_weight, modelled.user_weight);
  if (!compare.text.empty()) report_.difference = "at the end: " + compare.text;
}

const TwinReport& Twin::finish() {
  if (!differ()) compare_edits();
  if (!differ()) compare_state();
  return report_;
}

}  // namespace lsmkit
