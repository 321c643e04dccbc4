// A database as it stands at one moment, from inside: every record that is stored, superseded ones
// and tombstones too, and what its next job would be planned with. For what goes on from there,
// such as a simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "lsmkit/version/version.h"

namespace lsmkit {

struct ReadView;

struct Standing {
  std::shared_ptr<const ReadView> view;  // keeps all of it readable
  Version version = Version();
  uint64_t unflushed_count = 0;  // records in memory
  Seqno last_seqno = 0;
  JobNumber next_job{};
  uint64_t wall_us = 0;
  bool read_only = false;
  // That the database goes on with, beside what stands.
  uint64_t job_count = 0;  // in flight, flushes aside
  uint64_t snapshot_count = 0;
  uint64_t damaged_count = 0;  // tables that no job may read
};

using EntryVisitor = std::function<void(const Entry&)>;
// Table by table, newest run first, in key order; `poll` is called now and then and may throw.
// Throws CorruptionError.
void for_each_stored(const Standing& standing,
                     const std::function<void(const TableMeta&)>& begin_table,
                     const EntryVisitor& visit, const std::function<void()>& poll);
// What was committed by then and is in memory: memtables oldest first, the last one being written;
// in key order.
void for_each_unflushed(const Standing& standing, const std::function<void()>& begin_memtable,
                        const EntryVisitor& visit);

}  // namespace lsmkit
