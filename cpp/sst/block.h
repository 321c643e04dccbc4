// A data block in memory, and a cursor over it. The block's bytes are not trusted: every number is
// checked before it is used.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

// One piece of memory: what is counted and searched first, then the bytes. A lookup in a block that
// lies in no CPU cache waits for memory once per line it touches.
class Block {
 public:
  // Room for `size` bytes, to be filled before parse().
  static std::shared_ptr<Block> with_room(size_t size);
  char* room() { return reinterpret_cast<char*>(this + 1); }
  // Throws DecodeError if header or restarts can't be.
  void parse();

  size_t size() const { return size_; }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  uint32_t entries_begin() const { return entries_begin_; }
  uint32_t entries_end() const { return entries_end_; }  // the restart offsets begin here
  uint32_t restart_count() const { return restart_count_; }
  uint32_t restart_offset(uint32_t index) const;  // throws DecodeError if it can't be
  Seqno base_seqno() const { return base_seqno_; }
  bool seqnos_are_zero() const { return zero_seqnos_; }

  // For the cache's clock: whether it was asked for since the hand last came by.
  mutable std::atomic<bool> used{false};

 private:
  explicit Block(size_t size) : size_(size) {}

  static constexpr uint32_t kNearRestarts = 8;

  bool zero_seqnos_ = false;
  uint32_t entries_begin_ = 0;
  uint32_t entries_end_ = 0;
  uint32_t restart_count_ = 0;
  Seqno base_seqno_ = 0;
  const size_t size_;
  std::array<uint32_t, kNearRestarts> near_restarts_{};  // the first of them
};

// Satisfies Cursor. Throws DecodeError where the bytes can't be. The block must outlive it.
class BlockCursor {
 public:
  BlockCursor() = default;
  explicit BlockCursor(const Block& block) : block_(&block) {}

  // Goes over to another block, or none, and stands nowhere; keeps its buffers.
  void reset() { entry_ = kNowhere; }
  void reset(const Block& block) {
    block_ = &block;
    entry_ = kNowhere;
  }

  bool valid() const { return entry_ != kNowhere; }
  bool at_first() const { return entry_ == block_->entries_begin(); }
  std::string_view key() const { return key_; }
  Seqno seqno() const { return seqno_; }
  Kind kind() const { return kind_; }
  std::string_view value() const { return {value_, value_bytes_}; }

  void seek_to_first();
  void seek_to_last();
  void seek(std::string_view key, Seqno seqno);
  // The same from where seek() of the same or an earlier target left it. Requires: valid().
  void seek_onward(std::string_view key, Seqno seqno);
  void next();
  void prev();

 private:
  static constexpr uint32_t kNowhere = UINT32_MAX;

  struct EntryHead;
  static EntryHead decode_head(const Block& block, uint32_t at, size_t key_before);
  void stand(uint32_t at, const EntryHead& head);
  void enter_restart(uint32_t index);
  void decode(uint32_t at);  // the entry there, on top of key_ as its predecessor's; or nowhere
  int compare_restart(uint32_t index, std::string_view key, Seqno seqno) const;
  uint32_t find_stretch(uint32_t low, std::string_view key, Seqno seqno) const;
  void walk(uint32_t at, size_t key_before, size_t in_common, std::string_view key, Seqno seqno);

  const Block* block_ = nullptr;
  uint32_t entry_ = kNowhere;  // where the entry begins
  uint32_t next_ = 0;          // where the one after it begins
  uint32_t restart_ = 0;       // the stretch that the entry lies in
  std::string key_;
  Seqno seqno_ = 0;
  Kind kind_ = Kind::kPut;
  const char* value_ = nullptr;
  size_t value_bytes_ = 0;
};

}  // namespace lsmkit
