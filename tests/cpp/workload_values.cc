// Keys and sizes and bytes of values: what ids and draws become.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/workload/key_encoder.h"
#include "lsmkit/workload/sizes.h"

using namespace lsmkit;

namespace {

std::string key_of(const KeyEncoder& encoder, uint64_t id) {
  std::string key;
  encoder.encode(id, key);
  return key;
}

const std::vector<KeyEncoding> kEncodings = {DecimalKeys{"user", 12},
                                             DecimalKeys{"", 20},
                                             BinaryKeys{8},
                                             BinaryKeys{48},
                                             HashedKeys{8},
                                             HashedKeys{24},
                                             CompositeKeys{"queue", 1},
                                             CompositeKeys{"series", 7},
                                             CompositeKeys{"", 5000}};

double mean_of_draws(const SizeChoice& choice, uint64_t draws = 400'000) {
  Random random(3, "sizes");
  double sum = 0;
  for (uint64_t i = 0; i < draws; ++i) sum += double(draw_size(choice, random));
  return sum / double(draws);
}

}  // namespace

TEST_CASE("keys have one length, are found back, and are nobody else's") {
  for (const KeyEncoding& encoding : kEncodings) {
    const KeyEncoder encoder(encoding);
    for (const uint64_t id :
         {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{999'999'999'999}, uint64_t{1} << 39}) {
      const std::string key = key_of(encoder, id);
      CHECK(key.size() == encoder.key_bytes());
      CHECK(encoder.decode(key) == id);
      std::string absent;
      encoder.encode_absent(id, absent);
      CHECK(absent > key);
      CHECK(!encoder.decode(absent));
      CHECK(!encoder.decode(key.substr(1)));
    }
  }
}

TEST_CASE("an absent key lies right behind the key of its id") {
  for (const KeyEncoding& encoding : kEncodings) {
    const KeyEncoder encoder(encoding);
    std::vector<std::string> keys;
    for (const uint64_t id : encoder.ids_in_key_order(1000)) {
      keys.push_back(key_of(encoder, id));
      encoder.encode_absent(id, keys.emplace_back());
    }
    CHECK(std::is_sorted(keys.begin(), keys.end()));
    CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
  }
}

TEST_CASE("the order of keys is an order of all ids, theirs if the encoding keeps it") {
  for (const KeyEncoding& encoding : kEncodings) {
    const KeyEncoder encoder(encoding);
    const std::vector<uint64_t> ids = encoder.ids_in_key_order(3000);
    CHECK(std::set<uint64_t>(ids.begin(), ids.end()).size() == 3000);
    CHECK(*std::max_element(ids.begin(), ids.end()) == 2999);
    CHECK((encoder.keeps_order() || !std::is_sorted(ids.begin(), ids.end()) ||
           std::get<CompositeKeys>(encoding).group_count >= 3000));
    CHECK((!encoder.keeps_order() || std::is_sorted(ids.begin(), ids.end())));
  }
}

TEST_CASE("keys look as they should") {
  CHECK(key_of(KeyEncoder(DecimalKeys{"user", 12}), 42) == "user000000000042");
  CHECK(key_of(KeyEncoder(BinaryKeys{16}), 258) == std::string("\0\0\0\0\0\0\1\2", 8) + "00000000");
  CHECK(key_of(KeyEncoder(CompositeKeys{"q", 10}), 42) ==
        std::string("q\0\0\0\2\0\0\0\0\0\0\0\4", 13));
}

TEST_CASE("bytes that are nobody's key are not taken for one") {
  CHECK(!KeyEncoder(DecimalKeys{"user", 3}).decode("user04x"));
  CHECK(!KeyEncoder(DecimalKeys{"user", 3}).decode("uses042"));
  CHECK(!KeyEncoder(DecimalKeys{"", 20}).decode("99999999999999999999"));
  CHECK(KeyEncoder(DecimalKeys{"", 20}).decode("18446744073709551615") ==
        std::numeric_limits<uint64_t>::max());
  CHECK(!KeyEncoder(BinaryKeys{9}).decode("12345678x"));
  CHECK(!KeyEncoder(CompositeKeys{"q", 10}).decode(std::string("q\0\0\0\x0a\0\0\0\0\0\0\0\4", 13)));
  CHECK(!KeyEncoder(CompositeKeys{"q", 10}).decode("q\1\1\1\1\xff\xff\xff\xff\xff\xff\xff\xff"));
}

TEST_CASE("an id without room says so") {
  std::string key;
  CHECK_THROWS_WITH_AS(KeyEncoder(DecimalKeys{"k", 3}).encode(1000, key),
                       doctest::Contains("key number 1000"), InvalidArgument);
}

TEST_CASE("the mean size is the mean of the draws") {
  CHECK(mean_size(ConstantSize{77}) == 77);
  const std::vector<SizeChoice> choices = {UniformSize{1, 100},
                                           ParetoSize{0, 25.45, 0.2615, 1, 1024, false},
                                           ParetoSize{0, 25.45, 0.2615, 10, 1024, true},
                                           ParetoSize{0, 14.236, 2.517, 0, 10'000, true},
                                           ParetoSize{5, 20, 0, 1, 60, false},
                                           LognormalSize{100, 1, 1, 1 << 20},
                                           LognormalSize{4000, 2, 100, 100'000},
                                           LognormalSize{100, 0, 1, 1 << 20}};
  for (const SizeChoice& choice : choices) {
    INFO(choice.index());
    CHECK(mean_of_draws(choice) == doctest::Approx(mean_size(choice)).epsilon(0.015));
  }
  // mixgraph's values are of 35 bytes on average (the Pareto's mean is 34.5, and sizes are rounded
  // up and at least 10).
  CHECK(mean_size(choices[1]) == doctest::Approx(34.9).epsilon(0.01));
}

TEST_CASE("the mean of many sizes is the sum that the loop gives") {
  const ParetoSize pareto{0, 3000, 0.2, 1, 100'000, false};
  double due = 1;
  for (double s = 1; s < 100'000; ++s) due += std::pow(1 + 0.2 * s / 3000, -1 / 0.2);
  CHECK(mean_size(pareto) == doctest::Approx(due).epsilon(1e-6));
}

TEST_CASE("sizes stay between their ends") {
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t wrapped = draw_size(ParetoSize{0, 14.236, 2.517, 3, 1000, true}, random);
    CHECK(wrapped >= 3);
    CHECK(wrapped <= 1000);
    const uint64_t cut = draw_size(LognormalSize{100, 5, 50, 70}, random);
    CHECK(cut >= 50);
    CHECK(cut <= 70);
  }
}

TEST_CASE("a value is a function of seed, id and version, and as random as it is told") {
  std::string value, again, other;
  make_value(1, 2, 3, 1000, 0.5, value);
  make_value(1, 2, 3, 1000, 0.5, again);
  CHECK(value == again);
  for (const auto& [seed, id, version] : std::vector<std::array<uint64_t, 3>>{
           {2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {2, 1, 3}, {1, 3, 2}}) {
    make_value(seed, id, version, 1000, 0.5, other);
    CHECK(value != other);
  }
  for (const double share : {0.0, 0.25, 0.5, 1.0}) {
    make_value(1, 2, 3, 64 * 100, share, value);
    const double plain = double(std::count(value.begin(), value.end(), 'v'));
    CHECK(plain / 6400 == doctest::Approx(1 - share).epsilon(0.02));
  }
  for (const size_t bytes : {0u, 1u, 7u, 9u, 63u, 65u}) {
    make_value(1, 2, 3, bytes, 1, value);
    CHECK(value.size() == bytes);
  }
}
