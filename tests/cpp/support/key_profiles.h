// Sets of keys that hurt ordered structures: few, tiny, empty, with zero and 0xff bytes, alike for
// longer than any prefix a node compares, and as long as a key may be.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

struct KeyProfile {
  const char* name;
  std::function<std::string(std::mt19937_64&)> draw;
  bool long_keys = false;  // costly: worth fewer steps
};

inline std::string draw_over(std::mt19937_64& random, std::string_view alphabet, size_t longest) {
  std::string key(random() % (longest + 1), '\0');
  for (char& c : key) c = alphabet[random() % alphabet.size()];
  return key;
}

inline std::vector<KeyProfile> key_profiles() {
  using namespace std::string_literals;
  std::vector<KeyProfile> profiles;
  for (const size_t distinct : {1, 2, 3, 8}) {
    profiles.push_back({"few distinct keys", [distinct](std::mt19937_64& random) {
                          return "hot key " + std::to_string(random() % distinct);
                        }});
  }
  profiles.push_back({"tiny keys of 00, a and ff",
                      [](std::mt19937_64& random) { return draw_over(random, "\0a\xff"s, 4); }});
  profiles.push_back(
      {"zeros only", [](std::mt19937_64& random) { return std::string(random() % 40, '\0'); }});
  profiles.push_back({"long common beginnings", [](std::mt19937_64& random) {
                        static const std::string heads[] = {"", "a", "the same eleven and more/",
                                                            "the same eleven and mose/",
                                                            std::string(20, '\xff')};
                        return heads[random() % 5] + draw_over(random, "\0ab\xff"s, 12);
                      }});
  profiles.push_back({"zero-padded decimals", [](std::mt19937_64& random) {
                        const std::string digits = std::to_string(random() % 5000);
                        return std::string(16 - digits.size(), '0') + digits;
                      }});
  profiles.push_back({"random bytes", [](std::mt19937_64& random) {
                        std::string key(16, '\0');
                        for (char& c : key) c = static_cast<char>(random());
                        return key;
                      }});
  profiles.push_back({"as long as a key may be",
                      [](std::mt19937_64& random) {
                        std::string key(kMaxKeyBytes - random() % 3, 'x');
                        for (int i = 0; i < 2; ++i) {
                          const size_t at = random() % 2 ? random() % key.size() : key.size() - 1;
                          key[at] = static_cast<char>('v' + random() % 5);
                        }
                        return key;
                      },
                      true});
  return profiles;
}

}  // namespace lsmkit
