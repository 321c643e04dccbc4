// The file system that fails does so where it was told, and only there.
#include <doctest/doctest.h>

#include <cerrno>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/error_code.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using test::code_of;

namespace {

struct FaultyDisk {
  MemoryFileSystem disk;
  FaultFileSystem fs{disk};
};

// One of every kind of operation, in `dir`; those of a path that exist once are given by their
// kind.
void do_everything(FileSystem& fs, const std::string& dir) {
  fs.make_dir(dir + "/db");
  const auto lock = fs.lock(dir + "/db/LOCK");
  fs.identity(dir + "/db");
  const auto file = fs.create(dir + "/db/a", AppendMode::kLog, 0);
  file->allocate(100);
  file->append("hello");
  file->sync();
  file->close();
  fs.rename(dir + "/db/a", dir + "/db/b");
  fs.link(dir + "/db/b", dir + "/db/c");
  fs.sync_dir(dir + "/db");
  fs.list(dir + "/db");
  fs.exists(dir + "/db/b");
  fs.file_bytes(dir + "/db/b");
  fs.free_bytes(dir + "/db");
  read_whole(fs, dir + "/db/b", 100);
  fs.remove(dir + "/db/b");
}

}  // namespace

TEST_CASE("every operation can be made to fail, at every position, with every code") {
  FaultyDisk faultless;
  do_everything(faultless.fs, "");
  const uint64_t count = faultless.fs.operation_count();
  CHECK(count == 19);
  CHECK(faultless.fs.failure_count() == 0);
  for (uint64_t at = 1; at <= count + 1; ++at) {
    for (const int code : {EIO, ENOSPC, EMFILE, EACCES}) {
      FaultyDisk faulty;
      faulty.fs.inject({.at = at, .code = code});
      INFO("operation ", at, ", code ", code);
      CHECK(code_of([&] { do_everything(faulty.fs, ""); }) == (at <= count ? code : 0));
      CHECK(faulty.fs.operation_count() == std::min(at, count));
      CHECK(faulty.fs.failure_count() == (at <= count ? 1 : 0));
    }
  }
}

TEST_CASE("every kind can be made to fail alone, and the message says which and where") {
  for (size_t i = 0; i < kFileOperationCount; ++i) {
    const auto kind = static_cast<FileOperation>(i);
    FaultyDisk faulty;
    faulty.fs.inject({.of = kind});
    std::string message;
    try {
      do_everything(faulty.fs, "");
    } catch (const IoError& error) {
      message = error.what();
      CHECK(error.path().starts_with("/db"));
    }
    INFO(message);
    CHECK(message.find(to_string(kind)) != std::string::npos);
    CHECK(message.find("/db") != std::string::npos);
    CHECK(faulty.fs.operation_count(kind) == 1);
  }
}

TEST_CASE("a fault strikes once, for a while, or for ever, and others beside it") {
  FaultyDisk faulty;
  FileSystem& fs = faulty.fs;
  const auto file = fs.create("/f", AppendMode::kLog, 0);
  const auto outcomes = [&](int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      out += code_of([&] { file->sync(); }) == 0 ? '.' : 'x';
      fs.list("/");
    }
    return out;
  };
  faulty.fs.inject({.of = FileOperation::kSync, .at = 3});
  CHECK(outcomes(8) == "..x.....");
  faulty.fs.inject({.of = FileOperation::kSync, .at = 2, .times = 3});
  faulty.fs.inject({.of = FileOperation::kSync, .at = 7});
  CHECK(outcomes(8) == ".xxx..x.");
  faulty.fs.inject({.of = FileOperation::kSync, .at = 4, .times = Fault::kForEver});
  CHECK(outcomes(8) == "...xxxxx");
  faulty.fs.heal();
  CHECK(outcomes(8) == "........");
  CHECK(faulty.fs.operation_count(FileOperation::kSync) == 32);
  CHECK(faulty.fs.operation_count(FileOperation::kList) == 32);
  CHECK(faulty.fs.failure_count() == 10);
  CHECK_THROWS_AS(faulty.fs.inject({.at = 0}), InvalidArgument);
}

TEST_CASE("a refused operation leaves the disk as it was") {
  FaultyDisk faulty;
  faulty.disk.set_contents("/a", "a");
  faulty.disk.make_dir("/dir");
  const auto file = faulty.fs.create("/f", AppendMode::kLog, 0);
  file->append("kept");
  const uint64_t before = faulty.disk.operation_count();
  faulty.fs.inject({.times = Fault::kForEver});
  FileSystem& fs = faulty.fs;
  const std::function<void()> calls[] = {
      [&] { fs.create("/new", AppendMode::kTable, 0); },
      [&] { fs.make_dir("/new"); },
      [&] { fs.remove("/a"); },
      [&] { fs.remove_dir("/dir"); },
      [&] { fs.rename("/a", "/b"); },
      [&] { fs.link("/a", "/b"); },
      [&] { fs.sync_dir("/"); },
      [&] { fs.lock("/LOCK"); },
      [&] { file->reserve(10); },
      [&] { file->allocate(10); },
      [&] { file->sync(); },
      [&] { file->close(); },
  };
  for (const auto& call : calls) CHECK(code_of(call) == EIO);
  faulty.fs.heal();
  file->reserve(4)[0] = 'x';
  faulty.fs.inject({.of = FileOperation::kAppend});
  CHECK(code_of([&] { file->commit(4); }) == EIO);
  CHECK(faulty.disk.operation_count() == before);
  CHECK(faulty.disk.list("/") == std::vector<std::string>{"a", "dir", "f"});
  CHECK(faulty.disk.contents("/f") == "kept");
}

