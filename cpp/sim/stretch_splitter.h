// Cuts a stream of merged slices into tables where the engine would cut the records that they stand
// for: asks the rules' own OutputCutter, at the first key behind each point where something but
// weight can call for a cut, and where weight does.
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

  // All must outlive the splitter. `gaps` draws how far the next key is.
  StretchSplitter(const MergeRules& rules, const KeyGroups& groups, const Ends& ends, Random& gaps);

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
    double record_weight = 0;  // on average
  };
  struct Table {
    uint64_t smallest, largest;
    uint32_t part;
    Slices slices;
  };
  Stretch stretch_of(const Slices& slice) const;
  uint64_t gap(double density);
  void add_between_tables(const Slices& slice, uint64_t begin, uint64_t end);
  void ask_at(uint64_t at, uint64_t end, const Stretch& stretch);
  Cut cut_before(uint64_t key, bool steady);
  uint64_t heavy_at(const Stretch& stretch, uint64_t at) const;
  bool is_heavy() const;
  void end_table_at(uint64_t largest);
  TableMeta sum_up(const Table& table);
  void begin_part();

  const MergeRules& rules_;
  const KeyGroups& groups_;
  Random& gaps_;
  OutputCutter cutter_;
  uint64_t steady_end_ = 0;
  uint64_t keys_begin_ = 0;  // no key is below
  uint64_t last_key_ = UINT64_MAX;
  bool first_is_known_ = false;

  std::optional<uint64_t> smallest_;  // of the open table
  Slices open_;
  double open_weight_ = 0;
  double open_records_ = 0;
  double last_density_ = 0;
  std::vector<Table> tables_;

  uint32_t part_ = 0;
  uint32_t position_ = 0;
  double entries_owed_ = 0;  // by the rounding of the tables before
  double tombstones_owed_ = 0;
};

}  // namespace lsmkit
