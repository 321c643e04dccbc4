// The two ways to append to a real file. FORMAT and promises are AppendFile's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// One pwrite per commit; nothing waits in user space.
std::unique_ptr<AppendFile> make_written_file(int fd, const std::string& path);

// Preallocated and mapped: an append is a copy to memory, no call into the system. For file systems
// whose preallocation means that a store can't fail.
std::unique_ptr<AppendFile> make_mapped_file(int fd, const std::string& path,
                                             uint64_t expected_bytes);
bool can_map_appends(int fd);

}  // namespace lsmkit
