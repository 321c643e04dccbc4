// Modelled files beside real ones: byte for byte without compression, within half a percent of all
// that is written with it; and no edit depends on them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "lsmkit/db/output_options.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/sim/segment_run.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/twin/engine_driver.h"
#include "lsmkit/twin/file_model_of.h"
#include "lsmkit/twin/twin.h"
#include "lsmkit/vfs/memory_file_system.h"

using namespace lsmkit;

namespace {

struct Case {
  std::string codec;
  std::string zstd_levels;
  std::string encoding;
  std::string values;
  std::string block_bytes = "4096";
  std::string filters = "by_level";
};

WorkloadSpec workload_of(const Case& c) {
  const std::string values = c.values + "\n";
  return workload_from_text(
      "key_count 20000\nencoding " + c.encoding + "\nphase load\nmix put=1\nkeys permuted\n" +
      values + "end unit=ops after=20000\n" +
      "phase over\nmix put=0.95 delete=0.05\nkeys uniform\n" + values + "end unit=ops after=40000");
}

std::shared_ptr<Db> engine_of(const Case& c, FileSystem& disk) {
  OpenRequest request;
  request.path = "/db";
  request.environment.files = &disk;
  request.overrides = {{"memtable_bytes", "262144"},   {"table_bytes", "262144"},
                       {"base_bytes", "524288"},       {"fanout", "4"},
                       {"background", "inline"},       {"sync", "none"},
                       {"cache_bytes", "1048576"},     {"memory_bytes", "67108864"},
                       {"compression", c.codec},       {"compression_levels", c.zstd_levels},
                       {"block_bytes", c.block_bytes}, {"filter_allocation", c.filters}};
  return Db::open(request);
}

struct Beside {
  uint64_t tables = 0;
  int64_t least_bytes_more = INT64_MAX, most_bytes_more = INT64_MIN;  // that a table is to have
  double whole_off = 0;                                               // of all bytes written
};

Beside exact_beside_engine(const Case& c) {
  const WorkloadSpec spec = workload_of(c);
  MemoryFileSystem disk;
  const auto db = engine_of(c, disk);
  EngineDriver(*db, spec).run([](const Progress&) {});
  const CompactionOptions options = compaction_options_of(db->options());
  ExactRun run(spec, options, StartOfExactRun{WorkloadKeys(spec), {}}, true,
               file_model_of(db->options(), spec));
  ExactRun without(spec, options);
  while (run.step()) {
  }
  while (without.step()) {
  }
  // Files decide nothing.
  REQUIRE(run.log().events().size() == without.log().events().size());
  for (size_t i = 0; i < run.log().events().size(); ++i)
    REQUIRE(difference_of(*run.log().events()[i], *without.log().events()[i]) == "");

  std::map<uint64_t, uint64_t> modelled;
  for (const auto& event : run.log().events())
    for (const Rectangle& table : event->added) modelled[table.number] = table.file_bytes;
  Beside out;
  for (const Event& event : db->events()) {
    for (const Rectangle& table : event.added) {
      const auto found = modelled.find(table.number);
      if (found == modelled.end()) continue;
      ++out.tables;
      const int64_t more = static_cast<int64_t>(found->second - table.file_bytes);
      out.least_bytes_more = std::min(out.least_bytes_more, more);
      out.most_bytes_more = std::max(out.most_bytes_more, more);
    }
  }
  const double due = write_amp(db->stats().counters);
  out.whole_off = std::abs(write_amp(run.tree().counters()) / due - 1);
  return out;
}

}  // namespace

TEST_CASE("files without compression are modelled to the byte, but for a random id's") {
  for (const Case& c :
       {Case{"none", "1", "decimal", "value_bytes constant size=100"},
        Case{"none", "1", "hashed", "value_bytes constant size=40", "4096", "uniform"},
        Case{"none", "1", "binary", "value_bytes uniform least=1 most=400", "1024"},
        Case{"none", "1", "decimal", "value_bytes pareto"},
        Case{"zstd", "0", "binary", "value_bytes constant size=1000", "16384"}}) {
    CAPTURE(c.encoding);
    CAPTURE(c.values);
    const Beside beside = exact_beside_engine(c);
    CHECK(beside.tables > 20);
    // Each table names the database by a random id: ten bytes are modelled, it may take fewer.
    CHECK(beside.least_bytes_more == beside.most_bytes_more);
    CHECK(beside.least_bytes_more >= 0);
    CHECK(beside.most_bytes_more < 10);
  }
}

TEST_CASE("what zstd leaves of all that is written is modelled within half a percent") {
  for (const Case& c :
       {Case{"zstd", "1", "decimal", "value_bytes constant size=100"},
        Case{"zstd", "1", "hashed", "value_bytes constant size=100"},
        Case{"zstd", "1", "binary", "value_bytes constant size=400\ncompressed_share 0.25"},
        Case{"zstd", "1", "decimal", "value_bytes constant size=1000\ncompressed_share 0.8"},
        Case{"zstd", "3", "binary", "value_bytes uniform least=1 most=400\ncompressed_share 0.3",
             "16384"},
        Case{"zstd", "0,0,1", "decimal", "value_bytes constant size=100"},
        Case{"zstd", "1", "hashed", "value_bytes constant size=200\ncompressed_share 1"}}) {
    CAPTURE(c.encoding);
    CAPTURE(c.values);
    CAPTURE(c.zstd_levels);
    const Beside beside = exact_beside_engine(c);
    MESSAGE(c.encoding << ", " << c.values << ", zstd " << c.zstd_levels << ": "
                       << 100 * beside.whole_off << " % off");
    CHECK(beside.tables > 20);
    CHECK(beside.whole_off <= 0.005);
  }
}

TEST_CASE("files of segments are about as large as those of the exact simulation") {
  for (const Case& c : {Case{"none", "1", "decimal", "value_bytes constant size=100"},
                        Case{"none", "1", "binary", "value_bytes uniform least=1 most=400"},
                        Case{"zstd", "1", "hashed", "value_bytes constant size=100"}}) {
    CAPTURE(c.values);
    const WorkloadSpec spec = workload_of(c);
    MemoryFileSystem disk;
    const Options engine = engine_of(c, disk)->options();
    const CompactionOptions options = compaction_options_of(engine);
    const FileModel files = file_model_of(engine, spec);
    ExactRun exact(spec, options, StartOfExactRun{WorkloadKeys(spec), {}}, false, files);
    SegmentRun segments(spec, options, SegmentStart::kEmpty, {}, files);
    while (exact.step()) {
    }
    while (segments.step()) {
    }
    // Beside the weights, which differ a little by themselves.
    const auto per_weight = [](const Counters& c2) { return write_amp(c2) / write_amp_weight(c2); };
    CHECK(per_weight(segments.tree().counters()) ==
          doctest::Approx(per_weight(exact.tree().counters())).epsilon(0.005));
  }
}
