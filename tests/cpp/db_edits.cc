// Edits of the MANIFEST that are torn, or left in doubt by a disk that fails under a flush or a
// compaction: whatever becomes of the edit, no table that it may need is removed, and nothing is
// lost.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(FileSystem& files) {
  Options o;
  o.sync = {0, 0};
  o.memtable_bytes = 64 << 10;
  o.table_bytes = 1 << 10;
  o.base_bytes = 4 << 10;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = "inline";
  return {.path = "/db", .options = o, .overrides = {}, .environment = {&files}};
}

// Two overlapping runs in L0, and a memtable that overlaps both.
Contents fill(Db& db) {
  Contents due;
  for (const char letter : {'a', 'b', 'c'}) {
    for (int i = 0; i < 20; ++i) {
      const std::string key = "k" + std::to_string(i), value(50, letter);
      db.put(key, value);
      due[key] = value;
    }
    if (letter != 'c') db.flush();
  }
  return due;
}

void flush(Db& db) {
  db.flush();
}
void compact(Db& db) {
  db.compact_range(std::nullopt, std::nullopt);
}

size_t table_files(FileSystem& files) {
  size_t count = 0;
  for (const std::string& name : files.list("/db")) count += name.ends_with(".table");
  return count;
}

// The last byte of the last edit comes back changed.
void tear_last_edit(MemoryFileSystem& disk) {
  std::string manifest = disk.contents("/db/MANIFEST");
  char& last = manifest[manifest.find_last_not_of('\0')];
  last = static_cast<char>(last ^ 1);
  disk.set_contents("/db/MANIFEST", manifest);
}

}  // namespace

TEST_CASE("a torn last edit is refused if it was acted upon, and else nothing is missing") {
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory));
  const Contents due = fill(*db);
  const uint64_t begin = memory.operation_count();
  flush(*db);
  compact(*db);
  int refused = 0, taken = 0;
  for (uint64_t at = begin; at <= memory.operation_count(); ++at) {
    CAPTURE(at);
    const auto image = memory.kill_image(at);
    const std::string whole = image->contents("/db/MANIFEST");
    tear_last_edit(*image);
    const size_t tables = table_files(*image);
    for (const bool read_only : {true, false}) {
      CAPTURE(read_only);
      OpenRequest request = request_for(*image);
      request.read_only = read_only;
      try {
        const Contents found = contents_of(*Db::open(request));
        CHECK(found == due);
        ++taken;
      } catch (const CorruptionError& error) {
        ++refused;
        CHECK(error.file() == "/db/MANIFEST");
        CHECK(table_files(*image) == tables);
        // So that a copy of the MANIFEST, put in its place, brings everything back.
        if (read_only) continue;
        image->set_contents("/db/MANIFEST", whole);
        CHECK(contents_of(*Db::open(request_for(*image))) == due);
      }
    }
  }
  CHECK(refused > 0);
  CHECK(taken > 0);
}

TEST_CASE("a disk that fails for a while under a flush or a compaction loses nothing") {
  int failed_jobs = 0;
  for (void (*work)(Db&) : {flush, compact}) {
    for (const FaultEffect effect : {FaultEffect::kNothing, FaultEffect::kDone}) {
      for (const uint64_t times : {1, 2, 3, 5, 8}) {
        bool struck = true;
        for (uint64_t at = 1; struck; ++at) {
          CAPTURE((work == compact));
          CAPTURE(static_cast<int>(effect));
          CAPTURE(times);
          CAPTURE(at);
          MemoryFileSystem memory;
          FaultFileSystem faulty(memory);
          auto db = Db::open(request_for(faulty));
          const Contents due = fill(*db);
          faulty.inject({.at = at, .times = times, .effect = effect});
          try {
            work(*db);
          } catch (const Error&) {
            ++failed_jobs;
          }
          struck = faulty.failure_count() > 0;
          faulty.heal();
          CHECK(contents_of(*db) == due);
          // The process dies here; and another goes on.
          const auto image = memory.kill_image(memory.operation_count());
          const auto again = Db::open(request_for(*image));
          CHECK(contents_of(*again) == due);
          again->verify();
        }
      }
    }
  }
  CHECK(failed_jobs > 100);
}
