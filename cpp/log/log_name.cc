#include "lsmkit/log/log_name.h"

#include <charconv>

namespace lsmkit {
namespace {

constexpr std::string_view kSuffix = ".log";
constexpr size_t kDigits = 6;  // at least; keeps listings in order for a while

}  // namespace

std::string log_file_name(LogNumber number) {
  std::string digits = std::to_string(static_cast<uint64_t>(number));
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return digits.append(kSuffix);
}

std::optional<LogNumber> parse_log_file_name(std::string_view name) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || number == 0) return std::nullopt;
  // One number has one name; +12.log, 12.log and 0000012.log are somebody else's.
  if (name != log_file_name(LogNumber{number})) return std::nullopt;
  return LogNumber{number};
}

}  // namespace lsmkit
