#include "columns.h"

#include <optional>
#include <string>

namespace lsmkit {

py::object path_text(std::string_view text) {
  PyObject* const decoded =
      PyUnicode_DecodeFSDefaultAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
  if (!decoded) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(decoded);
}

py::object optional_text(const std::optional<std::string>& text) {
  if (!text) return py::none();
  return py::str(*text);
}

py::dict to_dict(const Counters& c) {
  using namespace py::literals;
  return py::dict("user_key_bytes"_a = c.user_key_bytes, "user_value_bytes"_a = c.user_value_bytes,
                  "user_weight"_a = c.user_weight, "puts"_a = c.puts, "deletes"_a = c.deletes,
                  "log_bytes"_a = c.log_bytes, "flush_count"_a = c.flush_count,
                  "flush_file_bytes"_a = c.flush_file_bytes, "flush_weight"_a = c.flush_weight,
                  "compaction_count"_a = c.compaction_count,
                  "compaction_read_file_bytes"_a = c.compaction_read_file_bytes,
                  "compaction_written_file_bytes"_a = c.compaction_written_file_bytes,
                  "compaction_read_weight"_a = c.compaction_read_weight,
                  "compaction_written_weight"_a = c.compaction_written_weight,
                  "compaction_dropped_entries"_a = c.compaction_dropped_entries,
                  "trivial_move_count"_a = c.trivial_move_count, "stall_us"_a = c.stall_us);
}

}  // namespace lsmkit
