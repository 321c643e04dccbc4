// What to make of a level: a pure function of its layers, of how many bytes they hold of which
// pages, of the pages in use, and of options.
//
// The tiered algorithm of Neon's page server (pageserver/compaction, compact_tiered.rs):
//   1. Are the pages in use smaller than the level's deltas? Then images cover them at the level's
//      end; the deltas stay, since they are the history.
//   2. If not, the deltas become new ones, cut by pages and not by LSN, each as large as the target
//      (delta_cutter.h). All of the level is one tier then, and a read opens one layer of it.
//   3. A page with more records than the target gets deltas of its own, cut by LSN.
// What its authors left to do are options, all off: see LayeredOptions.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/keyspace.h"
#include "lsmkit/layered/layer_plan.h"
#include "lsmkit/layered/level_finder.h"
#include "lsmkit/layered/level_profile.h"

namespace lsmkit {

struct LayeredOptions {
  // Of a layer; at most 2 GiB. Larger: fewer and longer jobs, and more in memory until a flush.
  // Neon: checkpoint_distance.
  uint64_t target_bytes = uint64_t{256} << 20;
  // So many deltas on top of each other are compacted. Larger: less is written, more is read.
  // Neon: compaction_threshold.
  uint32_t fanout = 4;
  // Decide for each natural partition of the level by itself, not for all pages at once. One with
  // fewer deltas on top of each other than the fanout stays as it is.
  bool partitioned = false;
  // A partition has images rather than new deltas if they take at most so many percent of what its
  // deltas of two tiers do, these being as large as those before: at first when it is as deep as
  // the fanout, from then on after every second tier. Others have images only where all pages in
  // use take less than all deltas of the level, and theirs at most an eighth more than their
  // deltas. Larger: more images, less is read; 0: each partition has images where they take less
  // than its deltas. Only with `partitioned`.
  uint32_t early_image_percent = 0;
  // New deltas end at multiples of so many pages where that is within a quarter of the target, so
  // that there are partitions. 0: anywhere.
  uint64_t grid_pages = 0;
  // Likewise, and rather: where layers of the level or below begin or end.
  bool cuts_at_edges = false;
  // Likewise, where there is nothing better: where bytes per page change most.
  bool cuts_at_density = false;
  // A delta that would come out with the same records stays as it is.
  bool keeps_identical = false;
  // New deltas get an image of a page after so many of its records, or so many bytes of them.
  // Smaller: more is written, and less is replayed by a read; 0: none.
  uint64_t page_image_records = 0;
  uint64_t page_image_bytes = 0;
  // So much of the log, or of time if that is more, stays readable at any LSN; below only what is
  // pinned. 0 and 0: all. Larger: more is stored. Neon: gc_horizon, pitr_interval.
  uint64_t history_bytes = 0;
  double history_s = 0;
  // What a second is: so much of the log is written in it.
  double log_bytes_per_s = 1e6;
  // Images at the horizon and at pinned LSNs, where deltas below take at least so many percent of
  // what the images would. Smaller: more is written, less is stored; 0: never.
  uint32_t bottom_image_percent = 0;
  // How fast jobs are, for the time that they take on several workers: what one worker reads or
  // writes in a second, whichever is more, and what the device does both ways for all of them (0:
  // no limit). Neither changes what is done.
  double worker_bytes_per_s = 250e6;
  double device_bytes_per_s = 1e9;
  bool operator==(const LayeredOptions&) const = default;
};
// Throws InvalidArgument naming what cannot be.
void check(const LayeredOptions& options);

// What lies at most so high belongs to a level of that height: a flush may come late.
uint64_t most_height(uint64_t level_height);

// Requires: `profile` is of the level's deltas, `keyspace` what is in use at its end.
LayerPlan plan_level(const LayerLevel& level, LevelProfile& profile, const Keyspace& keyspace,
                     const LayeredOptions& options);

// Ranges that together cover `pages`, each with a target's pages of what is in use, the last with
// up to five quarters of that. One if nothing is in use.
std::vector<PageRange> cut_images(const PageRange& pages, const Keyspace& keyspace,
                                  uint64_t target_bytes);

}  // namespace lsmkit
