// Merged cursors walk exactly as one sorted list would, whatever the direction.
#include <doctest/doctest.h>

#include <random>

#include "lsmkit/iter/merging_cursor.h"
#include "support/vector_cursor.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

// Entries over few keys, dealt to `count` sources; (key, seqno) is unique over all of them.
std::vector<std::vector<OwnedEntry>> deal(std::mt19937_64& random, size_t count, size_t entries) {
  std::vector<std::vector<OwnedEntry>> sources(count);
  for (Seqno seqno = 1; seqno <= entries; ++seqno) {
    std::string key = "shared-prefix-" + std::to_string(random() % 20);
    if (random() % 4 == 0) key = std::string(random() % 3, '\0');
    sources[random() % count].push_back(
        {key, seqno, random() % 5 == 0 ? Kind::kDelete : Kind::kPut, std::to_string(seqno)});
  }
  for (auto& source : sources) std::sort(source.begin(), source.end());
  return sources;
}

}  // namespace

TEST_CASE("random walks over 1 to 7 sources agree with one sorted list") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    const auto sources = deal(random, 1 + random() % 7, random() % 60);
    std::vector<OwnedEntry> all;
    std::vector<VectorCursor> children;
    for (const auto& source : sources) {
      all.insert(all.end(), source.begin(), source.end());
      children.emplace_back(source);
    }
    std::sort(all.begin(), all.end());
    VectorCursor model(all);
    MergingCursor<VectorCursor> merged(children);
    for (int step = 0; step < 200; ++step) {
      const auto act = [&](auto&& move) {
        move(model);
        move(merged);
      };
      const std::string key = "shared-prefix-" + std::to_string(random() % 22);
      const Seqno seqno = random() % 80;
      switch (model.valid() ? random() % 8 : random() % 3) {
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
          act([](auto& c) { c.next(); });
          break;
        default:
          act([](auto& c) { c.prev(); });
          break;
      }
      REQUIRE(merged.valid() == model.valid());
      if (model.valid()) REQUIRE(owned(merged) == owned(model));
    }
  }
}
