// CRC-32C (Castagnoli), the checksum of every file we write.
#pragma once

#include <cstdint>
#include <string_view>

namespace lsmkit {

// The CRC of A followed by B is crc32c_extend(crc32c(A), B): so a checksum can cover bytes that do
// not lie side by side, or a placeholder, without copying them together.
uint32_t crc32c_extend(uint32_t crc, std::string_view bytes);
inline uint32_t crc32c(std::string_view bytes) {
  return crc32c_extend(0, bytes);
}

// The slow clear version; the tests hold the fast one against it.
uint32_t crc32c_extend_portable(uint32_t crc, std::string_view bytes);

}  // namespace lsmkit
