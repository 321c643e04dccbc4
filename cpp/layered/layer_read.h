// What it takes to rebuild a page as it was at an LSN: from the top down to the first image.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/layer_map.h"
#include "lsmkit/layered/record_store.h"

namespace lsmkit {

struct LayerRead {
  uint32_t layers_opened = 0;   // whose box covers the page on the way down, the image too
  uint32_t layers_holding = 0;  // deltas among them with a record that is needed
  uint64_t records = 0;         // to be replayed
  uint64_t bytes = 0;           // of these, and of the page if there is an image
  std::optional<LayerNumber> image;
  bool in_use = false;     // the page at that LSN; LayeredRun knows
  Lsn page_image_lsn = 0;  // of the page image in a delta at which it stops instead, if any
  bool finds_any() const { return bytes > 0; }
  bool operator==(const LayerRead&) const = default;
};

// Keeps its memory from one read to the next.
class LayerReader {
 public:
  // Requires: both outlive it.
  LayerReader(const LayerMap& map, const RecordStore& store) : map_(map), store_(store) {}

  // Of flushed layers. `since`: the page begins anew there, so it comes to nothing below.
  // `replayed`: gets the records, newest layer first, if given.
  LayerRead read(PageNumber page, Lsn lsn, Lsn since = 0,
                 std::vector<PackedRecord>* replayed = nullptr);

 private:
  const LayerMap& map_;
  const RecordStore& store_;
  ReadPath path_;
};

}  // namespace lsmkit
