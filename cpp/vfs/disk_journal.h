// A disk's past: the events that made it, and with them the disk after any operation.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/vfs/disk_state.h"

namespace lsmkit {

// Operations are what a caller did, counted from 1; each is one event or more.
class DiskJournal {
 public:
  // Begins with what `operation_count` operations have made.
  explicit DiskJournal(DiskState begin, uint64_t operation_count = 0)
      : now_(std::move(begin)),
        operation_count_(operation_count),
        base_(now_),
        first_operation_(operation_count),
        rewound_(now_) {}

  const DiskState& now() const { return now_; }
  uint64_t operation_count() const { return operation_count_; }

  // The events recorded from here on belong to a new operation.
  void begin_operation() { ++operation_count_; }
  void record(DiskEvent event);

  // The disk right after an operation. Valid until the next call; quick if asked for in order.
  // Requires: first_operation() <= operation <= operation_count().
  const DiskState& after(uint64_t operation);
  uint64_t first_operation() const { return first_operation_; }

  // Forgets the past, and the bytes of files that have neither a name nor a place in `open`.
  void forget(const std::vector<DiskNodeId>& open);

 private:
  DiskState now_;
  uint64_t operation_count_;

  // now_ is base_ after all events; rewound_ is base_ after the first rewound_events_.
  DiskState base_;
  uint64_t first_operation_;
  std::vector<DiskEvent> events_;
  DiskState rewound_;
  size_t rewound_events_ = 0;
};

}  // namespace lsmkit
