// Where each record lies in the log and how long it is. Records are numbered from 0 as they come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

// As long as all records are equally long nothing is stored.
class RecordLog {
 public:
  void append(uint32_t bytes) {
    if (count_ == 0) equal_bytes_ = bytes;
    if (bytes != equal_bytes_ || !lengths_.empty()) append_unlike(bytes);
    ++count_;
    end_ += bytes;
  }

  uint64_t count() const { return count_; }
  Lsn end() const { return end_; }
  bool all_equal() const { return lengths_.empty(); }
  // Requires: all_equal().
  uint32_t equal_bytes() const { return equal_bytes_; }

  // Requires: record < count().
  uint32_t bytes(uint64_t record) const {
    return lengths_.empty() ? equal_bytes_ : lengths_[record];
  }
  // Where it begins. Requires: record <= count().
  Lsn lsn(uint64_t record) const;
  // The first record that begins at or above the LSN; count() if none does.
  uint64_t first_at(Lsn lsn) const;

  uint64_t allocated_bytes() const {
    return lengths_.capacity() * sizeof(uint32_t) + begins_.capacity() * sizeof(Lsn);
  }

 private:
  static constexpr uint64_t kStep = 64;  // records from one kept LSN to the next

  void append_unlike(uint32_t bytes);

  uint64_t count_ = 0;
  Lsn end_ = 0;
  uint32_t equal_bytes_ = 0;
  std::vector<uint32_t> lengths_;  // empty while all are equal
  std::vector<Lsn> begins_;        // of each kStep-th record, likewise
};

}  // namespace lsmkit
