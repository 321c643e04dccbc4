// Lets readers use a shared object through a plain pointer while a writer replaces it: a reader
// announces the epoch in which it began, and a replaced object is freed only when every reader that
// could still hold it has left.
//
// The shared pointer itself is an std::atomic that is exchanged and loaded with the default order
// (seq_cst); whoever replaces it calls retire() afterwards.
//
// One domain serves the whole process. Entering costs one store and one fence, to a cache line that
// only this thread writes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace lsmkit {

class EpochGuard {
 public:
  EpochGuard();
  ~EpochGuard();
  EpochGuard(const EpochGuard&) = delete;
  EpochGuard& operator=(const EpochGuard&) = delete;

 private:
  std::atomic<uint64_t>* slot_;  // null: an outer guard of this thread already stands
};

// Runs `release` once no guard that stands now stands any more: at the latest in a later call of
// retire or of collect_retired.
void retire(std::function<void()> release);
// Runs what is due. Called now and then by whoever retires.
void collect_retired();

// Around a fork, so that the child finds the list of readers whole; there the forking thread is the
// only one.
void lock_epochs_for_fork();
void unlock_epochs_after_fork(bool in_child);

// A small number for this thread, unique among living threads.
unsigned thread_slot();

}  // namespace lsmkit
