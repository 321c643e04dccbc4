#include "lsmkit/vfs/disk_journal.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

void DiskJournal::record(DiskEvent event) {
  event.operation = operation_count_;
  now_.apply(event);
  events_.push_back(std::move(event));
}

const DiskState& DiskJournal::after(uint64_t operation) {
  ensure(operation >= first_operation_ && operation <= operation_count_,
         "the journal knows of no such operation");
  const auto is_later = [](uint64_t wanted, const DiskEvent& e) { return wanted < e.operation; };
  const auto end = std::upper_bound(events_.begin(), events_.end(), operation, is_later);
  const auto events = static_cast<size_t>(end - events_.begin());
  if (events < rewound_events_) {
    rewound_ = base_;
    rewound_events_ = 0;
  }
  while (rewound_events_ < events) rewound_.apply(events_[rewound_events_++]);
  return rewound_;
}

void DiskJournal::forget(const std::vector<DiskNodeId>& open) {
  std::vector<bool> wanted(now_.nodes.size(), false);
  const auto want = [&](DiskNodeId id) {
    if (id != kNoNode) wanted[static_cast<size_t>(id)] = true;
  };
  for (const DiskNodeId id : open) want(id);
  for (const DiskNode& node : now_.nodes) {
    const auto* directory = std::get_if<DirectoryNode>(&node);
    if (directory == nullptr) continue;
    for (const auto& [name, id] : directory->entries) want(id);
    for (const auto& [name, id] : directory->durable_entries) want(id);
    for (const EntryChange& change : directory->unsynced) want(change.node);
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    auto* file = std::get_if<FileNode>(&now_.nodes[i]);
    if (file != nullptr && !wanted[i]) *file = FileNode{};
  }
  base_ = rewound_ = now_;
  first_operation_ = operation_count_;
  events_.clear();
  rewound_events_ = 0;
}

}  // namespace lsmkit
