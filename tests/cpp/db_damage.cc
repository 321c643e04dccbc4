// Damage at rest: every bit of every file is flipped, every file is cut at every length. What comes
// of it is the exact data, or an error that names the file, or, in the last log alone, the state
// after some prefix of its commits, and the open report says so. Never a wrong or a missing value.
//
// LSMKIT_DAMAGE_STRIDE takes only every n-th place (default 17; all: 1), and of the event files,
// which no open needs, one in 32 of those.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr int kFlushed = 60;  // commits in tables; six more are in the log alone

OpenRequest request_for(MemoryFileSystem& files) {
  Options o;
  o.sync = {0, 0};
  o.memtable_bytes = 2 << 10;
  o.table_bytes = 1 << 10;
  o.base_bytes = 2 << 10;
  o.fanout = 3;
  o.block_bytes = 256;
  o.compression_levels = {0, 1};  // raw and compressed blocks
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = "inline";
  return {.path = "/db", .options = o, .overrides = {}, .environment = {&files}};
}

// A small database with a bit of everything, killed with commits in its log alone.
struct Victim {
  std::unique_ptr<MemoryFileSystem> disk;
  std::vector<Contents> states;  // after each commit
  std::string last_log;

  Victim() {
    MemoryFileSystem files;
    Contents now;
    states.push_back(now);
    {
      const auto db = Db::open(request_for(files));
      for (int i = 0; i < kFlushed; ++i) {
        const std::string key = "key" + std::to_string(i * 37 % 30);
        if (i % 7 == 0) {
          db->remove(key);
          now.erase(key);
        } else {
          now[key] = "value " + std::to_string(i) + std::string(30, static_cast<char>('a' + i % 3));
          db->put(key, now[key]);
        }
        states.push_back(now);
      }
      db->close();
    }
    const auto db = Db::open(request_for(files));
    for (int i = 0; i < 6; ++i) {
      WriteBatch batch;
      for (int j = 0; j < 3; ++j) {
        const std::string key = "late" + std::to_string(i * 3 + j);
        batch.put(key, now[key] = std::string(20, static_cast<char>('p' + i)));
      }
      db->write(batch);
      states.push_back(now);
    }
    disk = files.kill_image(files.operation_count());
    for (const std::string& name : disk->list("/db")) {
      if (name.ends_with(".log")) last_log = "/db/" + name;
    }
  }
};

struct Outcomes {
  bool is_cut = false;
  uint64_t exact = 0, refused = 0, prefix = 0, silent_prefix = 0;
};

// Everything that reading can touch.
Contents read_all_ways(Db& db) {
  Contents forward = contents_of(db), backward;
  const auto cursor = db.cursor({});
  for (cursor->seek_to_last(); cursor->valid(); cursor->prev()) {
    backward.emplace(cursor->key(), cursor->value());
  }
  if (backward != forward) throw std::logic_error("backwards it reads otherwise");
  for (const auto& [key, value] : forward) {
    PinnedValue found;
    if (!db.get(key, found) || found.bytes != value) throw std::logic_error("get differs: " + key);
  }
  return forward;
}

// Opens `disk`, whose file `path` is damaged, and reads it all.
void judge(const Victim& victim, MemoryFileSystem& disk, const std::string& path, bool read_only,
           Outcomes& outcomes) {
  OpenRequest request = request_for(disk);
  request.read_only = read_only;
  try {
    const auto db = Db::open(request);
    const Contents found = read_all_ways(*db);
    if (found == victim.states.back()) {
      ++outcomes.exact;
      return;
    }
    // Not all, so it must be the end of the last log that is missing.
    CHECK(path == victim.last_log);
    const auto last_seqno = static_cast<size_t>(db->last_seqno());
    REQUIRE(last_seqno < victim.states.size());
    CHECK(found == victim.states[last_seqno]);
    CHECK(last_seqno >= kFlushed);  // what was flushed
    const std::string name = path.substr(path.rfind('/') + 1);
    if (db->open_report().torn_tail.find(name) != std::string::npos) {
      ++outcomes.prefix;
    } else {
      ++outcomes.silent_prefix;
    }
  } catch (const CorruptionError& error) {
    ++outcomes.refused;
    // A MANIFEST that ends between two edits can't be told from one that was shorter; what it names
    // is missing then.
    const bool is_named =
        std::string(error.what()).find("the MANIFEST names it") != std::string::npos;
    CHECK((error.file() == path || (outcomes.is_cut && path == "/db/MANIFEST" && is_named)));
  } catch (const NotSupported& error) {
    ++outcomes.refused;
    CHECK(std::string(error.what()).find(path) != std::string::npos);
  }
}

uint64_t stride() {
  const char* text = std::getenv("LSMKIT_DAMAGE_STRIDE");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 17;
}

std::unique_ptr<MemoryFileSystem> copy_of(const MemoryFileSystem& disk) {
  return disk.kill_image(disk.operation_count());
}

std::string kind_of(const std::string& path) {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? path : path.substr(dot);
}

template <class Damage>
std::map<std::string, Outcomes> damage_all(const Victim& victim, uint64_t places_per_byte,
                                           const Damage& damage) {
  std::map<std::string, Outcomes> out;
  uint64_t turn = 0, judged = 0;
  for (const std::string& name : victim.disk->list("/db")) {
    const std::string path = "/db/" + name;
    const std::string whole = victim.disk->contents(path);
    Outcomes& outcomes = out[kind_of(name)];
    outcomes.is_cut = places_per_byte == 1;
    const auto looked_at = copy_of(*victim.disk);
    for (uint64_t place = 0; place < whole.size() * places_per_byte; ++place) {
      if (turn++ % (name.ends_with(".events") ? 32 * stride() : stride()) != 0) continue;
      CAPTURE(path);
      CAPTURE(place);
      const std::string damaged = damage(whole, place);
      looked_at->set_contents(path, damaged);
      looked_at->forget_history();
      judge(victim, *looked_at, path, true, outcomes);
      if (++judged % 8 != 0) continue;
      const auto written = copy_of(*victim.disk);
      written->set_contents(path, damaged);
      judge(victim, *written, path, false, outcomes);
    }
  }
  for (const auto& [kind, o] : out) {
    MESSAGE(kind, ": exact ", o.exact, ", refused ", o.refused, ", a prefix of the last log ",
            o.prefix, ", the same unsaid ", o.silent_prefix);
  }
  return out;
}

}  // namespace

TEST_CASE("a flipped bit anywhere is found, or changes nothing") {
  const Victim victim;
  const auto outcomes = damage_all(victim, 8, [](std::string bytes, uint64_t place) {
    bytes[place / 8] = static_cast<char>(bytes[place / 8] ^ 1 << (place % 8));
    return bytes;
  });
  for (const auto& outcome : outcomes) {
    CAPTURE(outcome.first);
    CHECK(outcome.second.silent_prefix == 0);
  }
  CHECK(outcomes.at(".table").refused > outcomes.at(".table").exact);
}

TEST_CASE("a file that is cut anywhere is found, or nothing is missing") {
  const Victim victim;
  const auto outcomes = damage_all(
      victim, 1, [](const std::string& bytes, uint64_t place) { return bytes.substr(0, place); });
  CHECK(outcomes.at(".table").exact == 0);
  // Cut between two commits, a log can't be told from one that ends there.
  CHECK(outcomes.at(".log").silent_prefix <= 2 * 7);
}
