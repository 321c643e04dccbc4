#include "lsmkit/compaction/compaction_job.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/compaction/table_check.h"
#include "lsmkit/sst/table_cursor.h"

namespace lsmkit {
namespace {

// Read once, from end to end: large reads ahead, and the block cache is left to readers. All inputs
// of a job together read so far ahead, each at most and at least:
constexpr uint64_t kReadaheadBytes = 2 << 20;
constexpr uint64_t kMostPerRun = 1 << 20;
constexpr uint64_t kLeastPerRun = 32 << 10;

// The keys of one part of a job.
struct KeySpan {
  std::optional<std::string> begin;  // inclusive; none: from the first
  std::optional<std::string> end;    // exclusive; none: to the last
};

// The tables of one input, one after the other, as far as they lie in the span.
class InputRun {
 public:
  InputRun(const PlanInput& input, const OpenTable& open, const KeySpan& span,
           uint64_t readahead_bytes, const std::function<void()>& before_read)
      : input_(&input),
        open_(&open),
        span_(&span),
        readahead_bytes_(readahead_bytes),
        before_read_(&before_read) {
    while (table_ < input.tables.size() && span.begin &&
           ends_before(*input.tables[table_], *span.begin))
      ++table_;
    enter();
  }

  bool valid() const { return cursor_.has_value(); }
  std::string_view key() const { return cursor_->key(); }
  Seqno seqno() const { return cursor_->seqno(); }
  Kind kind() const { return cursor_->kind(); }
  std::string_view value() const { return cursor_->value(); }
  void next() {
    cursor_->next();
    at_first_ = false;
    if (!cursor_->valid()) {
      ++table_;
      enter();
    } else if (span_->end && cursor_->key() >= *span_->end) {
      cursor_.reset();
    }
  }
  const TableRef* table_ahead() const { return at_first_ ? &input_->tables[table_] : nullptr; }
  void skip_table() {
    ++table_;
    enter();
  }

 private:
  void enter() {
    for (; table_ < input_->tables.size(); ++table_) {
      cursor_.reset();
      const TableMeta& meta = *input_->tables[table_];
      if (span_->end && meta.smallest.key >= *span_->end) return;
      open_table_ = (*open_)(input_->tables[table_]);
      cursor_.emplace(open_table_->cursor(ReadHints{
          .fill_cache = false, .readahead_bytes = readahead_bytes_, .before_read = before_read_}));
      const bool from_first = !span_->begin || *span_->begin <= meta.smallest.key;
      if (from_first)
        cursor_->seek_to_first();
      else
        cursor_->seek(*span_->begin, kMaxSeqno);
      if (!cursor_->valid()) continue;
      at_first_ = from_first;
      if (span_->end && cursor_->key() >= *span_->end) cursor_.reset();
      return;
    }
    cursor_.reset();
  }

  const PlanInput* input_;
  const OpenTable* open_;
  const KeySpan* span_;
  uint64_t readahead_bytes_;
  const std::function<void()>* before_read_;
  size_t table_ = 0;
  bool at_first_ = false;
  std::shared_ptr<const Table> open_table_;
  std::optional<TableCursor> cursor_;
};

// A merge did not add up. It may have been given what no checksum tells: tables that are out of
// order, or that hold other entries than the MANIFEST says. Throws CorruptionError for the first.
[[noreturn]] void blame_input(const CompactionPlan& plan, const OpenTable& open,
                              const std::function<void(uint64_t)>& poll,
                              const std::logic_error& error) {
  const auto poll_reading = [&] {
    if (poll) poll(0);
  };
  for (const PlanInput& input : plan.inputs) {
    for (const TableRef& meta : input.tables) check_table(*open(meta), *meta, poll_reading);
  }
  throw CorruptionError(
      open(plan.inputs.front().tables.front())->path(), 0,
      std::string("it does not go with the other tables of its merge: ") + error.what());
}

// One part of a job, or all of it.
class PartMerge {
 public:
  PartMerge(const CompactionPlan& plan, const OpenTable& open, KeySpan span, OutputContext output)
      : plan_(plan),
        open_(open),
        span_(std::move(span)),
        before_read_([poll = output.poll] {
          if (poll) poll(0);
        }),
        sink_(plan.merge, std::move(output)) {}

  void run() {
    const uint64_t share = kReadaheadBytes / std::max<size_t>(plan_.inputs.size(), 1);
    const uint64_t readahead_bytes = std::clamp(share, kLeastPerRun, kMostPerRun);
    std::vector<InputRun> sources;
    sources.reserve(plan_.inputs.size());
    for (const PlanInput& input : plan_.inputs)
      sources.emplace_back(input, open_, span_, readahead_bytes, before_read_);
    MergeRules rules = plan_.merge;
    rules.input_entry_count.reset();  // of all parts together
    counts_ = merge_tables(rules, std::span<InputRun>(sources), sink_);
  }

