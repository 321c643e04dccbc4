#include "lsmkit/bytes/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace lsmkit {

IoError::IoError(int code, std::string path, std::string_view doing)
    : Error(std::string(doing) + " " + path + ": " + std::strerror(code) +
            (code == EMFILE ? "; raise the limit of open files (ulimit -n)" : "")),
      code_(code),
      path_(std::move(path)) {}

LockedError::LockedError(std::string path, int64_t pid)
    : Error(path + " is in use by " +
            (pid > 0 ? "process " + std::to_string(pid) : std::string("another process")) +
            "; close it there, or open with read_only=True. (The LOCK file itself is harmless: the "
            "lock goes away with the process.)"),
      path_(std::move(path)),
      pid_(pid) {}

CorruptionError::CorruptionError(std::string file, uint64_t offset, std::string_view what)
    : Error(file + " is damaged at offset " + std::to_string(offset) + ": " + std::string(what)),
      file_(std::move(file)),
      offset_(offset) {}

std::string printable(std::string_view bytes) {
  constexpr size_t kMaxShown = 48;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes.substr(0, kMaxShown)) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  if (bytes.size() > kMaxShown) out += "... (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

}  // namespace lsmkit
