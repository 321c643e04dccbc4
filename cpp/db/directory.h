// The names of a database's files, and which of the files in a directory are ours.
//
//   LOCK              held while open; never removed
//   MANIFEST          the log of version edits
//   MANIFEST.tmp      the next one, until it is renamed over the old
//   000012.log        write-ahead logs, by log number (see log/log_name.h)
//   0000000340.table  tables, by table number
//   000003.events     what happened, for people; never needed for recovery
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

inline constexpr std::string_view kLockName = "LOCK";
inline constexpr std::string_view kManifestName = "MANIFEST";
inline constexpr std::string_view kManifestTemporaryName = "MANIFEST.tmp";

std::string table_file_name(TableNumber number);
std::string events_file_name(uint64_t number);
std::optional<TableNumber> parse_table_file_name(std::string_view name);
std::optional<uint64_t> parse_events_file_name(std::string_view name);

// What stands in a directory, sorted by number.
struct DirectoryListing {
  bool has_manifest = false;
  bool has_temporary_manifest = false;
  std::vector<TableNumber> tables;
  std::vector<LogNumber> logs;
  std::vector<uint64_t> events;
  std::vector<std::string> foreign;  // nothing of ours

  // Nothing but LOCK, and what happened.
  bool is_empty() const {
    return !has_manifest && !has_temporary_manifest && tables.empty() && logs.empty() &&
           foreign.empty();
  }
};
DirectoryListing list_directory(FileSystem& files, const std::string& path);

// Throws InvalidArgument if strangers' files stand where no database does.
void refuse_foreign(const DirectoryListing& listing, const std::string& path);

// Files that are ours by name and by header, LOCK excepted. A file of our name with a stranger's
// contents is not.
std::vector<std::string> owned_files(FileSystem& files, const std::string& path);

}  // namespace lsmkit
