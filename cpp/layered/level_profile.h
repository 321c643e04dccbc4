// How many bytes the deltas of a level hold of which pages: all that a planner sees of contents.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

// So many bytes of records on these pages. More pages than one: spread evenly, and a layer may
// begin at any of them.
struct PageStretch {
  PageRange pages;
  uint64_t bytes = 0;
};

// Records of a page up to the next part.
struct LsnPart {
  Lsn begin = 0;  // of its first record
  uint64_t bytes = 0;
  bool operator==(const LsnPart&) const = default;
};

class LevelProfile {
 public:
  virtual ~LevelProfile() = default;

  // From here on next() goes through these pages, anew.
  virtual void begin(const PageRange& pages) = 0;
  // Stretches in ascending order, some at a time, valid until the next call; empty: no more.
  virtual std::span<const PageStretch> next() = 0;
  // The records of a page, cut so that each part, taken as full as it goes, has at most
  // `most_bytes` or is one record. Requires: the page is of the stretches last returned.
  virtual std::vector<LsnPart> parts_by_lsn(PageNumber page, uint64_t most_bytes) = 0;
};

}  // namespace lsmkit
