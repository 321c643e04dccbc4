#include "lsmkit/sim/exact_run.h"

#include <utility>

namespace lsmkit {

ExactRun::ExactRun(WorkloadSpec spec, const CompactionOptions& options, bool keep_events,
                   const std::optional<ReadOptions>& reads)
    : ExactRun(spec, options, StartOfExactRun{WorkloadKeys(spec), {}}, keep_events, {}, reads) {}

ExactRun::ExactRun(WorkloadSpec spec, const CompactionOptions& options, StartOfExactRun start,
                   bool keep_events, std::optional<FileModel> files,
                   const std::optional<ReadOptions>& reads)
    : driver_(std::move(spec)),
      keys_(std::move(start.keys)),
      tree_(keys_.universe(), options, std::move(start.tree), std::move(files),
            needed_by(driver_.stream().spec(), reads)),
      log_(keep_events, tree_.start_live_weight()) {
  tree_.observe([this](const Event& event) {
    log_.take(event, tree_.version(), tree_.live_weight(), tree_.read_counts());
  });
}

bool ExactRun::step() {
  if (done_) return false;
  if (!driver_.next_commit()) {
    done_ = true;
    return false;
  }
  for (const WorkloadRead& one : driver_.reads()) read(one, keys_, tree_);
  to_ranks(driver_.commit(), keys_, commit_);
  tree_.set_time_us(driver_.now_us());
  tree_.write(commit_);
  return true;
}

bool ExactRun::step_to_edit(uint64_t most_commits) {
  const size_t edits = log_.moments().size();
  for (uint64_t i = 0; i < most_commits; ++i) {
    if (!step()) return false;
    if (log_.moments().size() != edits) break;
  }
  return true;
}

std::optional<ReadOptions> needed_by(const WorkloadSpec& spec, std::optional<ReadOptions> reads) {
  if (!gets(spec) && !scans(spec)) return std::nullopt;
  if (reads) reads->scans = scans(spec);
  return reads;
}

void read(const WorkloadRead& read, const WorkloadKeys& keys, ExactTree& tree) {
  const uint64_t key_count = keys.universe()->size();
  if (read.key_id >= key_count) {  // the head of a queue that is empty: behind all keys
    tree.get({static_cast<KeyRank>(key_count - 1), true});
    return;
  }
  const KeyRank rank = keys.rank_of(read.key_id);
  if (read.scan_entries > 0) {
    tree.scan(rank, read.scan_entries);
  } else {
    tree.get({rank, read.absent});
  }
}

void to_ranks(std::span<const WorkloadWrite> commit, const WorkloadKeys& keys,
              std::vector<SimWrite>& out) {
  out.clear();
  for (const WorkloadWrite& write : commit)
    out.push_back({keys.rank_of(write.key_id), write.kind, write.value_bytes});
}

}  // namespace lsmkit
