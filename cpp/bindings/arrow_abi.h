// The three structs by which libraries hand each other Arrow arrays in one process.
// https://arrow.apache.org/docs/format/CDataInterface.html and .../CStreamInterface.html
//
// Whoever gets one calls its `release` when done; a struct whose `release` is null is empty.
#pragma once

#include <cstdint>

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

}  // extern "C"

namespace lsmkit {

inline constexpr int64_t kArrowNullable = 2;  // of ArrowSchema::flags

// One of the three, released at its end.
template <class Struct>
class OwnedArrow {
 public:
  OwnedArrow() noexcept : value_{} {}
  explicit OwnedArrow(Struct& taken) noexcept : value_(taken) { taken.release = nullptr; }
  OwnedArrow(OwnedArrow&& other) noexcept : value_(other.value_) { other.value_.release = nullptr; }
  OwnedArrow& operator=(OwnedArrow&& other) noexcept {
    if (this == &other) return *this;
    reset();
    value_ = other.value_;
    other.value_.release = nullptr;
    return *this;
  }
  ~OwnedArrow() { reset(); }

  void reset() noexcept {
    if (value_.release) value_.release(&value_);
    value_.release = nullptr;
  }
  Struct* get() { return &value_; }
  Struct* operator->() { return &value_; }
  const Struct* operator->() const { return &value_; }

 private:
  Struct value_;
};

}  // namespace lsmkit
