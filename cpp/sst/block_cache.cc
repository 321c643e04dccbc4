#include "lsmkit/sst/block_cache.h"

namespace lsmkit {

static_assert(sizeof(Block) <= kBlockOverheadBytes && sizeof(BlockSlot) <= kBlockSlotBytes);

namespace {

// Takes what is evicted, to be freed after the lock.
auto into(std::vector<std::shared_ptr<const Block>>& evicted) {
  return [&evicted](BlockSlot& slot) { evicted.push_back(slot.exchange(nullptr)); };
}

}  // namespace

void BlockCache::insert(BlockSlot& slot, const std::shared_ptr<const Block>& block) {
  std::vector<std::shared_ptr<const Block>> evicted;
  const std::lock_guard lock(mutex_);
  if (slot.filled() || !clock_.has_room_for(block->size() + kBlockOverheadBytes)) return;
  slot.exchange(block);
  clock_.insert(slot, into(evicted));
}

void BlockCache::erase(std::span<BlockSlot> slots) {
  const std::lock_guard lock(mutex_);
  for (BlockSlot& slot : slots) {
    if (!slot.filled()) continue;
    clock_.erase(slot);
    slot.exchange(nullptr);
  }
}

void BlockCache::charge(uint64_t bytes) {
  std::vector<std::shared_ptr<const Block>> evicted;
  const std::lock_guard lock(mutex_);
  clock_.charge(bytes, into(evicted));
  note_overdraft();
}

void BlockCache::discharge(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  clock_.discharge(bytes);
  note_overdraft();
}

// Requires: mutex_ held.
void BlockCache::note_overdraft() {
  overdraft_bytes_.store(clock_.overdraft_bytes(), std::memory_order_relaxed);
}

uint64_t BlockCache::usage_bytes() const {
  const std::lock_guard lock(mutex_);
  return clock_.usage_bytes() + clock_.charged_bytes();
}

uint64_t BlockCache::pinned_bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const BlockSlot* slot : clock_.slots()) {
    if (slot->block().use_count() > 1) bytes += slot->charged_bytes();
  }
  return bytes;
}

}  // namespace lsmkit
