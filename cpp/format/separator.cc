#include "lsmkit/format/separator.h"

namespace lsmkit {

std::string_view shortest_separator(std::string_view last, std::string_view next) {
  return shortest_separator(last, next, common_prefix_bytes(last, next));
}

}  // namespace lsmkit
