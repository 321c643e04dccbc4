#include "lsmkit/sst/table_builder.h"

#include <algorithm>
#include <stdexcept>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/lookup/filter.h"
#include "lsmkit/sst/table_frame.h"

namespace lsmkit {
namespace {

constexpr size_t kOutputBytes = 1 << 20;  // written in pieces of about this size
// Samples per byte of dictionary. zstd's advice is about a hundred; a table is better off with a
// dictionary from somewhat fewer than with none.
constexpr uint64_t kMostSamples = 64;
constexpr uint64_t kLeastSamples = 8;
constexpr size_t kLeastSampledBlocks = 8;

}  // namespace

TableBuilder::TableBuilder(AppendFile& file, uint64_t table_id, uint64_t database_id,
                           uint64_t created_us, const TableOptions& options)
    : file_(file),
      table_id_(table_id),
      options_(options),
      block_(options.restart_interval),
      fill_(options.block_bytes, options.restart_interval),
      compressor_(options.codec, options.compression_level),
      sampling_(options.codec == TableCodec::kZstd && options.dictionary_bytes > 0) {
  properties_.smallest_seqno = kMaxSeqno;
  properties_.created_us = created_us;
  properties_.database_id = database_id;
  properties_.block_bytes = static_cast<uint32_t>(options.block_bytes);
  properties_.restart_interval = options.restart_interval;
  properties_.filter_bits_per_key = options.filter_bits_per_key;
  TableHeader header;
  header.table_id = table_id;
  header.database_id = database_id;
  put(encode(header));
  first_block_offset_ = offset_;
}

void TableBuilder::add(const Entry& entry) {
  const bool first = properties_.entry_count == 0;
  const int by_key = first ? -1 : std::string_view(last_key_).compare(entry.key);
  if (by_key > 0 || (by_key == 0 && last_seqno_ <= entry.seqno)) {
    throw std::logic_error(file_.path() + ": entry '" + printable(entry.key) + "' at " +
                           std::to_string(entry.seqno) + " does not follow '" +
                           printable(last_key_) + "' at " + std::to_string(last_seqno_));
  }
  if (fill_.ends_before(entry.value.size())) finish_block();
  if (separator_is_due_) {
    index_.back().separator = shortest_separator(last_key_, entry.key);
    separator_is_due_ = false;
  }
  block_.add(entry);
  fill_.add(entry.key.size(), entry.value.size());

  if (first) properties_.smallest_key = entry.key;
  if (by_key != 0 && options_.filter_bits_per_key > 0) hashes_.push_back(hash_bytes(entry.key));
  if (by_key != 0) last_key_ = entry.key;
  last_seqno_ = entry.seqno;
  ++properties_.entry_count;
  properties_.tombstone_count += entry.kind == Kind::kDelete;
  properties_.weight += weight_of(entry);
  properties_.key_bytes += entry.key.size();
  properties_.value_bytes += entry.value.size();
  properties_.smallest_seqno = std::min(properties_.smallest_seqno, entry.seqno);
  properties_.largest_seqno = std::max(properties_.largest_seqno, entry.seqno);
  if (fill_.ends_after(entry.value.size())) finish_block();
}

void TableBuilder::finish_block() {
  const std::string_view raw = block_.finish();
  properties_.raw_block_bytes = std::max<uint64_t>(properties_.raw_block_bytes, raw.size());
  // A huge value says little about the others, and should not be kept waiting.
  if (sampling_ && raw.size() > 4 * options_.block_bytes) end_sampling();
  index_.push_back({last_key_, 0});
  separator_is_due_ = true;
  if (sampling_) {
    samples_.emplace_back(raw);
    sample_bytes_ += raw.size();
    if (sample_bytes_ >= kMostSamples * options_.dictionary_bytes) end_sampling();
  } else {
    write_data_block(raw, index_.size() - 1);
  }
  block_.reset();
  fill_.reset();
}

// Trains the dictionary, if what was seen allows one, and writes the blocks that waited for it.
void TableBuilder::end_sampling() {
  sampling_ = false;
  if (samples_.size() >= kLeastSampledBlocks &&
      sample_bytes_ >= kLeastSamples * options_.dictionary_bytes) {
    dictionary_ = train_dictionary(samples_, options_.dictionary_bytes);
  }
  if (!dictionary_.empty()) compressor_.use_dictionary(dictionary_);
  for (size_t i = 0; i < samples_.size(); ++i) write_data_block(samples_[i], i);
  samples_.clear();
}

void TableBuilder::write_data_block(std::string_view raw, size_t index_entry) {
  TableCodec used;
  const std::string_view stored = compressor_.compress(raw, &used);
  index_[index_entry].bytes = write_block(raw, used, stored).bytes;
}

BuiltTable TableBuilder::finish() {
  if (!block_.empty()) finish_block();
  if (sampling_) end_sampling();
  properties_.largest_key = last_key_;
  properties_.data_bytes = offset_ - first_block_offset_;
  TableFooter footer;
  footer.table_id = table_id_;
  if (!dictionary_.empty()) footer.dictionary = write_raw_block(dictionary_);
  const std::string filter = build_filter(hashes_, options_.filter_bits_per_key);
  if (!filter.empty()) footer.filter = write_raw_block(filter);
  footer.index = write_index(&footer.index_depth);
  footer.properties = write_raw_block(encode(properties_));
  put(encode(footer));
  flush_output();
  return {properties_.entry_count, properties_.weight, options_.codec};
}

// One partition, or several and a top that lists them.
BlockHandle TableBuilder::write_index(uint8_t* depth) {
  std::vector<IndexEntry> tops;
  uint64_t first_offset = first_block_offset_, partitions_offset = offset_;
  for (size_t begin = 0; begin < index_.size();) {
    const size_t end = partition_end(index_, begin);
    uint64_t next_offset = first_offset;
    std::vector<IndexEntry> part;
    for (size_t i = begin; i < end; ++i) {
      next_offset += index_[i].bytes + kBlockTrailerBytes;
      part.push_back(index_[i]);
    }
    const BlockHandle handle = write_raw_block(encode_index(part, first_offset));
    tops.push_back({part.back().separator, handle.bytes});
    if (end == index_.size() && begin == 0) {
      *depth = 1;
      return handle;
    }
    begin = end;
    first_offset = next_offset;
  }
  *depth = 2;
  return write_raw_block(encode_index(tops, partitions_offset));
}

BlockHandle TableBuilder::write_raw_block(std::string_view raw) {
  return write_block(raw, TableCodec::kNone, raw);
}

BlockHandle TableBuilder::write_block(std::string_view raw, TableCodec codec,
                                      std::string_view stored) {
  const BlockHandle handle{offset_, stored.size()};
  char trailer[kBlockTrailerBytes];
  trailer[0] = static_cast<char>(codec);
  store_fixed(trailer + 1, static_cast<uint32_t>(raw.size()));
  store_fixed(trailer + 5, block_crc(table_id_, offset_, stored, {trailer, 5}));
  put(stored);
  put({trailer, sizeof trailer});
  return handle;
}

void TableBuilder::put(std::string_view bytes) {
  offset_ += bytes.size();
  output_.append(bytes);
  if (output_.size() >= kOutputBytes) flush_output();
}

void TableBuilder::flush_output() {
  file_.allocate(output_.size());
  file_.append(output_);
  output_.clear();
}

}  // namespace lsmkit
