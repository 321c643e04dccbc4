// What an entry means to a reader.
#pragma once

#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {

// True if the newest entry of a key shows a value, false if it hides the key. Kinds that are
// reserved for later are refused, never guessed at.
inline bool shows_value(Kind kind) {
  if (kind == Kind::kPut) [[likely]]
    return true;
  if (kind == Kind::kDelete) return false;
  throw NotSupported("an entry of kind " + std::to_string(static_cast<int>(kind)) +
                     " was written by a newer lsmkit");
}

}  // namespace lsmkit
