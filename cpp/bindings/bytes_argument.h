// A key or a value that Python handed in: any C-contiguous buffer, pinned while this lives.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>

namespace lsmkit {

enum class Role { kKey, kValue };

class BytesArgument {
 public:
  // Throws Python's TypeError if the object is no buffer, with advice if it is a str.
  // Requires: the caller keeps `object` alive, as the caller of a Python function does for its
  // arguments.
  BytesArgument(PyObject* object, Role role) {
    if (PyBytes_Check(object)) [[likely]] {
      bytes_ = {PyBytes_AS_STRING(object), static_cast<size_t>(PyBytes_GET_SIZE(object))};
    } else {
      pin(object, role);
    }
  }
  ~BytesArgument() {
    if (pinned_) PyBuffer_Release(&view_);
  }
  BytesArgument(const BytesArgument&) = delete;
  BytesArgument& operator=(const BytesArgument&) = delete;

  std::string_view bytes() const { return bytes_; }

  // To be called before the GIL is given up: pinned memory stays where it is, but may change under
  // us (a read-only view says only that we may not write), and a record whose checksum and contents
  // disagree would read as damage one day. So all but `bytes` objects are copied.
  void settle() {
    if (pinned_) bytes_ = copy_.assign(bytes_);
  }

 private:
  void pin(PyObject* object, Role role);

  std::string_view bytes_;
  bool pinned_ = false;
  std::string copy_;
  Py_buffer view_;  // filled if pinned_
};

}  // namespace lsmkit
