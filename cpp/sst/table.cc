#include "lsmkit/sst/table.h"

#include <cstring>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/sst/compression.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/sst/table_frame.h"

namespace lsmkit {

// ---- Opening.

std::shared_ptr<const Table> Table::open(std::unique_ptr<ReadFile> file, BlockCache* cache,
                                         std::optional<uint64_t> expected_id) {
  const std::shared_ptr<Table> table(new Table(std::move(file), cache));
  table->read_frame(expected_id);
  if (cache != nullptr) {
    table->charged_bytes_ = table->memory_bytes();
    cache->charge(table->charged_bytes_);
  }
  return table;
}

Table::Table(std::unique_ptr<ReadFile> file, BlockCache* cache)
    : file_(std::move(file)), cache_(cache) {}

Table::~Table() {
  if (cache_ == nullptr) return;
  cache_->erase(slots_);
  cache_->discharge(charged_bytes_);
}

void Table::corrupt(uint64_t offset, std::string_view what) const {
  throw CorruptionError(path(), offset, what);
}

void Table::read_frame(std::optional<uint64_t> expected_id) {
  const uint64_t size = file_->size();
  uint64_t at = 0;
  try {
    if (size < kTableHeaderBytes + kTableFooterBytes)
      throw DecodeError("it is too short for a table");
    char head[kTableHeaderBytes], foot[kTableFooterBytes];
    if (file_->read(0, sizeof head, head) != sizeof head) throw DecodeError("it ends early");
    const TableHeader header = decode_table_header({head, sizeof head});
    id_ = header.table_id;
    if (expected_id && *expected_id != id_) {
      throw DecodeError("found table id " + std::to_string(id_) + ", due is " +
                        std::to_string(*expected_id));
    }
    at = size - kTableFooterBytes;
    if (file_->read(at, sizeof foot, foot) != sizeof foot) throw DecodeError("it ends early");
    const TableFooter footer = decode_table_footer({foot, sizeof foot});
    if (footer.table_id != id_) throw DecodeError("header and footer are of different tables");
    if (footer.dictionary.bytes > 0) {
      at = footer.dictionary.offset;
      dictionary_ = std::make_unique<ReadDictionary>(read_meta_block(footer.dictionary));
    }
    at = footer.properties.offset;
    properties_ = decode_table_properties(read_meta_block(footer.properties));
    at = footer.index.offset;
    const std::string top = read_meta_block(footer.index);
    if (footer.index_depth == 1) {
      index_.add(top);
    } else {
      for (const BlockHandle& partition : partitions_of(top)) {
        at = partition.offset;
        index_.add(read_meta_block(partition));
      }
    }
    index_.finish();
    const uint64_t data_end = kTableHeaderBytes + properties_.data_bytes;
    if (index_.block_count() == 0 || index_.handle(0).offset != kTableHeaderBytes ||
        index_.handle(index_.block_count() - 1).end() != data_end || data_end > size) {
      throw DecodeError("an index that does not cover the data blocks");
    }
    if (footer.filter.bytes > 0) {
      at = footer.filter.offset;
      const std::string filter = read_meta_block(footer.filter);
      // So placed that the lines, eight bytes in, begin at cache lines.
      filter_size_ = filter.size();
      filter_bytes_ = std::make_unique<char[]>(filter_size_ + 2 * kFilterLineBytes);
      const auto base = reinterpret_cast<uintptr_t>(filter_bytes_.get());
      char* const lines = filter_bytes_.get() + (kFilterLineBytes - base % kFilterLineBytes);
      char* const aligned = lines + kFilterLineBytes - 8;
      std::memcpy(aligned, filter.data(), filter.size());
      if (!filter_.open({aligned, filter_size_})) throw DecodeError("a filter that can't be");
    }
  } catch (const DecodeError& error) {
    corrupt(at, error.what());
  }
  if (cache_ != nullptr) slots_ = std::vector<BlockSlot>(index_.block_count());
}

// ---- Blocks.

// What is stored, once handle, size and checksum are found good. Throws DecodeError.
std::string_view Table::check_stored(const BlockHandle& handle, std::string_view stored,
                                     TableCodec* codec, uint64_t* raw_bytes) const {
  const std::string_view bytes = stored.substr(0, handle.bytes);
  const char* const trailer = stored.data() + handle.bytes;
  const auto found = load_fixed<uint32_t>(trailer + 5);
  const uint32_t due = block_crc(id_, handle.offset, bytes, {trailer, 5});
  if (found != due) {
    throw DecodeError("a block fails its checksum (found " + std::to_string(found) + ", due is " +
                      std::to_string(due) + ")");
  }
  *codec = static_cast<TableCodec>(trailer[0]);
  *raw_bytes = load_fixed<uint32_t>(trailer + 1);
  if (*codec != TableCodec::kNone && *codec != TableCodec::kZstd) {
    throw NotSupported(path() + ": a block of codec " + std::to_string(trailer[0]) +
                       " was written by a newer lsmkit");
  }
  if (*codec == TableCodec::kNone && *raw_bytes != handle.bytes) {
    throw DecodeError("a raw block whose sizes differ");
  }
  return bytes;
}

std::string Table::read_meta_block(const BlockHandle& handle) const {
  const uint64_t size = file_->size();
  if (handle.offset > size || handle.bytes > size - handle.offset ||
      kBlockTrailerBytes > size - handle.offset - handle.bytes) {
    throw DecodeError("a block that lies outside of the file");
  }
  std::string stored(handle.bytes + kBlockTrailerBytes, '\0');
  if (file_->read(handle.offset, stored.size(), stored.data()) != stored.size()) {
    throw DecodeError("a block that ends early");
  }
  TableCodec codec;
  uint64_t raw_bytes;
  check_stored(handle, stored, &codec, &raw_bytes);
  if (codec != TableCodec::kNone)
    throw DecodeError("an index, filter or properties that is compressed");
  stored.resize(handle.bytes);
  return stored;
}

std::shared_ptr<const Block> Table::cached_block(size_t block, bool marks) const {
  return slots_.empty() ? nullptr : slots_[block].get(marks);
}

void Table::count_read(bool hit) const {
  if (cache_ == nullptr) return;
  if (hit)
    cache_->count_hit();
  else
    cache_->count_miss();
}

std::shared_ptr<const Block> Table::parse_block(size_t block, std::string_view stored) const {
  const BlockHandle& handle = index_.handle(block);
  try {
    TableCodec codec;
    uint64_t raw_bytes;
    const std::string_view bytes = check_stored(handle, stored, &codec, &raw_bytes);
    // The properties promise how large the largest block is, and no codec makes more of a byte: so
    // a small block can't blow up.
    if (raw_bytes > properties_.raw_block_bytes || raw_bytes > kMaxRawBlockBytes) {
      throw DecodeError("a block larger than the table's largest");
    }
    if (raw_bytes / kMostRawPerStoredByte > handle.bytes) {
      throw DecodeError("a block larger than its bytes can hold");
    }
    const std::shared_ptr<Block> parsed = Block::with_room(raw_bytes);
    if (codec == TableCodec::kNone) {
      std::memcpy(parsed->room(), bytes.data(), raw_bytes);
    } else if (!decompress(codec, dictionary_.get(), bytes, parsed->room(), raw_bytes)) {
      throw DecodeError("a block that can't be decompressed");
    }
    parsed->parse();
    return parsed;
  } catch (const DecodeError& error) {
    corrupt(handle.offset, error.what());
  }
}

std::shared_ptr<const Block> Table::read_block(size_t block, bool fill_cache) const {
  const BlockHandle& handle = index_.handle(block);
  const size_t bytes = handle.bytes + kBlockTrailerBytes;
  constexpr size_t kOnStack = 8192;
  char small[kOnStack];
  std::unique_ptr<char[]> large;
  char* to = small;
  if (bytes > kOnStack) {
    large.reset(new char[bytes]);
    to = large.get();
  }
  if (file_->read(handle.offset, bytes, to) != bytes)
    corrupt(handle.offset, "a block that ends early");
  auto parsed = parse_block(block, {to, bytes});
  if (fill_cache) cache_block(block, parsed);
  return parsed;
}

void Table::cache_block(size_t block, const std::shared_ptr<const Block>& parsed) const {
  if (!slots_.empty()) cache_->insert(slots_[block], parsed);
}

// ---- Reading.

TableGetResult Table::get(std::string_view key, Seqno seqno, uint64_t hash, TableHit& hit,
                          bool may_block, TableGetStats& stats) const {
  if (!filter_.may_contain(hash)) {
    stats.filter_negative = true;
    return TableGetResult::kAbsent;
  }
  thread_local BlockCursor cursor;  // keeps its key buffer from one lookup to the next
  // Versions of a key may go on in the next block.
  for (size_t i = index_.find(key); i < index_.block_count(); ++i) {
    std::shared_ptr<const Block> block = cached_block(i, true);
    if (!block && !may_block) return TableGetResult::kWouldBlock;
    count_read(block != nullptr);
    if (!block) block = read_block(i, true);
    try {
      cursor.reset(*block);
      cursor.seek(key, seqno);
    } catch (const DecodeError& error) {
      corrupt(index_.handle(i).offset, error.what());
    }
    if (!cursor.valid()) continue;
    if (cursor.key() != key) break;
    hit.seqno = cursor.seqno();
    hit.kind = cursor.kind();
    hit.value = cursor.value();
    hit.owner = std::move(block);
    return TableGetResult::kFound;
  }
  return TableGetResult::kAbsent;
}

TableCursor Table::cursor(const ReadHints& hints) const {
  return TableCursor(*this, hints);
}

uint64_t Table::approximate_offset(std::string_view key) const {
  const size_t block = index_.find(key);
  return block < index_.block_count() ? index_.handle(block).offset : file_->size();
}

uint64_t Table::memory_bytes() const {
  static_assert(sizeof(Table) <= kTableOverheadBytes);
  return memory_bytes_of({index_.block_count(), index_.separator_bytes(), filter_size_}) +
         properties_.smallest_key.size() + properties_.largest_key.size() +
         (dictionary_ ? dictionary_->memory_bytes() : 0);
}

void Table::verify(const std::function<void()>& poll) const {
  constexpr uint64_t kReadahead = 1 << 20;
  uint64_t entries = 0, weight = 0;
  TableCursor cursor(*this, {.fill_cache = false,
                             .readahead_bytes = kReadahead,
                             .use_cache = false,
                             .before_read = poll ? &poll : nullptr});
  std::string last;
  Seqno last_seqno = 0;
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    if (entries == 0 && cursor.key() != properties_.smallest_key) {
      corrupt(kTableHeaderBytes, "a first key that is not the smallest");
    }
    if (entries > 0 && compare_internal(last, last_seqno, cursor.key(), cursor.seqno()) >= 0) {
      corrupt(kTableHeaderBytes,
              "entry '" + printable(cursor.key()) + "' does not follow '" + printable(last) + "'");
    }
    const size_t block = cursor.block();
    if (index_.separator(block) < cursor.key() ||
        (block > 0 && cursor.key() < index_.separator(block - 1))) {
      corrupt(index_.handle(block).offset,
              "entry '" + printable(cursor.key()) + "' in a block where the index does not put it");
    }
    if (!filter_.may_contain(hash_bytes(cursor.key()))) {
      corrupt(kTableHeaderBytes + properties_.data_bytes,
              "a filter that denies key '" + printable(cursor.key()) + "'");
    }
    weight += weight_of(cursor.key().size(), cursor.value().size());
    last = cursor.key();
    last_seqno = cursor.seqno();
    if (++entries % 4096 == 0 && poll) poll();
  }
  if (poll) poll();
  if (last != properties_.largest_key)
    corrupt(kTableHeaderBytes, "a last key that is not the largest");
  if (entries != properties_.entry_count || weight != properties_.weight) {
    corrupt(kTableHeaderBytes, "found " + std::to_string(entries) + " entries of weight " +
                                   std::to_string(weight) + ", due are " +
                                   std::to_string(properties_.entry_count) + " of " +
                                   std::to_string(properties_.weight));
  }
}

}  // namespace lsmkit
