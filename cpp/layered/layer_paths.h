// Where reads go among the layers of one moment: what LayerMap::path() says, for many reads.
//
// Layers that end at the same LSN and are of one kind stand beside each other as a rule: by their
// pages, one at most has the page, and it is found by halving. A terabyte is thousands of layers
// in dozens of such rows.
#pragma once

#include <cstddef>
#include <vector>

#include "lsmkit/layered/layer_map.h"

namespace lsmkit {

class LayerPaths {
 public:
  // Requires: the map outlives it and does not change.
  explicit LayerPaths(const LayerMap& map);

  // Replaces `out`.
  void path(PageNumber page, Lsn lsn, ReadPath& out) const;

 private:
  // Neighbours in `layers_` with pages in ascending order, none in two.
  struct Row {
    size_t begin;
    size_t end;
  };

  // None has the page: nullptr.
  const Layer* layer_of(const Row& row, PageNumber page) const;

  std::vector<const Layer*> layers_;  // from the bottom up, in a row by pages
  std::vector<Row> rows_;
};

}  // namespace lsmkit
