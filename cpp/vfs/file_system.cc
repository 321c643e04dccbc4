#include "lsmkit/vfs/file_system.h"

#include <algorithm>
#include <cstring>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

void AppendFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t n = std::min(bytes.size(), kMaxReserveBytes);
    std::memcpy(reserve(n), bytes.data(), n);
    commit(n);
    bytes.remove_prefix(n);
  }
}

std::vector<std::optional<uint64_t>> FileSystem::all_file_bytes(
    const std::string& dir, const std::vector<std::string>& names) {
  std::vector<std::optional<uint64_t>> out;
  out.reserve(names.size());
  for (const std::string& name : names) {
    const std::string path = join_path(dir, name);
    out.push_back(exists(path) ? std::optional(file_bytes(path)) : std::nullopt);
  }
  return out;
}

std::string join_path(std::string_view dir, std::string_view name) {
  std::string out(dir);
  if (!out.empty() && out.back() != '/') out += '/';
  return out += name;
}

std::string read_whole(FileSystem& fs, const std::string& path, uint64_t max_bytes) {
  const auto file = fs.open(path);
  if (file->size() > max_bytes) {
    throw CorruptionError(path, max_bytes,
                          "found " + std::to_string(file->size()) + " bytes, at most " +
                              std::to_string(max_bytes) + " are due");
  }
  std::string out(file->size(), '\0');
  out.resize(file->read(0, out.size(), out.data()));
  return out;
}

}  // namespace lsmkit
