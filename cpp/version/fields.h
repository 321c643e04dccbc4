// Tag-length-value fields (FORMAT.md, "Fields"): odd tags must be understood, even ones may be
// skipped and are kept.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

inline void put_field(std::string& out, uint64_t tag, std::string_view payload) {
  put_varint(out, tag);
  put_length_prefixed(out, payload);
}

inline void put_varint_field(std::string& out, uint64_t tag, uint64_t value) {
  put_varint(out, tag);
  put_varint(out, varint_bytes(value));
  put_varint(out, value);
}

inline void put_unless_zero(std::string& out, uint64_t tag, uint64_t value) {
  if (value != 0) put_varint_field(out, tag, value);
}

inline void put_unknown_fields(std::string& out, const UnknownFields& fields) {
  for (const auto& [tag, payload] : fields) put_field(out, tag, payload);
}

// Doubles travel as their 64 bits.
inline void put_double(std::string& out, double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  put_fixed64(out, bits);
}
double take_finite_double(Decoder& payload);

// Walks over the fields of `bytes`. take(tag, payload) reads a field it knows up to the last byte
// and returns true, or returns false without reading. `what` names the thing in errors; tags whose
// bit is set in `repeatable` may appear more than once.
template <class Take>
void decode_fields(std::string_view bytes, const char* what, uint64_t repeatable,
                   UnknownFields& unknown, Take&& take) {
  uint64_t seen = 0;
  Decoder in(bytes);
  while (!in.empty()) {
    const uint64_t tag = in.take_varint();
    const std::string_view payload = in.take_length_prefixed();
    const auto fail = [&](const char* how) {
      throw DecodeError(std::string(what) + " field " + std::to_string(tag) + " " + how);
    };
    if (tag == 0) fail("is no field");
    Decoder rest(payload);
    if (!take(tag, rest)) {
      if (tag % 2 == 1)
        throw NotSupported("a " + std::string(what) + " has field " + std::to_string(tag) +
                           ", which needs a newer build");
      unknown.emplace_back(tag, payload);
      continue;
    }
    if (!rest.empty()) fail("is too long");
    const uint64_t bit = tag < 64 ? uint64_t{1} << tag : 0;
    if ((seen & bit & ~repeatable) != 0) fail("appears twice");
    seen |= bit;
  }
}

}  // namespace lsmkit
