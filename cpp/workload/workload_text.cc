// Workloads as lines of text and back, by the list of fields in spec_fields.h:
//
//   name ycsb_a
//   key_count 1000000
//   encoding decimal prefix=user digits=12
//   phase load
//   mix put=1
//   keys permuted
//
// What follows a `phase` line is of that phase. A choice is a word and then its own fields. In
// names and prefixes, control bytes, blanks, '=', backslashes and bytes above '~' are written \xhh.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "lsmkit/bytes/error.h"
#include "lsmkit/workload/spec_fields.h"

namespace lsmkit {
namespace {

// ---- writing

std::string escaped(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '\\' && c != '=') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

template <class Number>
std::string number_text(Number number) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
}

std::string text_of(const std::string& value) {
  return escaped(value);
}
std::string text_of(uint64_t value) {
  return number_text(value);
}
std::string text_of(double value) {
  return number_text(value);
}
std::string text_of(bool value) {
  return value ? "yes" : "no";
}
std::string text_of(const std::vector<uint64_t>& ids) {
  std::string out;
  for (const uint64_t id : ids) (out += out.empty() ? "" : ",") += number_text(id);
  return out;
}
template <class Enum>
requires std::is_enum_v<Enum> std::string text_of(Enum value) {
  return std::string(names_of_enum<Enum>()[static_cast<size_t>(value)]);
}

// The fields of a choice, on its line.
std::string words_of(const auto& choice) {
  std::string out;
  fields_of(choice, [&](std::string_view name, const auto& member, const auto&...) {
    ((out += " ") += name) += "=" + text_of(member);
  });
  return out;
}
template <class Fields>
requires std::is_class_v<Fields> std::string text_of(const Fields& fields) {
  return words_of(fields).substr(1);
}
template <class... Choices>
std::string text_of(const std::variant<Choices...>& field) {
  return std::visit([](const auto& choice) { return std::string(choice.kName) + words_of(choice); },
                    field);
}

// ---- reading

[[noreturn]] void fail(std::string_view token, const std::string& what) {
  throw InvalidArgument("'" + printable(token) + "' " + what);
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

template <class Number>
Number number_from(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail(text, std::is_integral_v<Number> ? "is no whole number" : "is no number");
  }
  if (!std::isfinite(static_cast<double>(value))) fail(text, "is no finite number");
  return value;
}

void read_value(uint64_t& out, std::string_view text) {
  out = number_from<uint64_t>(text);
}
void read_value(double& out, std::string_view text) {
  out = number_from<double>(text);
}
void read_value(bool& out, std::string_view text) {
  if (text != "yes" && text != "no") fail(text, "is neither yes nor no");
  out = text == "yes";
}
void read_value(std::string& out, std::string_view text) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view hex = text.substr(std::min(i + 2, text.size()), 2);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (text.substr(i, 2) != "\\x" || hex.size() != 2 || error != std::errc{} ||
        end != hex.data() + 2)
      fail(text, "has a bad escape; write \\xhh");
    out += static_cast<char>(byte);
    i += 3;
  }
}
void read_value(std::vector<uint64_t>& out, std::string_view text) {
  out.clear();
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    out.push_back(number_from<uint64_t>(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}
template <class Enum>
requires std::is_enum_v<Enum>
void read_value(Enum& out, std::string_view text) {
  const auto& names = names_of_enum<Enum>();
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) fail(text, "is none of its names");
  out = static_cast<Enum>(found - names.begin());
}

// `name=value` words into the fields of those names, each at most once.
void read_words(auto& fields, std::string_view text) {
  uint64_t seen = 0;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string_view wanted = word.substr(0, equals);
    if (equals == word.size()) fail(word, "has no value; write name=value");
    uint64_t bit = 1;
    bool known = false;
    each_field(fields, [&](std::string_view name, auto& member, const auto&...) {
      if (name == wanted) {
        if ((seen & bit) != 0) fail(word, "comes twice");
        seen |= bit;
        known = true;
        read_value(member, word.substr(equals + 1));
      }
      bit <<= 1;
    });
    if (!known) fail(word, "is no field here");
  }
}
template <class Fields>
requires std::is_class_v<Fields>
void read_value(Fields& out, std::string_view text) {
  out = {};
  read_words(out, text);
}
template <class... Choices>
void read_value(std::variant<Choices...>& out, std::string_view text) {
  const std::string_view wanted = take_word(text);
  const bool known =
      ((Choices::kName == wanted && (read_words(out.template emplace<Choices>(), text), true)) ||
       ...);
  if (known) return;
  std::string names;
  ((((names += names.empty() ? "" : ", ") += Choices::kName)), ...);
  fail(wanted, "is none of " + names);
}

// A field of one value: the line's one word.
template <class Value>
void read_line_value(Value& out, std::string_view text) {
  if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value> ||
                std::is_same_v<Value, std::string>) {
    const std::string_view word = take_word(text);
    if (!take_word(text).empty()) fail(text, "is too much for one value");
    read_value(out, word);
  } else {
    read_value(out, text);
  }
}

void read_line(auto& fields, std::string_view name_wanted, std::string_view rest, uint64_t& seen) {
  uint64_t bit = 1;
  bool known = false;
  each_field(fields, [&](std::string_view name, auto& member, const auto&...) {
    if (name == name_wanted) {
      if ((seen & bit) != 0) fail(name_wanted, "comes twice");
      seen |= bit;
      known = true;
      read_line_value(member, rest);
    }
    bit <<= 1;
  });
  if (!known) fail(name_wanted, "is no field of a workload or phase");
}

}  // namespace

std::string to_text(const WorkloadSpec& workload) {
  std::string out;
  const auto put_line = [&](std::string_view name, const auto& member, const auto&...) {
    ((out += name) += " ") += text_of(member) + "\n";
  };
  fields_of(workload, put_line);
  for (const Phase& phase : workload.phases) {
    put_line("phase", phase.name);
    fields_of(phase, put_line);
  }
  return out;
}

WorkloadSpec workload_from_text(std::string_view text) {
  WorkloadSpec workload;
  uint64_t seen = 0;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string_view rest = line;
    const std::string_view name = take_word(rest);
    if (name.empty()) continue;
    try {
      if (name == "phase") {
        if (workload.phases.size() == kMostPhases) fail(name, "is one too many");
        seen = 0;
        read_line_value(workload.phases.emplace_back().name, rest);
      } else if (workload.phases.empty()) {
        read_line(workload, name, rest, seen);
      } else {
        read_line(workload.phases.back(), name, rest, seen);
      }
    } catch (const InvalidArgument& error) {
      throw InvalidArgument("line " + std::to_string(number) + " of a workload's text, '" +
                            printable(line) + "': " + error.what());
    }
  }
  check(workload);
  return workload;
}

}  // namespace lsmkit
