// Shows a table: every part with its offset, and the entries of its blocks.
#include <sstream>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/dump.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_frame.h"

namespace lsmkit {
namespace {

void show_entries(const Block& block, uint64_t offset, const ShowPart& show) {
  BlockCursor entries(block);
  for (entries.seek_to_first(); entries.valid(); entries.next()) {
    std::string text = "'" + printable(entries.key()) + "' at " + std::to_string(entries.seqno());
    if (entries.kind() == Kind::kDelete) {
      text += " deleted";
    } else {
      text += " = '" + printable(entries.value()) + "'";
    }
    show(offset, entries.key().size() + entries.value().size(), "entry", text);
  }
}

void show_properties(const TableProperties& p, const BlockHandle& handle, const ShowPart& show) {
  std::ostringstream text;
  text << p.entry_count << " entries (" << p.tombstone_count << " tombstones), weight " << p.weight
       << ", seqnos " << p.smallest_seqno << ".." << p.largest_seqno << ", keys '"
       << printable(p.smallest_key) << "' .. '" << printable(p.largest_key) << "', blocks of "
       << p.block_bytes << ", restart every " << p.restart_interval << ", " << p.filter_bits_per_key
       << " filter bits per key";
  show(handle.offset, handle.bytes + kBlockTrailerBytes, "properties", text.str());
}

TableFooter read_footer(FileSystem& files, const std::string& path) {
  const auto file = files.open(path);
  std::string bytes(kTableFooterBytes, '\0');
  file->read(file->size() - kTableFooterBytes, bytes.size(), bytes.data());
  return decode_table_footer(bytes);
}

}  // namespace

void dump_table(FileSystem& files, const std::string& path, const ShowPart& show) {
  std::shared_ptr<const Table> table;
  try {
    table = Table::open(files.open(path), nullptr, std::nullopt);
  } catch (const CorruptionError& error) {
    return show(error.offset(), 0, "damage", error.what());
  }
  show(0, kTableHeaderBytes, "header", "table, format " + std::to_string(kTableFormatVersion));
  for (size_t i = 0; i < table->block_count(); ++i) {
    const BlockHandle& handle = table->index().handle(i);
    try {
      const auto block = table->read_block(i, false);
      show(handle.offset, handle.bytes + kBlockTrailerBytes, "data block",
           std::to_string(handle.bytes) + " bytes stored, " + std::to_string(block->size()) +
               " raw" + (block->seqnos_are_zero() ? ", seqnos are all zero" : "") + ", up to '" +
               printable(table->index().separator(i)) + "'");
      show_entries(*block, handle.offset, show);
    } catch (const Error& error) {
      show(handle.offset, handle.bytes + kBlockTrailerBytes, "damage", error.what());
    }
  }
  const TableFooter footer = read_footer(files, path);
  if (footer.filter.bytes > 0) {
    show(footer.filter.offset, footer.filter.bytes + kBlockTrailerBytes, "filter",
         std::to_string(footer.filter.bytes) + " bytes, in lines of 64");
  }
  show(footer.index.offset, footer.index.bytes + kBlockTrailerBytes, "index block",
       std::to_string(table->block_count()) + " data blocks, " +
           (footer.index_depth == 1 ? "one level" : "two levels"));
  show_properties(table->properties(), footer.properties, show);
  show(table->file().size() - kTableFooterBytes, kTableFooterBytes, "footer",
       "where the above stand");
}

}  // namespace lsmkit
