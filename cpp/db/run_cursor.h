// A sorted run walked table by table, as one cursor. A table is opened when the walk reaches it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "lsmkit/db/read_view.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_cursor.h"

namespace lsmkit {

class RunCursor {
 public:
  RunCursor(std::shared_ptr<const RunView> run, const ReadHints& hints)
      : run_(std::move(run)), hints_(hints) {}

  bool valid() const { return cursor_.has_value() && cursor_->valid(); }
  std::string_view key() const { return cursor_->key(); }
  Seqno seqno() const { return cursor_->seqno(); }
  Kind kind() const { return cursor_->kind(); }
  std::string_view value() const { return cursor_->value(); }

  void seek_to_first() {
    enter(0);
    if (cursor_) cursor_->seek_to_first();
    skip_forward();
  }
  void seek_to_last() {
    enter(run_->table_count() - 1);  // past the end, and so nowhere, for an empty run
    if (cursor_) cursor_->seek_to_last();
    skip_backward();
  }
  void seek(std::string_view key, Seqno seqno) {
    enter(run_->lower_bound(key));
    if (cursor_) cursor_->seek(key, seqno);
    skip_forward();
  }
  void next() {
    cursor_->next();
    if (!cursor_->valid()) skip_forward();
  }
  void prev() {
    cursor_->prev();
    if (!cursor_->valid()) skip_backward();
  }

 private:
  void enter(size_t table) {
    if (cursor_ && table == table_) return;
    table_ = table;
    if (table < run_->table_count()) {
      open_ = run_->handle(table).pin();
      cursor_.emplace(open_->cursor(hints_));
    } else {
      cursor_.reset();
      open_.reset();
    }
  }
  void skip_forward() {
    while (cursor_ && !cursor_->valid()) {
      enter(table_ + 1);
      if (cursor_) cursor_->seek_to_first();
    }
  }
  void skip_backward() {
    while (cursor_ && !cursor_->valid()) {
      enter(table_ - 1);  // wraps, and so ends nowhere, below the first
      if (cursor_) cursor_->seek_to_last();
    }
  }

  std::shared_ptr<const RunView> run_;
  ReadHints hints_;
  size_t table_ = 0;
  std::shared_ptr<const Table> open_;
  std::optional<TableCursor> cursor_;  // of open_
};

}  // namespace lsmkit
