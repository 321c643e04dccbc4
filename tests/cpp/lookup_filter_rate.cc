// What a filter lets through is what it is said to let through on average.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/lookup/filter.h"
#include "lsmkit/lookup/filter_rate.h"

using namespace lsmkit;

TEST_CASE("the share of absent keys that a filter lets through") {
  for (const uint64_t keys : {40, 1'000, 100'000}) {
    for (const double bits : {2.0, 4.0, 8.0, 10.0, 14.0, 18.0}) {
      CAPTURE(keys);
      CAPTURE(bits);
      // Several filters, so that a small one's luck does not count.
      const uint64_t filters = 200'000 / keys, asked = std::min<uint64_t>(1'000'000, 100 * keys);
      uint64_t passed = 0, number = 0;
      for (uint64_t i = 0; i < filters; ++i) {
        std::vector<uint64_t> hashes;
        for (uint64_t k = 0; k < keys; ++k) {
          const std::string key = std::to_string(++number);
          hashes.push_back(hash_bytes(key));
        }
        const std::string bytes = build_filter(hashes, bits);
        FilterReader reader;
        REQUIRE(reader.open(bytes));
        for (uint64_t k = 0; k < asked; ++k)
          passed += reader.may_contain(hash_bytes("absent" + std::to_string(++number)));
      }
      const double found = static_cast<double>(passed) / static_cast<double>(filters * asked);
      const double due = false_positive_rate(static_cast<double>(keys), bits);
      const double noise = 4 / std::sqrt(static_cast<double>(passed) + 1);
      CHECK(found == doctest::Approx(due).epsilon(0.05 + noise));
    }
  }
}

TEST_CASE("no filter lets everything through") {
  CHECK(false_positive_rate(1'000, 0) == 1);
  CHECK(filter_bytes(1'000, 0) == 0);
}
