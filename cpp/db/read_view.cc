#include "lsmkit/db/read_view.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/key.h"
#include "lsmkit/bytes/search.h"

namespace lsmkit {

RunView::RunView(Run run, unsigned level, TableSet& tables) : run_(std::move(run)), level_(level) {
  largest_prefix_.reserve(run_.table_count());
  handles_.reserve(run_.table_count());
  run_.for_each([&](const TableRef& meta) {
    largest_prefix_.push_back(key_prefix(meta->largest.key));
    handles_.push_back(tables.handle(meta));
  });
}

size_t RunView::lower_bound(std::string_view key) const {
  const uint64_t prefix = key_prefix(key);
  const size_t first = count_below(largest_prefix_.data(), largest_prefix_.size(), prefix);
  // Among tables of one prefix the bytes decide.
  const auto last =
      static_cast<size_t>(std::upper_bound(largest_prefix_.begin() + static_cast<ptrdiff_t>(first),
                                           largest_prefix_.end(), prefix) -
                          largest_prefix_.begin());
  const auto at =
      std::partition_point(handles_.begin() + static_cast<ptrdiff_t>(first),
                           handles_.begin() + static_cast<ptrdiff_t>(last),
                           [&](const auto& handle) { return handle->meta().largest.key < key; });
  return static_cast<size_t>(at - handles_.begin());
}

namespace {

bool same_tables(const Version& a, const Version& b) {
  if (a.level_count() != b.level_count()) return false;
  for (unsigned level = 0; level < a.level_count(); ++level) {
    if (&a.level(level) != &b.level(level)) return false;  // versions share what is equal
  }
  return true;
}

// Takes over those of `old_runs` that stand in `version`. Runs stay in order, so each is looked for
// behind the one before it.
std::shared_ptr<const RunViews> make_run_views(const RunViews& old_runs, const Version& version,
                                               TableSet& tables) {
  auto runs = std::make_shared<RunViews>();
  runs->reserve(version.run_count());
  auto old = old_runs.begin();
  for (unsigned level = 0; level < version.level_count(); ++level) {
    for (const Run& run : version.level(level).runs) {
      const auto same = std::find_if(old, old_runs.end(), [&](const auto& candidate) {
        return candidate->level() == level && candidate->run().root() == run.root();
      });
      if (same == old_runs.end()) {
        runs->push_back(std::make_shared<const RunView>(run, level, tables));
      } else {
        runs->push_back(*same);
        old = same + 1;
      }
    }
  }
  return runs;
}

}  // namespace

std::shared_ptr<ReadView> make_read_view(const ReadView* previous,
                                         std::vector<std::shared_ptr<Memtable>> memtables,
                                         const Version& version, TableSet& tables) {
  auto view = std::make_shared<ReadView>();
  view->memtables = std::move(memtables);
  view->version = version;
  if (previous == nullptr) {
    view->shared_runs = make_run_views({}, version, tables);
  } else if (same_tables(previous->version, version)) {
    view->shared_runs = previous->shared_runs;
  } else {
    view->shared_runs = make_run_views(previous->runs(), version, tables);
  }
  return view;
}

}  // namespace lsmkit
