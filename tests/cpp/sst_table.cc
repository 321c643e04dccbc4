// Tables against a sorted list: every option, lookups, walks in both directions; and every damaged
// bit is noticed. (W2.1, W2.2, W2.3, W3.6, W3.7)
#include <doctest/doctest.h>

#include <random>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/format/separator.h"
#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/vector_cursor.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr uint64_t kTableId = 0x1122334455667788;
constexpr uint64_t kDatabaseId = 0x99aabbccddeeff00;

void write_table(MemoryFileSystem& files, const std::string& path,
                 const std::vector<OwnedEntry>& entries, const TableOptions& options,
                 uint64_t id = kTableId) {
  if (files.exists(path)) files.remove(path);
  const auto file = files.create(path, AppendMode::kTable, 0);
  TableBuilder builder(*file, id, kDatabaseId, 1'700'000'000'000'000, options);
  for (const OwnedEntry& e : entries) builder.add({e.key, e.seqno, e.kind, e.value});
  const BuiltTable built = builder.finish();
  CHECK(built.entry_count == entries.size());
  file->close();
}

std::string any_key(std::mt19937_64& random) {
  switch (random() % 12) {
    case 0:
      return "";
    case 1:
      return std::string(random() % 4, '\0');
    case 2:
      return std::string(1 + random() % 9, '\xff');
    case 3:
      return std::string(200, 's') + std::to_string(random() % 9);
    default:
      return "key" + std::to_string(random() % 400);
  }
}

std::vector<OwnedEntry> any_entries(std::mt19937_64& random, size_t count, bool zero_seqnos) {
  std::vector<OwnedEntry> out;
  for (size_t i = 0; i < count; ++i) {
    const Kind kind = random() % 6 == 0 ? Kind::kDelete : Kind::kPut;
    const size_t bytes = kind == Kind::kDelete ? 0 : random() % 50 == 0 ? 5'000 : random() % 60;
    out.push_back({any_key(random), zero_seqnos ? 0 : 1'000 + random() % 5'000, kind,
                   std::string(bytes, static_cast<char>('a' + random() % 26))});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(
                out.begin(), out.end(),
                [](const auto& a, const auto& b) { return a.key == b.key && a.seqno == b.seqno; }),
            out.end());
  return out;
}

// Groups of ascending keys, some of them several times, find what each key finds alone.
void check_groups(const Table& table, std::mt19937_64& random) {
  for (int i = 0; i < 20; ++i) {
    std::vector<std::string> keys(1 + random() % 64);
    for (std::string& key : keys) key = any_key(random);
    std::sort(keys.begin(), keys.end());
    const Seqno seqno = random() % 7'000;
    std::vector<GroupLookup> group(keys.size());
    for (size_t k = 0; k < keys.size(); ++k) {
      group[k].key = keys[k];
      group[k].hash = hash_bytes(keys[k]);
    }
    table.get_group(group, seqno);
    for (const GroupLookup& lookup : group) {
      TableHit hit;
      TableGetStats stats;
      REQUIRE(lookup.result == table.get(lookup.key, seqno, lookup.hash, hit, true, stats));
      REQUIRE(lookup.stats.filter_negative == stats.filter_negative);
      if (lookup.result != TableGetResult::kFound) continue;
      REQUIRE(lookup.hit.seqno == hit.seqno);
      REQUIRE(lookup.hit.kind == hit.kind);
      REQUIRE(lookup.hit.value == hit.value);
    }
  }
}

void check_lookups(const Table& table, const std::vector<OwnedEntry>& entries,
                   std::mt19937_64& random) {
  for (int i = 0; i < 200; ++i) {
    const std::string key = any_key(random);
    const Seqno seqno = random() % 7'000;
    VectorCursor due(entries);
    due.seek(key, seqno);
    const bool there = due.valid() && due.key() == key;
    TableHit hit;
    TableGetStats stats;
    const auto found = table.get(key, seqno, hash_bytes(key), hit, true, stats);
    REQUIRE((found == TableGetResult::kFound) == there);
    if (there) {
      REQUIRE(hit.seqno == due.seqno());
      REQUIRE(hit.kind == due.kind());
      REQUIRE(hit.value == due.value());
    }
  }
}

void check_walks(const Table& table, const std::vector<OwnedEntry>& entries,
                 std::mt19937_64& random) {
  VectorCursor model(entries);
  TableCursor cursor = table.cursor({.fill_cache = random() % 2 == 0});
  for (int step = 0; step < 400; ++step) {
    const auto act = [&](auto&& move) {
      move(model);
      move(cursor);
    };
    const std::string key = any_key(random);
    const Seqno seqno = random() % 7'000;
    switch (model.valid() ? random() % 20 : random() % 3) {
      case 0:
        act([](auto& c) { c.seek_to_first(); });
        break;
      case 1:
        act([](auto& c) { c.seek_to_last(); });
        break;
      case 2:
        act([&](auto& c) { c.seek(key, seqno); });
        break;
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        act([](auto& c) { c.prev(); });
        break;
      default:
        act([](auto& c) { c.next(); });
        break;
    }
    REQUIRE(cursor.valid() == model.valid());
    if (model.valid()) REQUIRE(owned(cursor) == owned(model));
  }
}

}  // namespace

