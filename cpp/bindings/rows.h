// Rows of bytes that Python handed in as arrays: where each lies, whatever their layout.
//
// The memory is pinned while a Rows lives, but its owner may write to it meanwhile. So each offset
// is read once and checked before it is followed.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow_abi.h"
#include "bytes_argument.h"

namespace lsmkit {

struct BinaryColumn;

// A Python buffer, held.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(pybind11::handle object);  // throws Python's error; C-contiguous
  ~PinnedBuffer() { PyBuffer_Release(&view_); }
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;
  const char* data() const { return static_cast<const char*>(view_.buf); }
  size_t size() const { return static_cast<size_t>(view_.len); }

 private:
  Py_buffer view_;
};

class Rows {
 public:
  // Rows of `width` bytes each; with `lengths` (int64) only so many of them count.
  static Rows fixed(pybind11::handle data, size_t count, size_t width, pybind11::handle lengths);
  // Row i is [offsets[i], offsets[i + 1]) of `data`; offsets are int64. `valid`: a bit per row,
  // lowest first, or None.
  static Rows offsets(pybind11::handle data, pybind11::handle offsets, pybind11::handle valid);
  // A copy of a list or tuple of buffers.
  static Rows joined(pybind11::handle sequence, Role role);
  // Throws Python's TypeError for what is no column of bytes.
  static Rows arrow(const ArrowSchema& schema, OwnedArrow<ArrowArray> array, Role role);
  // A copy of some rows, each behind `prefix`. Without the GIL.
  Rows prefixed(std::string_view prefix, size_t first, size_t count) const;

  size_t count() const { return count_; }
  bool is_null(size_t row) const {
    const size_t bit = valid_offset_ + row;
    return valid_ && !((valid_[bit / 8] >> (bit % 8)) & 1);
  }
  size_t first_null() const;  // count(): none

  // Requires: row < count(). Throws InvalidArgument where offsets lead astray.
  std::string_view row(size_t row) const {
    switch (layout_) {
      case Layout::kFixed:
        return {data_ + row * width_, width_};
      case Layout::kOffsets64:
        return between(static_cast<const int64_t*>(index_)[row],
                       static_cast<const int64_t*>(index_)[row + 1], row);
      default:
        return rare_row(row);
    }
  }

 private:
  enum class Layout { kFixed, kLengths, kOffsets32, kOffsets64, kViews };

  std::string_view between(int64_t begin, int64_t end, size_t row) const {
    if (begin < 0 || end < begin || end > data_bytes_) [[unlikely]]
      throw_bad_offsets(row);
    return {data_ + begin, static_cast<size_t>(end - begin)};
  }
  static Rows of(std::shared_ptr<const BinaryColumn> column);
  std::string_view rare_row(size_t row) const;
  std::string_view view(size_t row) const;
  [[noreturn]] static void throw_bad_offsets(size_t row);

  Layout layout_ = Layout::kFixed;
  size_t count_ = 0;
  size_t width_ = 0;
  const char* data_ = "";
  int64_t data_bytes_ = 0;
  const void* index_ = nullptr;  // lengths, offsets or views
  const uint8_t* valid_ = nullptr;
  size_t valid_offset_ = 0;

  std::vector<std::shared_ptr<const void>> owners_;
  std::shared_ptr<OwnedArrow<ArrowArray>> arrow_;
};

}  // namespace lsmkit
