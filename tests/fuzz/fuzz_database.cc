// A whole database directory: damaged, then opened and used in every way.
//
//   input := flags u8 (1: checksums are repaired) | changes
//   change := file u8, below 128 | an edit of that file
//           | file u8, 128 and above | what happens to the whole file u8 | an other file u8
#include "edits.h"
#include "fuzz_target.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/db/dump.h"
#include "repair.h"
#include "sample_database.h"

namespace lsmkit::fuzz {

// What an open of a small database takes, and a block of zstd that holds 32,768 times its size.
const Target kTarget{"database", 2'500, 64 << 20, 2 * 32'768};

namespace {

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

Files damaged_files(Input& input, bool is_repaired) {
  Files files = sample_database().files;
  const std::vector<std::string>& names = sample_database().names;
  for (size_t changes = 0; changes < kMostChanges && !input.empty(); ++changes) {
    const uint8_t selector = input.take_byte();
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

// Everything that reading can touch. Whatever comes back is consistent with itself if verify() says
// that the database is sound, or if `is_repaired` is false.
std::optional<Contents> read_all_ways(Db& db, bool is_repaired) {
  std::optional<Contents> forwards, backwards;
  succeeds([&] { forwards = scan(db, true); });
  succeeds([&] { backwards = scan(db, false); });
  const bool is_sound = succeeds([&] { db.verify(); }) || !is_repaired;
  if (is_sound && forwards && backwards) {
    require(*forwards == *backwards, "a sound database reads the same both ways");
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
      if (is_sound && forwards) {
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

}  // namespace

std::vector<std::string> seeds() {
  const SampleDatabase& healthy = sample_database();
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
