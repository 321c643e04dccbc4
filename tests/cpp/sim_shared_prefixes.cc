// How much keys share, found from their neighbours, beside the keys themselves.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "lsmkit/sim/key_universe.h"

using namespace lsmkit;

namespace {

std::string padded(uint64_t n, size_t width) {
  const std::string digits = std::to_string(n);
  return std::string(width - digits.size(), '0') + digits;
}

void check_pairs(std::vector<std::string> keys, bool known) {
  const KeyUniverse universe(std::move(keys));
  CHECK(SharedPrefixes(universe.all()).are_known() == known);
  std::mt19937_64 random(5);
  const auto check = [&](uint64_t a, uint64_t b) {
    CAPTURE(a);
    CAPTURE(b);
    const auto first = static_cast<KeyRank>(a), second = static_cast<KeyRank>(b);
    CHECK(universe.shared_bytes(first, second) ==
          common_prefix_bytes(universe.key(first), universe.key(second)));
  };
  for (uint64_t gap = 1; gap < universe.size(); gap += 1 + gap / 8) {
    check(0, gap);
    check(universe.size() - 1 - gap, universe.size() - 1);
    for (int i = 0; i < 40; ++i) {
      const uint64_t a = random() % (universe.size() - gap);
      check(a, a + gap);
    }
  }
}

}  // namespace

TEST_CASE("what two keys share is the least that neighbours between them share") {
  std::mt19937_64 random(3);
  std::vector<std::string> decimal, dense, hashed, uneven, deep;
  for (uint64_t i = 0; i < 20'000; ++i) {
    decimal.push_back(padded(random() % 1'000'000, 16));
    dense.push_back(padded(i, 12));
    std::string bytes(16, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    hashed.push_back(bytes);
    uneven.push_back(std::to_string(random() % 500'000));
  }
  for (size_t i = 0; i < 40; ++i) deep.push_back(std::string(i, 'a'));
  check_pairs(decimal, true);
  check_pairs(dense, true);
  check_pairs(hashed, true);
  check_pairs(uneven, true);
  check_pairs(deep, false);  // 39 different lengths
  check_pairs({"a", "b"}, true);
}
