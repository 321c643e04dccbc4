// The MANIFEST as a file: its bytes, what comes back from it, and what damage and failing disks do.
#include "lsmkit/manifest/manifest.h"

#include <doctest/doctest.h>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/format_example.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr uint64_t kDatabase = 0x0123456789abcdef;
constexpr const char* kPath = "/db/MANIFEST";

std::string bytes_of(const ManifestState& state) {
  std::string out;
  encode(whole_edit(state), out);
  return out;
}

// A flush's table: two entries, and its run in L0 is named after the last one's seqno.
Seqno last_seqno(uint64_t job) {
  return 2 * job;
}
RunId run_of(uint64_t job) {
  return last_seqno(job);
}
TableRef table(uint64_t job) {
  TableMeta t;
  t.number = pack_table_number(JobNumber{job}, 0, 0);
  t.id = 0x1122334455667788;
  t.smallest = {"apple", last_seqno(job) - 1, Kind::kPut, false};
  t.largest = {"pear", last_seqno(job), Kind::kPut, false};
  t.weight = 1'000;
  t.file_bytes = 700;
  t.entry_count = 2;
  t.smallest_seqno = last_seqno(job) - 1;
  t.largest_seqno = last_seqno(job);
  return std::make_shared<const TableMeta>(t);
}

VersionEdit flush(uint64_t job) {
  VersionEdit edit;
  edit.reason = EditReason::kFlush;
  edit.job = JobNumber{job};
  edit.next_job = JobNumber{job + 1};
  edit.flushed_seqno = last_seqno(job);
  edit.added.push_back({0, run_of(job), table(job)});
  return edit;
}

ManifestState fresh() {
  ManifestState state;
  state.options = "sync=every(64)";
  return state;
}

// A MANIFEST beside the state that it must give back.
struct Written {
  MemoryFileSystem disk;
  FaultFileSystem files{disk};
  ManifestState state = fresh();
  std::unique_ptr<Manifest> manifest;

  Written() {
    disk.make_dir("/db");
    manifest = Manifest::create(files, "/db", kDatabase, LogNumber{3}, state);
  }
  void append(const VersionEdit& edit) {
    ManifestState after = state;
    apply(after, edit);
    manifest->append(edit, after);
    state = std::move(after);
  }
};

void check_gives_back(FileSystem& disk, const ManifestState& state) {
  const ManifestContents found = read_manifest(disk, "/db");
  CHECK(found.database_id == kDatabase);
  CHECK(hex_line(bytes_of(found.state)) == hex_line(bytes_of(state)));
  CHECK(found.torn_tail == "");
}

}  // namespace

TEST_CASE("the worked example of FORMAT.md is what is written, byte for byte, and reads back") {
  Written written;
  written.append(flush(1));
  CHECK(hex_line(written.disk.contents(kPath)) == hex_line(format_example("manifest")));

  MemoryFileSystem disk;
  disk.make_dir("/db");
  disk.set_contents(kPath, format_example("manifest"));
  check_gives_back(disk, written.state);
  const ManifestContents found = read_manifest(disk, "/db");
  CHECK(found.number == LogNumber{3});
  CHECK(found.edit_count == 2);
  CHECK(found.state.options == "sync=every(64)");
  CHECK(found.state.flushed_seqno == 2);
  CHECK(found.state.version.level(0).runs.size() == 1);
}

