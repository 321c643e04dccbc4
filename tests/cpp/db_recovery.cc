// Opens that find a full disk, are interrupted, or find damage; and closes that are interrupted.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file_system.h"
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

TEST_CASE("an open that is interrupted, at any of its polls, leaves the directory as it was") {
  Killed killed;
  const std::vector<std::string> before = killed.disk->list("/db");
  uint64_t interrupted_opens = 0;
  for (bool opened = false; !opened; ++interrupted_opens) {
    CAPTURE(interrupted_opens);
    OpenRequest request = request_for(*killed.disk);
    request.poll = [left = interrupted_opens](const Progress&) mutable {
      if (left-- == 0) throw Interrupted();
    };
    try {
      const auto db = Db::open(request);
      opened = true;
      CHECK(contents_of(*db) == killed.due);
    } catch (const Interrupted&) {
      CHECK(killed.disk->list("/db") == before);
    }
  }
  CHECK(interrupted_opens > 200);  // a poll for each record at least
}

namespace {

// Whoever makes a table waits to be let.
class TablesWait final : public PassingFileSystem {
 public:
  using PassingFileSystem::PassingFileSystem;
  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    if (mode == AppendMode::kTable) held_.wait(true);
    return PassingFileSystem::create(path, mode, expected_bytes);
  }
  void let_go() {
    held_ = false;
    held_.notify_all();
  }

 private:
  std::atomic<bool> held_{true};
};

}  // namespace

TEST_CASE("a close that is interrupted is a close all the same, and the next open has it all") {
  for (const bool inline_background : {true, false}) {
    CAPTURE(inline_background);
    MemoryFileSystem memory;
    TablesWait files(memory);  // a thread that flushed before the close polls would end it in peace
    OpenRequest request = request_for(memory);
    request.environment.files = &files;
    request.options->background = inline_background ? "inline" : "threads";
    if (inline_background) files.let_go();
    Contents due;
    {
      const auto db = Db::open(request);
      for (int i = 0; i < 5'000; ++i) {
        due["key" + std::to_string(i)] = value_of(i);
        db->put("key" + std::to_string(i), value_of(i));
      }
      const auto interrupt = [&](const Progress&) {
        files.let_go();
        throw Interrupted();
      };
      CHECK_THROWS_AS(db->close(interrupt), Interrupted);
      CHECK(db->closed());
      CHECK_THROWS_AS(db->put("a", "b"), ClosedError);
    }
    const auto db = Db::open(request);
    // With threads one of them may have flushed before the poll came.
    if (inline_background) CHECK(db->open_report().replayed_records == 5'000);
    CHECK(contents_of(*db) == due);
  }
}

TEST_CASE("while one directory is opened, its poll may open another, but not the same") {
  Killed killed;
  unsigned polls = 0;
  OpenRequest request = request_for(*killed.disk);
  request.poll = [&](const Progress&) {
    if (polls++ > 0) return;
    OpenRequest other = request_for(*killed.disk);
    CHECK_THROWS_WITH_AS(Db::open(other), doctest::Contains("by this very thread"),
                         InvalidArgument);
    other.path = "/other";
    Db::open(other)->put("a", "b");
  };
  CHECK(contents_of(*Db::open(request)) == killed.due);
  CHECK(polls > 1);
}

TEST_CASE("a read-only open tries again while something moves, but damage that stays is told") {
  struct Counting : PassingFileSystem {
    using PassingFileSystem::PassingFileSystem;
    std::vector<std::string> list(const std::string& dir) override {
      ++listings;
      return PassingFileSystem::list(dir);
    }
    unsigned listings = 0;
  };
  Killed killed;
  for (const std::string& name : killed.disk->list("/db")) {
    if (name.ends_with(".table")) killed.disk->remove("/db/" + name);
  }
  Counting files(*killed.disk);
  OpenRequest look = request_for(*killed.disk);
  look.environment.files = &files;
  look.read_only = true;
  CHECK_THROWS_AS(Db::open(look), CorruptionError);
  CHECK(files.listings == 4);  // two for each of two attempts
}

namespace {

// At the one place where a listing and a look at a name may disagree, does something in between.
class BetweenLooks final : public PassingFileSystem {
 public:
  BetweenLooks(FileSystem& below, std::function<void()> act)
      : PassingFileSystem(below), act_(std::move(act)) {}

  std::vector<std::string> list(const std::string& dir) override {
    auto names = PassingFileSystem::list(dir);
    if (act_) std::exchange(act_, nullptr)();
    return names;
  }

 private:
  std::function<void()> act_;
};

}  // namespace

TEST_CASE("a directory that is refused gets no LOCK; strangers may stand beside a MANIFEST") {
  MemoryFileSystem files;
  files.make_dir("/db");
  files.create("/db/letter", AppendMode::kTable, 0);
  CHECK_THROWS_AS(Db::open(request_for(files)), InvalidArgument);
  CHECK(files.list("/db") == std::vector<std::string>{"letter"});
  files.remove("/db/letter");
  Db::open(request_for(files))->put("a", "1");
  files.create("/db/letter", AppendMode::kTable, 0);
  CHECK(contents_of(*Db::open(request_for(files))) == Contents{{"a", "1"}});
}

TEST_CASE("a database that is made while another open looks is no stranger's directory") {
  MemoryFileSystem files;
  files.make_dir("/db");
  files.create("/db/letter", AppendMode::kTable, 0);
  // Listed without a MANIFEST, which is there when its name is asked for; as when one is replaced.
  BetweenLooks looks(files, [&] {
    files.remove("/db/letter");
    Db::open(request_for(files))->put("a", "1");
    files.create("/db/letter", AppendMode::kTable, 0);
  });
  OpenRequest request = request_for(files);
  request.environment.files = &looks;
  CHECK(contents_of(*Db::open(request)) == Contents{{"a", "1"}});
}
