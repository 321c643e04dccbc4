// Replays events: which tables stood when, and what the tree was like after each event.
//
// Events are kept for a while only, so some tables are older than the first that is kept: those
// that an event takes away though none put them there, and those that stand and that no event
// names. A table that moves down a level as it is dies there and is born here, under its number.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lsmkit/trace/event.h"

namespace lsmkit {

// Shared, so that a look at a log that grows costs a pointer per event.
using EventList = std::vector<std::shared_ptr<const Event>>;

// A table for as long as it stands in one place. Null: before the first event; it stands.
struct Life {
  const Rectangle* table = nullptr;
  const Event* born = nullptr;
  const Event* died = nullptr;
};

// All tables together, after an event that changed them.
struct TreeMoment {
  const Event* event = nullptr;
  uint64_t table_count = 0;
  uint64_t run_count = 0;
  uint64_t l0_run_count = 0;
  uint64_t weight = 0;
  uint64_t file_bytes = 0;
};

struct Replayed {
  std::vector<Life> lives;  // in order of birth
  std::vector<TreeMoment> moments;
};

// `tables` are those that stood at some moment before the last event. The result points into both.
Replayed replay(const EventList& events, std::span<const Rectangle> tables);

}  // namespace lsmkit