  const MergeCounts& counts() const { return counts_; }
  std::vector<TableRef> release() { return sink_.release(); }

 private:
  const CompactionPlan& plan_;
  const OpenTable& open_;
  const KeySpan span_;
  const std::function<void()> before_read_;
  TableSink sink_;
  MergeCounts counts_;
};

std::vector<KeySpan> spans_of(const std::vector<std::string>& bounds) {
  std::vector<KeySpan> spans(1);
  for (const std::string& bound : bounds) {
    spans.back().end = bound;
    spans.push_back({bound, std::nullopt});
  }
  return spans;
}

// The parts of a job, side by side on the caller's thread and others. What one of them throws, or
// poll, ends all.
class SideBySide {
 public:
  explicit SideBySide(std::function<void(uint64_t)> poll) : poll_(std::move(poll)) {}

  // What the parts call instead of poll, which is the caller's alone to call.
  std::function<void(uint64_t)> poll_of_parts() {
    return [this, caller = std::this_thread::get_id()](uint64_t entry_count) {
      if (failed_) throw std::runtime_error("another part of the job failed");
      unheard_entries_ += entry_count;
      if (std::this_thread::get_id() == caller) hear();
    };
  }

  // On up to `threads` threads.
  void run(std::vector<std::unique_ptr<PartMerge>>& parts, unsigned threads) {
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t i = next++; i < parts.size() && !failed_; i = next++) {
        try {
          parts[i]->run();
        } catch (...) {
          fail();
        }
      }
    };
    helper_count_ = std::min<size_t>(threads, parts.size()) - 1;
    std::vector<std::jthread> helpers;
    for (size_t i = helper_count_; i > 0; --i) {
      helpers.emplace_back([&] {
        work();
        const std::lock_guard lock(mutex_);
        --helper_count_;
        helper_ended_.notify_one();
      });
    }
    work();
    wait_for_helpers();
    helpers.clear();
    if (first_error_) std::rethrow_exception(first_error_);
  }

 private:
  static constexpr auto kPollInterval = std::chrono::milliseconds(20);

  void hear() {
    if (poll_) poll_(unheard_entries_.exchange(0));
  }

  void fail() {
    const std::lock_guard lock(mutex_);
    if (!first_error_) first_error_ = std::current_exception();
    failed_ = true;
  }

  // Ctrl-C and close are heard by poll, and the last part may take much longer than the caller's.
  void wait_for_helpers() {
    std::unique_lock lock(mutex_);
    while (!helper_ended_.wait_for(lock, kPollInterval, [this] { return helper_count_ == 0; })) {
      lock.unlock();
      try {
        if (!failed_) hear();
      } catch (...) {
        fail();
      }
      lock.lock();
    }
  }

  const std::function<void(uint64_t)> poll_;
  std::atomic<bool> failed_ = false;
  std::atomic<uint64_t> unheard_entries_ = 0;
  std::mutex mutex_;
  std::condition_variable helper_ended_;
  size_t helper_count_ = 0;         // mutex_
  std::exception_ptr first_error_;  // mutex_
};

}  // namespace

JobOutput run_merge(const CompactionPlan& plan, const OpenTable& open, OutputContext output,
                    unsigned threads) {
  const std::function<void(uint64_t)> poll = output.poll;
  const std::vector<std::string> no_bounds;
  const bool side_by_side = threads > 1 && !plan.merge.cut.part_bounds.empty();
  SideBySide together(poll);
  if (side_by_side) output.poll = together.poll_of_parts();
  std::vector<std::unique_ptr<PartMerge>> parts;
  for (KeySpan& span : spans_of(side_by_side ? plan.merge.cut.part_bounds : no_bounds))
    parts.push_back(std::make_unique<PartMerge>(plan, open, std::move(span), output));
  JobOutput out;
  try {
    together.run(parts, threads);
    std::vector<MergeCounts> counts;
    for (const auto& part : parts) counts.push_back(part->counts());
    out.counts = total(counts);
    check_balance(out.counts, plan.merge);
  } catch (const std::logic_error& error) {
    blame_input(plan, open, poll, error);
  }
  for (const auto& part : parts) {
    const std::vector<TableRef> tables = part->release();
    out.tables.insert(out.tables.end(), tables.begin(), tables.end());
  }
  return out;
}

}  // namespace lsmkit
