#include "look_up.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>

#include "sorted_keys.h"

namespace lsmkit {

namespace {

constexpr size_t kRowsPerPoll = 4096;
constexpr size_t kRowsPerBlock = 64 << 10;  // what is looked up in the order of keys
constexpr size_t kRowsPerThread = 8 << 10;  // fewer are not worth one more
constexpr size_t kMostThreads = 8;
constexpr size_t kRowsAhead = 12;  // that memory is asked for

}  // namespace

void side_by_side(size_t parts, const std::function<void(size_t part)>& f) {
  std::vector<std::exception_ptr> errors(parts);
  const auto guarded = [&](size_t part) {
    try {
      f(part);
    } catch (...) {
      errors[part] = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(parts);
  for (size_t part = 1; part < parts; ++part) {
    try {
      others.emplace_back(guarded, part);
    } catch (const std::system_error&) {  // no more threads to be had
      guarded(part);
    }
  }
  guarded(0);
  for (std::thread& other : others) other.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

void FoundRows::copy_values(char* to) const {
  for (size_t row = 0; row < places_.size(); ++row) {
    if (row + kRowsAhead < places_.size())
      __builtin_prefetch(bytes_.data() + places_[row + kRowsAhead].begin);
    const Place& place = places_[row];
    if (place.size == 0) continue;
    std::memcpy(to, bytes_.data() + place.begin, place.size);
    to += place.size;
  }
}

void LookUp::run(bool with_values, const Poll& poll,
                 const std::function<void(std::vector<FoundRows>&)>& take) {
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const size_t most = std::min(threads_ == 0 ? cores : threads_, kMostThreads);
  const size_t count = keys_.count();
  for (size_t first = 0; first < count;) {
    const size_t left = count - first;
    const size_t parts = std::clamp(left / kRowsPerThread, size_t{1}, most);
    const size_t rows = std::min(left, parts * kRowsPerBlock);
    std::vector<FoundRows> stretches;
    for (size_t part = 0; part < parts; ++part) {
      const size_t begin = rows * part / parts;
      stretches.emplace_back(first + begin, rows * (part + 1) / parts - begin);
    }
    std::atomic<bool> stopped = false;
    side_by_side(parts, [&](size_t part) {
      try {
        FoundRows& found = stretches[part];
        const SortedKeys sorted(keys_, found.first(), found.count());
        for (size_t rank = 0; rank < sorted.count() && !stopped; rank += kRowsPerPoll) {
          const auto keys = sorted.keys(rank, std::min(kRowsPerPoll, sorted.count() - rank));
          db_.get_sorted(keys, &snapshot_, [&](size_t i, std::string_view value) {
            found.put(sorted.row(rank + i), with_values ? value : std::string_view());
          });
          if (part == 0) poll({.done = first + rank * parts, .total = count});
        }
      } catch (...) {
        stopped = true;
        throw;
      }
    });
    take(stretches);
    first += rows;
  }
}

}  // namespace lsmkit
