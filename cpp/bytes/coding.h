// Numbers as bytes: fixed-width little-endian integers and varints, and a reader that never trusts
// its input.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

inline constexpr size_t kMaxVarint32Bytes = 5;
inline constexpr size_t kMaxVarint64Bytes = 10;

template <class Int>
inline Int load_fixed(const char* p) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lsmkit stores little-endian");
  Int value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <class Int>
inline void store_fixed(char* p, Int value) {
  std::memcpy(p, &value, sizeof value);
}

inline void put_fixed16(std::string& out, uint16_t v) {
  out.append(reinterpret_cast<const char*>(&v), 2);
}
inline void put_fixed32(std::string& out, uint32_t v) {
  out.append(reinterpret_cast<const char*>(&v), 4);
}
inline void put_fixed64(std::string& out, uint64_t v) {
  out.append(reinterpret_cast<const char*>(&v), 8);
}

// Writes `v` at `p`, which has room for kMaxVarint64Bytes, and returns the end.
inline char* store_varint(char* p, uint64_t v) {
  while (v >= 0x80) {
    *p++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *p++ = static_cast<char>(v);
  return p;
}

inline void put_varint(std::string& out, uint64_t v) {
  char buffer[kMaxVarint64Bytes];
  out.append(buffer, static_cast<size_t>(store_varint(buffer, v) - buffer));
}

inline void put_length_prefixed(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

// A byte for each 7 bits: rounded up, and 9 / 64 is near enough to 1 / 7 for 64 of them.
constexpr size_t varint_bytes(uint64_t v) {
  return (static_cast<size_t>(std::bit_width(v | 1)) * 9 + 64) / 64;
}

// Reads a varint of at most 64 bits from [p, limit). Returns the end, or nullptr if the bytes end
// too early or the number is too long.
inline const char* load_varint(const char* p, const char* limit, uint64_t* value) {
  if (p < limit && static_cast<uint8_t>(*p) < 0x80) {
    *value = static_cast<uint8_t>(*p);
    return p + 1;
  }
  if (limit - p >= 2 && static_cast<uint8_t>(p[1]) < 0x80) {
    *value = (static_cast<uint8_t>(p[0]) & 0x7fu) | static_cast<uint64_t>(p[1]) << 7;
    return p + 2;
  }
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 64 && p < limit; shift += 7) {
    const uint64_t byte = static_cast<uint8_t>(*p++);
    if (shift == 63 && byte > 1) return nullptr;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return p;
    }
  }
  return nullptr;
}

// Walks over bytes that may be hostile. Every take either yields what was asked for or throws
// DecodeError, which whoever knows the file and offset turns into CorruptionError.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : p_(bytes.data()), limit_(p_ + bytes.size()) {}

  bool empty() const { return p_ == limit_; }
  size_t remaining() const { return static_cast<size_t>(limit_ - p_); }

  uint8_t take_byte() { return static_cast<uint8_t>(*need(1)); }
  uint16_t take_fixed16() { return load_fixed<uint16_t>(need(2)); }
  uint32_t take_fixed32() { return load_fixed<uint32_t>(need(4)); }
  uint64_t take_fixed64() { return load_fixed<uint64_t>(need(8)); }
  std::string_view take(uint64_t n) {
    if (n > remaining()) throw DecodeError("ends early");
    return {need(n), static_cast<size_t>(n)};
  }
  uint64_t take_varint() {
    uint64_t value;
    const char* next = load_varint(p_, limit_, &value);
    if (next == nullptr) throw DecodeError("bad varint");
    p_ = next;
    return value;
  }
  // A varint that must not exceed `max`.
  uint64_t take_varint_at_most(uint64_t max) {
    const uint64_t value = take_varint();
    if (value > max)
      throw DecodeError("number " + std::to_string(value) + " above " + std::to_string(max));
    return value;
  }
  std::string_view take_length_prefixed() { return take(take_varint()); }
  std::string_view rest() { return take(remaining()); }

 private:
  const char* need(uint64_t n) {
    if (n > remaining()) throw DecodeError("ends early");
    const char* at = p_;
    p_ += n;
    return at;
  }

  const char* p_;
  const char* limit_;
};

}  // namespace lsmkit
