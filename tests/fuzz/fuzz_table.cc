// A table file: opened, looked up, walked both ways, verified, dumped.
//
//   input := 0 | the file's bytes, whose checksums are then repaired
//          | n | edits of the (n - 1)-th sample table, whose checksums are left as they are
#include <algorithm>

#include "edits.h"
#include "fuzz_target.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "repair.h"
#include "sample_tables.h"

namespace lsmkit::fuzz {

// A zstd block may hold 32,768 times what is stored of it; of one block at a time that much is
// allowed, and a scan keeps two.
const Target kTarget{"table", 12'000, 4 << 20, 2 * 32'768};

namespace {

constexpr size_t kMostEdits = 8;
constexpr size_t kMostEntries = 100'000;

SampleEntry entry_of(const TableCursor& cursor) {
  return {std::string(cursor.key()), cursor.seqno(), cursor.kind(), std::string(cursor.value())};
}

bool precedes(const SampleEntry& a, const SampleEntry& b) {
  return compare_internal(a.key, a.seqno, b.key, b.seqno) < 0;
}

// What a scan found, and whether it came to an end of its own.
struct Scan {
  std::vector<SampleEntry> entries;
  bool is_whole = false;
};

Scan scan_forwards(const Table& table) {
  Scan out;
  out.is_whole = succeeds([&] {
    TableCursor cursor = table.cursor({});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      out.entries.push_back(entry_of(cursor));
      if (out.entries.size() == kMostEntries) throw Error("enough");
    }
  });
  return out;
}

Scan scan_backwards(const Table& table) {
  Scan out;
  out.is_whole = succeeds([&] {
    TableCursor cursor = table.cursor({});
    for (cursor.seek_to_last(); cursor.valid(); cursor.prev()) {
      out.entries.push_back(entry_of(cursor));
      if (out.entries.size() == kMostEntries) throw Error("enough");
    }
  });
  std::reverse(out.entries.begin(), out.entries.end());
  return out;
}

// What `get` and `seek` say of an entry that stands in a table which verify() passes.
void check_found(const Table& table, const SampleEntry& entry) {
  TableHit hit;
  TableGetStats stats;
  const TableGetResult result =
      table.get(entry.key, entry.seqno, hash_bytes(entry.key), hit, true, stats);
  require(result == TableGetResult::kFound, "what a verified table holds is found");
  require(hit.seqno == entry.seqno && hit.kind == entry.kind && hit.value == entry.value,
          "what a verified table holds is found as it is");
  TableCursor cursor = table.cursor({});
  cursor.seek(entry.key, entry.seqno);
  require(cursor.valid() && entry_of(cursor) == entry, "seek goes to where the entry stands");
}

void look_up(const Table& table, std::string_view key) {
  succeeds([&] {
    TableHit hit;
    TableGetStats stats;
    table.get(key, kMaxSeqno, hash_bytes(key), hit, true, stats);
  });
  succeeds([&] {
    TableCursor cursor = table.cursor({});
    cursor.seek(key, kMaxSeqno);
    if (cursor.valid()) cursor.prev();
    if (cursor.valid()) cursor.next();
  });
  table.approximate_offset(key);
}

void read_all(const Table& table, const SampleTable* healthy) {
  const Scan forwards = scan_forwards(table), backwards = scan_backwards(table);
  if (forwards.is_whole && backwards.is_whole) {
    require(forwards.entries == backwards.entries, "a table reads the same both ways");
  }
  const bool is_verified = succeeds([&] { table.verify({}); });
  if (is_verified) {
    require(forwards.is_whole && backwards.is_whole, "what is verified can be read");
    require(std::is_sorted(forwards.entries.begin(), forwards.entries.end(), precedes),
            "what is verified is in order");
    for (const SampleEntry& entry : forwards.entries) check_found(table, entry);
  }
  for (const char* key : {"", "a", "tree/1007", "tree/branch/1014", "tree/branch/1400", "z"}) {
    look_up(table, key);
  }
  if (healthy == nullptr) return;
  // The checksums stand: what is read is what was written, from the front or from the back.
  require(
      forwards.entries.size() <= healthy->entries.size() &&
          std::equal(forwards.entries.begin(), forwards.entries.end(), healthy->entries.begin()),
      "damaged bytes never give other entries");
  require(!forwards.is_whole || forwards.entries == healthy->entries,
          "damaged bytes never hide entries");
  require(backwards.entries.size() <= healthy->entries.size() &&
              std::equal(backwards.entries.rbegin(), backwards.entries.rend(),
                         healthy->entries.rbegin()),
          "damaged bytes never give other entries backwards");
  for (const SampleEntry& entry : healthy->entries) {
    succeeds([&] { check_found(table, entry); });
  }
}

void open_and_read(const std::string& bytes, const SampleTable* healthy) {
  MemoryFileSystem files;
  files.set_contents("/t", bytes);
  BlockCache cache(16 << 10);
  for (BlockCache* used : {static_cast<BlockCache*>(nullptr), &cache}) {
    std::shared_ptr<const Table> table;
    if (succeeds([&] { table = Table::open(files.open("/t"), used, std::nullopt); })) {
      read_all(*table, healthy);
    }
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out;
  for (const SampleTable& table : sample_tables()) {
    std::string repaired = table.bytes;
    repair_table(repaired);
    require(repaired == table.bytes, "a healthy table needs no repair");
  }
  for (const SampleTable& table : sample_tables()) out.push_back('\0' + table.bytes);
  for (size_t i = 0; i < sample_tables().size(); ++i) {
    const auto size = static_cast<uint32_t>(sample_tables()[i].bytes.size());
    const char which = static_cast<char>(i + 1);
    out.push_back(which + encode_edit(EditKind::kFlip, 100, 3));
    out.push_back(which + encode_edit(EditKind::kAdd, size - 100, 1) +
                  encode_edit(EditKind::kErase, size / 2, 9));
  }
  return out;
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  const size_t which = input.take_byte() % (sample_tables().size() + 1);
  if (which == 0) {
    std::string file(input.rest());
    repair_table(file);
    return open_and_read(file, nullptr);
  }
  const SampleTable& healthy = sample_tables()[which - 1];
  std::string file = healthy.bytes;
  for (size_t edits = 0; edits < kMostEdits && !input.empty(); ++edits) apply_edit(file, input);
  open_and_read(file, &healthy);
}

}  // namespace lsmkit::fuzz
