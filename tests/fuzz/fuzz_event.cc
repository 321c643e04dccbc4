// Events as they stand in the event files.
#include "fuzz_target.h"
#include "lsmkit/trace/event.h"

namespace lsmkit::fuzz {

const Target kTarget{"event", 60'000, 64 << 10, 512};

std::vector<std::string> seeds() {
  const Version version = version_from_text(
      "L0 run=12 #7 ape..zoo weight=25 entries=2 seqnos=3..12\nL1 #3.0.1 a..c weight=1000\n");
  Event full = keyframe_of(version, Counters{.puts = 7});
  full.kind = EventKind::kCompaction;
  full.number = 5;
  full.time_us = full.wall_us = 1'700'000'000'000'000;
  full.job = JobNumber{3};
  full.reason = EditReason::kLevelFull;
  full.score = 1.25;
  full.output_level = 1;
  full.removed = full.added;
  full.read_bytes = full.written_bytes = 4000;
  full.duration_us = 100;
  full.text = "because";
  full.unknown = {{40, "from the future"}};
  std::vector<std::string> out(2);
  encode(full, out[0]);
  Event small;
  small.kind = EventKind::kStallEnd;
  small.duration_us = 5;
  encode(small, out[1]);
  return out;
}

void run_one(std::string_view bytes) {
  succeeds([&] {
    const Event event = decode_event(bytes);
    std::string once;
    encode(event, once);
    require(decode_event(once) == event, "an event reads back as written");
    require(to_line(event).find('\n') == std::string::npos, "an event is one line");
  });
}

}  // namespace lsmkit::fuzz
