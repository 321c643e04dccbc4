// Header and footer of a table file: fixed-size, checksummed, the way in. FORMAT.md draws them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/format/table_format.h"

namespace lsmkit {

struct TableHeader {
  uint32_t format_version = kTableFormatVersion;
  uint64_t table_id = 0;
  uint64_t database_id = 0;
  uint64_t required_features = 0;
  uint64_t optional_features = 0;
};

struct TableFooter {
  uint64_t table_id = 0;
  uint64_t required_features = 0;
  uint64_t optional_features = 0;
  BlockHandle filter;  // 0 bytes: none
  BlockHandle index;   // the top, or the only partition
  BlockHandle properties;
  BlockHandle dictionary;   // 0 bytes: none
  uint8_t index_depth = 1;  // 1: `index` lists data blocks; 2: it lists partitions
};

std::string encode(const TableHeader& header);  // kTableHeaderBytes
std::string encode(const TableFooter& footer);  // kTableFooterBytes
// Throw DecodeError for damage, NotSupported for what a newer lsmkit wrote.
TableHeader decode_table_header(std::string_view bytes);
TableFooter decode_table_footer(std::string_view bytes);

}  // namespace lsmkit
