// Files that are read, of which a process may have more than descriptors (ulimit -n, often 1024).
//
// A file whose user says that it keeps its name may be closed between two reads, and is opened
// again when it is read next: the one with that name, if it still is the same. So many of them are
// open at a time as half the limit; a clock picks those that were not read of late. All others stay
// open for as long as they live.
#pragma once

#include <memory>
#include <string>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// Takes over `fd`. `path`: absolute, or it stays open.
std::unique_ptr<ReadFile> make_read_file(int fd, const std::string& path);

// Closes files that keep their names, for a call that the system refused with EMFILE or ENFILE.
// False if there was none to close.
bool close_some_read_files();

}  // namespace lsmkit
