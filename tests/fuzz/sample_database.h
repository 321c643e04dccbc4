// A small healthy database in memory with a bit of everything: several levels, raw and compressed
// blocks, event files, and commits that stand in its log alone.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"

namespace lsmkit::fuzz {

using Contents = std::map<std::string, std::string>;

struct SampleDatabase {
  std::map<std::string, std::string> files;  // by name, LOCK left out
  std::vector<std::string> names;            // of them, sorted
  std::vector<Contents> states;              // after each commit; the first is empty
  size_t flushed_commits = 0;                // in tables; the others are in the log
  std::string last_log;                      // its name
  Version version;
};

const SampleDatabase& sample_database();

// Opens /db as it is stored, with little memory and no threads.
OpenRequest open_request(MemoryFileSystem& files, bool read_only);

}  // namespace lsmkit::fuzz
