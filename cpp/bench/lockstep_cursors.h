// Where RocksDB's round robin goes on, as it counts, and what that means for ours.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lockstep_picks.h"

namespace lsmkit::bench {

// RocksDB goes on at the first record, key and seqno, of the table that followed the last input
// when the job was chosen, in the order of the round; after the last of all, where the round began.
// If the key is written over, its new record comes before that place, and the round goes on at the
// next key. Ours goes on at a key; so it is given the one at which RocksDB does.
class RocksDbCursors {
 public:
  // The newest record of a key in a live table; none: it has none.
  using NewestIn = std::function<std::optional<Seqno>(uint64_t table, std::string_view key)>;

  // If not `in_use`, there are no rounds and all cursors stay empty.
  RocksDbCursors(bool in_use, NewestIn newest_in)
      : in_use_(in_use), newest_in_(std::move(newest_in)) {}

  // By level, for `job`, with `tables` as they stood when it was chosen; empty: none.
  std::vector<std::string> for_ours(const std::vector<ForeignTable>& tables,
                                    const ForeignJob& job) const;
  // RocksDB has chosen `job` of `tables`.
  void move(const std::vector<ForeignTable>& tables, const ForeignJob& job);

 private:
  struct Cursor {
    std::string key;
    Seqno seqno = 0;
  };
  bool is_before(const ForeignTable& table, const Cursor& cursor) const;

  const bool in_use_;
  const NewestIn newest_in_;
  std::vector<std::optional<Cursor>> cursors_;  // by level
};

}  // namespace lsmkit::bench
