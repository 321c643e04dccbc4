#include "lsmkit/format/separator.h"

namespace lsmkit {

std::string_view shortest_separator(std::string_view last, std::string_view next) {
  // One byte past the common prefix, `next` itself cut there is above `last`, and is below `next`
  // unless it is all of it.
  const size_t shared = common_prefix_bytes(last, next);
  return shared + 1 < next.size() && shared < last.size() ? next.substr(0, shared + 1) : last;
}

}  // namespace lsmkit
