// The read path for many keys at once: the same sources in the same order as for one.
#include <algorithm>
#include <array>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/visible.h"

namespace lsmkit {

namespace {

constexpr size_t kGroupKeys = 64;

// Some keys, which ascend, on their way down through the sources of a view.
class Group {
 public:
  using Take = std::function<void(size_t, std::string_view)>;

  Group(std::span<const std::string_view> keys, size_t first, size_t count, const Take& found)
      : found_(found), count_(count) {
    for (size_t i = 0; i < count; ++i) {
      places_[i] = first + i;
      lookups_[i].key = keys[first + i];
    }
    counted.gets = count;
  }

  bool empty() const { return count_ == 0; }

  void look_in(const Memtable& memtable, Seqno seqno) {
    keep_if([&](size_t i) {
      const auto hit = memtable.get(lookups_[i].key, seqno);
      if (hit) give(i, hit->kind, hit->value);
      return !hit;
    });
  }

  void hash() {
    for (size_t i = 0; i < count_; ++i) lookups_[i].hash = hash_bytes(lookups_[i].key);
  }

  // Table by table, each with the keys in its range.
  void look_in(const RunView& run, Seqno seqno) {
    std::array<bool, kGroupKeys> answered{};
    for (size_t i = 0; i < count_;) {
      const TableHandle* const handle = run.find(lookups_[i].key);
      size_t end = i + 1;
      if (handle != nullptr) {
        const std::string_view last = handle->meta().largest.key;
        while (end < count_ && lookups_[end].key <= last) ++end;
        look_in(*handle, i, end, seqno, answered);
      }
      i = end;
    }
    keep_if([&](size_t i) { return !answered[i]; });
  }

  ReadCounters::Sum counted;

 private:
  void look_in(const TableHandle& handle, size_t begin, size_t end, Seqno seqno,
               std::array<bool, kGroupKeys>& answered) {
    handle.table().get_group(std::span(lookups_).subspan(begin, end - begin), seqno);
    counted.tables_probed += end - begin;
    for (size_t i = begin; i < end; ++i) {
      const GroupLookup& lookup = lookups_[i];
      counted.filter_negatives += lookup.stats.filter_negative;
      answered[i] = lookup.result == TableGetResult::kFound;
      if (answered[i]) {
        give(i, lookup.hit.kind, lookup.hit.value);
      } else {
        counted.false_positives += !lookup.stats.filter_negative;
      }
    }
  }

  void give(size_t i, Kind kind, std::string_view value) {
    if (!shows_value(kind)) return;
    ++counted.found;
    found_(places_[i], value);
  }

  template <class F>
  void keep_if(F&& stays) {
    size_t kept = 0;
    for (size_t i = 0; i < count_; ++i) {
      if (!stays(i)) continue;
      if (kept != i) {
        lookups_[kept].key = lookups_[i].key;
        lookups_[kept].hash = lookups_[i].hash;
        places_[kept] = places_[i];
      }
      ++kept;
    }
    count_ = kept;
  }

  const Take& found_;
  std::array<GroupLookup, kGroupKeys> lookups_;
  std::array<size_t, kGroupKeys> places_;  // of each key, among all
  size_t count_;
};

}  // namespace

void Engine::get_sorted(std::span<const std::string_view> keys, const Snapshot* snapshot,
                        const std::function<void(size_t, std::string_view)>& found) {
  Seqno seqno;
  const std::shared_ptr<const ReadView> view = pin_view(seqno, snapshot);
  for (size_t first = 0; first < keys.size(); first += kGroupKeys) {
    Group group(keys, first, std::min(kGroupKeys, keys.size() - first), found);
    for (const auto& memtable : view->memtables) {
      if (!memtable->empty()) group.look_in(*memtable, seqno);
    }
    group.hash();
    for (const auto& run : view->runs()) {
      if (group.empty()) break;
      group.look_in(*run, seqno);
    }
    reads_.add(group.counted);
  }
}

}  // namespace lsmkit
