#include "lsmkit/bytes/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace lsmkit {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, bits reversed.

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

#if defined(__x86_64__)

// The instruction has a latency of three cycles and a throughput of one, so three streams run side
// by side over kStripeBytes each; a stream is then shifted past the bytes of the next by a table
// product.
constexpr size_t kStripeBytes = 1024;

using ShiftTable = std::array<std::array<uint32_t, 256>, 4>;

constexpr uint32_t append_zero_bytes(uint32_t crc, size_t count) {
  for (size_t i = 0; i < count; ++i) crc = (crc >> 8) ^ kTable[crc & 0xff];
  return crc;
}

ShiftTable make_shift_table() {
  ShiftTable shift{};
  // Appending zeros is linear over xor, so the images of single bits give all the rest.
  uint32_t image[32];
  for (unsigned bit = 0; bit < 32; ++bit)
    image[bit] = append_zero_bytes(uint32_t{1} << bit, kStripeBytes);
  for (unsigned byte = 0; byte < 4; ++byte) {
    for (unsigned value = 0; value < 256; ++value) {
      uint32_t crc = 0;
      for (unsigned bit = 0; bit < 8; ++bit) {
        if (value & (1u << bit)) crc ^= image[byte * 8 + bit];
      }
      shift[byte][value] = crc;
    }
  }
  return shift;
}

inline uint32_t shift_stripe(const ShiftTable& t, uint32_t crc) {
  return t[0][crc & 0xff] ^ t[1][(crc >> 8) & 0xff] ^ t[2][(crc >> 16) & 0xff] ^ t[3][crc >> 24];
}

inline uint64_t load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

__attribute__((target("sse4.2"))) uint32_t extend_sse42(uint32_t crc, std::string_view bytes) {
  const char* p = bytes.data();
  size_t n = bytes.size();
  uint64_t a = ~crc;
  if (n >= 3 * kStripeBytes) {
    static const ShiftTable shift = make_shift_table();
    do {
      uint64_t b = 0, c = 0;
      for (size_t i = 0; i < kStripeBytes; i += 8) {
        a = _mm_crc32_u64(a, load8(p + i));
        b = _mm_crc32_u64(b, load8(p + kStripeBytes + i));
        c = _mm_crc32_u64(c, load8(p + 2 * kStripeBytes + i));
      }
      a = shift_stripe(shift, static_cast<uint32_t>(a)) ^ b;
      a = shift_stripe(shift, static_cast<uint32_t>(a)) ^ c;
      p += 3 * kStripeBytes;
      n -= 3 * kStripeBytes;
    } while (n >= 3 * kStripeBytes);
  }
  for (; n >= 8; n -= 8, p += 8) a = _mm_crc32_u64(a, load8(p));
  auto rest = static_cast<uint32_t>(a);
  for (; n > 0; --n, ++p) rest = _mm_crc32_u8(rest, static_cast<unsigned char>(*p));
  return ~rest;
}

#endif

}  // namespace

uint32_t crc32c_extend_portable(uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  for (const char c : bytes)
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

uint32_t crc32c_extend(uint32_t crc, std::string_view bytes) {
#if defined(__x86_64__)
  static const bool has_sse42 = __builtin_cpu_supports("sse4.2");
  if (has_sse42) return extend_sse42(crc, bytes);
#endif
  return crc32c_extend_portable(crc, bytes);
}

}  // namespace lsmkit
