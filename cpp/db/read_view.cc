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

std::shared_ptr<ReadView> make_read_view(const ReadView* previous,
                                         std::vector<std::shared_ptr<Memtable>> memtables,
                                         const Version& version, TableSet& tables) {
  auto view = std::make_shared<ReadView>();
  view->memtables = std::move(memtables);
  view->version = version;
  using Runs = decltype(view->runs);
  const Runs none;
  const Runs& old_runs = previous != nullptr ? previous->runs : none;
  // Runs stay in order, so each is looked for behind the one before it.
  auto old = old_runs.begin();
  for (unsigned level = 0; level < version.level_count(); ++level) {
    for (const Run& run : version.level(level).runs) {
      if (run.table_count() == 0) continue;
      const auto same = std::find_if(old, old_runs.end(), [&](const auto& candidate) {
        return candidate->level() == level && candidate->run().root() == run.root();
      });
      if (same == old_runs.end()) {
        view->runs.push_back(std::make_shared<const RunView>(run, level, tables));
      } else {
        view->runs.push_back(*same);
        old = same + 1;
      }
    }
  }
  return view;
}

}  // namespace lsmkit
