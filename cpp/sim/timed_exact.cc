#include "lsmkit/sim/timed_exact.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/sim/workload_driver.h"

namespace lsmkit {
namespace {

constexpr uint64_t kMostChunkOps = 1'000'000;  // of which none need be a write

// Phases by time end when the run's clock says so, whatever the rate was changed to.
WorkloadSpec ended_by_clock(WorkloadSpec spec) {
  check_simulated(spec);
  for (Phase& phase : spec.phases) {
    if (phase.end.unit != EndUnit::kSeconds) continue;
    phase.rate = ClosedLoop{};
    phase.capacity = {};
    phase.rate_unit = WorkUnit::kOps;
  }
  return spec;
}

}  // namespace

TimedExactTree::TimedExactTree(const WorkloadSpec& spec, const CompactionOptions& options,
                               uint64_t most_inserts)
    : spec_(spec),
      stream_(ended_by_clock(spec)),
      keys_(spec, most_inserts),
      tree_(keys_.universe(), options) {}

TimedExactTree::TimedExactTree(const WorkloadSpec& spec, const CompactionOptions& options,
                               const std::optional<ReadOptions>& reads)
    : spec_(spec),
      stream_(ended_by_clock(spec)),
      keys_(spec),
      tree_(keys_.universe(), options, needed_by(spec, reads)),
      models_reads_(reads.has_value()) {}

TimedExactTree::TimedExactTree(const WorkloadSpec& spec, const CompactionOptions& options,
                               StartOfExactRun start, std::optional<FileModel> files,
                               const std::optional<ReadOptions>& reads)
    : spec_(spec),
      stream_(ended_by_clock(spec)),
      keys_(std::move(start.keys)),
      tree_(keys_.universe(), options, std::move(start.tree), std::move(files),
            needed_by(spec, reads)),
      models_reads_(reads.has_value()) {}

bool TimedExactTree::peek() {
  if (next_) return true;
  Operation op;
  if (!stream_.next(op)) return false;
  next_ = op;
  return true;
}

void TimedExactTree::add_write(const Operation& op) {
  if (op.key_id >= tree_.keys().size())
    throw InvalidArgument("the workload adds a key beyond the " +
                          std::to_string(tree_.keys().size()) +
                          " that there is room for; raise most_inserts");
  const KeyRank rank = keys_.rank_of(op.key_id);
  const bool is_delete = op.kind == OpKind::kDelete;
  writes_.push_back({rank, is_delete ? Kind::kDelete : Kind::kPut,
                     is_delete ? 0 : static_cast<uint32_t>(op.size)});
}

void TimedExactTree::add_read(const Operation& op, OpChunk& chunk) {
  const bool is_scan = op.kind == OpKind::kScan;
  if (!is_scan && op.kind != OpKind::kGet && op.kind != OpKind::kReadModifyWrite) return;
  ++(is_scan ? chunk.scans : chunk.gets);
  if (is_scan) chunk.scan_entries += op.size;
  if (!models_reads_) return;
  const uint64_t before = tree_.read_counts().cache_misses;
  read({op.key_id, is_scan ? op.size : 0, op.absent}, keys_, tree_);
  chunk.blocks_read = chunk.blocks_read.value_or(0) + tree_.read_counts().cache_misses - before;
}

OpChunk TimedExactTree::draw(uint64_t most_weight) {
  OpChunk chunk;
  writes_.clear();
  op_of_write_.clear();
  commit_ends_.clear();
  kinds_.clear();
  if (!peek()) return chunk;
  chunk.phase = drawn_phase_ = next_->phase;
  bool ends_batch = true;
  while (peek() && next_->phase == chunk.phase) {
    if (ends_batch && (chunk.weight >= most_weight || chunk.ops >= kMostChunkOps)) break;
    const Operation op = *std::exchange(next_, std::nullopt);
    add_read(op, chunk);
    if (writes(op.kind)) {
      add_write(op);
      op_of_write_.push_back(static_cast<uint32_t>(chunk.ops));
      const SimWrite& write = writes_.back();
      const uint64_t key_bytes = tree_.keys().key_bytes(write.rank);
      ++chunk.writes;
      chunk.written_bytes += key_bytes + write.value_bytes;
      chunk.weight += weight_of(key_bytes, write.value_bytes);
    }
    ++chunk.ops;
    kinds_.push_back(op.kind);
    ends_batch = op.ends_batch;
    const size_t committed = commit_ends_.empty() ? 0 : commit_ends_.back();
    if (ends_batch && writes_.size() > committed) commit_ends_.push_back(writes_.size());
  }
  if (writes_.size() > (commit_ends_.empty() ? 0 : commit_ends_.back()))
    commit_ends_.push_back(writes_.size());
  chunk.commits = commit_ends_.size();
  chunk.ends_phase = !peek() || next_->phase != chunk.phase;
  return chunk;
}

void TimedExactTree::commit(uint64_t ops) {
  for (uint64_t i = 0; i < ops; ++i) ++done_by_kind_[static_cast<size_t>(kinds_[i])];
  size_t begin = 0;
  for (const size_t chunk_end : commit_ends_) {
    size_t end = chunk_end;
    while (end > begin && op_of_write_[end - 1] >= ops) --end;
    tree_.commit(std::span(writes_).subspan(begin, end - begin));
    begin = chunk_end;
  }
}

// What comes next has been drawn already, and may be of the next phase.
void TimedExactTree::end_phase() {
  if (!next_ || next_->phase != drawn_phase_) return;
  next_.reset();
  stream_.end_phase();
}

std::optional<TimedJob> TimedExactTree::begin_compaction(double busy_cores) {
  auto job = tree_.begin_compaction(1, busy_cores);
  if (!job) return std::nullopt;
  return jobs_.enter(std::move(*job));
}

}  // namespace lsmkit
