// The layered store without its contents: takes flushed layers in, and compacts them as the planner
// says.
//
//   compact():  from the top, level by level, each as high as all of the one above times the
//   fanout:
//     1. find_level   the layers that form it
//     2. depth_of     fewer deltas on top of each other than the fanout: done
//     3. plan_level   new deltas or images
//     4. its jobs, one by one; inputs go when the last job that reads them is done
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lsmkit/layered/keyspace.h"
#include "lsmkit/layered/layer_contents.h"
#include "lsmkit/layered/layer_event.h"
#include "lsmkit/layered/layer_map.h"
#include "lsmkit/layered/layer_planner.h"
#include "lsmkit/layered/makespan.h"

namespace lsmkit {

struct LayeredTotals {
  LayerCounts flushed;
  LayerCounts retiled;             // deltas that compactions made
  uint64_t page_image_bytes = 0;   // in these
  LayerCounts identical;           // that compactions did not write once more
  LayerCounts images;              // of bottom-most compactions, too
  LayerCounts collected;           // that went because no LSN that stays readable needs them
  uint64_t compactions = 0;        // that found a level to compact
  uint64_t level_compactions = 0;  // a compaction may go through several levels
  Makespans makespans;             // of these, were their jobs run side by side
  uint64_t parts = 0;              // that were decided apart in these, and
  uint64_t parts_kept = 0;         // of them, those in which nothing was due

  uint64_t written_bytes() const { return flushed.bytes + retiled.bytes + images.bytes; }
};

class LayeredTree {
 public:
  using Observer = std::function<void(const LayerEvent&)>;

  // Requires: `contents` outlives it. Throws InvalidArgument. With checks: throws BrokenInvariant
  // where one does not hold; slower.
  LayeredTree(const LayeredOptions& options, LayerContents& contents, bool checks);
  LayeredTree(const LayeredTree&) = delete;
  LayeredTree& operator=(const LayeredTree&) = delete;

  void observe(Observer observer) { observer_ = std::move(observer); }
  // Is called between the jobs of a level. What it throws ends compact(); the level is as it was
  // then, and compaction_due() as before.
  void set_poll(std::function<void()> poll) { poll_ = std::move(poll); }

  // The number that the next layer gets.
  LayerNumber next_number() const { return next_number_; }
  // The log up to lsns.end is in layer next_number().
  void flushed(const LsnRange& lsns, uint64_t bytes);
  // Whether so many layers were flushed since the last compact() that there may be something to do.
  bool compaction_due() const { return flushes_since_ >= options_.fanout; }
  // `keyspace`: in use at flushed_lsn(). Returns whether there was anything to do.
  bool compact(const Keyspace& keyspace);

  // Images of all pages in use at that LSN.
  void add_images(Lsn lsn, const Keyspace& keyspace);
  // Layers that no read at the horizon, above it or at a pinned LSN comes to are deleted.
  void collect(Lsn horizon, std::span<const Lsn> pinned);

  const LayeredOptions& options() const { return options_; }
  const LayerMap& map() const { return map_; }
  const LayeredTotals& totals() const { return totals_; }
  Lsn flushed_lsn() const { return flushed_lsn_; }
  uint64_t event_count() const { return event_count_; }

 private:
  struct Doing {
    const LayerPlan& plan;
    uint32_t level;
    LayerNumber first_output;
    std::vector<size_t> jobs_left{};  // of each input, until it may go
  };

  // Returns whether anything was due.
  bool compact_level(const LayerLevel& level, uint32_t level_index, const Keyspace& keyspace);
  // The contents of all new deltas; none if it throws.
  std::vector<uint64_t> make_contents(const LayerPlan& plan);
  uint64_t make_delta(const LayerPlan& plan, uint32_t job_index);
  void carry_out(uint32_t job_index, uint64_t bytes, Doing& doing);
  void remove_inputs_of(uint32_t job_index, Doing& doing);
  // `doing`: null where no level is compacted.
  void tell(const Layer& layer, bool deleted, LayerReason reason, const Doing* doing, uint32_t job);
  void check_level(const LayerLevel& level) const;
  void check_all() const;

  const LayeredOptions options_;
  LayerContents& contents_;
  const bool checks_;
  Observer observer_;
  std::function<void()> poll_;
  LayerMap map_;
  LayeredTotals totals_;
  LayerNumber next_number_{1};
  Lsn flushed_lsn_ = 0;
  uint64_t flushes_since_ = 0;     // since the last compact()
  uint64_t keyspace_changes_ = 0;  // at the last compact()
  Lsn same_pages_from_ = 0;        // the pages in use at the last compact() were so from here on
  uint64_t event_count_ = 0;
};

}  // namespace lsmkit
