// What a reader reads: memtables and tables of one moment, laid out for lookup. Immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "lsmkit/db/table_set.h"
#include "lsmkit/memtable/memtable.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// A sorted run as arrays: bounds side by side for the search, handles beside.
class RunView {
 public:
  RunView(Run run, unsigned level, TableSet& tables);

  const Run& run() const { return run_; }
  unsigned level() const { return level_; }
  size_t table_count() const { return handles_.size(); }
  const TableHandle& handle(size_t i) const { return *handles_[i]; }
  // The first table whose largest key is at or above `key`; table_count() if there is none.
  size_t lower_bound(std::string_view key) const;
  // The one table whose range holds `key`, or null.
  const TableHandle* find(std::string_view key) const {
    const size_t i = lower_bound(key);
    if (i == handles_.size() || std::string_view(handles_[i]->meta().smallest.key) > key)
      return nullptr;
    return handles_[i].get();
  }

 private:
  const Run run_;
  const unsigned level_;
  std::vector<uint64_t> largest_prefix_;  // key_prefix of each table's largest key
  std::vector<std::shared_ptr<TableHandle>> handles_;
};

using RunViews = std::vector<std::shared_ptr<const RunView>>;

struct ReadView : std::enable_shared_from_this<ReadView> {
  std::vector<std::shared_ptr<Memtable>> memtables;  // newest first; the first is being written
  // Newest first: L0's, then those of each level. Views of one version share them.
  std::shared_ptr<const RunViews> shared_runs;
  const RunViews& runs() const { return *shared_runs; }
  Version version;
  // What it is read at; 0: at what is published. A read-only engine's view is all there is, and
  // what is older in it may be incomplete: its writer knows nothing of who reads here.
  Seqno read_at = 0;
};

// The view of `version` beneath `memtables`. Takes over from `previous` the runs that have not
// changed.
std::shared_ptr<ReadView> make_read_view(const ReadView* previous,
                                         std::vector<std::shared_ptr<Memtable>> memtables,
                                         const Version& version, TableSet& tables);

}  // namespace lsmkit
