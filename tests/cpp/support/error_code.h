// The errno that a call fails with, 0 if it doesn't.
#pragma once

#include <functional>

#include "lsmkit/bytes/error.h"

namespace lsmkit::test {

inline int code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const IoError& error) {
    return error.code();
  }
  return 0;
}

}  // namespace lsmkit::test