TEST_CASE("edits come back in their order, and what grows is written anew in time") {
  Written written;
  uint64_t rewrites = 0, largest = 0, before = 0;
  for (uint64_t job = 1; job <= 12'000; ++job) {
    VersionEdit edit = flush(job);
    if (job > 20) {
      const uint64_t old = job - 20;
      edit.removed.push_back({0, run_of(old), pack_table_number(JobNumber{old}, 0, 0), "apple"});
    }
    written.append(edit);
    if (written.manifest->size() < before) ++rewrites;
    before = written.manifest->size();
    largest = std::max(largest, before);
  }
  check_gives_back(written.disk, written.state);
  CHECK(rewrites > 0);
  CHECK(largest < (1 << 20) + 1'000);
  CHECK(read_manifest(written.disk, "/db").number == LogNumber{3 + rewrites});
  CHECK(written.disk.list("/db") == std::vector<std::string>{"MANIFEST"});
}

TEST_CASE("a write that fails is made good in a new MANIFEST, which holds the edit in doubt") {
  for (const FileOperation of : {FileOperation::kAllocate, FileOperation::kReserve,
                                 FileOperation::kAppend, FileOperation::kSync}) {
    for (const FaultEffect effect :
         {FaultEffect::kNothing, FaultEffect::kHalf, FaultEffect::kDone}) {
      CAPTURE(std::string(to_string(of)));
      CAPTURE(static_cast<int>(effect));
      Written written;
      written.append(flush(1));
      written.files.inject({.of = of, .effect = effect});
      written.append(flush(2));
      CHECK(written.files.failure_count() == 1);
      check_gives_back(written.disk, written.state);
      CHECK(read_manifest(written.disk, "/db").number == LogNumber{4});
      written.append(flush(3));
      check_gives_back(written.disk, written.state);
    }
  }
}

TEST_CASE(
    "if a new MANIFEST can't be written either, it is a DurabilityError, and one state stands") {
  for (uint64_t at = 1; at <= 12; ++at) {
    CAPTURE(at);
    Written written;
    written.append(flush(1));
    const std::string before = bytes_of(written.state);
    ManifestState after = written.state;
    apply(after, flush(2));
    written.files.inject({.at = at, .times = Fault::kForEver});
    bool failed = false;
    try {
      written.manifest->append(flush(2), after);
    } catch (const DurabilityError& error) {
      failed = true;
      CHECK(std::string(error.what()).find("MANIFEST could not be written") != std::string::npos);
    }
    if (at == 1) CHECK(failed);
    if (written.files.failure_count() == 0) break;
    const std::string found = bytes_of(read_manifest(written.disk, "/db").state);
    CHECK((found == before || found == bytes_of(after)));
    if (!failed) CHECK(found == bytes_of(after));
  }
}

TEST_CASE("a MANIFEST that is cut short gives the state before its last edit, or is damage") {
  Written written;
  written.append(flush(1));
  const std::string before = bytes_of(written.state);
  const uint64_t last_edit = written.manifest->size();
  written.append(flush(2));
  const std::string whole = written.disk.contents(kPath);
  for (uint64_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    MemoryFileSystem disk;
    disk.make_dir("/db");
    disk.set_contents(kPath, whole.substr(0, size));
    try {
      const ManifestContents found = read_manifest(disk, "/db");
      // Cut at the seam it ends as it ended then: the sizes of the tables tell (recovery).
      const bool first_edit_alone = found.edit_count == 1;
      CHECK((first_edit_alone || bytes_of(found.state) == before));
      if (size > last_edit) CHECK(found.torn_tail != "");
    } catch (const CorruptionError& error) {
      CHECK(size < last_edit);
      CHECK(error.file() == kPath);
    }
  }
}

TEST_CASE("every flipped bit of a MANIFEST is noticed") {
  Written written;
  written.append(flush(1));
  const std::string before = bytes_of(written.state);
  const uint64_t last_edit = written.manifest->size();
  written.append(flush(2));
  const std::string whole = written.disk.contents(kPath);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    CAPTURE(bit);
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    MemoryFileSystem disk;
    disk.make_dir("/db");
    disk.set_contents(kPath, bytes);
    try {
      const ManifestContents found = read_manifest(disk, "/db");
      CHECK(bit / 8 >= last_edit);
      CHECK(bytes_of(found.state) == before);
      CHECK(found.torn_tail != "");
    } catch (const CorruptionError&) {
      CHECK(bit / 8 < last_edit);
    } catch (const NotSupported&) {
      CHECK(bit / 8 < 64);
    }
  }
}

TEST_CASE("an edit that does not fit the state before it is damage, with its number") {
  Written written;
  VersionEdit removes_a_stranger = flush(1);
  removes_a_stranger.removed.push_back(
      {0, run_of(9), pack_table_number(JobNumber{9}, 0, 0), "apple"});
  written.manifest->append(removes_a_stranger, written.state);
  try {
    read_manifest(written.disk, "/db");
    FAIL("it was read");
  } catch (const CorruptionError& error) {
    CHECK(std::string(error.what()).find("edit 1: ") != std::string::npos);
  }
}

TEST_CASE("a MANIFEST with no edit, and none at all, are told apart") {
  MemoryFileSystem disk;
  disk.make_dir("/db");
  CHECK_THROWS_AS(read_manifest(disk, "/db"), IoError);
  Written written;
  disk.set_contents(kPath, written.disk.contents(kPath).substr(0, 64));
  CHECK_THROWS_AS(read_manifest(disk, "/db"), CorruptionError);
}
