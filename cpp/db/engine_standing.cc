// What a database stores at one moment, read without disturbing its cache.
#include "lsmkit/bytes/error.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/standing.h"
#include "lsmkit/sst/table_cursor.h"

namespace lsmkit {

Standing Engine::standing() const {
  check_open();
  Standing out;
  out.read_only = read_only_;
  out.wall_us = environment_.clock->wall_us();
  out.snapshot_count = snapshots_.count();
  const std::lock_guard lock(state_mutex_);
  // In this order: what the view holds was published before, and the next one holds more.
  out.last_seqno = published();
  out.view = view_owner_;
  out.version = out.view->version;
  for (const auto& memtable : out.view->memtables) out.unflushed_count += memtable->entry_count();
  out.next_job = JobNumber{next_job_.load(std::memory_order_relaxed)};
  out.job_count = jobs_.size();
  out.damaged_count = damaged_.size();
  return out;
}

void for_each_stored(const Standing& standing,
                     const std::function<void(const TableMeta&)>& begin_table,
                     const EntryVisitor& visit, const std::function<void()>& poll) {
  constexpr uint64_t kReadaheadBytes = 1 << 20;
  uint64_t entries = 0;
  for (const auto& run : standing.view->runs()) {
    for (size_t i = 0; i < run->table_count(); ++i) {
      const std::shared_ptr<const Table> table = run->handle(i).pin();
      begin_table(run->handle(i).meta());
      TableCursor cursor =
          table->cursor(ReadHints{.fill_cache = false, .readahead_bytes = kReadaheadBytes});
      for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
        visit({cursor.key(), cursor.seqno(), cursor.kind(), cursor.value()});
        if (++entries % kEntriesPerPoll == 0 && poll) poll();
      }
      if (poll) poll();
    }
  }
}

void for_each_unflushed(const Standing& standing, const std::function<void()>& begin_memtable,
                        const EntryVisitor& visit) {
  const auto& newest_first = standing.view->memtables;
  for (auto memtable = newest_first.rbegin(); memtable != newest_first.rend(); ++memtable) {
    begin_memtable();
    MemtableCursor cursor = (*memtable)->cursor();
    for (cursor.seek_to_first(); cursor.valid(); cursor.next())
      if (cursor.seqno() <= standing.last_seqno)
        visit({cursor.key(), cursor.seqno(), cursor.kind(), cursor.value()});
  }
}

}  // namespace lsmkit
