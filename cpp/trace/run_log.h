// What a run leaves behind: its events, the moment of the tree after each, and the amplification
// over a window in which the tree is settled.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/trace/event.h"
#include "lsmkit/trace/read_counts.h"
#include "lsmkit/trace/replay.h"

namespace lsmkit {

// The tree right after an event.
struct Moment {
  uint64_t event = 0;
  uint64_t time_us = 0;
  Seqno last_seqno = 0;
  Counters counters;
  uint64_t table_count = 0;
  uint64_t run_count = 0;
  uint64_t l0_run_count = 0;
  uint64_t weight = 0;
  uint64_t file_bytes = 0;
  uint64_t live_weight = 0;  // of the newest record of each key, tombstones aside
  ReadCounts reads;          // up to it
};
Moment moment_of(const Event& event, const Version& version, uint64_t live_weight,
                 const ReadCounts& reads);

// A stretch of a run, counted by what users put: a moment weighs what is put until the next one.
struct Window {
  Seqno first_seqno = 0;
  Seqno last_seqno = 0;
  // Opened when everything that lived had been written over once; else half-way.
  bool overwritten = false;
  Counters counted;
  // Of those of its moments; a tree that nothing was put into has none.
  double mean_space_amp = 0;
  double peak_space_amp = 0;
  double mean_run_count = 0;
  double peak_run_count = 0;
  std::vector<double> mean_level_weight;
  std::vector<double> mean_level_table_count;
};

class RunLog {
 public:
  // `keep_events`: else moments alone, which take 400 bytes each.
  // `start_live_weight`: what lived before the first event.
  explicit RunLog(bool keep_events = true, uint64_t start_live_weight = 0)
      : keep_events_(keep_events), start_live_weight_(start_live_weight) {}

  // Numbers the event and takes it, with the version that it made.
  void take(Event event, const Version& version, uint64_t live_weight,
            const ReadCounts& reads = {});
  // Likewise, of an event that changes no tree: a seal, a stall.
  void take(Event event);

  bool keeps_events() const { return keep_events_; }
  const EventList& events() const { return events_; }
  // Taken so far, kept or not.
  uint64_t event_count() const { return event_count_; }
  const std::vector<Moment>& moments() const { return moments_; }

  // From when user_weight and what lived at the start had reached twice live_weight (half-way,
  // where that never was) to the end, whose counters come last.
  Window settled(const Counters& end, Seqno last_seqno) const;

 private:
  struct LevelShape {
    uint64_t weight;
    uint64_t table_count;
  };

  const bool keep_events_;
  const uint64_t start_live_weight_;
  uint64_t event_count_ = 0;
  EventList events_;
  std::vector<Moment> moments_;
  std::vector<std::vector<LevelShape>> levels_;  // of each moment, down to the last that holds any
};

}  // namespace lsmkit
