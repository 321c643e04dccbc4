// Where a merge closes one table and opens the next.
#pragma once

#include <cstdint>
#include <string_view>

#include "lsmkit/rules/merge_keys.h"
#include "lsmkit/rules/merge_rules.h"

namespace lsmkit {

enum class Cut : uint8_t {
  kNo,
  kTable,  // the open table ends here
  kPart,   // likewise, and a new part of the job begins
};

// Asked before the first outgoing record of each user key, keys ascending: so a user key never
// splits between tables. The open table ends
//   - where a part begins, and once at the cursor of the output level;
//   - when it weighs max_weight;
//   - kGrandparents, LevelDB's rule: where so much of next_run has been passed since the last such
//     cut, or since the first key, that it exceeds max_overlap_weight;
//   - the others, at a boundary (an end of a table) of next_run, if it and what it overlaps there
//     reach max_overlap_weight;
//   - kGrid, where a table of next_run begins, if the next such point would be further from the
//     target: it is taken to be as far away as the last one was;
//   - kAligned, at a boundary from half the target on, five hundredths later for each boundary seen
//     already, at most nine tenths: a boundary seen means more will come, so a larger table can
//     still end at one;
//   - kAligned, where the next key jumps over a whole table of next_run that weighs an eighth of
//     the target: later jobs then need not read it.
// kAligned are RocksDB's rules since 7.8, counted in weight.
class OutputCutter {
 public:
  // `rules` must outlive the cutter.
  explicit OutputCutter(const CutRules& rules) : rules_(rules) {}

  // `open_weight` is that of the open table, 0 if none is open.
  Cut before(std::string_view key, uint64_t open_weight);

  // Up to where nothing but the open table's weight can call for a cut: for a key before that,
  // before_unless_heavy says the same as before.
  StretchEnd steady_until() const;
  Cut before_unless_heavy(uint64_t open_weight) {
    const bool cut = open_weight > 0 && (passed_too_much() || open_weight >= rules_.max_weight);
    if (cut || open_weight == 0) begin_table();
    return cut ? Cut::kTable : Cut::kNo;
  }

  // Until then, how much may come upon the open table before that calls for a cut; 0: nothing but
  // what makes it not empty.
  uint64_t steady_weight(uint64_t open_weight) const {
    const bool wide =
        rules_.kind == OutputCut::kGrandparents && passed_weight_ > rules_.max_overlap_weight;
    return wide || open_weight >= rules_.max_weight ? 0 : rules_.max_weight - open_weight;
  }

  // Whether a part begins at `key`, which comes next; before() then does not say so again.
  bool begins_part(std::string_view key);
  // The part that the last key belongs to: how many part bounds lie at or below it.
  uint32_t part() const { return part_; }

 private:
  bool passes_cursor(std::string_view key);
  bool ends_at_boundary(uint64_t open_weight, unsigned crossed, uint64_t added_overlap);
  bool ends_at_grid_point(uint64_t open_weight);
  bool passed_too_much();
  unsigned cross_boundaries(std::string_view key);
  void begin_table();

  const CutRules& rules_;
  uint32_t part_ = 0;
  bool cursor_passed_ = false;

  // Where the last key stands in next_run: within neighbour_, or in the gap before it.
  TableRef neighbour_;
  bool started_ = false;
  bool in_gap_ = true;
  unsigned boundaries_seen_ = 0;  // since the open table began
  uint64_t overlap_weight_ = 0;   // of the neighbours that the open table meets
  unsigned begun_ = 0;            // neighbours that begin between the last key and this one
  uint64_t passed_weight_ = 0;    // of neighbours passed since the last cut for that reason
  uint64_t point_weight_ = 0;     // of the open table, at the last grid point
};

}  // namespace lsmkit
