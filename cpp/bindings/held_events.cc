#include "held_events.h"

#include <string>

#include "array_columns.h"
#include "columns.h"
#include "gil.h"

namespace lsmkit {

namespace {

using namespace py::literals;

py::str text(std::string_view text) {
  return {text.data(), text.size()};
}

py::dict to_dict(const Rectangle& r) {
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

py::dict to_dict(const Event& e) {
  const py::object counters = e.counters ? py::object(to_dict(*e.counters)) : py::none();
  return py::dict("kind"_a = text(name_of(e.kind)), "number"_a = e.number, "time_us"_a = e.time_us,
                  "wall_us"_a = e.wall_us, "job"_a = static_cast<uint64_t>(e.job),
                  "reason"_a = text(name_of(e.reason)), "score"_a = e.score,
                  "input_level"_a = e.input_level, "output_level"_a = e.output_level,
                  "removed"_a = to_list(e.removed), "added"_a = to_list(e.added),
                  "read_bytes"_a = e.read_bytes, "written_bytes"_a = e.written_bytes,
                  "read_weight"_a = e.read_weight, "written_weight"_a = e.written_weight,
                  "in_entries"_a = e.in_entries, "out_entries"_a = e.out_entries,
                  "dropped_entries"_a = e.dropped_entries, "duration_us"_a = e.duration_us,
                  "last_seqno"_a = e.last_seqno, "counters"_a = counters,
                  "text"_a = path_text(e.text), "line"_a = path_text(to_line(e)));
}

py::tuple numbers_column(const EventList& events, std::vector<Rectangle> Event::*tables) {
  RaggedColumn<uint64_t> column("list[u64]", events.size());
  for (const auto& event : events) {
    for (const Rectangle& table : (*event).*tables) column.values().push_back(table.number);
    column.end_row();
  }
  return column.take();
}

std::optional<double> ratio(uint64_t part, uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

uint64_t user_bytes(const Counters& c) {
  return c.user_key_bytes + c.user_value_bytes;
}
uint64_t written_bytes(const Counters& c) {
  return c.flush_file_bytes + c.compaction_written_file_bytes;
}
uint64_t written_weight(const Counters& c) {
  return c.flush_weight + c.compaction_written_weight;
}

}  // namespace

py::array HeldEvents::numbers() const {
  std::vector<uint64_t> numbers;
  for (const auto& event : events_) numbers.push_back(event->number);
  return to_array(std::move(numbers));
}

py::dict HeldEvents::columns() const {
  const size_t rows = events_.size();
  const auto of = [&](size_t row) -> const Event& { return *events_[row]; };
  const auto u64 = [&](auto&& value) {
    return fixed_column<uint64_t>(rows, [&](size_t row) { return value(of(row)); });
  };
  const auto i32 = [&](auto&& value) {
    return fixed_column<int32_t>(rows, [&](size_t row) { return value(of(row)); });
  };
  const auto words = [&](auto&& value) {
    return text_column(rows, [&](size_t row) { return value(of(row)); });
  };
  return py::dict("number"_a = u64([](const Event& e) { return e.number; }),
                  "kind"_a = words([](const Event& e) { return name_of(e.kind); }),
                  "time_us"_a = u64([](const Event& e) { return e.time_us; }),
                  "wall_us"_a = u64([](const Event& e) { return e.wall_us; }),
                  "job"_a = u64([](const Event& e) { return static_cast<uint64_t>(e.job); }),
                  "reason"_a = words([](const Event& e) { return name_of(e.reason); }),
                  "score"_a = fixed_column<double>(rows, [&](size_t row) { return of(row).score; }),
                  "input_level"_a = i32([](const Event& e) { return e.input_level; }),
                  "output_level"_a = i32([](const Event& e) { return e.output_level; }),
                  "removed"_a = numbers_column(events_, &Event::removed),
                  "added"_a = numbers_column(events_, &Event::added),
                  "read_bytes"_a = u64([](const Event& e) { return e.read_bytes; }),
                  "written_bytes"_a = u64([](const Event& e) { return e.written_bytes; }),
                  "read_weight"_a = u64([](const Event& e) { return e.read_weight; }),
                  "written_weight"_a = u64([](const Event& e) { return e.written_weight; }),
                  "in_entries"_a = u64([](const Event& e) { return e.in_entries; }),
                  "out_entries"_a = u64([](const Event& e) { return e.out_entries; }),
                  "dropped_entries"_a = u64([](const Event& e) { return e.dropped_entries; }),
                  "duration_us"_a = u64([](const Event& e) { return e.duration_us; }),
                  "last_seqno"_a = u64([](const Event& e) { return e.last_seqno; }),
                  "text"_a = words([](const Event& e) -> std::string_view { return e.text; }),
                  "line"_a = words([](const Event& e) { return to_line(e); }));
}

py::list HeldEvents::rows() const {
  py::list list;
  for (const auto& event : events_) list.append(to_dict(*event));
  return list;
}

Replayed HeldEvents::replayed() const {
  return without_gil([&] { return replay(events_, tables_); });
}

py::dict HeldEvents::lives() const {
  const std::vector<Life> lives = replayed().lives;
  const size_t rows = lives.size();
  const auto u64 = [&](auto&& value) {
    return fixed_column<uint64_t>(rows, [&](size_t row) { return value(*lives[row].table); });
  };
  const auto number = [&](const Event* Life::*event) {
    return nullable_column<uint64_t>(rows, [&, event](size_t row) -> std::optional<uint64_t> {
      const Event* const found = lives[row].*event;
      return found ? std::optional(found->number) : std::nullopt;
    });
  };
  const auto key = [&](std::string Rectangle::*bound) {
    return bytes_column(
        rows, [&, bound](size_t row) -> std::string_view { return lives[row].table->*bound; });
  };
  return py::dict(
      "level"_a = fixed_column<int32_t>(rows, [&](size_t row) { return lives[row].table->level; }),
      "run"_a = u64([](const Rectangle& r) { return r.run; }),
      "number"_a = u64([](const Rectangle& r) { return r.number; }),
      "smallest_key"_a = key(&Rectangle::smallest_key),
      "largest_key"_a = key(&Rectangle::largest_key),
      "smallest_seqno"_a = u64([](const Rectangle& r) { return r.smallest_seqno; }),
      "largest_seqno"_a = u64([](const Rectangle& r) { return r.largest_seqno; }),
      "weight"_a = u64([](const Rectangle& r) { return r.weight; }),
      "file_bytes"_a = u64([](const Rectangle& r) { return r.file_bytes; }),
      "entry_count"_a = u64([](const Rectangle& r) { return r.entry_count; }),
      "tombstone_count"_a = u64([](const Rectangle& r) { return r.tombstone_count; }),
      "born"_a = number(&Life::born), "died"_a = number(&Life::died));
}

py::dict HeldEvents::moments() const {
  const std::vector<TreeMoment> moments = replayed().moments;
  const size_t rows = moments.size();
  const auto u64 = [&](auto&& value) {
    return fixed_column<uint64_t>(rows, [&](size_t row) { return value(moments[row]); });
  };
  // value(counters), where they are known.
  const auto counted = [&]<class T>(T, auto&& value) {
    return nullable_column<T>(rows, [&](size_t row) -> std::optional<T> {
      const auto& counters = moments[row].event->counters;
      return counters ? std::optional<T>(value(*counters)) : std::nullopt;
    });
  };
  return py::dict(
      "event"_a = u64([](const TreeMoment& s) { return s.event->number; }),
      "time_us"_a = u64([](const TreeMoment& s) { return s.event->time_us; }),
      "wall_us"_a = u64([](const TreeMoment& s) { return s.event->wall_us; }),
      "last_seqno"_a = u64([](const TreeMoment& s) { return s.event->last_seqno; }),
      "table_count"_a = u64([](const TreeMoment& s) { return s.table_count; }),
      "run_count"_a = u64([](const TreeMoment& s) { return s.run_count; }),
      "l0_run_count"_a = u64([](const TreeMoment& s) { return s.l0_run_count; }),
      "weight"_a = u64([](const TreeMoment& s) { return s.weight; }),
      "file_bytes"_a = u64([](const TreeMoment& s) { return s.file_bytes; }),
      "user_bytes"_a = counted(uint64_t{}, user_bytes),
      "written_bytes"_a = counted(uint64_t{}, written_bytes),
      "write_amp"_a = counted(
          double{}, [](const Counters& c) { return ratio(written_bytes(c), user_bytes(c)); }),
      "write_amp_weight"_a = counted(
          double{}, [](const Counters& c) { return ratio(written_weight(c), c.user_weight); }),
      "stall_us"_a = counted(uint64_t{}, [](const Counters& c) { return c.stall_us; }));
}

std::vector<Rectangle> rectangles_of(const Version& version) {
  std::vector<Rectangle> tables;
  for (uint32_t level = 0; level < version.level_count(); ++level)
    for (const Run& run : version.level(level).runs)
      run.for_each([&](const TableRef& t) { tables.push_back(rectangle_of(level, run.id(), *t)); });
  return tables;
}

void register_held_events(py::module_& m) {
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<HeldEvents>(m, "HeldEvents", plain, "Events as a log held them at one moment.")
      .def("__len__", &HeldEvents::size)
      .def("numbers", &HeldEvents::numbers)
      .def("columns", &HeldEvents::columns)
      .def("rows", &HeldEvents::rows)
      .def("lives", &HeldEvents::lives)
      .def("moments", &HeldEvents::moments);
}

}  // namespace lsmkit
