// Looking inside: figures, shapes, and a check of every byte.
#include <memory>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/compaction/table_check.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/memtable/write_batch.h"
#include "lsmkit/rules/level_targets.h"
#include "lsmkit/vfs/passing_file.h"
#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit {

// Requires: state_mutex_ held.
std::vector<MemtableRow> Engine::memtable_rows() const {
  std::vector<MemtableRow> rows;
  for (const auto& memtable : memtables_newest_first()) {
    rows.push_back({!rows.empty(), memtable->weight(), memtable->entry_count(),
                    memtable->allocated_bytes(), memtable->smallest_seqno(),
                    memtable->largest_seqno()});
  }
  return rows;
}

TreeState Engine::tree() const {
  check_open();
  TreeState out;
  const std::lock_guard lock(state_mutex_);
  out.memtables = memtable_rows();
  out.version = state_.version;
  const LevelTargets targets = level_targets(state_.version, compaction_options_);
  out.base_level = targets.base_level;
  out.level_target_weight = targets.weight;
  PlanContext context;
  context.in_flight = jobs_;
  out.level_score.resize(targets.weight.size());
  for (const LevelScore& score : level_scores(state_.version, context, compaction_options_)) {
    if (score.level < out.level_score.size()) out.level_score[score.level] = score.score;
  }
  return out;
}

EngineStats Engine::stats() const {
  check_open();
  EngineStats out;
  {
    const std::lock_guard lock(commit_mutex_);
    out.counters = written_;
    out.memory.memtable_bytes = active_->allocated_bytes();
    if (wal_) out.counters.log_bytes = log_bytes_before_ + wal_->appended_bytes();
  }
  {
    const std::lock_guard lock(state_mutex_);
    const Counters written = out.counters;
    out.counters = state_.counters;
    take_user_counters(out.counters, written);
    for (const Sealed& sealed : sealed_) out.memory.memtable_bytes += sealed.allocated_bytes;
    for (const auto& memtable : replayed_) out.memory.memtable_bytes += memtable->allocated_bytes();
    for (const auto& memtable : flushed_) {
      if (const auto read = memtable.lock()) out.memory.pinned_bytes += read->allocated_bytes();
    }
    out.flushed_seqno = state_.flushed_seqno;
    out.table_count = state_.version.table_count();
    out.memory.job_bytes = (jobs_.size() + (flush_running_ ? 1 : 0)) * kJobBufferBytes;
    out.background_error = flush_failing_.error ? flush_failing_.text : compaction_failing_.text;
  }
  out.open_table_count = tables_.open_count();
  const BlockCache& cache = tables_.cache();
  out.memory.cache_bytes = cache.usage_bytes();
  out.memory.pinned_bytes += cache.pinned_bytes();
  out.cache_hits = cache.hits();
  out.cache_misses = cache.misses();
  out.last_seqno = published();
  out.durable_seqno = durable();
  const ReadCounters::Sum reads = reads_.sum();
  out.gets = reads.gets;
  out.gets_found = reads.found;
  out.tables_probed = reads.tables_probed;
  out.filter_negatives = reads.filter_negatives;
  out.false_positives = reads.false_positives;
  out.snapshot_count = snapshots_.count();
  out.cursor_count = static_cast<uint64_t>(cursor_count_.load(std::memory_order_relaxed));
  out.stall_us = stall_us_.load(std::memory_order_relaxed);
  out.counters.stall_us = stall_us_before_ + out.stall_us;
  const auto stalled = [&](StallCause cause) {
    return stall_us_by_cause_[static_cast<size_t>(cause)].load(std::memory_order_relaxed);
  };
  out.stall_memtables_us = stalled(StallCause::kMemtables);
  out.stall_l0_us = stalled(StallCause::kL0Runs);
  out.stall_debt_us = stalled(StallCause::kDebt);
  out.stall_log_us = stalled(StallCause::kLog);
  out.stall_count = stall_count_.load(std::memory_order_relaxed);
  if (wal_) {
    out.sync_count = wal_->sync_count();
    out.sync_us = wal_->sync_us();
  }
  return out;
}

