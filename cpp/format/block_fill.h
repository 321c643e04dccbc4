// When the open data block is full: what table builder and simulator both go by.
#pragma once

#include <cstdint>

namespace lsmkit {

class BlockFill {
 public:
  BlockFill(uint64_t block_bytes, uint32_t restart_interval)
      : block_bytes_(block_bytes), restart_interval_(restart_interval) {}

  // A value as large as a block stands alone in its own.
  bool stands_alone(uint64_t value_bytes) const { return value_bytes >= block_bytes_; }
  // Whether the next entry is written with its full key, so that a search can start there.
  bool restarts() const { return since_restart_ == 0; }
  void add(uint64_t key_bytes, uint64_t value_bytes) {
    data_bytes_ += key_bytes + value_bytes + kEntryBytes;
    ++entries_;
    restart_count_ += since_restart_ == 0;
    if (++since_restart_ == restart_interval_) since_restart_ = 0;
  }
  bool empty() const { return entries_ == 0; }
  uint64_t entries() const { return entries_; }
  uint64_t restart_count() const { return restart_count_; }
  // By about what it takes, shared key bytes not counted.
  bool is_full() const {
    const uint64_t whole_stretches = restart_count_ - (since_restart_ != 0);
    return data_bytes_ + 4 * (whole_stretches + 2) >= block_bytes_;
  }
  // Whether the block ends before, or after, an entry whose value is so large.
  bool ends_before(uint64_t value_bytes) const { return !empty() && stands_alone(value_bytes); }
  bool ends_after(uint64_t value_bytes) const { return stands_alone(value_bytes) || is_full(); }
  void reset() { data_bytes_ = entries_ = restart_count_ = since_restart_ = 0; }

 private:
  static constexpr uint64_t kEntryBytes = 5;  // of lengths, kind and seqno, about

  uint64_t block_bytes_;
  uint64_t restart_interval_;
  uint64_t data_bytes_ = 0;
  uint64_t entries_ = 0;
  uint64_t restart_count_ = 0;
  uint64_t since_restart_ = 0;  // entries; 0: the next one restarts
};

// How many entries of such sizes the block takes; at most so many are asked for.
inline uint64_t entries_per_block(BlockFill fill, uint64_t key_bytes, uint64_t value_bytes,
                                  uint64_t at_most = UINT64_MAX) {
  if (fill.stands_alone(value_bytes)) return 1;
  do fill.add(key_bytes, value_bytes);
  while (!fill.is_full() && fill.entries() < at_most);
  return fill.entries();
}

}  // namespace lsmkit
