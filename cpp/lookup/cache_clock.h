// Which cached block goes when memory runs out: a clock, whose hand passes over blocks that were
// asked for since it last came by. The cache of blocks (sst) goes by it, and a simulated one (sim).
//
//   Slot   size_t place;                 the clock's own
//          uint64_t charged_bytes();     of the block in it, which stay the same while it is there
//          bool take_mark();             whether it was asked for since the last call
//
// What tables hold in memory beside blocks takes its room here, too, and alone stays when it
// exceeds the capacity.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lsmkit {

// What is charged beside the bytes of a block's entries, of an index's separators, of a filter: no
// less than what the structs take.
inline constexpr uint64_t kBlockOverheadBytes = 96;
inline constexpr uint64_t kBlockIndexBytes = 32;      // of a block in its table's index
inline constexpr uint64_t kBlockSlotBytes = 40;       // in its table's slots
inline constexpr uint64_t kTableOverheadBytes = 768;  // the path of its file, too

// What a table that is open keeps in memory.
struct TableFrame {
  uint64_t block_count = 0;
  uint64_t separator_bytes = 0;
  uint64_t filter_bytes = 0;
};
constexpr uint64_t memory_bytes_of(const TableFrame& frame) {
  return kTableOverheadBytes + frame.block_count * (kBlockIndexBytes + kBlockSlotBytes) +
         frame.separator_bytes + frame.filter_bytes;
}

template <class Slot>
class CacheClock {
 public:
  explicit CacheClock(uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  uint64_t capacity_bytes() const { return capacity_bytes_; }
  uint64_t usage_bytes() const { return usage_bytes_; }      // of blocks
  uint64_t charged_bytes() const { return charged_bytes_; }  // of tables
  uint64_t overdraft_bytes() const {
    return charged_bytes_ - std::min(charged_bytes_, capacity_bytes_);
  }
  const std::vector<Slot*>& slots() const { return ring_; }

  // Whether a block may come in at all.
  bool has_room_for(uint64_t bytes) const { return charged_bytes_ + bytes <= capacity_bytes_; }
  // Requires: the slot was filled just now, and has_room_for it. evict(slot) empties one that goes.
  // The newcomer stands right behind the hand, so all others are looked at before it.
  template <class Evict>
  void insert(Slot& slot, Evict&& evict) {
    make_room(slot.charged_bytes(), evict);
    usage_bytes_ += slot.charged_bytes();
    hand_ = std::min(hand_, ring_.size());
    ring_.push_back(&slot);
    std::swap(ring_[hand_], ring_.back());
    ring_[hand_]->place = hand_;
    ring_.back()->place = ring_.size() - 1;
    ++hand_;
  }
  // Requires: the slot is filled, and is emptied by the caller.
  void erase(Slot& slot) {
    usage_bytes_ -= slot.charged_bytes();
    ring_[slot.place] = ring_.back();
    ring_[slot.place]->place = slot.place;
    ring_.pop_back();
  }
  template <class Evict>
  void charge(uint64_t bytes, Evict&& evict) {
    charged_bytes_ += bytes;
    make_room(0, evict);
  }
  void discharge(uint64_t bytes) { charged_bytes_ -= bytes; }

 private:
  // For so many bytes more. After two rounds of the hand nothing can be left: the first clears
  // every mark. What is charged may alone be more than the capacity, and then the ring runs empty.
  template <class Evict>
  void make_room(uint64_t bytes, Evict&& evict) {
    while (usage_bytes_ + charged_bytes_ + bytes > capacity_bytes_ && !ring_.empty()) {
      if (hand_ >= ring_.size()) hand_ = 0;
      Slot& slot = *ring_[hand_];
      if (slot.take_mark()) {
        ++hand_;
      } else {
        erase(slot);
        evict(slot);
      }
    }
  }

  const uint64_t capacity_bytes_;
  std::vector<Slot*> ring_;  // the filled slots
  size_t hand_ = 0;
  uint64_t usage_bytes_ = 0;
  uint64_t charged_bytes_ = 0;
};

}  // namespace lsmkit
