// One data block in memory: walked both ways, sought in.
#include <algorithm>

#include "fuzz_target.h"
#include "lsmkit/sst/block.h"
#include "lsmkit/sst/block_builder.h"
#include "sample_tables.h"

namespace lsmkit::fuzz {

const Target kTarget{"block", 100'000, 1 << 20, 1'024};

namespace {

SampleEntry entry_of(const BlockCursor& cursor) {
  return {std::string(cursor.key()), cursor.seqno(), cursor.kind(), std::string(cursor.value())};
}

bool precedes(const SampleEntry& a, const SampleEntry& b) {
  return compare_internal(a.key, a.seqno, b.key, b.seqno) < 0;
}

std::shared_ptr<const Block> block_of(std::string_view bytes) {
  const std::shared_ptr<Block> block = Block::with_room(bytes.size());
  std::copy(bytes.begin(), bytes.end(), block->room());
  block->parse();
  return block;
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out;
  for (const bool has_seqnos : {true, false}) {
    BlockBuilder builder(3);
    for (const SampleEntry& e : sample_tables()[has_seqnos ? 0 : 1].entries) {
      builder.add({e.key, e.seqno, e.kind, e.value});
    }
    out.emplace_back(builder.finish());
  }
  return out;
}

void run_one(std::string_view bytes) {
  std::shared_ptr<const Block> block;
  if (!succeeds([&] { block = block_of(bytes); })) return;
  std::vector<SampleEntry> forwards, backwards;
  const bool ends_forwards = succeeds([&] {
    BlockCursor cursor(*block);
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      forwards.push_back(entry_of(cursor));
      require(forwards.size() <= bytes.size(), "every entry takes a byte or more");
    }
  });
  const bool ends_backwards = succeeds([&] {
    BlockCursor cursor(*block);
    for (cursor.seek_to_last(); cursor.valid(); cursor.prev()) {
      backwards.push_back(entry_of(cursor));
      require(backwards.size() <= bytes.size(), "every entry takes a byte or more, backwards too");
    }
  });
  std::reverse(backwards.begin(), backwards.end());
  const bool is_whole = ends_forwards && ends_backwards;
  if (is_whole) require(forwards == backwards, "a block reads the same both ways");

  const bool is_ordered = is_whole && std::adjacent_find(forwards.begin(), forwards.end(),
                                                         [](const auto& a, const auto& b) {
                                                           return !precedes(a, b);
                                                         }) == forwards.end();
  for (const SampleEntry& entry : forwards) {
    const bool found = succeeds([&] {
      BlockCursor cursor(*block);
      cursor.seek(entry.key, entry.seqno);
      if (is_ordered) {
        require(cursor.valid() && entry_of(cursor) == entry, "seek goes to where the entry stands");
      }
      for (size_t steps = 0; cursor.valid() && steps <= bytes.size(); ++steps) cursor.prev();
      require(!cursor.valid(), "walking back ends");
    });
    require(found || !is_ordered, "what can be read can be sought");
  }
}

}  // namespace lsmkit::fuzz
