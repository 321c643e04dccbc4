// Bytes that only grow and never move. Whoever knows of the first n bytes may read them for ever,
// without a lock, beside an append: this is how a crash image shares a file with its origin.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace lsmkit {

class GrowingBytes {
 public:
  GrowingBytes() = default;
  explicit GrowingBytes(std::string_view bytes) { append(bytes); }

  uint64_t size() const { return size_; }  // The appender's view.

  // One thread at a time.
  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const Place place = place_of(size_);
      auto& chunk = chunks_[place.chunk];
      if (!chunk) chunk = std::make_unique_for_overwrite<char[]>(chunk_bytes(place.chunk));
      const size_t n = std::min(bytes.size(), chunk_bytes(place.chunk) - place.offset);
      std::memcpy(chunk.get() + place.offset, bytes.data(), n);
      bytes.remove_prefix(n);
      size_ += n;
    }
  }

  // Requires: offset + bytes was appended before.
  void read(uint64_t offset, size_t bytes, char* to) const {
    while (bytes > 0) {
      const Place place = place_of(offset);
      const size_t n = std::min(bytes, chunk_bytes(place.chunk) - place.offset);
      std::memcpy(to, chunks_[place.chunk].get() + place.offset, n);
      to += n;
      offset += n;
      bytes -= n;
    }
  }

 private:
  // Chunk i holds kFirstBytes << i bytes; the chunks before it hold kFirstBytes less than that.
  static constexpr size_t kFirstBytes = 4096;
  struct Place {
    size_t chunk;
    size_t offset;
  };
  static size_t chunk_bytes(size_t chunk) { return kFirstBytes << chunk; }
  static Place place_of(uint64_t offset) {
    const auto chunk = static_cast<size_t>(std::bit_width(offset / kFirstBytes + 1)) - 1;
    return {chunk, static_cast<size_t>(offset - (chunk_bytes(chunk) - kFirstBytes))};
  }

  std::array<std::unique_ptr<char[]>, 36> chunks_;
  uint64_t size_ = 0;
};

}  // namespace lsmkit
