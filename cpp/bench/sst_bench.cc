// What tables cost in bytes and in time: 100 MB of 50-byte records, keys that share much and keys
// that share little.
//
// W2.1: leaf overhead, beside a record with fixed-width lengths and pointers (20 bytes) and one
// with
//       varints (9 bytes), for which the seed's note reckons 40 and 18 MB.
// W2.2, W2.3: bytes of the index with whole keys, with shortest separators, and with their common
//       prefixes removed; and the time of a search in each.
//
//   build/cpp/bench/sst_bench [records, 2000000 if not given]
#include <cstdlib>

#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

constexpr size_t kRecordBytes = 50;

struct Shape {
  const char* name;
  std::string (*key)(uint64_t i, uint64_t count);
};

const Shape kShapes[] = {
    {"16 digits, ascending", [](uint64_t i, uint64_t) { return decimal_key(i); }},
    {"16 digits, spread",
     [](uint64_t i, uint64_t count) { return decimal_key(i * (9'999'999'999'999'999 / count)); }},
    {"a path of 40 bytes",
     [](uint64_t i, uint64_t) { return "/var/lib/events/2026/11/" + decimal_key(i * 37); }},
};

// Searches in whole keys, each an allocation of its own, as the simplest index would.
double simple_search_ns(const std::vector<std::string>& separators,
                        const std::vector<std::string>& probes) {
  uint64_t sum = 0;
  const double s = seconds_of([&] {
    for (const auto& probe : probes) {
      sum += static_cast<uint64_t>(std::lower_bound(separators.begin(), separators.end(), probe) -
                                   separators.begin());
    }
  });
  if (sum == 1) std::puts("");
  return s * 1e9 / static_cast<double>(probes.size());
}

double search_ns(const IndexReader& index, const std::vector<std::string>& probes) {
  uint64_t sum = 0;
  const double s = seconds_of([&] {
    for (const auto& probe : probes) sum += index.find(probe);
  });
  if (sum == 1) std::puts("");
  return s * 1e9 / static_cast<double>(probes.size());
}

double mb(uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

void measure(const Shape& shape, uint64_t count) {
  MemoryFileSystem files;
  const auto file = files.create("/t", AppendMode::kTable, 0);
  TableBuilder builder(*file, 1, 2, 3, {});
  std::vector<std::string> probes;
  uint64_t key_bytes = 0;
  const std::string value(kRecordBytes, 'v');
  const double build_s = seconds_of([&] {
    for (uint64_t i = 0; i < count; ++i) {
      const std::string key = shape.key(i, count);
      key_bytes += key.size();
      builder.add({key, i + 1, Kind::kPut, std::string_view(value).substr(key.size())});
      if (mix64(i) % 16 == 0) probes.push_back(key);
    }
    builder.finish();
  });
  std::sort(probes.begin(), probes.end(),
            [](const auto& a, const auto& b) { return hash_bytes(a) < hash_bytes(b); });
  const auto table = Table::open(files.open("/t"), nullptr, 1);
  const TableProperties& p = table->properties();
  const uint64_t raw = count * kRecordBytes;
  std::printf("\n%s: %.0f MB of records, built at %.0f MB/s\n", shape.name, mb(raw),
              mb(raw) / build_s);
  std::printf("  leaf overhead beyond the records' bytes (W2.1)\n");
  std::printf("    fixed-width, 20 bytes each   %8.1f MB\n", mb(count * 20));
  std::printf("    varints, 9 bytes each        %8.1f MB\n", mb(count * 9));
  std::printf("    lsmkit, measured             %8.1f MB%s\n",
              (static_cast<double>(p.data_bytes) - static_cast<double>(raw)) / 1e6,
              "   (shared key prefixes are taken off)");

  // The index: last keys, separators, what is stored.
  const IndexReader& index = table->index();
  std::vector<std::string> last_keys, separators;
  std::vector<IndexEntry> entries;
  uint64_t last_key_bytes = 0, separator_bytes = 0;
  constexpr uint64_t kPointerBytes = 12;  // offset and size, fixed-width
  TableCursor cursor = table->cursor({});
  for (size_t block = 0; block < index.block_count(); ++block) {
    separators.emplace_back(index.separator(block));
    separator_bytes += separators.back().size() + 1 + kPointerBytes;
    entries.push_back({separators.back(), index.handle(block).bytes});
    if (block + 1 < index.block_count()) {
      cursor.seek(separators.back(), kMaxSeqno);
      if (cursor.key() != separators.back()) cursor.prev();
      last_keys.emplace_back(cursor.key());
    } else {
      last_keys.push_back(p.largest_key);
    }
    last_key_bytes += last_keys.back().size() + 1 + kPointerBytes;
  }
  std::printf("  index of %zu blocks (W2.2, W2.3)\n", index.block_count());
  std::printf("    whole last keys              %8.3f MB\n", mb(last_key_bytes));
  std::printf("    shortest separators          %8.3f MB\n", mb(separator_bytes));
  std::printf("    common prefixes removed      %8.3f MB   as stored, pointers as varints\n",
              mb(encode_index(entries, 64).size()));
  std::vector<double> whole, shortest, ours;
  for (int round = 0; round < 5; ++round) {
    whole.push_back(simple_search_ns(last_keys, probes));
    shortest.push_back(simple_search_ns(separators, probes));
    ours.push_back(search_ns(index, probes));
  }
  std::printf("  a search in it, median of 5 rounds of %zu\n", probes.size());
  std::printf("    whole last keys              %8.0f ns\n", median(whole));
  std::printf("    shortest separators          %8.0f ns\n", median(shortest));
  std::printf("    eight bytes past the prefix  %8.0f ns\n", median(ours));
}

}  // namespace
}  // namespace lsmkit::bench

int main(int argc, char** argv) {
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
  for (const auto& shape : lsmkit::bench::kShapes) lsmkit::bench::measure(shape, count);
}
