// Walks over a memtable in internal order, both ways, while the writer goes on.
//
// It meets every entry that was published before its last seek, once and in order; of later ones it
// may meet some.
#pragma once

#include "lsmkit/iter/cursor.h"
#include "lsmkit/memtable/tree.h"

namespace lsmkit {

class MemtableCursor {
 public:
  explicit MemtableCursor(const Tree& tree) : tree_(&tree) {}

  bool valid() const { return position_.valid(); }
  void seek_to_first() { stand_at(tree_->first()); }
  void seek_to_last() { stand_at(tree_->last()); }
  void seek(std::string_view key, Seqno seqno) { stand_at(tree_->seek(key, seqno)); }
  void next() {
    Tree::next(position_);
    if (valid()) record_ = position_.record();
  }
  void prev() {
    Tree::prev(position_);
    if (valid()) record_ = position_.record();
  }

  // The views live as long as the memtable.
  std::string_view key() const { return record_.key(); }
  Seqno seqno() const { return record_.seqno(); }
  Kind kind() const { return record_.kind(); }
  std::string_view value() const { return record_.value(); }

 private:
  void stand_at(const TreePosition& position) {
    position_ = position;
    if (valid()) record_ = position_.record();
  }

  const Tree* tree_;
  TreePosition position_;
  Record record_;
};

static_assert(Cursor<MemtableCursor>);

}  // namespace lsmkit
