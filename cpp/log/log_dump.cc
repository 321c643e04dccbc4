#include "lsmkit/log/log_dump.h"

#include <memory>

namespace lsmkit {

LogFileHeader walk_chunks(FileSystem& files, const std::string& path,
                          const std::function<void(const ChunkView&)>& show) {
  const LogFileHeader header = read_log_header(files, path);
  const std::unique_ptr<ReadFile> file = files.open(path);
  ChunkReader reader(*file, header.identity.database_id, header.identity.number);
  do {
    while (reader.next()) show(reader.chunk());
    if (!reader.at_end()) show(reader.chunk());
  } while (reader.skip_damage());
  return header;
}

}  // namespace lsmkit
