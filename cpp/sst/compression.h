// The one file that knows zstd. Built without it (LSMKIT_ZSTD=off), raw tables work and compressed
// ones throw NotSupported.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/sst/table_format.h"

namespace lsmkit {

class BlockCompressor {
 public:
  // Throws NotSupported if this build lacks the codec.
  BlockCompressor(TableCodec codec, int level);
  ~BlockCompressor();
  BlockCompressor(const BlockCompressor&) = delete;
  BlockCompressor& operator=(const BlockCompressor&) = delete;

  // What to store for `raw`: compressed if that saves at least an eighth, else `raw` itself. Valid
  // until the next call.
  std::string_view compress(std::string_view raw, TableCodec* used);

 private:
  const TableCodec codec_;
  const int level_;
  void* context_ = nullptr;
  std::string buffer_;
};

// Fills `raw` (raw_bytes of it) from `stored`; false if the bytes are damaged or of another size.
// Throws NotSupported if this build lacks the codec.
bool decompress(TableCodec codec, std::string_view stored, char* raw, size_t raw_bytes);

struct ZstdBuildInfo {
  std::string source;   // "system", "runtime" or "off"
  std::string version;  // of the library in use; empty if off
};
ZstdBuildInfo zstd_build_info();

}  // namespace lsmkit
