#include "lsmkit/compaction/compaction_job.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
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

// The tables of one input, one after the other.
class InputRun {
 public:
  InputRun(const PlanInput& input, const OpenTable& open, uint64_t readahead_bytes)
      : input_(&input), open_(&open), readahead_bytes_(readahead_bytes) {
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
      open_table_ = (*open_)(input_->tables[table_]);
      cursor_.emplace(
          open_table_->cursor(ReadHints{.fill_cache = false, .readahead_bytes = readahead_bytes_}));
      cursor_->seek_to_first();
      at_first_ = cursor_->valid();
      if (at_first_) return;
    }
    cursor_.reset();
  }

  const PlanInput* input_;
  const OpenTable* open_;
  uint64_t readahead_bytes_;
  size_t table_ = 0;
  bool at_first_ = false;
  std::shared_ptr<const Table> open_table_;
  std::optional<TableCursor> cursor_;
};

// A merge did not add up. It may have been given what no checksum tells: tables that are out of
// order, or that hold other entries than the MANIFEST says. Throws CorruptionError for the first.
[[noreturn]] void blame_input(const CompactionPlan& plan, const OpenTable& open,
                              const std::function<void()>& poll, const std::logic_error& error) {
  for (const PlanInput& input : plan.inputs) {
    for (const TableRef& meta : input.tables) check_table(*open(meta), *meta, poll);
  }
  throw CorruptionError(
      open(plan.inputs.front().tables.front())->path(), 0,
      std::string("it does not go with the other tables of its merge: ") + error.what());
}

}  // namespace

JobOutput run_merge(const CompactionPlan& plan, const OpenTable& open, OutputContext output) {
  std::vector<InputRun> sources;
  sources.reserve(plan.inputs.size());
  const uint64_t share = kReadaheadBytes / std::max<size_t>(plan.inputs.size(), 1);
  const uint64_t readahead_bytes = std::clamp(share, kLeastPerRun, kMostPerRun);
  for (const PlanInput& input : plan.inputs) sources.emplace_back(input, open, readahead_bytes);
  const std::function<void()> poll = output.poll;
  TableSink sink(plan.merge, std::move(output));
  JobOutput out;
  try {
    out.counts = merge_tables(plan.merge, std::span<InputRun>(sources), sink);
  } catch (const std::logic_error& error) {
    blame_input(plan, open, poll, error);
  }
  out.tables = sink.release();
  return out;
}

}  // namespace lsmkit
