// What reads of a segment tree look into, on average. Keys are asked for as the phase draws them;
// at some places of the key space, and for each group of keys there, it is followed how likely a
// get comes down to each run, and what it finds there:
//
//   probed     as likely as the get comes so far and a table covers the place
//   answered   by the share of the group's keys that have a record there
//   in vain    else, at the rate of the table's filter (lookup/filter_rate.h)
//
// Blocks are cached as Che's approximation has it: a block is in the cache if it was asked for
// within the last T reads, where T is such that what is then cached fills the cache; but since its
// table was made at most. A block's keys are so many of the run's there, each of a group by chance.
// (Che, Tung, Wang, "Hierarchical Web caching systems", JSAC 2002; Fricker, Robert, Roberts, ITC
// 2012, why it holds for least recently used, which the cache's clock comes close to)
//
// Not modelled: gets of a queue, and gets among writes that come to each key in its turn.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/sim/phase_contents.h"
#include "lsmkit/sim/read_options.h"
#include "lsmkit/trace/read_counts.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

class SegmentReads {
 public:
  using SlicesOf = std::function<const Slices&(TableNumber)>;

  // Whether all that the workload reads can be followed.
  static bool can_model(const PhaseContents& contents);

  SegmentReads(const PhaseContents& contents, const ReadOptions& options, SlicesOf slices_of);

  void add(const TableMeta& table, double filter_bits_per_key);
  void remove(TableNumber table) { tables_.erase(static_cast<uint64_t>(table)); }

  // The tree that the operations of a window read: its memtable grew meanwhile.
  struct Tree {
    const Version& version;
    const Slices& memtable_before;
    const Slices& memtable_after;
    const Slices& live;
  };
  void read(const OpWindow& window, const Tree& tree);

  ReadCounts counts() const;
  std::vector<LevelReadCounts> levels() const;

 private:
  struct TableFacts {
    double filter_bits = 0;
    double passes = 1;  // of its filter
    double born = 0;    // reads so far
    double key_count = 0;
  };
  struct Reads {
    double gets_of_keys = 0;
    double gets_of_absent = 0;
    double scans = 0;
    double scan_entries = 0;  // of a scan
    double all() const { return gets_of_keys + gets_of_absent + scans; }
  };
  struct Sums {
    double probed = 0, negatives = 0, in_vain = 0, answers = 0, hits = 0, misses = 0;
  };
  // Keys around a rank, and how a get of one of each group has fared so far.
  struct Place {
    uint64_t rank = 0;
    double length = 0;               // ranks that it stands for
    double drawn = 0;                // share of all draws
    std::vector<size_t> groups;      // that are drawn here
    std::vector<double> key_drawn;   // share of all draws that a key of the group gets
    std::vector<double> reach;       // that a get of the group's keys comes so far
    std::vector<double> unmet;       // that no run so far has met a key of the group, ...
    std::vector<double> turns_left;  // ... by chance; and in its turn, of either round
  };

  // A run at a place: the blocks there, and how often they are asked for.
  struct Cell {
    unsigned level = 0;
    double blocks = 0;       // there
    double block_bytes = 0;  // of one in the cache
    double frame_bytes = 0;  // of its tables' indexes and filters
    double entries = 1;      // of a block
    double density = 0;      // records per key of the key space
    double age = 0;          // of the table, in reads
    double at_random = 0;    // reads of any one block that are no hit of a key of its, per read
    double in_vain = 0, scans = 0;  // blocks asked for by these, per read
    std::vector<double> shares;     // of the block's records, by group
    std::vector<double> rates;      // reads of a record of the group that is in sight, per read
    std::vector<double> in_sight;   // share of these records: no newer run has one of the key
    std::vector<double> asked;      // blocks asked for by gets of the group, per read
  };

  Reads reads_of(const OpWindow& window) const;
  std::vector<Place> places(const OpWindow& window);
  void read_piece(const std::vector<Place>& places, const Reads& reads, double at,
                  const Tree& tree);
  void look_into_memtable(Place& place, double at, const Reads& reads, const Tree& tree);
  void look_into_run(Place& place, const Run& run, unsigned level, const Reads& reads,
                     const Tree& tree);
  double blocks_of_scan(const Place& place, const Cell& cell, const Reads& reads,
                        const Tree& tree) const;
  void find_reach();
  double cached_bytes(double reach) const;
  void count_blocks(const Reads& reads);
  double entries_of_block(double value_bytes) const;

  const PhaseContents* contents_;
  const ReadOptions options_;
  const SlicesOf slices_of_;
  Random where_;
  std::unordered_map<uint64_t, TableFacts> tables_;  // by number
  std::vector<Cell> cells_;                          // of the piece
  double frame_bytes_ = 0;                           // of all tables, estimated from cells_
  double reach_ = 0;                                 // T; infinite: all fits
  double done_ = 0;                                  // reads so far

  double gets_ = 0, found_ = 0, scans_ = 0, scanned_ = 0, sought_ = 0, scan_blocks_ = 0;
  std::vector<Sums> levels_;
};

}  // namespace lsmkit
