// A cursor over what a database shows at one seqno: newest versions only, deleted keys hidden,
// within bounds. Forwards and backwards, any change of direction.
//
// It sees the moment it was made, whatever is written later, and keeps that moment's memtables and
// tables. After an error it stands nowhere. Used after the database is closed it throws
// ClosedError.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lsmkit/db/db.h"
#include "lsmkit/db/read_source.h"
#include "lsmkit/iter/merging_cursor.h"

namespace lsmkit {

class DbCursor {
 public:
  DbCursor(std::shared_ptr<Engine> engine, const CursorOptions& options,
           std::shared_ptr<const Snapshot> snapshot);
  ~DbCursor();
  DbCursor(const DbCursor&) = delete;
  DbCursor& operator=(const DbCursor&) = delete;

  bool valid() const { return valid_; }
  void seek_to_first();
  void seek_to_last();
  void seek(std::string_view key);           // the first key >= key
  void seek_for_prev(std::string_view key);  // the last key <= key
  void next();                               // Requires: valid()
  void prev();                               // Requires: valid()
  // Valid until the cursor moves. Require: valid()
  std::string_view key() const { return forward_ ? merged_.key() : key_; }
  std::string_view value() const { return forward_ ? merged_.value() : value_; }
  Seqno seqno() const { return forward_ ? merged_.seqno() : entry_seqno_; }

  // Whether what it reads goes when it goes, which takes longer. True at least if nobody else
  // comes to read the same.
  bool is_last_reader() const { return view_.use_count() == 1; }

 private:
  template <class Move>
  void move(Move&& move);
  ReadHints hints() const;
  void pass_over();
  void find_forward();
  void find_backward();
  void skip_key_forward();
  bool below_start(std::string_view key) const;
  bool above_stop(std::string_view key) const;
  void seek_to_upper_end();

  const std::shared_ptr<Engine> engine_;
  const CursorOptions options_;
  const std::shared_ptr<const Snapshot> snapshot_;
  Seqno seqno_ = 0;
  std::shared_ptr<const ReadView> view_;
  MergingCursor<ReadSource> merged_;

  bool valid_ = false;
  uint64_t passed_over_ = 0;
  // Forwards, `merged_` stands on the entry shown. Backwards, it stands before all entries of the
  // key, and the entry shown is kept here.
  bool forward_ = true;
  std::string key_;
  std::string value_;
  Seqno entry_seqno_ = 0;
};

}  // namespace lsmkit
