// Tables that carry a zstd dictionary: trained on their first blocks, used by all of them, and
// worth their bytes.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"

using namespace lsmkit;

namespace {

std::string key(int i) {
  const std::string digits = std::to_string(i);
  return "sensor/" + std::string(6 - digits.size(), '0') + digits;
}

// A record such as people store: much of it as in every other one.
std::string value(int i) {
  std::mt19937_64 random(static_cast<uint64_t>(i));
  return "{\"celsius\": " + std::to_string(random() % 100) + ", \"station\": \"north-" +
         std::to_string(random() % 50) +
         "\", \"quality\": \"good\", \"id\": " + std::to_string(random() % 1'000'000) + "}";
}

std::string build(int count, uint64_t dictionary_bytes, size_t huge_at = SIZE_MAX) {
  MemoryFileSystem files;
  const auto file = files.create("/t", AppendMode::kTable, 0);
  TableOptions options;
  options.block_bytes = 1024;
  options.codec = TableCodec::kZstd;
  options.dictionary_bytes = dictionary_bytes;
  TableBuilder builder(*file, 1, 2, 3, options);
  for (int i = 0; i < count; ++i) {
    const bool huge = static_cast<size_t>(i) == huge_at;
    builder.add({key(i), 1, Kind::kPut, huge ? std::string(100'000, 'h') : value(i)});
  }
  builder.finish();
  return files.contents("/t");
}

std::shared_ptr<const Table> open(MemoryFileSystem& files, const std::string& bytes) {
  files.set_contents("/t", bytes);
  return Table::open(files.open("/t"), nullptr, 1);
}

void check_reads(const Table& table, int count, size_t huge_at = SIZE_MAX) {
  table.verify({});
  TableCursor cursor = table.cursor({});
  cursor.seek_to_first();
  for (int i = 0; i < count; ++i, cursor.next()) {
    const bool huge = static_cast<size_t>(i) == huge_at;
    REQUIRE(cursor.valid());
    REQUIRE(cursor.key() == key(i));
    REQUIRE(cursor.value() == (huge ? std::string(100'000, 'h') : value(i)));
  }
  CHECK(!cursor.valid());
  for (int i = 0; i < count; i += 97) {
    TableHit hit;
    TableGetStats stats;
    REQUIRE(table.get(key(i), 9, hash_bytes(key(i)), hit, true, stats) == TableGetResult::kFound);
  }
}

bool zstd_is_there() {
  return zstd_build_info().source != "off";
}

}  // namespace

TEST_CASE("a table with a dictionary reads as one without, and takes less room") {
  if (!zstd_is_there()) return;
  MemoryFileSystem files;
  const std::string without = build(20'000, 0), with = build(20'000, 8 << 10);
  check_reads(*open(files, without), 20'000);
  check_reads(*open(files, with), 20'000);
  MESSAGE("20,000 records: " << without.size() << " bytes without, " << with.size() << " with");
  CHECK(with.size() < without.size() * 9 / 10);
  CHECK(open(files, with)->memory_bytes() > open(files, without)->memory_bytes());
}

TEST_CASE(
    "tables too small for a dictionary, and tables that end while they are sampled, are whole") {
  if (!zstd_is_there()) return;
  MemoryFileSystem files;
  for (const int count : {1, 2, 50, 300, 1'000, 3'000}) {
    for (const uint64_t dictionary_bytes : {256u, 1'024u, 8'192u, 1u << 20}) {
      CAPTURE(count);
      CAPTURE(dictionary_bytes);
      check_reads(*open(files, build(count, dictionary_bytes)), count);
    }
  }
}

TEST_CASE("a huge value ends the sampling, and is no part of it") {
  if (!zstd_is_there()) return;
  MemoryFileSystem files;
  for (const size_t huge_at : {0u, 10u, 500u, 2'999u}) {
    CAPTURE(huge_at);
    check_reads(*open(files, build(3'000, 1'024, huge_at)), 3'000, huge_at);
  }
}

TEST_CASE("damage to a dictionary is noticed at the open") {
  if (!zstd_is_there()) return;
  MemoryFileSystem files;
  const std::string bytes = build(3'000, 1'024);
  const uint64_t data_end = kTableHeaderBytes + open(files, bytes)->properties().data_bytes;
  for (uint64_t at = data_end; at < data_end + 1'024; at += 13) {
    CAPTURE(at);
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CHECK_THROWS_AS(open(files, damaged), CorruptionError);
  }
}
