// Takes an input apart: numbers from its front, zeros once it is used up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace lsmkit::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  uint8_t take_byte() { return static_cast<uint8_t>(take_number(1)); }
  uint32_t take_u16() { return static_cast<uint32_t>(take_number(2)); }
  uint32_t take_u24() { return static_cast<uint32_t>(take_number(3)); }
  std::string_view take(size_t bytes) {
    const std::string_view out = rest_.substr(0, bytes);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() { return take(rest_.size()); }

 private:
  uint64_t take_number(size_t bytes) {
    uint64_t number = 0;
    unsigned shift = 0;
    for (const char c : take(bytes)) {
      number |= uint64_t{static_cast<uint8_t>(c)} << shift;
      shift += 8;
    }
    return number;
  }

  std::string_view rest_;
};

}  // namespace lsmkit::fuzz
