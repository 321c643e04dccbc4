#include "lsmkit/vfs/disk_path.h"

#include <algorithm>
#include <cerrno>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

DiskPlace find(const DiskState& disk, const std::string& path) {
  DiskPlace place{.node = kRootNode};
  for (const std::string& part : path_parts(path)) {
    if (!disk.is_directory(place.node)) return {};
    const DirectoryEntries& entries = disk.directory(place.node).entries;
    const auto entry = entries.find(part);
    place = {place.node, part, entry == entries.end() ? kNoNode : entry->second};
  }
  return place;
}

DiskPlace find_existing(const DiskState& disk, const std::string& path, const char* doing) {
  DiskPlace place = find(disk, path);
  if (place.node == kNoNode) throw IoError(ENOENT, path, doing);
  return place;
}

DiskPlace find_file(const DiskState& disk, const std::string& path, const char* doing) {
  DiskPlace place = find_existing(disk, path, doing);
  if (disk.is_directory(place.node)) throw IoError(EISDIR, path, doing);
  return place;
}

DiskNodeId find_directory(const DiskState& disk, const std::string& path, const char* doing) {
  const DiskNodeId node = find_existing(disk, path, doing).node;
  if (!disk.is_directory(node)) throw IoError(ENOTDIR, path, doing);
  return node;
}

DiskPlace find_room(const DiskState& disk, const std::string& path, const char* doing) {
  DiskPlace place = find(disk, path);
  if (place.directory == kNoNode) throw IoError(ENOENT, path, doing);
  return place;
}

std::vector<std::string> path_parts(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

std::string parent_path(const std::string& path) {
  const size_t last = path.find_last_not_of('/');
  const size_t slash = last == std::string::npos ? 0 : path.find_last_of('/', last);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace lsmkit
