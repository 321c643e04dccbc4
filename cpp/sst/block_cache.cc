#include "lsmkit/sst/block_cache.h"

#include <algorithm>

namespace lsmkit {

void BlockCache::insert(BlockSlot& slot, const std::shared_ptr<const Block>& block) {
  std::vector<std::shared_ptr<const Block>> evicted;  // freed after the lock
  const std::lock_guard lock(mutex_);
  const bool fits = charged_bytes_ + charge_of(*block) <= capacity_bytes_;
  if (slot.filled() || !fits) return;
  slot.exchange(block);
  slot.place = ring_.size();
  ring_.push_back(&slot);
  usage_bytes_ += charge_of(*block);
  make_room(evicted);
}

// Requires: mutex_ held, the slot filled.
std::shared_ptr<const Block> BlockCache::empty_slot(BlockSlot& slot) {
  auto block = slot.exchange(nullptr);
  usage_bytes_ -= charge_of(*block);
  ring_[slot.place] = ring_.back();
  ring_[slot.place]->place = slot.place;
  ring_.pop_back();
  return block;
}

void BlockCache::make_room(std::vector<std::shared_ptr<const Block>>& evicted) {
  // After two rounds of the hand nothing can be left: the first clears every mark. What is charged
  // may alone be more than the capacity, and then the ring runs empty.
  while (usage_bytes_ + charged_bytes_ > capacity_bytes_ && !ring_.empty()) {
    if (hand_ >= ring_.size()) hand_ = 0;
    BlockSlot& slot = *ring_[hand_];
    if (slot.block()->used.exchange(false, std::memory_order_relaxed)) {
      ++hand_;
    } else {
      evicted.push_back(empty_slot(slot));
    }
  }
}

void BlockCache::erase(std::span<BlockSlot> slots) {
  const std::lock_guard lock(mutex_);
  for (BlockSlot& slot : slots) {
    if (slot.filled()) empty_slot(slot);
  }
}

void BlockCache::charge(uint64_t bytes) {
  std::vector<std::shared_ptr<const Block>> evicted;  // freed after the lock
  const std::lock_guard lock(mutex_);
  charged_bytes_ += bytes;
  note_overdraft();
  make_room(evicted);
}

void BlockCache::discharge(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  charged_bytes_ -= bytes;
  note_overdraft();
}

// Requires: mutex_ held.
void BlockCache::note_overdraft() {
  const uint64_t over = charged_bytes_ - std::min(charged_bytes_, capacity_bytes_);
  overdraft_bytes_.store(over, std::memory_order_relaxed);
}

uint64_t BlockCache::usage_bytes() const {
  const std::lock_guard lock(mutex_);
  return usage_bytes_ + charged_bytes_;
}

uint64_t BlockCache::pinned_bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const BlockSlot* slot : ring_) {
    if (slot->block().use_count() > 1) bytes += charge_of(*slot->block());
  }
  return bytes;
}

}  // namespace lsmkit
