#include "lsmkit/compaction/compaction_job.h"

#include <optional>
#include <utility>

#include "lsmkit/sst/table_cursor.h"

namespace lsmkit {
namespace {

// Read once, from end to end: large reads ahead, and the block cache is left to readers.
constexpr uint64_t kReadaheadBytes = 1 << 20;

// The tables of one input, one after the other.
class InputRun {
 public:
  InputRun(const PlanInput& input, const OpenTable& open) : input_(&input), open_(&open) {
    enter();
  }

  bool valid() const { return cursor_.has_value(); }
  std::string_view key() const { return cursor_->key(); }
  Seqno seqno() const { return cursor_->seqno(); }
  Kind kind() const { return cursor_->kind(); }
  std::string_view value() const { return cursor_->value(); }
  void next() {
    cursor_->next();
    if (!cursor_->valid()) {
      ++table_;
      enter();
    }
  }

 private:
  void enter() {
    for (; table_ < input_->tables.size(); ++table_) {
      const Table& table = (*open_)(input_->tables[table_]);
      cursor_.emplace(
          table.cursor(ReadHints{.fill_cache = false, .readahead_bytes = kReadaheadBytes}));
      cursor_->seek_to_first();
      if (cursor_->valid()) return;
    }
    cursor_.reset();
  }

  const PlanInput* input_;
  const OpenTable* open_;
  size_t table_ = 0;
  std::optional<TableCursor> cursor_;
};

}  // namespace

JobOutput run_merge(const CompactionPlan& plan, const OpenTable& open, OutputContext output) {
  std::vector<InputRun> sources;
  sources.reserve(plan.inputs.size());
  for (const PlanInput& input : plan.inputs) sources.emplace_back(input, open);
  TableSink sink(plan.merge, std::move(output));
  JobOutput out;
  out.counts = merge_tables(plan.merge, std::span<InputRun>(sources), sink);
  out.tables = sink.release();
  return out;
}

}  // namespace lsmkit
