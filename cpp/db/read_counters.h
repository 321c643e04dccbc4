// Counts what reads do without making readers meet: each thread counts in a line of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "lsmkit/db/epoch.h"

namespace lsmkit {

class ReadCounters {
 public:
  struct Sum {
    uint64_t gets = 0;
    uint64_t found = 0;
    uint64_t tables_probed = 0;
    uint64_t filter_negatives = 0;
    uint64_t false_positives = 0;
  };

  void add(const Sum& by) {
    const unsigned slot = thread_slot();
    Shard& shard = shards_[slot < kOwned ? slot : kOwned];
    const bool owned = slot < kOwned;
    count(shard.gets, by.gets, owned);
    count(shard.found, by.found, owned);
    count(shard.tables_probed, by.tables_probed, owned);
    count(shard.filter_negatives, by.filter_negatives, owned);
    count(shard.false_positives, by.false_positives, owned);
  }

  Sum sum() const {
    Sum out;
    for (const Shard& shard : shards_) {
      out.gets += shard.gets.load(std::memory_order_relaxed);
      out.found += shard.found.load(std::memory_order_relaxed);
      out.tables_probed += shard.tables_probed.load(std::memory_order_relaxed);
      out.filter_negatives += shard.filter_negatives.load(std::memory_order_relaxed);
      out.false_positives += shard.false_positives.load(std::memory_order_relaxed);
    }
    return out;
  }

 private:
  static constexpr unsigned kOwned = 31;  // shards with one thread each; the last is for all others

  struct alignas(64) Shard {
    std::atomic<uint64_t> gets{0}, found{0}, tables_probed{0}, filter_negatives{0},
        false_positives{0};
  };

  static void count(std::atomic<uint64_t>& counter, uint64_t by, bool owned) {
    if (by == 0) return;
    if (owned) {
      counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    } else {
      counter.fetch_add(by, std::memory_order_relaxed);
    }
  }

  std::array<Shard, kOwned + 1> shards_;
};

}  // namespace lsmkit
