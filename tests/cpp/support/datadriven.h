// Tests as text files that read like conversations:
//
//   # prose
//   command word name=value
//   input lines
//   ----
//   the answer, up to the next empty line
//
// With LSMKIT_REWRITE=1 in the environment the answers are written anew instead of compared; the
// diff is the review.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace lsmkit {

struct Directive {
  std::string command;
  std::vector<std::string> words;  // after the command
  std::string input;               // whole lines

  bool has(const std::string& word) const {
    for (const std::string& w : words)
      if (w == word) return true;
    return false;
  }
  // What stands after `name=`, or `otherwise`.
  std::string value(const std::string& name, const std::string& otherwise = "") const {
    for (const std::string& w : words)
      if (w.rfind(name + "=", 0) == 0) return w.substr(name.size() + 1);
    return otherwise;
  }
  uint64_t number(const std::string& name, uint64_t otherwise = 0) const {
    const std::string text = value(name);
    return text.empty() ? otherwise : std::stoull(text);
  }
};

// Runs each directive of tests/cpp/testdata/<name>; `answer` returns lines without empty ones.
inline void run_datadriven(const std::string& name,
                           const std::function<std::string(const Directive&)>& answer) {
  const std::string path = std::string(LSMKIT_TESTDATA) + "/" + name;
  const bool rewrite = std::getenv("LSMKIT_REWRITE") != nullptr;
  std::ifstream in(path);
  REQUIRE_MESSAGE(in.good(), "cannot read " << path);
  std::string rewritten;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    rewritten += line + "\n";
    if (line.empty() || line[0] == '#') continue;

    const int first_line = number;
    Directive directive;
    std::istringstream words(line);
    words >> directive.command;
    for (std::string word; words >> word;) directive.words.push_back(word);
    for (; std::getline(in, line) && line != "----"; ++number) {
      rewritten += line + "\n";
      directive.input += line + "\n";
    }
    rewritten += "----\n";
    std::string expected;
    for (number += 2; std::getline(in, line) && !line.empty(); ++number) expected += line + "\n";

    std::string actual;
    try {
      actual = answer(directive);
    } catch (const std::exception& error) {
      actual = std::string("error: ") + error.what();
    }
    if (!actual.empty() && actual.back() != '\n') actual += '\n';
    rewritten += actual + "\n";
    if (!rewrite) {
      INFO(path << ":" << first_line << ": " << directive.command);
      CHECK(actual == expected);
    }
  }
  if (rewrite) {
    while (rewritten.size() >= 2 && rewritten.ends_with("\n\n")) rewritten.pop_back();
    std::ofstream(path) << rewritten;
  }
}

}  // namespace lsmkit
