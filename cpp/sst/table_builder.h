// Writes a table, entry by entry in internal order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/format/block_fill.h"
#include "lsmkit/format/table_properties.h"
#include "lsmkit/sst/block_builder.h"
#include "lsmkit/sst/compression.h"
#include "lsmkit/sst/index.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

struct TableOptions {
  uint64_t block_bytes = 4096;
  uint32_t restart_interval = 16;
  double filter_bits_per_key = 10;
  TableCodec codec = TableCodec::kNone;
  int compression_level = 1;
  // Of a zstd dictionary trained on the table's first blocks; 0: none. A table that is too small to
  // train one gets none.
  uint64_t dictionary_bytes = 0;
};

struct BuiltTable {
  uint64_t entry_count = 0;
  uint64_t weight = 0;
  TableCodec codec = TableCodec::kNone;
};

class TableBuilder {
 public:
  // Writes to `file`, which must be empty and must outlive the builder.
  TableBuilder(AppendFile& file, uint64_t table_id, uint64_t database_id, uint64_t created_us,
               const TableOptions& options);

  // Throws std::logic_error if the entry does not follow the one before.
  void add(const Entry& entry);
  // Writes what is left. Does not sync. Requires: something was added.
  BuiltTable finish();

 private:
  void finish_block();
  void end_sampling();
  void write_data_block(std::string_view raw, size_t index_entry);
  BlockHandle write_block(std::string_view raw, TableCodec codec, std::string_view stored);
  BlockHandle write_raw_block(std::string_view raw);
  BlockHandle write_index(uint8_t* depth);
  void put(std::string_view bytes);
  void flush_output();

  AppendFile& file_;
  const uint64_t table_id_;
  const TableOptions options_;
  BlockBuilder block_;
  BlockFill fill_;
  BlockCompressor compressor_;
  TableProperties properties_;
  std::vector<IndexEntry> index_;
  // The first blocks wait here, uncompressed, until a dictionary is trained on them.
  bool sampling_;
  std::vector<std::string> samples_;
  uint64_t sample_bytes_ = 0;
  std::string dictionary_;
  std::vector<uint64_t> hashes_;
  std::string last_key_;
  Seqno last_seqno_ = 0;
  bool separator_is_due_ = false;
  uint64_t offset_ = 0;
  uint64_t first_block_offset_ = 0;
  std::string output_;
};

}  // namespace lsmkit
