// Cuts a stream of merged slices into tables where the engine would cut the records that they stand
// for: asks the rules' own OutputCutter, at the first key behind each point where something but
// weight can call for a cut, and where weight does.
//
// Slices say how many records a stretch holds on average; how many there are varies, and so does
// where a table gets heavy. Tables count what they happen to hold; their slices stay averages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/rules/merge_rules.h"
#include "lsmkit/rules/output_cutter.h"
#include "lsmkit/sim/slices.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

struct SegmentTable {
  std::shared_ptr<TableMeta> meta;  // complete but for seqnos
  std::shared_ptr<const Slices> slices;
};

class StretchSplitter {
 public:
  // The first key and the last of all that is merged; none: they are drawn.
  using Ends = std::optional<std::pair<uint64_t, uint64_t>>;

  // All must outlive the splitter. `random` draws how far the next key is, and how many there are:
  // by how much that varies over all that is merged is `variance`, in records squared.
  StretchSplitter(const MergeRules& rules, const KeyGroups& groups, const Ends& ends,
                  double variance, Random& random);

  // One slice that lies behind those before. What is due in it on average counts with a table that
  // is open or was the last one, even where that has no key: beyond its ends, or where a table
  // passes.
  void add(const Slices& slice);
  // A table that comes next passes whole.
  void pass(uint64_t smallest, uint64_t largest);
  // Whether a part begins with that key, which comes next; then the open table ends.
  void enter(uint64_t key);
  void end_table();

  uint64_t open_weight() const;
  std::vector<SegmentTable> take();

 private:
  struct Stretch {
    double density = 0;        // records per key
    double variance = 0;       // of the number of records, per key
    double record_weight = 0;  // on average
  };
  struct Table {
    uint64_t smallest, largest;
    uint32_t part;
    Slices slices;
    double surplus;  // of records over what slices say
  };
  Stretch stretch_of(const Slices& slice) const;
  uint64_t gap(double density);
  void add_between_tables(const Slices& slice, uint64_t begin, uint64_t end);
  uint64_t add_up_to(uint64_t stop, uint64_t least_stop, uint64_t at, const Slices& slice,
                     const Stretch& stretch);
  void ask_at(uint64_t at, uint64_t end, const Stretch& stretch);
  Cut cut_before(uint64_t key, bool steady);
  double records_left(const Stretch& stretch) const;
  bool is_heavy() const;
  void end_table_at(uint64_t largest);
  TableMeta sum_up(const Table& table);
  void even_out();
  void begin_part();

  const MergeRules& rules_;
  const KeyGroups& groups_;
  Random& random_;
  OutputCutter cutter_;
  uint64_t steady_end_ = 0;
  uint64_t keys_begin_ = 0;  // no key is below
  uint64_t last_key_ = UINT64_MAX;
  bool first_is_known_ = false;

  std::optional<uint64_t> smallest_;  // of the open table
  Slices open_;
  double open_weight_ = 0;
  double open_records_ = 0;
  double surplus_ = 0;  // of the open table
  // All in all there are as many records as slices say, so what is left makes up for what was.
  double variance_left_;
  double surplus_so_far_ = 0;
  double last_density_ = 0;
  std::vector<Table> tables_;

  uint32_t part_ = 0;
  uint32_t position_ = 0;
  double entries_owed_ = 0;  // by the rounding of the tables before
  double tombstones_owed_ = 0;
};

}  // namespace lsmkit
