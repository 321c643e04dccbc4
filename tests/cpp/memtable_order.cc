// The words that a node decides by: which slot stands where, and 8 bytes of a key.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/memtable/tree_node.h"
#include "support/key_profiles.h"

using namespace lsmkit;

TEST_CASE("an order holds any sequence of places that a vector holds") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    const auto start = static_cast<unsigned>(random() % (kNodeSlots + 1));
    Order order = Order::of_arrival(start);
    std::vector<unsigned> model;
    for (unsigned slot = 0; slot < start; ++slot) model.push_back(slot);
    for (;;) {
      REQUIRE(order.count() == model.size());
      size_t different = 0;
      for (unsigned place = 0; place < model.size(); ++place) {
        different += order.slot(place) != model[place];
      }
      CHECK(different == 0);
      if (model.size() == kNodeSlots) break;
      const auto place = static_cast<unsigned>(random() % (model.size() + 1));
      order = order.with_next_slot_at(place);
      model.insert(model.begin() + place, static_cast<unsigned>(model.size()));
    }
    CHECK((order == Order::of_arrival(kNodeSlots)) == std::is_sorted(model.begin(), model.end()));
  }
}

TEST_CASE("key words behind a shared beginning compare as the keys do") {
  std::mt19937_64 random(4);
  for (const auto& profile : key_profiles()) {
    if (profile.long_keys) continue;
    for (int i = 0; i < 1000; ++i) {
      const std::string a = profile.draw(random);
      const std::string b = profile.draw(random);
      const auto shared = static_cast<size_t>(
          std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
      const size_t skipped = random() % (shared + 1);
      if (key_word(a, skipped) < key_word(b, skipped)) CHECK(a < b);
      if (a < b) CHECK(key_word(a, skipped) <= key_word(b, skipped));
      CHECK(key_word(a, skipped) == key_prefix(std::string_view(a).substr(skipped)));
    }
  }
}
