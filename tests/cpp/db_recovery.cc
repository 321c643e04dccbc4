// Opens that find a full disk.
#include <doctest/doctest.h>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(MemoryFileSystem& files) {
  Options options;
  options.background = "inline";
  return {.path = "/db", .options = options, .overrides = {}, .environment = {&files}};
}

uint64_t used_bytes(MemoryFileSystem& files) {
  uint64_t bytes = 0;
  for (const std::string& name : files.list("/db")) bytes += files.file_bytes("/db/" + name);
  return bytes;
}

std::string value_of(int i) {
  return std::string(1'000, static_cast<char>('a' + i % 26)) + std::to_string(i);
}

// A database whose process was killed: some of it in tables, some in logs alone.
struct Killed {
  std::unique_ptr<MemoryFileSystem> disk;
  Contents due;

  Killed() {
    MemoryFileSystem files;
    const auto db = Db::open(request_for(files));
    for (int i = 0; i < 400; ++i) {
      if (i == 200) db->flush();
      due["key" + std::to_string(i)] = value_of(i);
      db->put("key" + std::to_string(i), value_of(i));
    }
    disk = files.kill_image(files.operation_count());
  }
};

}  // namespace

TEST_CASE("an open that finds the disk full makes room by removing what nobody names") {
  Killed killed;
  // What a job that never ended left behind.
  const std::string leftover = table_file_name(pack_table_number(JobNumber{77}, 0, 0));
  killed.disk->set_contents("/db/" + leftover, std::string(500'000, 'x'));
  killed.disk->set_capacity_bytes(used_bytes(*killed.disk) + 20'000);
  const auto db = Db::open(request_for(*killed.disk));
  CHECK(contents_of(*db) == killed.due);
  CHECK(!killed.disk->exists("/db/" + leftover));
  db->put("more", "room");
}

TEST_CASE("an open for which there is no room says how much it needs, and loses nothing") {
  Killed killed;
  const uint64_t used = used_bytes(*killed.disk);
  for (const uint64_t room : {0u, 100u, 20'000u}) {
    CAPTURE(room);
    killed.disk->set_capacity_bytes(used + room);
    try {
      Db::open(request_for(*killed.disk));
      FAIL("it was opened");
    } catch (const IoError& error) {
      CHECK(error.code() == ENOSPC);
      CHECK(std::string(error.what()).find("it needs up to ") != std::string::npos);
      CHECK(std::string(error.what()).find("read_only=True") != std::string::npos);
    }
    CHECK(used_bytes(*killed.disk) == used);
  }
  OpenRequest look = request_for(*killed.disk);
  look.read_only = true;
  CHECK(contents_of(*Db::open(look)) == killed.due);

  killed.disk->set_capacity_bytes(used + (4 << 20));
  CHECK(contents_of(*Db::open(request_for(*killed.disk))) == killed.due);
}
