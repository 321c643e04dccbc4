// What must hold of a layered store, and what is thrown where it does not. The numbers:
//
//   I1  each record at or above the horizon is in exactly one live layer between compactions
//   I3  no two live deltas overlap after a compaction
//   I4  where a level begins, no delta lies on both sides
//   I5  no delta is empty, no layer larger than twice the target but for page images
//   I6  a compaction's outputs hold the records of the inputs that it deletes
//   I7  bytes created less bytes deleted are the bytes of what lives
//   I8  a layer is deleted when all jobs that read it are done, once
//   I9  an image holds the pages that are in use at its LSN
//   I10 the horizon never moves back; what goes below it, no read that must be possible comes to
#pragma once

#include <cstdint>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layer.h"

namespace lsmkit {

// The store is not what it must be; the text begins with the invariant's number.
class BrokenInvariant : public Error {
 public:
  using Error::Error;
};

// No live layer holds the record any more, though it stands at or above the horizon.
class LostRecord : public BrokenInvariant {
 public:
  LostRecord(PageNumber page, Lsn lsn)
      : BrokenInvariant("I1: the record of page " + std::to_string(page) + " at LSN " +
                        std::to_string(lsn) + " is in no layer any more"),
        page_(page),
        lsn_(lsn) {}
  PageNumber page() const { return page_; }
  Lsn lsn() const { return lsn_; }

 private:
  PageNumber page_;
  Lsn lsn_;
};

// Always on where it is called.
inline void require_invariant(bool holds, const char* sentence) {
  if (!holds) [[unlikely]]
    throw BrokenInvariant(sentence);
}

}  // namespace lsmkit
