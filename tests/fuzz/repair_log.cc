// Puts right the checksums of a log, whatever its kind.
#include "lsmkit/log/log_format.h"
#include "lsmkit/log/log_header.h"
#include "repair.h"

namespace lsmkit::fuzz {

void repair_log(std::string& file) {
  if (file.size() < kLogHeaderBytes) return;
  store_fixed(file.data() + kLogHeaderBytes - 4,
              crc32c(std::string_view(file).substr(0, kLogHeaderBytes - 4)));
  const ChunkChecksum checksum(load_fixed<uint64_t>(file.data() + 16),
                               LogNumber{load_fixed<uint64_t>(file.data() + 24)});
  for (uint64_t at = kLogHeaderBytes; at + kChunkHeaderBytes <= file.size();) {
    const ChunkHeader header = load_chunk_header(file.data() + at);
    const uint64_t bytes = kChunkHeaderBytes + header.length;
    if (header.type == 0 || bytes > file.size() - at) break;
    store_fixed(file.data() + at, checksum.of(file.data() + at, bytes, at));
    at += bytes;
    if (left_in_block(at) < kChunkHeaderBytes) at += left_in_block(at);
  }
}

}  // namespace lsmkit::fuzz
