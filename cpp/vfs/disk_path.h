// Finds what a path names on a disk in memory.
#pragma once

#include <string>
#include <vector>

#include "lsmkit/vfs/disk_state.h"

namespace lsmkit {

// Where a path leads: a directory, a name in it, and what stands there (kNoNode: nothing). The root
// stands in no directory; a path through something that is missing leads to no directory.
struct DiskPlace {
  DiskNodeId directory = kNoNode;
  std::string name = {};
  DiskNodeId node = kNoNode;
};

DiskPlace find(const DiskState& disk, const std::string& path);

// Throw IoError(ENOENT, EISDIR or ENOTDIR) with the path and what was tried.
DiskPlace find_existing(const DiskState& disk, const std::string& path, const char* doing);
DiskPlace find_file(const DiskState& disk, const std::string& path, const char* doing);
DiskNodeId find_directory(const DiskState& disk, const std::string& path, const char* doing);

// The place for a new name; ENOENT if its directory is missing.
DiskPlace find_room(const DiskState& disk, const std::string& path, const char* doing);

std::vector<std::string> path_parts(const std::string& path);
std::string parent_path(const std::string& path);

}  // namespace lsmkit