TEST_CASE("a table answers as a sorted list does, whatever shaped it") {
  std::mt19937_64 random(3);
  MemoryFileSystem files;
  files.make_dir("/t");
  int round = 0;
  for (const uint64_t block_bytes : {64, 256, 4'096, 65'536}) {
    for (const uint32_t restart_interval : {1u, 3u, 16u, 64u}) {
      for (const double filter_bits : {0.0, 10.0}) {
        for (const TableCodec codec : {TableCodec::kNone, TableCodec::kZstd}) {
          CAPTURE(block_bytes);
          CAPTURE(restart_interval);
          const auto entries = any_entries(random, 1 + random() % 700, ++round % 4 == 0);
          write_table(files, "/t/a", entries,
                      {block_bytes, restart_interval, filter_bits, codec, 1});
          const uint64_t own_bytes =
              Table::open(files.open("/t/a"), nullptr, kTableId)->memory_bytes();
          const uint64_t slots_bytes = entries.size() * sizeof(BlockSlot);  // at most
          BlockCache cache(own_bytes + slots_bytes + (random() % 2 == 0 ? 4'000 : 1 << 20));
          {
            const auto table = Table::open(files.open("/t/a"), &cache, kTableId);
            check_lookups(*table, entries, random);
            check_groups(*table, random);
            check_walks(*table, entries, random);
            table->verify({});
            CHECK(table->properties().entry_count == entries.size());
            CHECK(cache.usage_bytes() <= cache.capacity_bytes());
          }
          CHECK(cache.usage_bytes() == 0);  // a closed table leaves nothing behind
        }
      }
    }
  }
}

TEST_CASE("an index of several partitions finds every key") {
  MemoryFileSystem files;
  files.make_dir("/t");
  std::vector<OwnedEntry> entries;
  for (int i = 0; i < 9'000; ++i) {
    char key[64];
    snprintf(key, sizeof key, "a rather long common prefix %06d", i * 7);
    entries.push_back({key, 5, Kind::kPut, "v"});
  }
  write_table(files, "/t/a", entries, {.block_bytes = 64});
  const auto table = Table::open(files.open("/t/a"), nullptr, std::nullopt);
  CHECK(table->block_count() > 3'000);
  for (const OwnedEntry& e : entries) {
    TableHit hit;
    TableGetStats stats;
    REQUIRE(table->get(e.key, 9, hash_bytes(e.key), hit, true, stats) == TableGetResult::kFound);
  }
  CHECK(table->approximate_offset(entries.front().key) <
        table->approximate_offset(entries.back().key));
}

TEST_CASE("a filter never denies a key, and lets about one in a hundred strangers pass") {
  MemoryFileSystem files;
  files.make_dir("/t");
  std::vector<OwnedEntry> entries;
  for (int i = 10'000; i < 30'000; ++i)
    entries.push_back({"k" + std::to_string(i), 1, Kind::kPut, ""});
  write_table(files, "/t/a", entries, {});
  const auto table = Table::open(files.open("/t/a"), nullptr, std::nullopt);
  int passed = 0;
  for (int i = 10'000; i < 30'000; ++i) {
    TableHit hit;
    TableGetStats stats;
    const std::string here = "k" + std::to_string(i), stranger = "s" + std::to_string(i);
    REQUIRE(table->get(here, 9, hash_bytes(here), hit, true, stats) == TableGetResult::kFound);
    table->get(stranger, 9, hash_bytes(stranger), hit, true, stats);
    passed += !stats.filter_negative;
  }
  CHECK(passed > 20);   // it is a filter of 10 bits per key, not a set
  CHECK(passed < 300);  // 1.5 %
}

TEST_CASE("every flipped bit is noticed, or changes nothing") {
  MemoryFileSystem files;
  files.make_dir("/t");
  std::mt19937_64 random(11);
  for (const TableCodec codec : {TableCodec::kNone, TableCodec::kZstd}) {
    const auto entries = any_entries(random, 30, false);
    write_table(files, "/t/a", entries, {.block_bytes = 512, .codec = codec});
    const std::string sound = files.contents("/t/a");
    uint64_t noticed = 0;
    for (size_t bit = 0; bit < sound.size() * 8; ++bit) {
      std::string damaged = sound;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      files.set_contents("/t/b", damaged);
      std::vector<OwnedEntry> read;
      try {
        const auto table = Table::open(files.open("/t/b"), nullptr, kTableId);
        TableCursor cursor = table->cursor({});
        for (cursor.seek_to_first(); cursor.valid(); cursor.next()) read.push_back(owned(cursor));
        table->verify({});
      } catch (const CorruptionError& error) {
        ++noticed;
        CHECK(error.file() == "/t/b");
        continue;
      } catch (const NotSupported&) {
        ++noticed;  // a version or feature bit
        continue;
      }
      CAPTURE(bit);
      REQUIRE(read == entries);
    }
    CHECK(noticed == sound.size() * 8);
  }
}

TEST_CASE("every truncation is noticed") {
  MemoryFileSystem files;
  files.make_dir("/t");
  std::mt19937_64 random(12);
  write_table(files, "/t/a", any_entries(random, 40, false), {.block_bytes = 512});
  const std::string sound = files.contents("/t/a");
  for (size_t bytes = 0; bytes < sound.size(); ++bytes) {
    files.set_contents("/t/b", std::string_view(sound).substr(0, bytes));
    CHECK_THROWS_AS(Table::open(files.open("/t/b"), nullptr, kTableId), CorruptionError);
  }
}

TEST_CASE("a table of another id, and blocks that changed places, are refused") {
  MemoryFileSystem files;
  files.make_dir("/t");
  std::vector<OwnedEntry> entries;
  for (int i = 100; i < 160; ++i)
    entries.push_back({"k" + std::to_string(i), 7, Kind::kPut, std::string(40, 'v')});
  write_table(files, "/t/a", entries, {.block_bytes = 400});
  CHECK_THROWS_AS(Table::open(files.open("/t/a"), nullptr, kTableId + 1), CorruptionError);
  std::string bytes = files.contents("/t/a");
  const auto table = Table::open(files.open("/t/a"), nullptr, kTableId);
  const BlockHandle first = table->index().handle(1), second = table->index().handle(2);
  REQUIRE(first.bytes == second.bytes);
  std::swap_ranges(bytes.begin() + static_cast<long>(first.offset),
                   bytes.begin() + static_cast<long>(first.end()),
                   bytes.begin() + static_cast<long>(second.offset));
  files.set_contents("/t/b", bytes);
  const auto swapped = Table::open(files.open("/t/b"), nullptr, kTableId);
  CHECK_THROWS_AS(swapped->verify({}), CorruptionError);
}

TEST_CASE("hostile bytes under good checksums raise, and never crash or hang") {
  std::mt19937_64 random(13);
  for (int round = 0; round < 20'000; ++round) {
    const size_t size = 5 + random() % 120;
    const auto block = Block::with_room(size);
    char* const bytes = block->room();
    for (size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<char>(random() % (round % 3 == 0 ? 256 : 9));
    if (round % 2 == 0) {  // plausible restarts, so that entries are reached
      store_fixed<uint32_t>(bytes + size - 4, 1);
      if (size >= 10) store_fixed<uint32_t>(bytes + size - 8, bytes[0] & 1 ? 1 : 2);
    }
    try {
      block->parse();
      BlockCursor cursor(*block);
      int steps = 0;
      for (cursor.seek_to_first(); cursor.valid() && steps < 500; cursor.next()) ++steps;
      for (cursor.seek_to_last(); cursor.valid() && steps < 1'000; cursor.prev()) ++steps;
      for (const std::string_view key : {"k", "\1\2", "", "\1"}) {
        for (cursor.seek(key, 5); cursor.valid() && steps < 2'000; cursor.next()) ++steps;
        cursor.seek(key, 5);
        for (; cursor.valid() && steps < 3'000; cursor.prev()) ++steps;
      }
      for (cursor.seek("", 5); cursor.valid() && steps < 3'000; ++steps) {
        const std::string onward = std::string(cursor.key()) + '\1';
        cursor.seek_onward(onward, 5);
      }
      CHECK(steps < 3'000);
    } catch (const DecodeError&) {
    }
  }
}

TEST_CASE("separators are as short as they can be") {
  CHECK(shortest_separator("abc", "abxyz") == "abx");
  CHECK(shortest_separator("abc", "abd") == "abc");
  CHECK(shortest_separator("ab", "abc") == "ab");
  CHECK(shortest_separator("a", "zebra") == "z");
  CHECK(shortest_separator("same", "same") == "same");
  std::mt19937_64 random(14);
  for (int i = 0; i < 20'000; ++i) {
    std::string a = any_key(random), b = any_key(random);
    if (b < a) std::swap(a, b);
    if (a == b) continue;
    const std::string between(shortest_separator(a, b));
    REQUIRE(a <= between);
    REQUIRE(between < b);
  }
}