namespace {

// Files that poll before each read: a log may be large, and its disk slow.
class PollingFiles final : public PassingFileSystem {
 public:
  PollingFiles(FileSystem& below, const Poll& poll) : PassingFileSystem(below), poll_(poll) {}

  std::unique_ptr<ReadFile> open(const std::string& path) override {
    return std::make_unique<File>(below_.open(path), poll_);
  }

 private:
  class File final : public PassingReadFile {
   public:
    File(std::unique_ptr<ReadFile> below, const Poll& poll)
        : PassingReadFile(std::move(below)), poll_(poll) {}
    size_t read(uint64_t offset, size_t bytes, char* to) const override {
      if (poll_) poll_({});
      return PassingReadFile::read(offset, bytes, to);
    }

   private:
    const Poll& poll_;
  };

  const Poll& poll_;
};

}  // namespace

// Every commit in the logs, and the view of what stands beneath them. No log goes away meanwhile.
// Read-only, the logs have been read when they were opened, and may be gone by now.
std::shared_ptr<const ReadView> Engine::verify_logs(uint64_t& entries, const Poll& poll) {
  if (read_only_) {
    Seqno seqno;
    auto view = pin_view(seqno, nullptr);
    for (const auto& memtable : view->memtables) entries += memtable->entry_count();
    return view;
  }
  const FlushSlot no_log_goes_away(*this);
  Seqno seqno;
  auto view = pin_view(seqno, nullptr);
  PollingFiles files(*environment_.files, poll);
  const ManifestContents manifest = read_manifest(files, path_);
  // Damage past what is known to be synced is not told from a write under way; damage below it is.
  replay_chain(
      files, path_, list_directory(files, path_).logs, manifest.state.oldest_log, database_id_,
      [&](std::string_view record, LogPosition) {
        decode_batch(record).for_each([&](Kind, std::string_view, std::string_view) { ++entries; });
      });
  return view;
}

uint64_t Engine::verify(const Poll& poll) {
  check_not_in_job("verify()");
  uint64_t entries = 0;
  const auto view = verify_logs(entries, poll);
  Progress progress;
  for (const auto& run : view->runs()) progress.total += run->run().file_bytes();
  for (const auto& run : view->runs()) {
    for (size_t i = 0; i < run->table_count(); ++i) {
      const TableHandle& handle = run->handle(i);
      check_table(*handle.pin(), handle.meta(), [&] {
        check_open();
        if (poll) poll(progress);
      });
      entries += handle.meta().entry_count;
      progress.done += handle.meta().file_bytes;
    }
  }
  return entries;
}

uint64_t Engine::approximate_size(std::string_view begin, std::string_view end) const {
  Seqno seqno;
  const auto view = pin_view(seqno, nullptr);
  if (end <= begin) return 0;
  uint64_t bytes = 0;
  for (const auto& run : view->runs()) {
    for (size_t i = run->lower_bound(begin); i < run->table_count(); ++i) {
      const TableHandle& handle = run->handle(i);
      const TableMeta& meta = handle.meta();
      if (std::string_view(meta.smallest.key) >= end) break;
      const bool whole = meta.smallest.key >= begin && std::string_view(meta.largest.key) < end;
      if (whole) {
        bytes += meta.file_bytes;
        continue;
      }
      const auto table = handle.pin();
      const uint64_t from = table->approximate_offset(begin);
      const uint64_t to = table->approximate_offset(end);
      bytes += to > from ? to - from : 0;
    }
  }
  return bytes;
}

std::optional<std::string> Engine::typed_codec() const {
  check_open();
  const std::lock_guard lock(state_mutex_);
  if (state_.typed_codec.empty()) return std::nullopt;
  return state_.typed_codec;
}

void Engine::set_typed_codec(const std::string& name) {
  const auto stored = typed_codec();
  if (stored == name) return;
  if (stored) {
    throw InvalidArgument(path_ + " was written as typed(" + *stored + "), not typed(" + name +
                          "); open it as it was written");
  }
  check_writable();
  VersionEdit edit;
  edit.typed_codec = name;
  Event event = new_event(EventKind::kOptions);
  event.text = "typed: " + name;
  commit_edit(
      std::move(edit), [](Counters&) {}, [] {}, std::move(event));
}

}  // namespace lsmkit
