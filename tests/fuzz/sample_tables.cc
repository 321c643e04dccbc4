// Builds the sample tables by the table builder; the two-level index, which the builder gives to
// large tables only, is put together here.
#include "sample_tables.h"

#include "lsmkit/sst/index.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_frame.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "repair.h"

namespace lsmkit::fuzz {
namespace {

constexpr uint64_t kId = 0x1122334455667788;

// Every third key has two versions; every seventh newest one is a tombstone.
std::vector<SampleEntry> entries_of(int keys, bool has_seqnos) {
  std::vector<SampleEntry> out;
  for (int i = 0; i < keys; ++i) {
    const std::string number = std::to_string(1000 + i * 7);
    const std::string key = (i % 2 ? "tree/" : "tree/branch/") + number;
    const bool is_deleted = has_seqnos && i % 7 == 3;
    const Seqno seqno = has_seqnos ? static_cast<Seqno>(100 + i * 37 % 50) : 0;
    out.push_back(
        {key, seqno, is_deleted ? Kind::kDelete : Kind::kPut,
         is_deleted ? "" : "value " + number + std::string(static_cast<size_t>(i % 30), '.')});
    if (has_seqnos && i % 3 == 0) out.push_back({key, seqno - 40, Kind::kPut, "older " + number});
  }
  std::sort(out.begin(), out.end(), [](const SampleEntry& a, const SampleEntry& b) {
    return compare_internal(a.key, a.seqno, b.key, b.seqno) < 0;
  });
  return out;
}

SampleTable build(std::vector<SampleEntry> entries, const TableOptions& options) {
  MemoryFileSystem files;
  const auto file = files.create("/t", AppendMode::kTable, 0);
  TableBuilder builder(*file, kId, 0x99, 1'700'000'000'000'000, options);
  for (const SampleEntry& e : entries) builder.add({e.key, e.seqno, e.kind, e.value});
  builder.finish();
  return {files.contents("/t"), std::move(entries)};
}

// The same table with two partitions and a top in the index's place, after the old one's end.
SampleTable with_deep_index(SampleTable table) {
  std::string& file = table.bytes;
  const std::string foot = file.substr(file.size() - kTableFooterBytes);
  TableFooter footer = decode_table_footer(foot);
  IndexReader index;
  index.add(std::string_view(file).substr(footer.index.offset, footer.index.bytes));
  file.resize(file.size() - kTableFooterBytes);
  const auto put_block = [&](const std::string& block) {
    const BlockHandle handle{file.size(), block.size()};
    file += block + '\0';
    put_fixed32(file, static_cast<uint32_t>(block.size()));
    put_fixed32(file, 0);  // repaired below
    return handle;
  };
  const size_t blocks = index.block_count(), half = blocks / 2;
  std::vector<IndexEntry> top;
  uint64_t first_offset = 0;
  for (const auto& [begin, end] : {std::pair{size_t{0}, half}, std::pair{half, blocks}}) {
    std::vector<IndexEntry> partition;
    for (size_t i = begin; i < end; ++i) {
      partition.push_back({std::string(index.separator(i)), index.handle(i).bytes});
    }
    const BlockHandle handle = put_block(encode_index(partition, index.handle(begin).offset));
    if (begin == 0) first_offset = handle.offset;
    top.push_back({partition.back().separator, handle.bytes});
  }
  footer.index = put_block(encode_index(top, first_offset));
  footer.index_depth = 2;
  file += encode(footer);
  repair_table(file);
  return table;
}

}  // namespace

const std::vector<SampleTable>& sample_tables() {
  static const std::vector<SampleTable> tables = [] {
    std::vector<SampleTable> out;
    const TableOptions raw{.block_bytes = 200, .restart_interval = 4, .filter_bits_per_key = 10};
    TableOptions bare = raw, packed = raw, trained = raw;
    bare.filter_bits_per_key = 0;
    packed.codec = trained.codec = TableCodec::kZstd;
    packed.block_bytes = 1024;
    trained.dictionary_bytes = 512;
    out.push_back(build(entries_of(25, true), raw));
    out.push_back(build(entries_of(25, false), bare));
    out.push_back(build(entries_of(60, true), packed));
    out.push_back(build(entries_of(120, true), trained));
    out.push_back(with_deep_index(build(entries_of(30, true), bare)));
    out.push_back(build({{"", 1, Kind::kPut, std::string(5000, 'x')}}, packed));
    return out;
  }();
  return tables;
}

}  // namespace lsmkit::fuzz
