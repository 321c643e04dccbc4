// The layers that live, and what was created and deleted: the state of a layered store without its
// contents.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

struct LayerCounts {
  uint64_t layers = 0;
  uint64_t bytes = 0;

  void add(const Layer& layer) {
    ++layers;
    bytes += layer.bytes;
  }
  bool operator==(const LayerCounts&) const = default;
};

// Where a read of a page goes. The records that it needs have LSNs from from() on.
struct ReadPath {
  std::vector<const Layer*> deltas;  // that begin below its LSN, from the top down to the image
  const Layer* image = nullptr;      // the highest at or below its LSN; none: down to the bottom
  Lsn from() const { return image == nullptr ? since : image->lsns.end; }
  // The page begins anew there: what ends at or below is not met.
  void end_at(Lsn begin);
  Lsn since = 0;
};

class LayerMap {
 public:
  // Requires: a number that no layer had. Numbers may come in any order.
  void add(const Layer& layer);
  // Throws BrokenInvariant (I8) if no such layer lives. Returns what it was.
  Layer remove(LayerNumber number);

  // From the bottom up, as stands_below() has it. Whatever happens, happens near the top, so that
  // is the end.
  const std::vector<Layer>& layers() const { return live_; }
  // Quick near the top.
  const Layer* find(LayerNumber number) const;
  // Those that overlap the box; an image does if its LSN is in the box or at its end.
  std::vector<Layer> in_box(const PageRange& pages, const LsnRange& lsns) const;
  // Those that a read meets. Replaces `out`; valid until the map changes.
  void path(PageNumber page, Lsn lsn, ReadPath& out) const;

  const LayerCounts& created() const { return created_; }
  const LayerCounts& deleted() const { return deleted_; }
  uint64_t live_bytes() const { return created_.bytes - deleted_.bytes; }
  uint64_t peak_live_bytes() const { return peak_live_bytes_; }

  // Throw BrokenInvariant.
  void check_disjoint() const;                    // I3
  void check_crossed_by_none(Lsn lsn) const;      // I4
  void check_sizes(uint64_t target_bytes) const;  // I5
  void check_sums() const;                        // I7

 private:
  // The end if it does not live.
  std::vector<Layer>::const_iterator place_of(LayerNumber number) const;

  std::vector<Layer> live_;
  LayerCounts created_;
  LayerCounts deleted_;
  uint64_t peak_live_bytes_ = 0;
};

}  // namespace lsmkit
