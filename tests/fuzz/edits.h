// Changes to a file, told in the bytes of an input: so a fuzzer that knows no checksum and no
// length can still change one field of a healthy file and leave the rest as it is.
//
//   edit := kind byte | offset u24 | argument u16 | bytes that the kind takes
#pragma once

#include <string>
#include <string_view>

#include "input.h"

namespace lsmkit::fuzz {

enum class EditKind : uint8_t {
  kOverwrite,  // argument: how many bytes, which follow
  kInsert,     // the same, between what stands there
  kErase,      // argument: how many bytes go
  kCut,        // the file ends here
  kDuplicate,  // argument: how many bytes stand there twice
  kZero,       // argument: how many bytes become 0
  kAdd,        // the byte there grows by the argument's low byte
  kFlip,       // argument: which bit of the byte there
};
inline constexpr unsigned kEditKinds = 8;

inline std::string encode_edit(EditKind kind, uint32_t offset, uint32_t argument,
                               std::string_view bytes = {}) {
  std::string out(1, static_cast<char>(kind));
  for (unsigned shift = 0; shift < 24; shift += 8) out += static_cast<char>(offset >> shift);
  for (unsigned shift = 0; shift < 16; shift += 8) out += static_cast<char>(argument >> shift);
  return out.append(bytes);
}

// One edit, from the front of `input`, on `file`.
inline void apply_edit(std::string& file, Input& input) {
  const auto kind = static_cast<EditKind>(input.take_byte() % kEditKinds);
  const size_t at = input.take_u24() % (file.size() + 1);
  const size_t argument = input.take_u16();
  const size_t here = std::min(argument, file.size() - at);
  switch (kind) {
    case EditKind::kOverwrite: {
      const std::string_view bytes = input.take(argument);
      file.replace(at, std::min(bytes.size(), file.size() - at), bytes);
      break;
    }
    case EditKind::kInsert:
      file.insert(at, input.take(argument));
      break;
    case EditKind::kErase:
      file.erase(at, here);
      break;
    case EditKind::kCut:
      file.resize(at);
      break;
    case EditKind::kDuplicate:
      file.insert(at, file.substr(at, here));
      break;
    case EditKind::kZero:
      file.replace(at, here, here, '\0');
      break;
    case EditKind::kAdd:
      if (at < file.size()) file[at] = static_cast<char>(file[at] + static_cast<char>(argument));
      break;
    case EditKind::kFlip:
      if (at < file.size()) file[at] = static_cast<char>(file[at] ^ 1 << argument % 8);
      break;
  }
}

}  // namespace lsmkit::fuzz
