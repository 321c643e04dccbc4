#include "lsmkit/bytes/hash.h"

#include <cstring>

namespace lsmkit {
namespace {

// Odd constants with evenly mixed bits, drawn once from the digits of sqrt(2), sqrt(3), sqrt(5).
constexpr uint64_t kA = 0x6a09e667f3bcc909;
constexpr uint64_t kB = 0xbb67ae8584caa73b;
constexpr uint64_t kC = 0x3c6ef372fe94f82b;

uint64_t load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

uint64_t load_short(const char* p, size_t n) {
  uint64_t v = 0;
  std::memcpy(&v, p, n);
  return v;
}

// The 128-bit product folded to 64: every input bit reaches every output bit.
uint64_t fold_multiply(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

uint64_t hash_bytes(std::string_view bytes) {
  const char* p = bytes.data();
  size_t n = bytes.size();
  uint64_t state = kA ^ n;
  for (; n > 16; n -= 16, p += 16) state = fold_multiply(load8(p) ^ kB, load8(p + 8) ^ state);
  uint64_t first, second;
  if (n >= 8) {
    first = load8(p);
    second = load8(p + n - 8);
  } else {
    first = n > 0 ? load_short(p, n) : 0;
    second = 0;
  }
  return fold_multiply(fold_multiply(first ^ kB, second ^ state), kC ^ bytes.size());
}

}  // namespace lsmkit
