#include "lsmkit/db/home_file_system.h"

#include <cerrno>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

std::string HomeFileSystem::at_home(const std::string& path) const {
  const bool within =
      path.starts_with(given_) &&
      (path.size() == given_.size() || path[given_.size()] == '/' || given_.ends_with('/'));
  return within ? home_ + path.substr(given_.size()) : path;
}

std::string HomeFileSystem::checked(const std::string& path) const {
  bool still_home = false;
  try {
    still_home = below_.identity(home_) == identity_;
  } catch (const IoError& error) {
    if (error.code() != ENOENT && error.code() != ENOTDIR) throw;
  }
  if (!still_home) {
    throw IoError(ESTALE, given_,
                  "using the database (its directory was moved, removed or replaced while it was "
                  "open; close it and open it anew)");
  }
  return at_home(path);
}

}  // namespace lsmkit
