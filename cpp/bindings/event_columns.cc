#include "event_columns.h"

#include <vector>

#include "columns.h"

namespace lsmkit {

namespace {

py::str name(std::string_view text) {
  return {text.data(), text.size()};
}

py::dict to_dict(const Rectangle& r) {
  using namespace py::literals;
  return py::dict("number"_a = r.number, "level"_a = r.level, "run"_a = r.run,
                  "smallest_key"_a = as_bytes(r.smallest_key),
                  "largest_key"_a = as_bytes(r.largest_key), "smallest_seqno"_a = r.smallest_seqno,
                  "largest_seqno"_a = r.largest_seqno, "weight"_a = r.weight,
                  "file_bytes"_a = r.file_bytes, "entry_count"_a = r.entry_count,
                  "tombstone_count"_a = r.tombstone_count);
}

py::list to_list(const std::vector<Rectangle>& rectangles) {
  py::list list;
  for (const Rectangle& r : rectangles) list.append(to_dict(r));
  return list;
}

}  // namespace

py::dict event_columns(std::span<const Event> events) {
  Columns rows({"kind",          "number",      "time_us",
                "wall_us",       "job",         "reason",
                "score",         "input_level", "output_level",
                "removed",       "added",       "read_bytes",
                "written_bytes", "read_weight", "written_weight",
                "in_entries",    "out_entries", "dropped_entries",
                "duration_us",   "last_seqno",  "counters",
                "text",          "line"});
  for (const Event& e : events) {
    const py::object counters = e.counters ? py::object(to_dict(*e.counters)) : py::none();
    rows.add(name(name_of(e.kind)), e.number, e.time_us, e.wall_us, static_cast<uint64_t>(e.job),
             name(name_of(e.reason)), e.score, e.input_level, e.output_level, to_list(e.removed),
             to_list(e.added), e.read_bytes, e.written_bytes, e.read_weight, e.written_weight,
             e.in_entries, e.out_entries, e.dropped_entries, e.duration_us, e.last_seqno, counters,
             path_text(e.text), path_text(to_line(e)));
  }
  return rows.dict();
}

}  // namespace lsmkit
