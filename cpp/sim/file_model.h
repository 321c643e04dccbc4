// What files modelled tables would take: reported, and deciding nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lsmkit/format/table_size.h"
#include "lsmkit/sim/records.h"

namespace lsmkit {

struct FileModel {
  std::vector<TableShape> shapes;  // by the level that is written to; deeper ones take the last

  // Requires: there is a shape.
  TableShape shape_at(uint32_t level, double filter_bits_per_key, uint64_t created_us) const {
    TableShape shape = shapes[std::min<size_t>(level, shapes.size() - 1)];
    shape.filter_bits_per_key = filter_bits_per_key;
    // An engine's clock counts from 1970.
    shape.created_us = std::max(created_us, uint64_t{1} << 50);
    return shape;
  }
};

// Of the file that holds these records.
uint64_t file_bytes_of(const Records& records, const KeyUniverse& keys, const TableShape& shape);

}  // namespace lsmkit
