// A whole database directory: damaged, then opened and used in every way.
//
//   input := flags u8 (1: checksums are repaired) | changes
//   change := 255 | bytes u16 | a version edit, put behind the others in the MANIFEST
//           | 254 | bytes u16 | a commit, put behind the others in the last log
//           | file u8, below 128 | an edit of that file
//           | file u8, 128 and above | what happens to the whole file u8 | an other file u8
#include "edits.h"
#include "fuzz_target.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/db/dump.h"
#include "lsmkit/log/log_format.h"
#include "repair.h"
#include "sample_database.h"

namespace lsmkit::fuzz {

// What an open of a small database takes, and a block of zstd that holds 32,768 times its size.
const Target kTarget{"database", 1'000, 64 << 20, 2 * 32'768};

namespace {

constexpr uint8_t kAppendEdit = 255, kAppendCommit = 254;
constexpr size_t kMostChanges = 12;
constexpr size_t kMostEntries = 20'000;
constexpr std::string_view kWrittenKey = "written after";
constexpr std::string_view kWrittenValue = "the damage";

enum class WholeFile : uint8_t { kRemove, kSwap, kCopyOver, kEmpty, kCopyToStrangeName };
constexpr unsigned kWholeFileKinds = 5;
constexpr const char* kStrangeNames[] = {"18446744073709551615.log",
                                         "000001.log",
                                         "18446744073709551614.log",
                                         "9999999999999999999.table",
                                         "000000000000.table",
                                         "9999999999999999999.events",
                                         "MANIFEST.tmp",
                                         "notes.txt",
                                         "268435456.table"};

using Files = std::map<std::string, std::string>;

void change_whole_file(Files& files, const std::string& name, Input& input) {
  const auto kind = static_cast<WholeFile>(input.take_byte() % kWholeFileKinds);
  const uint8_t number = input.take_byte();
  const std::vector<std::string>& names = sample_database().names;
  const std::string& other = names[number % names.size()];
  switch (kind) {
    case WholeFile::kRemove:
      files.erase(name);
      break;
    case WholeFile::kSwap:
      std::swap(files[name], files[other]);
      break;
    case WholeFile::kCopyOver:
      files[other] = files[name];
      break;
    case WholeFile::kEmpty:
      files[name].clear();
      break;
    case WholeFile::kCopyToStrangeName:
      files[kStrangeNames[number % std::size(kStrangeNames)]] = files[name];
      break;
  }
}

// Puts a record behind what the log holds. Its checksum is for repair_file().
void append_record(std::string& log, std::string_view record) {
  record = record.substr(0, std::min(record.size(), left_in_block(log.size()) / 2));
  std::string head(kChunkHeaderBytes, '\0');
  ChunkHeader header;
  header.length = static_cast<uint16_t>(record.size());
  header.type = static_cast<uint8_t>(ChunkType::kFull);
  header.synced_logs_back = kNoSyncedLog;
  store_chunk_header(head.data(), header);
  log.append(head).append(record);
}

Files damaged_files(Input& input, bool is_repaired) {
  Files files = sample_database().files;
  const std::vector<std::string>& names = sample_database().names;
  for (size_t changes = 0; changes < kMostChanges && !input.empty(); ++changes) {
    const uint8_t selector = input.take_byte();
    if (selector >= kAppendCommit) {
      const std::string_view record = input.take(input.take_u16());
      append_record(files[selector == kAppendEdit ? "MANIFEST" : sample_database().last_log],
                    record);
      continue;
    }
    const std::string& name = names[selector % 128 % names.size()];
    if (selector < 128) {
      apply_edit(files[name], input);
    } else {
      change_whole_file(files, name, input);
    }
  }
  if (is_repaired) {
    for (auto& [name, bytes] : files) repair_file(bytes);
  }
  return files;
}

void put_on_disk(const Files& files, MemoryFileSystem& disk) {
  disk.make_dir("/db");
  for (const auto& [name, bytes] : files) disk.set_contents("/db/" + name, bytes);
}

Contents scan(Db& db, bool forwards) {
  Contents out;
  const auto cursor = db.cursor({});
  size_t entries = 0;
  for (forwards ? cursor->seek_to_first() : cursor->seek_to_last(); cursor->valid();
       forwards ? cursor->next() : cursor->prev()) {
    out.emplace(cursor->key(), cursor->value());
    require(++entries < kMostEntries, "a scan of a small database ends");
  }
  return out;
}

// Everything that reading can touch. A database that verify() passes reads the same both ways, and
// one whose checksums stand answers a get as it does a scan. (Whoever repairs checksums can also
// put an older table above a newer one.)
std::optional<Contents> read_all_ways(Db& db, bool is_repaired) {
  std::optional<Contents> forwards, backwards;
  succeeds([&] { forwards = scan(db, true); });
  succeeds([&] { backwards = scan(db, false); });
  const bool is_sound = succeeds([&] { db.verify(); });
  if ((is_sound || !is_repaired) && forwards && backwards) {
    require(*forwards == *backwards, "a sound database reads the same both ways");
  }
  if (forwards && !is_repaired) {
    for (const auto& [key, value] : *forwards) {
      PinnedValue found;
      const bool is_there = db.get(key, found);
      require(is_there && found.bytes == value, "get finds what a scan finds");
    }
  }
  for (const char* key : {"", "key1", "key12", "late3", "late17", "zzz"}) {
    succeeds([&] {
      PinnedValue found;
      const bool is_there = db.get(key, found);
      if (forwards && !is_repaired) {
        require(is_there == (forwards->count(key) > 0), "a scan finds what get finds");
      }
    });
    succeeds([&] {
      const auto cursor = db.cursor({});
      cursor->seek(key);
      if (cursor->valid()) cursor->prev();
      if (cursor->valid()) cursor->next();
      cursor->seek_for_prev(key);
    });
  }
  succeeds([&] {
    for (const Event& event : db.events()) to_line(event);
    db.tree().version.check_invariants();
    db.stats();
    db.approximate_size("a", "z");
    db.snapshot();
  });
  return forwards;
}

// Damage below checksums never shows: what is read is some state that once was, and no earlier one
// than the last that is in tables.
void check_state(Db& db, const Contents& found) {
  const SampleDatabase& healthy = sample_database();
  const Seqno last = db.last_seqno();
  require(last >= healthy.flushed_commits && last < healthy.states.size(),
          "a damaged database is at a commit that was written");
  require(found == healthy.states[last], "a damaged database shows what was written");
}

void look(MemoryFileSystem& disk, bool is_repaired) {
  std::shared_ptr<Db> db;
  if (!succeeds([&] { db = Db::open(open_request(disk, true)); })) return;
  const auto found = read_all_ways(*db, is_repaired);
  if (found && !is_repaired) check_state(*db, *found);
  succeeds([&] { db->refresh(); });
  succeeds([&] { db->close(); });
}

// Writes, flushes and compacts. True if all of that went well.
bool use(Db& db) {
  bool is_well = succeeds([&] { db.put(kWrittenKey, kWrittenValue); });
  is_well &= succeeds([&] { db.flush(); });
  is_well &= succeeds([&] { db.compact_range({}, {}); });
  is_well &= succeeds([&] { db.verify(); });
  is_well &= succeeds([&] { db.checkpoint("/copy"); });
  is_well &= succeeds([&] { db.close(); });
  return is_well;
}

void check_written(MemoryFileSystem& disk, const std::string& path) {
  OpenRequest request = open_request(disk, false);
  request.path = path;
  const auto db = Db::open(request);
  PinnedValue value;
  const bool is_there = db->get(kWrittenKey, value);
  require(is_there && value.bytes == kWrittenValue, "what was written is there after a reopen");
  db->close();
}

void go_on(MemoryFileSystem& disk, bool is_repaired) {
  std::shared_ptr<Db> db;
  if (!succeeds([&] { db = Db::open(open_request(disk, false)); })) return;
  const auto found = read_all_ways(*db, is_repaired);
  if (found && !is_repaired) check_state(*db, *found);
  const bool is_well = use(*db);
  db.reset();
  if (!is_well) return;
  check_written(disk, "/db");
  check_written(disk, "/copy");
}

std::string appended(uint8_t where, const std::string& record) {
  std::string out{'\1', static_cast<char>(where)};
  put_fixed16(out, static_cast<uint16_t>(record.size()));
  return out + record;
}

// Numbers that are as large as they can be, in an edit each.
void add_large_numbers(std::vector<std::string>& out) {
  for (const uint64_t number : {kMaxSeqno - 1, kMaxSeqno, uint64_t{1} << 35,
                                (uint64_t{1} << 36) - 1, UINT64_MAX - 1, UINT64_MAX}) {
    std::vector<VersionEdit> edits(7);
    edits[0].next_job = JobNumber{number};
    edits[1].next_log = LogNumber{number};
    edits[2].oldest_log = LogNumber{number};
    edits[3].last_seqno = edits[3].flushed_seqno = std::min(number, kMaxSeqno);
    edits[4].history_floor = std::min(number, kMaxSeqno);
    edits[5].counters = Counters{.puts = number};
    edits[6].options = "memtable_bytes=" + std::to_string(number) + "\n";
    for (const VersionEdit& edit : edits) {
      std::string record;
      encode(edit, record);
      out.push_back(appended(kAppendEdit, record));
    }
  }
}

// Tables of the database under another name of theirs: other runs, levels, weights and bounds.
void add_moved_tables(std::vector<std::string>& out) {
  const Version& version = sample_database().version;
  for_each_table(version, [&](const TableRef& table) {
    const TablePlace place = *version.find(table->number);
    TableMeta heavy = *table, wide = *table, late = *table, empty = *table;
    heavy.weight = UINT64_MAX / 2;
    wide.smallest.key.clear();
    wide.largest.key = "zzz";
    late.largest_seqno = kMaxSeqno;
    empty.weight = 0;
    empty.samples.clear();
    for (const TableMeta& meta : {*table, heavy, wide, late, empty}) {
      for (const auto& [level, run] :
           {std::pair{0u, UINT64_MAX}, std::pair{0u, kMaxSeqno}, std::pair{place.level, place.run},
            std::pair{15u, RunId{0}}, std::pair{3u, RunId{9}}}) {
        VersionEdit edit;
        edit.removed.push_back({place.level, place.run, table->number, table->smallest.key});
        edit.added.push_back({level, run, std::make_shared<const TableMeta>(meta)});
        std::string record;
        encode(edit, record);
        out.push_back(appended(kAppendEdit, record));
      }
    }
  });
}

void add_commits(std::vector<std::string>& out) {
  WriteBatch batch;
  batch.put("key1", "a commit more");
  for (const Seqno seqno : {Seqno{sample_database().states.size()}, Seqno{1}, kMaxSeqno}) {
    char head[kMaxBatchHeaderBytes];
    const size_t bytes = encode_batch_header(head, {seqno, 1, 0});
    out.push_back(appended(kAppendCommit, std::string(head, bytes).append(batch.ops())));
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const SampleDatabase& healthy = sample_database();
  for (const auto& [name, bytes] : healthy.files) {
    std::string repaired = bytes;
    repair_file(repaired);
    require(repaired == bytes, "a healthy file needs no repair");
  }
  std::vector<std::string> out;
  for (size_t i = 0; i < healthy.names.size(); ++i) {
    const std::string& bytes = healthy.files.at(healthy.names[i]);
    const auto size = static_cast<uint32_t>(bytes.size());
    for (const char flags : {'\0', '\1'}) {
      const std::string front{flags, static_cast<char>(i)};
      out.push_back(front + encode_edit(EditKind::kFlip, size / 2, 3));
      out.push_back(front + encode_edit(EditKind::kAdd, size - 130, 1) + static_cast<char>(i) +
                    encode_edit(EditKind::kAdd, size / 3, 255));
      out.push_back(front + encode_edit(EditKind::kOverwrite, 80, 6, "\x80\xff\xff\x01\x02\x03"));
      out.push_back(front + encode_edit(EditKind::kDuplicate, 64, 100));
    }
    for (unsigned kind = 0; kind < kWholeFileKinds; ++kind) {
      out.push_back(
          {'\1', static_cast<char>(128 + i), static_cast<char>(kind), static_cast<char>(i + kind)});
    }
  }
  add_large_numbers(out);
  add_moved_tables(out);
  add_commits(out);
  return out;
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  const bool is_repaired = input.take_byte() % 2 == 1;
  MemoryFileSystem disk;
  put_on_disk(damaged_files(input, is_repaired), disk);
  for (const std::string& name : disk.list("/db")) {
    succeeds([&] {
      dump_file(disk, "/db/" + name, [](uint64_t, uint64_t, std::string_view, std::string_view) {});
    });
  }
  look(disk, is_repaired);
  go_on(disk, is_repaired);
}

}  // namespace lsmkit::fuzz
