// The one file that knows zstd. Built without it (LSMKIT_ZSTD=off), raw tables work and compressed
// ones throw NotSupported.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/format/table_format.h"

namespace lsmkit {

class BlockCompressor {
 public:
  // Throws NotSupported if this build lacks the codec.
  BlockCompressor(TableCodec codec, int level);
  ~BlockCompressor();
  BlockCompressor(const BlockCompressor&) = delete;
  BlockCompressor& operator=(const BlockCompressor&) = delete;

  // From here on blocks are compressed with it.
  void use_dictionary(std::string_view dictionary);
  // What to store for `raw`: compressed if that saves at least an eighth, else `raw` itself. Valid
  // until the next call.
  std::string_view compress(std::string_view raw, TableCodec* used);

 private:
  const TableCodec codec_;
  const int level_;
  void* context_ = nullptr;
  void* dictionary_ = nullptr;
  std::string buffer_;
};

// A zstd dictionary of at most `most_bytes` from blocks as they are before compression; empty if
// they are too few or have too little in common.
std::string train_dictionary(const std::vector<std::string>& samples, size_t most_bytes);

// A table's dictionary, made ready for reading. Any thread may use it.
class ReadDictionary {
 public:
  // Throws DecodeError if the bytes can't be one.
  explicit ReadDictionary(std::string_view bytes);
  ~ReadDictionary();
  ReadDictionary(const ReadDictionary&) = delete;
  ReadDictionary& operator=(const ReadDictionary&) = delete;
  uint64_t memory_bytes() const;
  const void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
};

// Fills `raw` (raw_bytes of it) from `stored`, with the table's dictionary if it has one; false if
// the bytes are damaged or of another size. Throws NotSupported if this build lacks the codec.
bool decompress(TableCodec codec, const ReadDictionary* dictionary, std::string_view stored,
                char* raw, size_t raw_bytes);

struct ZstdBuildInfo {
  std::string source;   // "system", "runtime" or "off"
  std::string version;  // of the library in use; empty if off
};
ZstdBuildInfo zstd_build_info();

}  // namespace lsmkit
