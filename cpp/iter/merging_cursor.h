// Many sorted cursors walked as one, in both directions.
//
// Reads have few sources (memtables, L0 runs, one run per level) and one of them, the largest
// level, supplies most entries in a row. So there is no heap: the source in front is compared with
// the second-best only, and all are looked at only when it falls behind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/iter/cursor.h"

namespace lsmkit {

template <Cursor Child>
class MergingCursor {
 public:
  // Of entries that compare equal, those of earlier children come first: give the newest first.
  explicit MergingCursor(std::vector<Child> children)
      : children_(std::move(children)), slots_(children_.size()) {}

  bool valid() const { return front_ != kNone; }
  std::string_view key() const { return slots_[front_].key; }
  Seqno seqno() const { return slots_[front_].seqno; }
  Kind kind() const { return children_[front_].kind(); }
  std::string_view value() const { return children_[front_].value(); }

  void seek_to_first() {
    reset(true, [](Child& c) { c.seek_to_first(); });
  }
  void seek_to_last() {
    reset(false, [](Child& c) { c.seek_to_last(); });
  }
  void seek(std::string_view key, Seqno seqno) {
    reset(true, [&](Child& c) { c.seek(key, seqno); });
  }

  void next() {
    if (!forward_) turn(true);
    advance([](Child& c) { c.next(); });
  }
  void prev() {
    if (forward_) turn(false);
    advance([](Child& c) { c.prev(); });
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;

  // What is compared, side by side in memory.
  struct Slot {
    uint64_t prefix = 0;
    std::string_view key;
    Seqno seqno = 0;
    bool valid = false;
  };

  template <class Seek>
  void reset(bool forward, Seek&& seek) {
    forward_ = forward;
    for (size_t i = 0; i < children_.size(); ++i) {
      seek(children_[i]);
      load(i);
    }
    select();
  }

  template <class Step>
  void advance(Step&& step) {
    step(children_[front_]);
    load(front_);
    const bool stays = slots_[front_].valid && (second_ == kNone || precedes(front_, second_));
    if (!stays) select();
  }

  // Puts every child on the near side of the entry in front, for walking the other way. The child
  // in front stays where it is.
  void turn(bool forward) {
    forward_ = forward;
    const std::string key(slots_[front_].key);
    const Seqno seqno = slots_[front_].seqno;
    for (size_t i = 0; i < children_.size(); ++i) {
      if (i == front_) continue;
      Child& child = children_[i];
      child.seek(key, seqno);
      if (forward) {
        // An equal entry of a newer child has been passed already.
        if (i < front_ && child.valid() && child.key() == key && child.seqno() == seqno)
          child.next();
      } else if (!child.valid()) {
        child.seek_to_last();
      } else if (!(i < front_ && child.key() == key && child.seqno() == seqno)) {
        child.prev();
      }
      load(i);
    }
    select_second();
  }

  void load(size_t i) {
    Slot& slot = slots_[i];
    const Child& child = children_[i];
    slot.valid = child.valid();
    if (!slot.valid) return;
    slot.key = child.key();
    slot.prefix = key_prefix(slot.key);
    slot.seqno = child.seqno();
  }

  // Whether slot a comes before slot b in the walking direction. Requires: both valid, a != b.
  bool precedes(size_t a, size_t b) const {
    const Slot& x = slots_[a];
    const Slot& y = slots_[b];
    if (x.prefix != y.prefix) return (x.prefix < y.prefix) == forward_;
    const int order = compare_internal(x.key, x.seqno, y.key, y.seqno);
    if (order != 0) return (order < 0) == forward_;
    return (a < b) == forward_;
  }

  void select() {
    front_ = kNone;
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].valid && (front_ == kNone || precedes(i, front_))) front_ = i;
    }
    select_second();
  }

  void select_second() {
    second_ = kNone;
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (i != front_ && slots_[i].valid && (second_ == kNone || precedes(i, second_))) second_ = i;
    }
  }

  std::vector<Child> children_;
  std::vector<Slot> slots_;
  size_t front_ = kNone;
  size_t second_ = kNone;
  bool forward_ = true;
};

}  // namespace lsmkit
