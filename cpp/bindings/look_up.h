// Many keys looked up at once: in the order of keys, and on several cores if there are many.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "lsmkit/db/db.h"
#include "memory_type.h"
#include "rows.h"

namespace lsmkit {

// What a stretch of rows found. Values come in the order of keys and are asked for by row.
class FoundRows {
 public:
  FoundRows(size_t first, size_t count) : first_(first), places_(count) {}

  size_t first() const { return first_; }
  size_t count() const { return places_.size(); }
  uint64_t value_bytes() const { return bytes_.size(); }
  // Rows are counted from first().
  bool has(size_t row) const { return places_[row].found; }
  size_t size_of(size_t row) const { return places_[row].size; }
  // All values, in the order of rows. Requires: room for value_bytes().
  void copy_values(char* to) const;
  void put(size_t row, std::string_view value) {
    places_[row] = {bytes_.size(), value.size(), true};
    bytes_.append(value);
  }

 private:
  struct Place {
    size_t begin = 0;
    size_t size = 0;
    bool found = false;
  };
  size_t first_;
  std::vector<Place> places_;
  GrowingBytes bytes_;
};

class LookUp {
 public:
  // `snapshot` may not be null. Threads: at most so many, 0 for as many as there are cores.
  LookUp(Db& db, const Rows& keys, const Snapshot& snapshot, size_t threads)
      : db_(db), keys_(keys), snapshot_(snapshot), threads_(threads) {}

  // take(stretches) for some rows after the other, on this thread, as is what `poll` throws.
  // Values are left empty if `with_values` is false.
  void run(bool with_values, const Poll& poll,
           const std::function<void(std::vector<FoundRows>&)>& take);

 private:
  Db& db_;
  const Rows& keys_;
  const Snapshot& snapshot_;
  const size_t threads_;
};

// f(part) for each of some parts, the first on this thread and the others beside it; returns when
// all have ended, and throws what one of them threw.
void side_by_side(size_t parts, const std::function<void(size_t part)>& f);

}  // namespace lsmkit
