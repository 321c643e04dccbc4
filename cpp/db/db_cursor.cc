#include "lsmkit/db/db_cursor.h"

#include <utility>

#include "lsmkit/db/engine.h"
#include "lsmkit/db/visible.h"

namespace lsmkit {

DbCursor::DbCursor(std::shared_ptr<Engine> engine, const CursorOptions& options,
                   std::shared_ptr<const Snapshot> snapshot)
    : engine_(std::move(engine)),
      options_(options),
      snapshot_(std::move(snapshot)),
      view_(engine_->pin_view(seqno_, snapshot_.get())),
      merged_(sources_of(*view_, hints())) {
  engine_->count_cursor(1);
}

DbCursor::~DbCursor() {
  engine_->count_cursor(-1);
  if (engine_->belongs_to_this_process()) return;
  // In a forked child: the last reader of a table takes locks, which may be held for ever. So the
  // view stays.
  new std::shared_ptr<const ReadView>(std::move(view_));
}

ReadHints DbCursor::hints() const {
  ReadHints out;
  if (options_.poll) out.before_read = &options_.poll;
  return out;
}

// Deleted keys may be many, and all of them in memory.
void DbCursor::pass_over() {
  constexpr uint64_t kPassedPerPoll = 1024;
  if (++passed_over_ % kPassedPerPoll == 0 && options_.poll) options_.poll();
}

// Every move: nowhere first, so that a throw leaves the cursor there.
template <class Move>
void DbCursor::move(Move&& move) {
  valid_ = false;
  engine_->check_open();
  move();
}

void DbCursor::seek_to_first() {
  move([&] {
    forward_ = true;
    if (options_.start) {
      merged_.seek(*options_.start, kMaxSeqno);
    } else {
      merged_.seek_to_first();
    }
    find_forward();
  });
}

void DbCursor::seek_to_last() {
  move([&] {
    forward_ = false;
    seek_to_upper_end();
    find_backward();
  });
}

void DbCursor::seek(std::string_view key) {
  if (below_start(key)) return seek_to_first();
  move([&] {
    forward_ = true;
    merged_.seek(key, kMaxSeqno);
    find_forward();
  });
}

void DbCursor::seek_for_prev(std::string_view key) {
  if (above_stop(key)) return seek_to_last();
  move([&] {
    forward_ = false;
    // Behind the oldest entry of `key`: nothing has a seqno below 0, so the next key is found, and
    // one step back from it is what we want.
    const std::string target(key);
    merged_.seek(target, 0);
    while (merged_.valid() && merged_.key() == target) merged_.next();
    if (merged_.valid()) {
      merged_.prev();
    } else {
      merged_.seek_to_last();
    }
    find_backward();
  });
}

void DbCursor::next() {
  move([&] {
    if (forward_) {
      skip_key_forward();
    } else {
      // `merged_` stands before all entries of key_, or nowhere.
      forward_ = true;
      merged_.seek(key_, kMaxSeqno);
      if (merged_.valid() && merged_.key() == key_) skip_key_forward();
    }
    find_forward();
  });
}

void DbCursor::prev() {
  move([&] {
    if (forward_) {
      forward_ = false;
      key_ = merged_.key();
      while (merged_.valid() && merged_.key() == key_) merged_.prev();
    }
    find_backward();
  });
}

// Leaves the key that merged_ stands on.
void DbCursor::skip_key_forward() {
  key_ = merged_.key();
  do {
    merged_.next();
  } while (merged_.valid() && merged_.key() == key_);
}

// From where merged_ stands, at the newest entry of a key, to the first entry to be shown.
void DbCursor::find_forward() {
  while (merged_.valid()) {
    const std::string_view key = merged_.key();
    if (above_stop(key)) return;
    if (merged_.seqno() > seqno_) {
      merged_.next();  // too new, an older entry of the key may follow
      pass_over();
    } else if (!shows_value(merged_.kind()) || below_start(key)) {
      skip_key_forward();
      pass_over();
    } else {
      valid_ = true;
      return;
    }
  }
}

// From where merged_ stands, at the oldest entry of a key, back to the first key to be shown.
// Entries of a key come oldest first; the last one that is not too new counts.
void DbCursor::find_backward() {
  while (merged_.valid()) {
    if (below_start(merged_.key())) return;
    key_ = merged_.key();
    bool found = false;
    do {
      if (merged_.seqno() <= seqno_) {
        found = shows_value(merged_.kind());
        if (found) {
          value_ = merged_.value();
          entry_seqno_ = merged_.seqno();
        }
      }
      merged_.prev();
    } while (merged_.valid() && merged_.key() == key_);
    if (found && !above_stop(key_)) {
      valid_ = true;
      return;
    }
    pass_over();
  }
}

void DbCursor::seek_to_upper_end() {
  if (!options_.stop) return merged_.seek_to_last();
  merged_.seek(*options_.stop, kMaxSeqno);
  while (options_.include_stop && merged_.valid() && merged_.key() == *options_.stop)
    merged_.next();
  if (merged_.valid()) {
    merged_.prev();
  } else {
    merged_.seek_to_last();
  }
}

bool DbCursor::below_start(std::string_view key) const {
  if (!options_.start) return false;
  const int order = key.compare(*options_.start);
  return order < 0 || (order == 0 && !options_.include_start);
}

bool DbCursor::above_stop(std::string_view key) const {
  if (!options_.stop) return false;
  const int order = key.compare(*options_.stop);
  return order > 0 || (order == 0 && !options_.include_stop);
}

}  // namespace lsmkit
