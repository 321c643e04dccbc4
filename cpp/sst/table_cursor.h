// Walks a table's entries. Satisfies Cursor; the table must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lsmkit/sst/block.h"
#include "lsmkit/sst/table.h"

namespace lsmkit {

class TableCursor {
 public:
  TableCursor(const Table& table, const ReadHints& hints) : table_(&table), hints_(hints) {}

  bool valid() const { return block_ != nullptr && entries_.valid(); }
  std::string_view key() const { return entries_.key(); }
  Seqno seqno() const { return entries_.seqno(); }
  Kind kind() const { return entries_.kind(); }
  std::string_view value() const { return entries_.value(); }
  size_t block() const { return block_number_; }  // that the entry stands in

  void seek_to_first();
  void seek_to_last();
  void seek(std::string_view key, Seqno seqno);
  void next();
  void prev();

 private:
  bool enter(size_t block);  // false: there is none, and the cursor stands nowhere
  std::shared_ptr<const Block> load(size_t block);
  void read_stretch(const BlockHandle& handle, bool forward);
  template <class Move>
  void guarded(Move&& move);

  const Table* table_;
  ReadHints hints_;
  std::shared_ptr<const Block> block_;
  size_t block_number_ = 0;
  BlockCursor entries_;

  // Blocks read one after the other, in either direction, are read in growing stretches.
  size_t last_loaded_ = SIZE_MAX;
  unsigned in_a_row_ = 0;
  std::string stretch_;
  uint64_t stretch_begin_ = 0;
};

}  // namespace lsmkit
