#include "read_columns.h"

#include "columns.h"

namespace lsmkit {

using namespace py::literals;

py::dict to_dict(const ReadCounts& r) {
  return py::dict("gets"_a = r.gets, "gets_found"_a = r.gets_found,
                  "tables_probed"_a = r.tables_probed, "filter_negatives"_a = r.filter_negatives,
                  "false_positives"_a = r.false_positives, "scans"_a = r.scans,
                  "scanned_entries"_a = r.scanned_entries, "runs_sought"_a = r.runs_sought,
                  "cache_hits"_a = r.cache_hits, "cache_misses"_a = r.cache_misses,
                  "scan_blocks"_a = r.scan_blocks);
}

py::object to_dict(const std::optional<ReadCounts>& reads) {
  return reads ? py::object(to_dict(*reads)) : py::none();
}

py::dict level_read_columns(const std::vector<LevelReadCounts>& levels) {
  Columns rows({"level", "tables_probed", "filter_negatives", "false_positives", "answers",
                "cache_hits", "cache_misses"});
  for (size_t level = 0; level < levels.size(); ++level) {
    const LevelReadCounts& l = levels[level];
    rows.add(level, l.tables_probed, l.filter_negatives, l.false_positives, l.answers, l.cache_hits,
             l.cache_misses);
  }
  return rows.dict();
}

}  // namespace lsmkit
