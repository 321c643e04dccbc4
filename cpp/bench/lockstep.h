// Trees in lock-step: the same keys, a flush every n puts, and then nothing goes on until no
// compaction is due. So what each tree writes is a property of its rules, not of the machine, and a
// second run repeats it to the byte.
//
// Everything is counted in entries, which all have the same key and value sizes: so block formats
// and filters, which are not in question here, do not blur the comparison.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lockstep_outputs.h"
#include "lockstep_picks.h"
#include "lsmkit/db/options.h"
#include "lsmkit/rules/compaction_options.h"

namespace lsmkit::bench {

inline constexpr size_t kLockstepKeyBytes = 16;
inline constexpr size_t kLockstepValueBytes = 100;
inline constexpr size_t kLockstepValueBytesBesideRocksDb = 884;

// The shape asked of every tree, in entries.
struct LockstepShape {
  uint64_t keys = 1'000'000;  // decimal_key(0) and up
  uint64_t flush_entries = 4096;
  uint64_t table_entries = 4519;  // 512 KiB of 116 bytes
  uint64_t base_entries = 18'079;
  double fanout = 10;
  unsigned l0_trigger = 4;
  bool dynamic_levels = false;
  std::string picker = "min_overlapping_ratio";
  // RocksDB is given tables whose size it knows to the entry, and our picker its order among
  // equals. Else it has its blocks of 4 KiB, and ours its own order.
  bool exact = false;
  std::map<std::string, std::string> options;  // of lsmkit's, over all of these
  size_t differences = 0;                      // in picks, kept in words
};

// Entries, since the tree was made.
struct LockstepWork {
  uint64_t flushed = 0;
  std::vector<uint64_t> written;  // by compactions, by output level
  uint64_t jobs = 0;              // that rewrote
  uint64_t moves = 0;             // tables moved as they are
  uint64_t all_written() const {
    uint64_t sum = flushed;
    for (const uint64_t n : written) sum += n;
    return sum;
  }
};

struct LockstepLevel {
  uint64_t tables = 0;
  uint64_t entries = 0;
};

class LockstepTree {
 public:
  virtual ~LockstepTree() = default;
  virtual void put(std::string_view key) = 0;
  virtual void remove(std::string_view key) = 0;
  virtual void flush_and_settle() = 0;
  virtual LockstepWork work() const = 0;
  virtual std::vector<LockstepLevel> levels() const = 0;
  virtual uint64_t run_count() const = 0;
  // Of a tree beside whose jobs our planner was asked what it would do; else null.
  virtual const PickTally* picks() const { return nullptr; }
  // Of a tree whose jobs' inputs our rules merged as well; else null.
  virtual const OutputTally* outputs() const { return nullptr; }
};

// Our planner and rules in the exact simulator: with lsmkit's own defaults for memtables and tables
// of that size, or with the leveled layout that RocksDB is asked for, its universal style, or
// LevelDB's rules.
enum class OurRules { kDefaults, kAsRocksDb, kAsUniversal, kAsLevelDb };
// What a value takes in ours. Nothing depends on it but how large a part of an entry a tombstone
// is: beside RocksDB about as much as there (lockstep_rocksdb.cc).
uint32_t lockstep_value_bytes(const LockstepShape& shape, OurRules rules);
uint64_t lockstep_entry_weight(const LockstepShape& shape, OurRules rules);
// decimal_key(0) and so many more.
std::shared_ptr<const KeyUniverse> lockstep_universe(uint64_t count);
// `entry_weight` is what one entry of the shape counts for.
Options lockstep_database_options(const LockstepShape& shape, OurRules rules,
                                  uint64_t entry_weight);
CompactionOptions lockstep_options(const LockstepShape& shape, OurRules rules,
                                   uint64_t entry_weight);
std::unique_ptr<LockstepTree> lockstep_lsmkit(const LockstepShape& shape, OurRules rules);
// Our engine with its own defaults in a fresh directory, inline.
std::unique_ptr<LockstepTree> lockstep_engine(const LockstepShape& shape, const std::string& path);
// RocksDB in a fresh directory; its work as its event listener tells it. Leveled or, as `rules`
// say, universal.
std::unique_ptr<LockstepTree> lockstep_rocksdb(const LockstepShape& shape, OurRules rules,
                                               const std::string& path);
// LevelDB in a fresh directory; its work as its log tells it. It has one picker: the shape's is not
// looked at.
std::unique_ptr<LockstepTree> lockstep_leveldb(const LockstepShape& shape, const std::string& path);

}  // namespace lsmkit::bench
