// The loops that are timed, over the calls of one store, which are known when they are compiled:
// nothing virtual stands between a loop and its store.
//
// An Api has: Writer (put, remove, begin_batch, add, commit_batch), Reader (get(key, use):
// use(value) if it is there), Cursor (renew, seek, seek_to_first, seek_to_last, next, prev, valid,
// key, value), each made per loop from the Api; flush, settle, close, shape; and if it can,
// wait_idle, log_use, stall_seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "stores.h"

namespace lsmkit::bench {

// Looks at both ends of what was found: whoever hands out bytes it has not read does so here.
inline bool is_value(std::string_view value, const ValuePool& values) {
  return value.size() == values.value_bytes() && value.back() == ValuePool::kValueEnd;
}

template <class Api>
class BareLoops final : public Store {
 public:
  template <class... Arguments>
  explicit BareLoops(Arguments&&... arguments) : api_(std::forward<Arguments>(arguments)...) {}

  uint64_t put_all(const Part& part) override {
    typename Api::Writer writer(api_);
    for (size_t i = part.begin; i < part.end; ++i) writer.put(part.keys[i], part.values[i]);
    return 0;
  }

  uint64_t put_batches(const Part& part) override {
    typename Api::Writer writer(api_);
    for (size_t i = part.begin; i < part.end;) {
      const size_t end = std::min(part.end, i + kBatchPuts);
      writer.begin_batch();
      for (; i < end; ++i) writer.add(part.keys[i], part.values[i]);
      writer.commit_batch();
    }
    return 0;
  }

  uint64_t delete_all(const Part& part) override {
    typename Api::Writer writer(api_);
    for (size_t i = part.begin; i < part.end; ++i) writer.remove(part.keys[i]);
    return 0;
  }

  uint64_t get_all(const Part& part) override {
    typename Api::Reader reader(api_);
    uint64_t found = 0;
    for (size_t i = part.begin; i < part.end; ++i) {
      reader.get(part.keys[i], [&](std::string_view v) { found += is_value(v, part.values); });
    }
    return found;
  }

  uint64_t scan(const Part& part) override {
    typename Api::Cursor cursor(api_);
    uint64_t rows = 0;
    for (cursor.seek(part.keys[part.begin]); cursor.valid(); cursor.next()) {
      rows += cursor.key().size() == kKeyBytes && is_value(cursor.value(), part.values);
      if (rows == part.size()) break;
    }
    return cursor.valid() && cursor.key() == part.keys[part.end - 1] ? rows : 0;
  }

  uint64_t scan_back(const Part& part) override {
    typename Api::Cursor cursor(api_);
    uint64_t rows = 0;
    if (part.end == part.keys.size()) {
      cursor.seek_to_last();
    } else {
      cursor.seek(part.keys[part.end - 1]);
    }
    for (; cursor.valid(); cursor.prev()) {
      rows += cursor.key().size() == kKeyBytes && is_value(cursor.value(), part.values);
      if (rows == part.size()) break;
    }
    return cursor.valid() && cursor.key() == part.keys[part.begin] ? rows : 0;
  }

  uint64_t seek_all(const Part& part) override {
    typename Api::Cursor cursor(api_);
    uint64_t found = 0;
    for (size_t i = part.begin; i < part.end; ++i) {
      cursor.renew();
      cursor.seek(part.keys[i]);
      bool right = cursor.valid() && cursor.key() == part.keys[i];
      for (size_t n = 0; n < kSeekRows && cursor.valid(); ++n) {
        right &= is_value(cursor.value(), part.values);
        cursor.next();
      }
      found += right;
    }
    return found;
  }

  uint64_t put_until(const Part& part, const std::atomic<bool>& stop) override {
    typename Api::Writer writer(api_);
    uint64_t done = 0;
    for (size_t i = part.begin; !stop.load(std::memory_order_relaxed); ++done) {
      writer.put(part.keys[i], part.values[i]);
      if (++i == part.end) i = part.begin;
    }
    return done;
  }

  void put_timed(const Part& part, std::vector<uint32_t>& took_ns) override {
    typename Api::Writer writer(api_);
    auto before = std::chrono::steady_clock::now();
    for (size_t i = part.begin; i < part.end; ++i) {
      writer.put(part.keys[i], part.values[i]);
      const auto now = std::chrono::steady_clock::now();
      took_ns.push_back(static_cast<uint32_t>(
          std::min<std::chrono::nanoseconds::rep>((now - before).count(), UINT32_MAX)));
      before = now;
    }
  }

  void put_timed_for(const Part& part, double seconds, std::vector<uint64_t>& took_ns) override {
    typename Api::Writer writer(api_);
    auto before = std::chrono::steady_clock::now();
    const auto end = before + std::chrono::duration<double>(seconds);
    for (size_t i = part.begin; before < end;) {
      writer.put(part.keys[i], part.values[i]);
      const auto now = std::chrono::steady_clock::now();
      took_ns.push_back(static_cast<uint64_t>((now - before).count()));
      before = now;
      if (++i == part.end) i = part.begin;
    }
  }

  uint64_t row_count() override {
    typename Api::Cursor cursor(api_);
    uint64_t rows = 0;
    std::string last;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next(), ++rows) {
      if (rows > 0 && cursor.key() <= last) throw std::runtime_error("its keys do not ascend");
      last = cursor.key();
    }
    return rows;
  }

  uint64_t right_values(const Part& part) override {
    typename Api::Reader reader(api_);
    uint64_t right = 0;
    for (size_t i = part.begin; i < part.end; ++i) {
      reader.get(part.keys[i], [&](std::string_view v) { right += v == part.values[i]; });
    }
    return right;
  }

  bool flush() override { return api_.flush(); }
  void settle() override { api_.settle(); }
  void wait_idle() override {
    if constexpr (requires { api_.wait_idle(); }) api_.wait_idle();
  }
  void close() override { api_.close(); }
  Shape shape() override { return api_.shape(); }
  LogUse log_use() override {
    if constexpr (requires { api_.log_use(); }) return api_.log_use();
    return {};
  }
  double stall_seconds() override {
    if constexpr (requires { api_.stall_seconds(); }) return api_.stall_seconds();
    return 0;
  }

 private:
  Api api_;
};

}  // namespace lsmkit::bench
