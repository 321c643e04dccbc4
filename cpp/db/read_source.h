// What a read merges: a memtable or a sorted run.
#pragma once

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lsmkit/db/read_view.h"
#include "lsmkit/db/run_cursor.h"
#include "lsmkit/memtable/memtable.h"

namespace lsmkit {

class ReadSource {
 private:
  template <class F>
  decltype(auto) on(F&& f) {
    if (auto* run = std::get_if<RunCursor>(&cursor_)) return f(*run);
    return f(*std::get_if<MemtableCursor>(&cursor_));
  }
  template <class F>
  decltype(auto) on(F&& f) const {
    if (const auto* run = std::get_if<RunCursor>(&cursor_)) return f(*run);
    return f(*std::get_if<MemtableCursor>(&cursor_));
  }

 public:
  explicit ReadSource(MemtableCursor cursor) : cursor_(std::move(cursor)) {}
  explicit ReadSource(RunCursor cursor) : cursor_(std::move(cursor)) {}

  bool valid() const {
    return on([](const auto& c) { return c.valid(); });
  }
  std::string_view key() const {
    return on([](const auto& c) -> std::string_view { return c.key(); });
  }
  Seqno seqno() const {
    return on([](const auto& c) -> Seqno { return c.seqno(); });
  }
  Kind kind() const {
    return on([](const auto& c) { return c.kind(); });
  }
  std::string_view value() const {
    return on([](const auto& c) -> std::string_view { return c.value(); });
  }
  void seek_to_first() {
    on([](auto& c) { c.seek_to_first(); });
  }
  void seek_to_last() {
    on([](auto& c) { c.seek_to_last(); });
  }
  void seek(std::string_view key, Seqno seqno) {
    on([&](auto& c) { c.seek(key, seqno); });
  }
  void next() {
    on([](auto& c) { c.next(); });
  }
  void prev() {
    on([](auto& c) { c.prev(); });
  }

 private:
  std::variant<MemtableCursor, RunCursor> cursor_;
};

// Every source of a view, newest first. They are valid as long as the view lives.
std::vector<ReadSource> sources_of(const ReadView& view, const ReadHints& hints);

}  // namespace lsmkit
