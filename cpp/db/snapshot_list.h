// The seqnos that somebody still reads at. What they need is kept by every flush and compaction.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

class SnapshotList {
 public:
  // Reads `published` and pins what it holds, under one lock with pinned(): so no job that is
  // planned afterwards can miss the pin, and none planned before has a floor above it.
  Seqno acquire(const std::atomic<Seqno>& published) {
    const std::lock_guard lock(mutex_);
    const Seqno seqno = published.load(std::memory_order_acquire);
    pins_.insert(seqno);
    return seqno;
  }

  void release(Seqno seqno) {
    const std::lock_guard lock(mutex_);
    pins_.erase(pins_.find(seqno));
  }

  struct Pins {
    std::vector<Seqno> seqnos;  // ascending, without repeats
    Seqno published;            // at the same moment
  };
  Pins pinned(const std::atomic<Seqno>& published) const {
    const std::lock_guard lock(mutex_);
    Pins out{{}, published.load(std::memory_order_acquire)};
    for (const Seqno seqno : pins_) {
      if (out.seqnos.empty() || out.seqnos.back() != seqno) out.seqnos.push_back(seqno);
    }
    return out;
  }

  uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return pins_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<Seqno> pins_;
};

}  // namespace lsmkit
