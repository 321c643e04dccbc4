#include "version_columns.h"

#include "columns.h"

namespace lsmkit {

namespace {

template <class T>
T at_or_zero(const std::vector<T>& values, size_t index) {
  return index < values.size() ? values[index] : T{};
}

// f(level number, run, its place within the level)
template <class F>
void for_each_run(const Version& version, F&& f) {
  for (unsigned level = 0; level < version.level_count(); ++level) {
    const auto& runs = version.level(level).runs;
    for (size_t index = 0; index < runs.size(); ++index) f(level, runs[index], index);
  }
}

}  // namespace

py::dict level_columns(const Version& version, const std::vector<uint64_t>& target_weights,
                       const std::vector<double>& scores) {
  Columns rows({"level", "run_count", "table_count", "weight", "file_bytes", "entry_count",
                "tombstone_count", "target_weight", "score"});
  for (unsigned number = 0; number < version.level_count(); ++number) {
    const Level& level = version.level(number);
    uint64_t entries = 0;
    uint64_t tombstones = 0;
    for (const Run& run : level.runs) {
      entries += run.entry_count();
      tombstones += run.tombstone_count();
    }
    rows.add(number, level.runs.size(), level.table_count(), level.weight(), level.file_bytes(),
             entries, tombstones, at_or_zero(target_weights, number), at_or_zero(scores, number));
  }
  return rows.dict();
}

py::dict run_columns(const Version& version) {
  Columns rows({"level", "run", "run_index", "table_count", "weight", "file_bytes", "entry_count",
                "tombstone_count", "smallest_seqno", "largest_seqno", "smallest_key",
                "largest_key"});
  for_each_run(version, [&](unsigned level, const Run& run, size_t index) {
    rows.add(level, run.id(), index, run.table_count(), run.weight(), run.file_bytes(),
             run.entry_count(), run.tombstone_count(), run.smallest_seqno(), run.largest_seqno(),
             as_bytes(run.smallest_key()), as_bytes(run.largest_key()));
  });
  return rows.dict();
}

py::dict table_columns(const Version& version) {
  Columns rows({"level", "run", "run_index", "number", "id", "job", "smallest_key", "largest_key",
                "smallest_seqno", "largest_seqno", "weight", "file_bytes", "key_bytes",
                "value_bytes", "entry_count", "tombstone_count", "range_tombstone_count",
                "created_us", "codec"});
  for_each_run(version, [&](unsigned level, const Run& run, size_t index) {
    run.for_each([&](const TableRef& t) {
      rows.add(level, run.id(), index, static_cast<uint64_t>(t->number), t->id,
               static_cast<uint64_t>(job_of(t->number)), as_bytes(t->smallest.key),
               as_bytes(t->largest.key), t->smallest_seqno, t->largest_seqno, t->weight,
               t->file_bytes, t->key_bytes, t->value_bytes, t->entry_count, t->tombstone_count,
               t->range_tombstone_count, t->created_us, t->codec == Codec::kZstd ? "zstd" : "none");
    });
  });
  return rows.dict();
}

}  // namespace lsmkit
