// Index partitions in memory: read, searched.
//
//   input := bytes of the first partition u16 | first partition | second partition
#include "fuzz_target.h"
#include "input.h"
#include "lsmkit/sst/index.h"

namespace lsmkit::fuzz {

// An index in memory is not much more than its bytes, whatever they say.
const Target kTarget{"index", 100'000, 64 << 10, 128};

namespace {

std::string with_length(const std::string& first, const std::string& second) {
  std::string out;
  put_fixed16(out, static_cast<uint16_t>(first.size()));
  return out + first + second;
}

int compare_separator(const IndexReader& index, size_t block, std::string_view key) {
  return std::string_view(index.separator(block)).compare(key);
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string one =
      encode_index({{"tree/a", 100}, {"tree/banana", 200}, {"tree/c", 50}, {"tree/c", 0}}, 64);
  const std::string two = encode_index({{"tree/c1", 10}, {"tree/d", 20}}, 64 + 350 + 4 * 9);
  const std::string wide = encode_index({{std::string(300, 'k') + "a", 1},
                                         {std::string(300, 'k') + "b", 1},
                                         {std::string(300, 'k') + "c", 1}},
                                        64);
  return {with_length(one, ""), with_length(one, two), with_length(wide, "")};
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  const std::string_view first = input.take(input.take_u16());
  const std::string_view second = input.rest();
  IndexReader index;
  const bool is_read = succeeds([&] {
    index.add(first);
    if (!second.empty()) index.add(second);
    index.finish();
  });
  if (!is_read) return;
  require(index.block_count() <= bytes.size(), "every block takes a byte or more of the index");
  const size_t step = 1 + index.block_count() / 64;
  for (size_t i = 0; i < index.block_count(); i += step) {
    const std::string key(index.separator(i));
    const size_t found = index.find(key);
    require(found <= i && compare_separator(index, found, key) == 0, "a separator is found");
    require(found == 0 || compare_separator(index, found - 1, key) < 0, "the first one is found");
    const size_t after = index.find(key + '\0');
    require(after > i && (after == index.block_count() || compare_separator(index, after, key) > 0),
            "what follows a separator is in a later block");
  }
  for (const char* key : {"", "tree", "tree/b", "tree/c", "tree/zz", "\xff\xff"}) {
    const size_t found = index.find(key);
    require(found == 0 || compare_separator(index, found - 1, key) < 0, "blocks before end before");
    require(found == index.block_count() || compare_separator(index, found, key) >= 0,
            "the block found reaches as far as the key");
  }
}

}  // namespace lsmkit::fuzz
