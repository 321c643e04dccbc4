// A MANIFEST: read, written anew, read again.
//
//   input := 0 | the file's bytes, whose checksums are then repaired
//          | 1 | edits of the healthy MANIFEST, whose checksums are left as they are
//          | 2 | records, each bytes u16 | a version edit, put into a MANIFEST by the log writer
#include "edits.h"
#include "fuzz_target.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/manifest/manifest.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "repair.h"

namespace lsmkit::fuzz {

const Target kTarget{"manifest", 15'000, 1 << 20, 1'024};

namespace {

constexpr uint64_t kDatabase = 0x0123456789abcdef;
constexpr size_t kMostEdits = 6;
constexpr size_t kMostRecords = 64;

TableRef table_of(uint64_t job, const std::string& smallest, const std::string& largest) {
  TableMeta table;
  table.number = pack_table_number(JobNumber{job}, 0, 0);
  table.id = job * 0x1234567;
  table.smallest = {.key = smallest, .seqno = job * 10};
  table.largest = {.key = largest, .seqno = job * 10 - 5};
  table.weight = 1000 + job;
  table.file_bytes = 700;
  table.entry_count = 20;
  table.tombstone_count = 2;
  table.smallest_seqno = job * 10 - 9;
  table.largest_seqno = job * 10;
  table.samples = {{smallest, 0}, {largest, 900}};
  return std::make_shared<const TableMeta>(table);
}

std::string state_text(const ManifestState& state) {
  std::string out;
  encode(whole_edit(state), out);
  return out;
}

struct Healthy {
  std::string file;
  std::vector<std::string> records;  // as bytes
  std::vector<std::string> states;   // after each record

  Healthy() {
    MemoryFileSystem files;
    ManifestState state;
    state.options = "sync=none\nblock_bytes=4096\n";
    state.typed_codec = "str,json";
    state.unknown = {{40, "from the future"}};
    const auto manifest = Manifest::create(files, "/", kDatabase, LogNumber{3}, state);
    states.push_back(state_text(state));
    for (uint64_t job = 1; job <= 6; ++job) {
      VersionEdit edit;
      edit.reason = job == 5 ? EditReason::kL0ToBase : EditReason::kFlush;
      edit.job = JobNumber{job};
      edit.next_job = JobNumber{job + 1};
      edit.score = 1.5;
      if (job == 5) {  // runs of L0 become tables of L6
        for (const auto& [run, number] : {std::pair{20, 2}, std::pair{10, 1}}) {
          edit.removed.push_back(
              {0, static_cast<RunId>(run), pack_table_number(JobNumber(number), 0, 0), "ape"});
        }
        edit.added.push_back({6, 0, table_of(5, "ape", "fox")});
        edit.cursors[6] = "fox";
      } else {
        edit.added.push_back({0, job * 10, table_of(job, "ape", "dog" + std::to_string(job))});
      }
      edit.flushed_seqno = edit.last_seqno = job * 10;
      edit.oldest_log = LogNumber{job};
      edit.next_log = LogNumber{job + 2};
      edit.counters = Counters{.puts = job};
      apply(state, edit);
      manifest->append(edit, state);
      states.push_back(state_text(state));
    }
    file = files.contents("/MANIFEST");
    replay_file(files, "/MANIFEST", LogKind::kManifest, kDatabase,
                [&](std::string_view record, LogPosition) { records.emplace_back(record); });
  }
};

const Healthy& healthy() {
  static const Healthy made;
  return made;
}

// What was read can be written, and is then read as the same.
void write_anew(const ManifestContents& contents) {
  contents.state.version.check_invariants();
  MemoryFileSystem files;
  Manifest::create(files, "/", contents.database_id, LogNumber{9}, contents.state);
  const ManifestContents again = read_manifest(files, "/");
  require(again.torn_tail.empty(), "a new MANIFEST ends cleanly");
  require(state_text(again.state) == state_text(contents.state), "a MANIFEST reads as written");
  require(to_text(again.state.version) == to_text(contents.state.version), "so does its version");
}

std::string manifest_of(Input& input) {
  MemoryFileSystem files;
  const auto log = LogWriter::create(files, "/MANIFEST",
                                     {kDatabase, LogNumber{3}, LogNumber{}, LogKind::kManifest}, 0);
  for (size_t count = 0; count < kMostRecords && !input.empty(); ++count) {
    const std::string_view record = input.take(input.take_u16());
    log->allocate(record.size());
    log->append({&record, 1}, {});
  }
  return files.contents("/MANIFEST");
}

}  // namespace

std::vector<std::string> seeds() {
  const Healthy& from = healthy();
  const auto size = static_cast<uint32_t>(from.file.size());
  std::string records(1, '\2');
  for (const std::string& record : from.records) {
    put_fixed16(records, static_cast<uint16_t>(record.size()));
    records += record;
  }
  return {'\0' + from.file, records, '\1' + encode_edit(EditKind::kFlip, size / 2, 3),
          '\1' + encode_edit(EditKind::kCut, size / 2, 0),
          '\1' + encode_edit(EditKind::kErase, size / 3, 13)};
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  const uint8_t mode = input.take_byte() % 3;
  std::string file;
  if (mode == 0) {
    file = input.rest();
    repair_log(file);
  } else if (mode == 1) {
    file = healthy().file;
    for (size_t edits = 0; edits < kMostEdits && !input.empty(); ++edits) apply_edit(file, input);
  } else {
    file = manifest_of(input);
  }
  MemoryFileSystem files;
  files.set_contents("/MANIFEST", file);
  ManifestContents contents;
  if (!succeeds([&] { contents = read_manifest(files, "/"); })) return;
  if (mode == 1) {
    require(contents.edit_count >= 1 && contents.edit_count <= healthy().states.size(),
            "a damaged MANIFEST has no edits that were not written");
    require(state_text(contents.state) == healthy().states[contents.edit_count - 1],
            "a damaged MANIFEST gives a state that once was");
  }
  write_anew(contents);
}

}  // namespace lsmkit::fuzz
