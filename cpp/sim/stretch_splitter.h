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
  TableRef meta;
  std::shared_ptr<const Slices> slices;
};

class StretchSplitter {
 public:
  // All must outlive the splitter. `gaps` draws how far the next key is.
  StretchSplitter(const MergeRules& rules, const KeyGroups& groups, Random& gaps);

  // One slice that lies behind those before. Slices without records are left out.
  void add(const Slices& slice);
  // A table that passes whole comes next; `begin` is its first key.
  void enter(uint64_t begin);
  void end_table();

  uint64_t open_weight() const;
  std::vector<SegmentTable> take() { return std::move(tables_); }

 private:
  struct Stretch {
    double density;        // records per key
    double record_weight;  // on average
  };
  Stretch stretch_of(const Slices& slice) const;
  uint64_t gap(double density);
  Cut cut_before(uint64_t key, bool steady);
  uint64_t heavy_at(const Stretch& stretch, uint64_t at) const;
  bool is_heavy() const;
  void end_table_at(uint64_t largest);
  void trim(uint64_t smallest, uint64_t largest);
  TableMeta sum_up();
  void begin_part();

  const MergeRules& rules_;
  const KeyGroups& groups_;
  Random& gaps_;
  OutputCutter cutter_;
  uint64_t steady_end_ = 0;

  std::optional<uint64_t> smallest_;  // of the open table
  Slices open_;
  double open_weight_ = 0;
  double last_density_ = 0;
  bool is_first_ = true;

  uint32_t part_ = 0;
  uint32_t position_ = 0;
  double entries_owed_ = 0;  // by the rounding of the tables before
  double tombstones_owed_ = 0;
  std::vector<SegmentTable> tables_;
};

}  // namespace lsmkit
