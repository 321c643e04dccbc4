// The stores that take part, each behind the same few loops (bare_loops.h), with options as equal
// as they get: the same memtables, the same cache, filters of ten bits per key, no compression
// unless asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data.h"
#include "lsmkit/vfs/throttled_device.h"

namespace lsmkit::bench {

inline constexpr uint64_t kMemtableBytes = 64 << 20;
inline constexpr int kFilterBitsPerKey = 10;
inline constexpr size_t kBatchPuts = 1000;
inline constexpr size_t kSeekRows = 10;

// How a store is to be opened.
struct Ask {
  bool durable = false;          // every commit waits for the disk
  bool compression = false;      // lsmkit, RocksDB: zstd below L1; LevelDB: Snappy; LMDB: none
  uint64_t cache_bytes = 0;      // of block cache; LMDB has the system's
  uint64_t data_bytes = 0;       // about what it will hold, for LMDB's map
  std::string lsmkit_sync = "";  // another mode than always or none
  uint64_t lsmkit_memtable_bytes = kMemtableBytes;
  uint64_t small_tree_bytes = 0;      // memtables and tables so large, base level four times
  ThrottledDevice* device = nullptr;  // below lsmkit and RocksDB; null: the machine's own
  std::vector<std::pair<std::string, std::string>> lsmkit_options;
};

// What stands behind a figure, as far as the store tells.
struct Shape {
  std::vector<uint64_t> level_tables;   // by level; empty: it has no levels, or tells nothing
  std::optional<uint64_t> runs;         // sorted runs in tables
  std::optional<double> memtable_fill;  // share of its target
  std::optional<bool> idle;             // nothing runs and nothing is due
  std::string other;
};
std::string to_text(const Shape& shape);

// An open store. Loops may run in several threads at once; each goes through its part once and says
// how many of its operations found what was due (writes: 0). Whatever a store refuses is thrown, in
// its own words.
class Store {
 public:
  virtual ~Store() = default;

  virtual uint64_t put_all(const Part& part) = 0;
  virtual uint64_t put_batches(const Part& part) = 0;  // kBatchPuts to a commit
  virtual uint64_t delete_all(const Part& part) = 0;
  virtual uint64_t get_all(const Part& part) = 0;
  virtual uint64_t scan(const Part& part) = 0;       // rows, from the part's first key on
  virtual uint64_t scan_back(const Part& part) = 0;  // rows, from its last key backwards
  virtual uint64_t seek_all(const Part& part) = 0;   // a new cursor each, and kSeekRows rows
  // Puts, over and over, until told to stop: how many.
  virtual uint64_t put_until(const Part& part, const std::atomic<bool>& stop) = 0;
  // Puts, and notes how long each took.
  virtual void put_timed(const Part& part, std::vector<uint32_t>& took_ns) = 0;
  // Likewise, over and over, for so long.
  virtual void put_timed_for(const Part& part, double seconds, std::vector<uint64_t>& took_ns) = 0;

  virtual uint64_t row_count() = 0;                     // throws if keys do not ascend
  virtual uint64_t right_values(const Part& part) = 0;  // how many have the value they were given
  virtual bool flush() = 0;      // what is in memory becomes a run of its own; false: can't be told
  virtual void settle() = 0;     // everything in tables, in one run; nothing runs
  virtual void wait_idle() = 0;  // nothing runs and nothing is due
  virtual void close() = 0;
  virtual Shape shape() = 0;
  // lsmkit's log: bytes and syncs; 0 for peers.
  struct LogUse {
    uint64_t bytes = 0;
    uint64_t syncs = 0;
    uint64_t flushes = 0;
  };
  virtual LogUse log_use() { return {}; }
  // How long writes have waited, as the store counts it; 0 for those that do not.
  virtual double stall_seconds() { return 0; }
};

struct StoreKind {
  std::string name;
  std::string version;
  bool has_memtable = true;
  bool can_flush = true;
  bool takes_device = false;  // Ask::device
  std::function<std::unique_ptr<Store>(const std::string& path, const Ask&)> open;
  // Its options as it shows them, for the report.
  std::function<std::vector<std::pair<std::string, std::string>>(const Ask&)> options;
};

// Each in a file of its own; peers where their development packages were found.
StoreKind lsmkit_kind();
StoreKind rocksdb_kind();
StoreKind leveldb_kind();
StoreKind lmdb_kind();

// All that could take part, in the order of the report, and those that were built in.
const std::vector<std::string>& known_stores();
std::vector<StoreKind> stores_built_in();

}  // namespace lsmkit::bench
