// A cursor over what a database shows at one seqno: newest versions only, tombstones hidden, within
// bounds. Forwards and backwards, any change of direction.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lsmkit/db/db.h"

namespace lsmkit {

class DbCursor {
 public:
  ~DbCursor();
  bool valid() const;
  void seek_to_first();
  void seek_to_last();
  void seek(std::string_view key);           // the first key >= key
  void seek_for_prev(std::string_view key);  // the last key <= key
  void next();
  void prev();
  std::string_view key() const;    // valid until the cursor moves
  std::string_view value() const;  // likewise
  Seqno seqno() const;

 private:
  friend class Engine;  // replaced by a constructor in the floor
};

}  // namespace lsmkit
