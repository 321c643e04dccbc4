// What the memtable costs, beside the skip list that its tests hold it against: 16-byte keys,
// 100-byte values, one thread.
//
//   build/cpp/bench/memtable_bench [entries, 500000 if not given]
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "lsmkit/memtable/memtable.h"
#include "support/skiplist_memtable.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

using Keys = std::vector<std::string>;

std::string binary_key(uint64_t number) {
  std::string key(16, '\0');
  const uint64_t halves[] = {mix64(number), mix64(~number)};
  std::memcpy(key.data(), halves, 16);
  return key;
}

double ns_each(size_t count, auto&& work) {
  return seconds_of(work) * 1e9 / static_cast<double>(count);
}

template <class Table>
void measure(const char* name, const char* load, const Keys& keys, const Keys& probes,
             const Keys& absent) {
  const std::string value(100, 'v');
  Table table;
  uint64_t found = 0;
  uint64_t bytes = 0;
  Seqno seqno = 0;
  const double put = ns_each(keys.size(), [&] {
    for (const auto& key : keys) table.insert({key, ++seqno, Kind::kPut, value});
  });
  const double hit = ns_each(probes.size(), [&] {
    for (const auto& key : probes) found += table.get(key, kMaxSeqno)->value.size() / 100;
  });
  const double miss = ns_each(absent.size(), [&] {
    for (const auto& key : absent) found += table.get(key, kMaxSeqno).has_value();
  });
  auto cursor = table.cursor();
  const double scan = ns_each(keys.size(), [&] {
    for (cursor.seek_to_first(); cursor.valid(); cursor.next())
      bytes += static_cast<unsigned char>(cursor.value()[0]);
  });
  const double seek = ns_each(probes.size() / 10, [&] {
    for (size_t i = 0; i < probes.size(); i += 10) {
      cursor.seek(probes[i], kMaxSeqno);
      for (int n = 0; n < 10 && cursor.valid(); ++n, cursor.next())
        bytes += static_cast<unsigned char>(cursor.value()[0]);
    }
  });
  std::printf("%-9s %-18s %6.0f %6.0f %6.0f %6.0f %8.0f %8.0f\n", name, load, put, hit, miss, scan,
              seek,
              static_cast<double>(table.allocated_bytes()) / static_cast<double>(keys.size()));
  if (found != probes.size() || bytes == 0) std::printf("  lost: %zu found\n", size_t(found));
}

void run(size_t entries) {
  struct Load {
    const char* name;
    std::string (*key)(uint64_t);
    bool sorted;
    uint64_t stride;  // a prime: numbers are spread over a range with gaps
  };
  const Load loads[] = {{"random bytes", binary_key, false, 1},
                        {"random decimals", decimal_key, false, 7},
                        {"ascending bytes", binary_key, true, 1},
                        {"ascending decimals", decimal_key, true, 7}};
  std::printf("%zu entries; ns per op, and bytes allocated per entry\n", entries);
  std::printf("%-9s %-18s %6s %6s %6s %6s %8s %8s\n", "table", "keys", "put", "hit", "miss", "next",
              "seek+10", "bytes");
  for (const Load& load : loads) {
    Keys keys;
    Keys absent;
    for (uint64_t i = 0; i < entries; ++i) {
      keys.push_back(load.key(i * load.stride));
      absent.push_back(load.key(i * load.stride + (load.stride > 1 ? 3 : entries)));
    }
    const auto shuffle = [](Keys& list, uint64_t seed) {
      for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[mix64(seed + i) % i]);
    };
    if (load.sorted) {
      std::sort(keys.begin(), keys.end());
    } else {
      shuffle(keys, 1);
    }
    Keys probes = keys;
    shuffle(probes, 2'000'000'000);
    shuffle(absent, 3'000'000'000);
    measure<SkiplistMemtable>("skip list", load.name, keys, probes, absent);
    measure<Memtable>("B+-tree", load.name, keys, probes, absent);
  }
}

}  // namespace
}  // namespace lsmkit::bench

int main(int argc, char** argv) {
  lsmkit::bench::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 500'000);
}
