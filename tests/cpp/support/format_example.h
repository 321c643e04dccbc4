// The worked example of a FORMAT.md: its ```hex block, of lines "offset: bytes  # what they are".
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace lsmkit::test {

inline std::string format_example(const std::string& floor) {
  std::ifstream document(LSMKIT_TESTDATA "/../../../cpp/" + floor + "/FORMAT.md");
  REQUIRE(document.good());
  std::string line, bytes;
  while (std::getline(document, line) && line != "```hex") continue;
  while (std::getline(document, line) && line != "```") {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    words >> word;
    CHECK(std::stoul(word) == bytes.size());
    while (words >> word) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  }
  CHECK(!bytes.empty());
  return bytes;
}

// For a failed comparison that a person can read.
inline std::string hex_line(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!out.empty()) out += ' ';
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

}  // namespace lsmkit::test
