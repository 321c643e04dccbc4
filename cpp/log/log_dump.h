// Shows a log chunk by chunk, for people: `lsmkit dump`.
#pragma once

#include <functional>
#include <string>

#include "lsmkit/log/chunk_reader.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// Every chunk in the order of offsets, damaged ones too; after damage it goes on with the next
// valid chunk. Throws CorruptionError if the header is damaged. Returns the header.
LogFileHeader walk_chunks(FileSystem& files, const std::string& path,
                          const std::function<void(const ChunkView&)>& show);

}  // namespace lsmkit