TEST_CASE("a short write stores the first half and says so") {
  FaultyDisk faulty;
  const auto file = faulty.fs.create("/f", AppendMode::kLog, 0);
  faulty.fs.inject({.of = FileOperation::kAppend, .at = 2, .effect = FaultEffect::kHalf});
  file->append("first ");
  CHECK(code_of([&] { file->append("second"); }) == EIO);
  CHECK(faulty.disk.contents("/f") == "first sec");
  CHECK(file->size() == 9);
}

TEST_CASE("an error may lie: the rename, the append, the removal happened") {
  FaultyDisk faulty;
  faulty.disk.set_contents("/a", "a");
  const auto lie = [&](FileOperation of) {
    faulty.fs.heal();
    faulty.fs.inject({.of = of, .effect = FaultEffect::kDone});
  };
  lie(FileOperation::kRename);
  CHECK(code_of([&] { faulty.fs.rename("/a", "/b"); }) == EIO);
  CHECK(faulty.disk.list("/") == std::vector<std::string>{"b"});
  lie(FileOperation::kRemove);
  CHECK(code_of([&] { faulty.fs.remove("/b"); }) == EIO);
  CHECK(faulty.disk.list("/").empty());
  lie(FileOperation::kCreate);
  CHECK(code_of([&] { faulty.fs.create("/c", AppendMode::kTable, 0); }) == EIO);
  CHECK(faulty.disk.exists("/c"));
  const auto file = faulty.fs.create("/d", AppendMode::kTable, 0);
  lie(FileOperation::kAppend);
  CHECK(code_of([&] { file->append("d"); }) == EIO);
  CHECK(faulty.disk.contents("/d") == "d");
  lie(FileOperation::kLock);
  CHECK(code_of([&] { faulty.fs.lock("/LOCK"); }) == EIO);
  CHECK_NOTHROW(faulty.fs.lock("/LOCK"));  // The failed call left no lock behind.
}

TEST_CASE("a sync that failed and then succeeds has lost what was un-synced") {
  FaultyDisk faulty;
  const auto file = faulty.fs.create("/f", AppendMode::kLog, 0);
  faulty.fs.sync_dir("/");
  file->append("safe ");
  file->sync();
  faulty.fs.inject({.of = FileOperation::kSync, .effect = FaultEffect::kUnsyncedLost});
  file->append("lost ");
  faulty.fs.rename("/f", "/g");
  CHECK(code_of([&] { file->sync(); }) == EIO);
  file->append("late");
  file->sync();
  faulty.fs.sync_dir("/");
  CHECK(faulty.disk.contents("/g") == "safe lost late");
  const auto image = faulty.disk.crash_image(faulty.disk.operation_count(), kNothingUnsynced, 0);
  CHECK(image->contents("/g") == std::string("safe \0\0\0\0\0late", 14));
}

TEST_CASE("faults strike a real disk as well") {
  const test::TemporaryDirectory home;
  FaultFileSystem fs(posix_file_system());
  const std::string path = home.path() + "/f";
  const auto file = fs.create(path, AppendMode::kLog, 0);
  fs.inject({.of = FileOperation::kAppend, .at = 2, .effect = FaultEffect::kHalf});
  file->append("first ");
  CHECK(code_of([&] { file->append("second"); }) == EIO);
  file->close();
  CHECK(read_whole(fs, path, 100) == "first sec");
  fs.inject({.of = FileOperation::kSyncDir});
  CHECK(code_of([&] { fs.sync_dir(home.path()); }) == EIO);
}

TEST_CASE("of many threads' operations exactly the k-th fails" * doctest::test_suite("threads")) {
  FaultyDisk faulty;
  faulty.disk.set_contents("/f", "f");
  faulty.fs.inject({.of = FileOperation::kRead, .at = 500, .times = 7});
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto file = faulty.fs.open("/f");
        char c = 0;
        for (int k = 0; k < 500; ++k) failures += code_of([&] { file->read(0, 1, &c); }) != 0;
      });
    }
  }
  CHECK(failures == 7);
  CHECK(faulty.fs.operation_count(FileOperation::kRead) == 2000);
}
