// How large a file is said to be without writing it, beside the file: byte for byte where nothing
// is compressed, whatever the keys, values, seqnos, blocks, restarts and filters.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/format/table_size.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/vector_cursor.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr uint64_t kDatabaseId = 0x99aabbccddeeff00;
constexpr uint64_t kCreatedUs = 1'700'000'000'000'000;

std::string any_key(std::mt19937_64& random, int kind, uint64_t n) {
  switch (kind) {
    case 0:
      return "user" + std::to_string(1'000'000'000 + random() % n);
    case 1: {
      std::string key(16, '0');
      for (int i = 0; i < 8; ++i) key[static_cast<size_t>(i)] = static_cast<char>(random());
      return key;
    }
    case 2:
      return std::string(random() % 300, 'p') + std::to_string(random() % n);
    default:
      return std::string(random() % 3, '\0') + std::string(random() % 200, '\xff');
  }
}

std::vector<OwnedEntry> any_entries(std::mt19937_64& random, int keys, size_t count) {
  const int sizes = static_cast<int>(random() % 4);
  const bool zero = random() % 3 == 0;
  const uint64_t span = uint64_t{1} << (random() % 40);
  std::vector<OwnedEntry> out;
  for (size_t i = 0; i < count; ++i) {
    const Kind kind = random() % 8 == 0 ? Kind::kDelete : Kind::kPut;
    size_t bytes = sizes == 0 ? 100 : sizes == 1 ? random() % 40 : random() % 3'000;
    if (sizes == 3 && random() % 40 == 0) bytes = 4'000 + random() % 20'000;
    if (kind == Kind::kDelete) bytes = 0;
    out.push_back({any_key(random, keys, count * 4), zero ? 0 : 1 + random() % span, kind,
                   std::string(bytes, 'v')});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(
                out.begin(), out.end(),
                [](const auto& a, const auto& b) { return a.key == b.key && a.seqno == b.seqno; }),
            out.end());
  return out;
}

uint64_t written_bytes(const std::vector<OwnedEntry>& entries, const TableOptions& options) {
  MemoryFileSystem files;
  const auto file = files.create("/table", AppendMode::kTable, 0);
  TableBuilder builder(*file, 7, kDatabaseId, kCreatedUs, options);
  for (const OwnedEntry& e : entries) builder.add({e.key, e.seqno, e.kind, e.value});
  builder.finish();
  return file->size();
}

}  // namespace

TEST_CASE("puts that are alike make the same file however they are counted") {
  std::mt19937_64 random(12);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    TableOptions options;
    options.block_bytes = round % 3 == 0 ? 4096 : 1 + random() % 20'000;
    options.restart_interval = round % 4 == 0 ? 1 + static_cast<uint32_t>(random() % 40) : 16;
    const size_t width = round % 5 == 0 ? 200 : 16;
    const size_t value_bytes = round % 7 == 0 ? random() % 6'000 : random() % 300;
    const uint64_t span = round % 6 == 0 ? 1 : uint64_t{1} << (random() % 40);
    const bool zero = round % 9 == 0;
    std::vector<OwnedEntry> entries;
    for (size_t i = 0, n = 1 + random() % 900; i < n; ++i) {
      const std::string digits = std::to_string(1'000'000 + random() % (4 * n));
      entries.push_back({std::string(width - digits.size(), 'k') + digits,
                         zero ? 0 : 1 + random() % span, Kind::kPut,
                         std::string(value_bytes, 'v')});
    }
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [](const auto& a, const auto& b) { return a.key == b.key; }),
                  entries.end());
    std::vector<Seqno> seqnos;
    for (const OwnedEntry& e : entries) seqnos.push_back(e.seqno);
    if (span == 1 || zero) seqnos.clear();
    TableShape shape{options.block_bytes,
                     options.restart_interval,
                     options.filter_bits_per_key,
                     {},
                     {},
                     kDatabaseId,
                     kCreatedUs};
    TableSize size(shape);
    size.add_alike(
        entries.size(), value_bytes, [&](size_t i) { return std::string_view(entries[i].key); },
        [&](size_t i) { return common_prefix_bytes(entries[i - 1].key, entries[i].key); }, seqnos,
        zero ? 0 : 1);
    CHECK(size.finish() == written_bytes(entries, options));
  }
}

TEST_CASE("a file without compression is as large as it is said to be, to the byte") {
  std::mt19937_64 random(11);
  unsigned large_indexes = 0;
  for (int round = 0; round < 240; ++round) {
    CAPTURE(round);
    TableOptions options;
    options.block_bytes = round % 3 == 0 ? 4096 : round % 3 == 1 ? 300 : 1 + random() % 20'000;
    options.restart_interval = round % 4 == 0 ? 1 + static_cast<uint32_t>(random() % 40) : 16;
    options.filter_bits_per_key = round % 5 == 0 ? 0 : static_cast<double>(random() % 240) / 10;
    const std::vector<OwnedEntry> entries =
        any_entries(random, round % 4, round % 10 == 9 ? 6'000 : 1 + random() % 900);
    TableShape shape{options.block_bytes,
                     options.restart_interval,
                     options.filter_bits_per_key,
                     {},
                     {},
                     kDatabaseId,
                     kCreatedUs};
    TableSize size(shape);
    for (const OwnedEntry& e : entries) size.add(e.key, e.value.size(), e.seqno, e.kind);
    CHECK(size.finish() == written_bytes(entries, options));
    large_indexes += size.block_count() > 3'000;
  }
  CHECK(large_indexes > 0);
}
