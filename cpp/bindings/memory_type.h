// Memory: bytes of the engine's, handed to Python as a read-only buffer that keeps them alive.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace lsmkit {

// A read-only memoryview of `bytes`, which live as long as `owner` does.
pybind11::memoryview view_of(std::string_view bytes, std::shared_ptr<const void> owner);

// Bytes that grow at their end and, unlike a vector's, are not cleared first.
class GrowingBytes {
 public:
  GrowingBytes() = default;
  ~GrowingBytes() { std::free(data_); }
  GrowingBytes(GrowingBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  GrowingBytes(const GrowingBytes&) = delete;
  GrowingBytes& operator=(const GrowingBytes&) = delete;

  size_t size() const { return size_; }
  const char* data() const { return data_; }

  void append(std::string_view bytes) {
    if (capacity_ - size_ < bytes.size()) [[unlikely]]
      grow(size_ + bytes.size());
    if (!bytes.empty()) std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  // Appends room for so many bytes, to be written there.
  char* extend(size_t bytes) {
    if (capacity_ - size_ < bytes) grow(size_ + bytes);
    size_ += bytes;
    return data_ + size_ - bytes;
  }
  template <class T>
  void append_number(T number) {
    append({reinterpret_cast<const char*>(&number), sizeof number});
  }
  void reserve(size_t bytes) {
    if (bytes > capacity_) grow(bytes);
  }

 private:
  void grow(size_t due) {
    size_t capacity = capacity_ + capacity_ / 2;
    if (capacity < due) capacity = due;
    void* const grown = std::realloc(data_, capacity);
    if (!grown) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// Rows of bytes as Arrow's large_binary has them: row i lies in [offsets[i], offsets[i + 1]).
struct BinaryColumn {
  GrowingBytes data;
  GrowingBytes offsets;  // int64_t
  size_t rows = 0;

  BinaryColumn() { offsets.append_number(int64_t{0}); }
  void add(std::string_view bytes, std::string_view more = {}) {
    data.append(bytes);
    data.append(more);
    offsets.append_number(static_cast<int64_t>(data.size()));
    ++rows;
  }
};

}  // namespace lsmkit
