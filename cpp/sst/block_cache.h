// Keeps blocks in memory, up to a number of bytes; what open tables hold for themselves (index and
// filter) counts, and alone stays when it exceeds that number.
//
// A table has a slot for each of its blocks, so finding a cached block is an index into an array
// and no hash lookup. The cache knows which slots are filled and empties some when memory runs out
// (lookup/cache_clock.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lsmkit/bytes/striped_counter.h"
#include "lsmkit/lookup/cache_clock.h"
#include "lsmkit/sst/block.h"

namespace lsmkit {

class BlockSlot {
 public:
  // The block, marked as used if `marks`; null if it is not cached.
  std::shared_ptr<const Block> get(bool marks) const {
    if (!filled_.load(std::memory_order_acquire)) return nullptr;
    const Hold hold(*this);
    if (marks && block_ && !block_->used.load(std::memory_order_relaxed)) {
      block_->used.store(true, std::memory_order_relaxed);
    }
    return block_;
  }

  // Asks for the block's first lines; what they say is not looked at.
  void prefetch_block() const {
    if (!filled_.load(std::memory_order_acquire)) return;
    const Hold hold(*this);
    const auto* const block = reinterpret_cast<const char*>(block_.get());
    for (size_t line = 0; block && line < kPrefetchedLines; ++line)
      __builtin_prefetch(block + 64 * line);
  }

  // ---- For the cache, under its mutex.
  bool filled() const { return filled_.load(std::memory_order_relaxed); }
  // Only the cache empties slots, so the pointer stands while it looks. Requires: filled().
  const std::shared_ptr<const Block>& block() const { return block_; }
  std::shared_ptr<const Block> exchange(std::shared_ptr<const Block> block) {
    const Hold hold(*this);
    filled_.store(block != nullptr, std::memory_order_release);
    block_.swap(block);
    return block;
  }
  size_t place = 0;  // the clock's
  uint64_t charged_bytes() const { return block_->size() + kBlockOverheadBytes; }
  bool take_mark() { return block_->used.exchange(false, std::memory_order_relaxed); }

 private:
  // Held for a pointer copy only.
  struct Hold {
    explicit Hold(const BlockSlot& s) : slot(s) {
      while (slot.held_.exchange(true, std::memory_order_acquire)) {
      }
    }
    ~Hold() { slot.held_.store(false, std::memory_order_release); }
    const BlockSlot& slot;
  };

  static constexpr size_t kPrefetchedLines = 66;

  mutable std::atomic<bool> held_{false};
  std::atomic<bool> filled_{false};
  std::shared_ptr<const Block> block_;  // held_
};

class BlockCache {
 public:
  explicit BlockCache(uint64_t capacity_bytes) : clock_(capacity_bytes) {}

  // Puts a block into its slot, unless another thread was faster, and makes room.
  void insert(BlockSlot& slot, const std::shared_ptr<const Block>& block);
  // Empties slots that are about to go.
  void erase(std::span<BlockSlot> slots);
  // What tables hold in memory beside blocks (indexes, filters) takes its room here, too.
  void charge(uint64_t bytes);
  void discharge(uint64_t bytes);

  uint64_t capacity_bytes() const { return clock_.capacity_bytes(); }
  // By how much what was charged exceeds the capacity. Cheap.
  uint64_t overdraft_bytes() const { return overdraft_bytes_.load(std::memory_order_relaxed); }
  uint64_t usage_bytes() const;   // blocks, and what was charged
  uint64_t pinned_bytes() const;  // of cached blocks that somebody reads right now
  uint64_t hits() const { return hits_.sum(); }
  uint64_t misses() const { return misses_.sum(); }
  // What readers found or had to read; what compactions do is left out.
  void count_hit() { hits_.add(1); }
  void count_miss() { misses_.add(1); }

 private:
  void note_overdraft();

  mutable std::mutex mutex_;
  CacheClock<BlockSlot> clock_;  // mutex_
  std::atomic<uint64_t> overdraft_bytes_{0};
  StripedCounter hits_;
  StripedCounter misses_;
};

}  // namespace lsmkit
