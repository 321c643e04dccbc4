// One thread at a time: for objects that release the GIL while they are being changed.
#pragma once

#include <string>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

// Takes the turn or throws. Requires: the GIL, at both ends of its life.
class Turn {
 public:
  Turn(bool& taken, const char* what) : taken_(taken) {
    if (taken) throw Error(std::string(what) + " is being used by another thread");
    taken = true;
  }
  ~Turn() { taken_ = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  bool& taken_;
};

}  // namespace lsmkit
