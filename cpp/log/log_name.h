// WAL files are named by their number alone: 000012.log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

std::string log_file_name(LogNumber number);

// The number, if the name is one that log_file_name gives.
std::optional<LogNumber> parse_log_file_name(std::string_view name);

}  // namespace lsmkit
