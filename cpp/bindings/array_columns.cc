#include "array_columns.h"

#include <algorithm>

#include "columns.h"

namespace lsmkit {

std::string as_utf8(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string(text);
  const py::object encoded = path_text(text).attr("encode")("utf-8", "backslashreplace");
  return encoded.cast<std::string>();
}

}  // namespace lsmkit
