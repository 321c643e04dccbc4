#include "lsmkit/db/epoch.h"

#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace lsmkit {
namespace {

constexpr uint64_t kIdle = 0;

struct alignas(64) Slot {
  std::atomic<uint64_t> epoch{kIdle};
  unsigned index = 0;
  bool taken = false;  // guarded by Domain::mutex
};

struct Retired {
  uint64_t epoch;
  std::function<void()> release;
};

struct Domain {
  std::atomic<uint64_t> epoch{1};
  std::mutex mutex;
  std::deque<Slot> slots;        // guarded by mutex; addresses are stable, slots are never freed
  std::vector<Retired> retired;  // guarded by mutex
};

// Never destroyed: threads may still read while static objects are torn down.
Domain& domain() {
  static Domain* const instance = new Domain;
  return *instance;
}

// A thread's claim on a slot, given back when the thread ends.
struct Claim {
  Slot* slot;
  Claim() {
    Domain& d = domain();
    const std::lock_guard lock(d.mutex);
    for (Slot& candidate : d.slots) {
      if (!candidate.taken) {
        candidate.taken = true;
        slot = &candidate;
        return;
      }
    }
    slot = &d.slots.emplace_back();
    slot->index = static_cast<unsigned>(d.slots.size() - 1);
    slot->taken = true;
  }
  ~Claim() {
    const std::lock_guard lock(domain().mutex);
    slot->epoch.store(kIdle, std::memory_order_release);
    slot->taken = false;
  }
};

Slot& this_slot() {
  thread_local Claim claim;
  return *claim.slot;
}

// Moves what no reader can hold from `d.retired` to the result. Requires: d.mutex held.
std::vector<Retired> take_due(Domain& d) {
  uint64_t oldest = UINT64_MAX;
  for (const Slot& slot : d.slots) {
    // seq_cst, with the store in EpochGuard and the pointer's own exchange and load: either we see
    // the reader's announcement here, or the reader sees the new pointer there.
    const uint64_t epoch = slot.epoch.load(std::memory_order_seq_cst);
    if (epoch != kIdle && epoch < oldest) oldest = epoch;
  }
  std::vector<Retired> due;
  due.reserve(d.retired.size());  // nothing may throw below
  std::erase_if(d.retired, [&](Retired& r) {
    if (r.epoch >= oldest) return false;
    due.push_back(std::move(r));
    return true;
  });
  return due;
}

void run(const std::vector<Retired>& due) {
  for (const Retired& r : due) r.release();
}

}  // namespace

EpochGuard::EpochGuard() : slot_(&this_slot().epoch) {
  if (slot_->load(std::memory_order_relaxed) != kIdle) {
    slot_ = nullptr;
    return;
  }
  // seq_cst: the announcement must be seen before anything that this reader loads afterwards.
  slot_->store(domain().epoch.load(std::memory_order_acquire), std::memory_order_seq_cst);
}

EpochGuard::~EpochGuard() {
  if (slot_ != nullptr) slot_->store(kIdle, std::memory_order_release);
}

void retire(std::function<void()> release) {
  Domain& d = domain();
  std::vector<Retired> due;
  {
    const std::lock_guard lock(d.mutex);
    // Readers that entered up to now carry this epoch or an older one.
    d.retired.push_back({d.epoch.fetch_add(1, std::memory_order_seq_cst), std::move(release)});
    due = take_due(d);
  }
  run(due);
}

void collect_retired() {
  Domain& d = domain();
  std::vector<Retired> due;
  {
    const std::lock_guard lock(d.mutex);
    due = take_due(d);
  }
  run(due);
}

void lock_epochs_for_fork() {
  this_slot();  // takes the lock itself if this thread is new
  domain().mutex.lock();
}

void unlock_epochs_after_fork(bool in_child) {
  Domain& d = domain();
  if (in_child) {
    // What the parent retired is released there. Here its release could need locks of the parent's.
    new std::vector<Retired>(std::move(d.retired));
    d.retired.clear();
    const Slot& own = this_slot();
    for (Slot& slot : d.slots) {
      if (&slot == &own) continue;
      slot.epoch.store(kIdle, std::memory_order_relaxed);
      slot.taken = false;
    }
  }
  d.mutex.unlock();
}

unsigned thread_slot() {
  return this_slot().index;
}

}  // namespace lsmkit
