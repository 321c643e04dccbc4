// What is foretold of blocks and filters (lookup) is what is written.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/format/block_fill.h"
#include "lsmkit/lookup/block_limit.h"
#include "lsmkit/lookup/filter.h"
#include "lsmkit/sst/block_builder.h"

using namespace lsmkit;

namespace {

struct Made {
  std::string key;
  std::string value;
  Seqno seqno;
  Kind kind;
};

std::vector<Made> ascending(std::mt19937_64& random, size_t count, bool zeroed) {
  std::vector<Made> out;
  uint64_t id = random() % 1'000'000;
  for (size_t i = 0; i < count; ++i) {
    const bool again = i > 0 && !zeroed && random() % 5 == 0 && out.back().seqno > 1;
    if (!again) id += 1 + random() % 1'000;
    std::string digits = std::to_string(id);
    const Seqno seqno = zeroed ? 0 : again ? out.back().seqno - 1 : 1 + random() % (1 << 30);
    out.push_back({"key" + std::string(12 - digits.size(), '0') + digits,
                   std::string(random() % 300, 'v'), seqno,
                   random() % 4 == 0 ? Kind::kDelete : Kind::kPut});
    if (out.back().kind == Kind::kDelete) out.back().value.clear();
  }
  return out;
}

}  // namespace

TEST_CASE("the raw size of a block is foretold to the byte") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    const auto restart_interval = static_cast<uint32_t>(1 + random() % 20);
    const auto made = ascending(random, 1 + random() % 60, round % 3 == 0);
    BlockBuilder builder(restart_interval);
    std::vector<BlockEntry> entries;
    for (const Made& m : made) {
      builder.add({m.key, m.seqno, m.kind, m.value});
      entries.push_back({m.key, m.value.size(), m.seqno, m.kind});
    }
    CHECK(builder.finish().size() == raw_block_bytes(entries, restart_interval));
  }
}

TEST_CASE("entries of one size fill as many blocks as they are said to") {
  for (const size_t value_bytes : {0, 10, 100, 1'000, 4'095, 4'096, 9'000}) {
    const BlockLimit limit{4096, 16};
    BlockFill fill(limit.block_bytes, limit.restart_interval);
    size_t count = 0;
    do {
      CHECK(!fill.ends_before(value_bytes));
      fill.add(16, value_bytes);
      ++count;
    } while (!fill.ends_after(value_bytes));
    CHECK(count == entries_per_block(16, value_bytes, limit));
    CHECK((count == 1) == (value_bytes >= 4'000));
  }
}

TEST_CASE("the size of a filter is foretold") {
  for (const size_t count : {0, 1, 51, 52, 1'000, 70'000}) {
    for (const double bits : {0.0, 1.0, 9.7, 24.0}) {
      std::vector<uint64_t> hashes;
      for (size_t i = 0; i < count; ++i) hashes.push_back(mix64(i + 1));
      CHECK(build_filter(hashes, bits).size() == filter_bytes(count, bits));
    }
  }
}
