// A table for people: the first column and the last stand left, numbers between them right.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <vector>

namespace lsmkit::bench {

using Cells = std::vector<std::string>;

[[gnu::format(printf, 1, 2)]] inline std::string text(const char* format, ...) {
  char buffer[128];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

inline std::string with_commas(uint64_t number) {
  std::string out = std::to_string(number);
  for (size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

// `left`: how many columns stand left at the front.
inline void print_table(const std::string& title, const Cells& header,
                        const std::vector<Cells>& rows, size_t left = 1) {
  std::vector<size_t> widths(header.size());
  const auto widen = [&](const Cells& cells) {
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  };
  widen(header);
  for (const Cells& row : rows) widen(row);
  std::printf("\n%s\n", title.c_str());
  const auto print_row = [&](const Cells& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string pad(widths[i] - cells[i].size(), ' ');
      const bool stands_left = i < left || i + 1 == header.size();
      line += "  " + (stands_left ? cells[i] + pad : pad + cells[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  };
  print_row(header);
  for (const Cells& row : rows) print_row(row);
}

}  // namespace lsmkit::bench
