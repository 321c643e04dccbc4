// What the tests of the disk in memory stand on: its whole content as a value, and a file of which
// a part is synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/vfs/memory_file_system.h"

namespace lsmkit::test {

using Names = std::vector<std::string>;
using Image = std::unique_ptr<MemoryFileSystem>;

inline std::string patterned(size_t bytes, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string out(bytes, '\0');
  for (char& c : out) c = static_cast<char>('a' + random() % 26);
  return out;
}

inline Image lose_power(const MemoryFileSystem& disk, ContentSurvival content,
                        NameSurvival names = NameSurvival::kAll, uint64_t seed = 0) {
  return disk.crash_image(disk.operation_count(), {content, names}, seed);
}

// All files below a directory and their bytes.
inline std::map<std::string, std::string> everything(MemoryFileSystem& disk,
                                                     const std::string& dir = "") {
  std::map<std::string, std::string> files;
  for (const std::string& name : disk.list(dir + "/")) {
    const std::string path = dir + "/" + name;
    if (disk.is_directory(path)) {
      files.merge(everything(disk, path));
      files[path + "/"];
    } else {
      files[path] = disk.contents(path);
    }
  }
  return files;
}

// A file with a durable name, 10,000 synced bytes and 30,000 that are not.
struct HalfSynced {
  MemoryFileSystem disk;
  std::string bytes = patterned(40'000, 1);
  static constexpr size_t kSyncedBytes = 10'000;
  std::unique_ptr<AppendFile> file;

  explicit HalfSynced(AppendMode mode = AppendMode::kTable) {
    file = disk.create("/f", mode, 0);
    disk.sync_dir("/");
    file->append(bytes.substr(0, kSyncedBytes));
    file->sync();
    for (size_t at = kSyncedBytes; at < bytes.size(); at += 1000) {
      file->append(bytes.substr(at, 1000));
    }
  }
  std::string after(ContentSurvival content, uint64_t seed) const {
    return lose_power(disk, content, NameSurvival::kAll, seed)->contents("/f");
  }
};

}  // namespace lsmkit::test
