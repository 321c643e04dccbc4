// The read path: pin a view, then look from the newest source to the oldest.
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/epoch.h"
#include "lsmkit/db/read_source.h"
#include "lsmkit/db/visible.h"

namespace lsmkit {

void Engine::check_fork() const {
  if (!belongs_to_this_process()) [[unlikely]] {
    throw ForkedError(path_ +
                      " was opened before this process was forked; open it anew here (after "
                      "the parent has closed it), or start processes with spawn");
  }
}

void Engine::check_open() const {
  check_fork();
  if (closed_.load(std::memory_order_acquire)) [[unlikely]] {
    throw ClosedError(path_ + " is closed");
  }
}

namespace {

// A view and a seqno that belong together: the seqno is loaded after the view, and the view must
// still stand then, or it might lack the memtable that holds the newest commits.
const ReadView* load_moment(const std::atomic<const ReadView*>& view,
                            const std::atomic<Seqno>& published, const Snapshot* snapshot,
                            Seqno& seqno) {
  for (;;) {
    const ReadView* pinned = view.load();
    if (snapshot != nullptr) {
      seqno = snapshot->seqno();
      return snapshot->view() != nullptr ? snapshot->view() : pinned;
    }
    if (pinned->read_at != 0) {
      seqno = pinned->read_at;
      return pinned;
    }
    seqno = published.load(std::memory_order_acquire);
    if (view.load() == pinned) [[likely]]
      return pinned;
  }
}

}  // namespace

TryResult Engine::get(std::string_view key, PinnedValue& value, const Snapshot* snapshot,
                      bool may_block) {
  check_open();
  check_ours(snapshot);
  const EpochGuard guard;
  Seqno seqno;
  const ReadView& view = *load_moment(view_, published_, snapshot, seqno);
  ReadCounters::Sum counted{.gets = 1};

  for (const auto& memtable : view.memtables) {
    if (const auto hit = memtable->get(key, seqno)) {
      if (!shows_value(hit->kind)) {
        reads_.add(counted);
        return TryResult::kAbsent;
      }
      value.bytes = hit->value;
      value.owner = memtable;
      counted.found = 1;
      reads_.add(counted);
      return TryResult::kDone;
    }
  }
  const uint64_t hash = hash_bytes(key);
  for (const auto& run : view.runs()) {
    const TableHandle* handle = run->find(key);
    if (handle == nullptr) continue;
    if (!may_block && !handle->is_open()) return TryResult::kWouldBlock;
    TableGetStats stats;
    TableHit hit;
    const auto result = handle->table().get(key, seqno, hash, hit, may_block, stats);
    if (result == TableGetResult::kWouldBlock) return TryResult::kWouldBlock;
    ++counted.tables_probed;
    counted.filter_negatives += stats.filter_negative;
    if (result == TableGetResult::kAbsent) {
      counted.false_positives += !stats.filter_negative;
      continue;
    }
    const bool shown = shows_value(hit.kind);
    if (shown) {
      value.bytes = hit.value;
      value.owner = std::move(hit.owner);
      counted.found = 1;
    }
    reads_.add(counted);
    return shown ? TryResult::kDone : TryResult::kAbsent;
  }
  reads_.add(counted);
  return TryResult::kAbsent;
}

std::shared_ptr<const ReadView> Engine::pin_view(Seqno& seqno, const Snapshot* snapshot) const {
  check_open();
  check_ours(snapshot);
  const EpochGuard guard;
  return load_moment(view_, published_, snapshot, seqno)->shared_from_this();
}

void Engine::check_ours(const Snapshot* snapshot) const {
  if (snapshot != nullptr && !snapshot->is_of(*this)) [[unlikely]] {
    throw InvalidArgument("the snapshot is of another database than " + path_);
  }
}

std::shared_ptr<const Snapshot> Engine::snapshot() {
  check_open();
  if (!read_only_) {
    const Seqno seqno = snapshots_.acquire(published_);
    return std::make_shared<const Snapshot>(shared_from_this(), seqno, nullptr);
  }
  const std::lock_guard lock(state_mutex_);  // against a refresh
  return std::make_shared<const Snapshot>(shared_from_this(), snapshots_.acquire(published_),
                                          view_owner_);
}

Snapshot::Snapshot(std::shared_ptr<Engine> engine, Seqno seqno,
                   std::shared_ptr<const ReadView> view)
    : engine_(std::move(engine)), seqno_(seqno), view_(std::move(view)) {}
Snapshot::~Snapshot() {
  if (engine_->belongs_to_this_process()) {
    engine_->release_snapshot(seqno_);
    return;
  }
  // In a forked child: the last reader of a table takes locks, which may be held for ever. So the
  // view stays.
  new std::shared_ptr<const ReadView>(std::move(view_));
}

std::vector<ReadSource> sources_of(const ReadView& view, const ReadHints& hints) {
  std::vector<ReadSource> sources;
  sources.reserve(view.memtables.size() + view.runs().size());
  for (const auto& memtable : view.memtables) {
    if (!memtable->empty()) sources.emplace_back(memtable->cursor());
  }
  for (const auto& run : view.runs()) sources.emplace_back(RunCursor(run, hints));
  return sources;
}

Seqno Engine::durable() const {
  return wal_ ? wal_->durable_seqno() : published();
}

}  // namespace lsmkit
