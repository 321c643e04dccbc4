// What the engine may expect of any file system: the same stories on a real disk and in memory.
#include <doctest/doctest.h>

#include <cerrno>
#include <random>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/error_code.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using test::code_of;

namespace {

struct RealDisk {
  test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  std::string dir = home.path();
};

struct DiskInMemory {
  MemoryFileSystem memory;
  FileSystem& fs = memory;
  std::string dir = "/db";
  DiskInMemory() { memory.make_dir(dir); }
};

// A fault file system without a fault is as good as what it wraps.
struct FaultlessDisk {
  MemoryFileSystem memory;
  FaultFileSystem wrapped{memory};
  FileSystem& fs = wrapped;
  std::string dir = "/db";
  FaultlessDisk() { memory.make_dir(dir); }
};

void write(FileSystem& fs, const std::string& path, std::string_view bytes,
           AppendMode mode = AppendMode::kTable) {
  const auto file = fs.create(path, mode, 0);
  file->append(bytes);
  file->close();
}

std::string read(FileSystem& fs, const std::string& path) {
  return read_whole(fs, path, 64 << 20);
}

using Names = std::vector<std::string>;

}  // namespace

#define EVERY_DISK RealDisk, DiskInMemory, FaultlessDisk

TEST_CASE_TEMPLATE("what is appended is read back, in any pieces and in both modes", Disk,
                   EVERY_DISK) {
  Disk disk;
  std::mt19937_64 random(1);
  for (const AppendMode mode : {AppendMode::kLog, AppendMode::kTable}) {
    const std::string path = join_path(disk.dir, mode == AppendMode::kLog ? "log" : "table");
    const auto file = disk.fs.create(path, mode, 100'000);
    CHECK(file->path() == path);
    std::string model;
    for (int i = 0; i < 300; ++i) {
      const size_t reserved = random() % 3000, used = reserved - random() % (reserved + 1);
      if (random() % 4 == 0) file->allocate(reserved);
      if (random() % 8 == 0) file->prepare(reserved);
      char* to = file->reserve(reserved);
      for (size_t k = 0; k < reserved; ++k) to[k] = static_cast<char>(random());
      model.append(to, used);
      file->commit(used);
      CHECK(file->size() == model.size());
      if (random() % 50 == 0) file->sync();
    }
    const std::string big(2 * AppendFile::kMaxReserveBytes + 17, 'b');
    file->append(big);
    model += big;
    CHECK(read(disk.fs, path).substr(0, model.size()) == model);  // While it is being written.
    file->sync();
    file->close();
    file->close();
    CHECK(disk.fs.file_bytes(path) == model.size());
    CHECK(read(disk.fs, path) == model);

    const auto reader = disk.fs.open(path);
    CHECK(reader->size() == model.size());
    for (int i = 0; i < 200; ++i) {
      const uint64_t offset = random() % (model.size() + 10);
      std::string got(random() % 10'000, '?');
      reader->will_read(offset, got.size());
      got.resize(reader->read(offset, got.size(), got.data()));
      CHECK(got.size() <= model.size());
      if (offset < model.size()) {
        CHECK(got == model.substr(offset, got.size()));
        CHECK((!got.empty() || offset == model.size() || got.size() == 0));
      } else {
        CHECK(got.empty());
      }
    }
  }
}

TEST_CASE_TEMPLATE("a read gives all that was asked for, less only at the end", Disk, EVERY_DISK) {
  Disk disk;
  const std::string path = join_path(disk.dir, "f");
  write(disk.fs, path, "0123456789");
  const auto file = disk.fs.open(path);
  char to[20];
  CHECK(file->read(0, 10, to) == 10);
  CHECK(file->read(3, 4, to) == 4);
  CHECK(std::string(to, 4) == "3456");
  CHECK(file->read(8, 10, to) == 2);
  CHECK(file->read(10, 1, to) == 0);
  CHECK(file->read(1 << 20, 1, to) == 0);
  CHECK(file->read(0, 0, to) == 0);
}

TEST_CASE_TEMPLATE("a file is cut to what was committed when it is dropped without a close", Disk,
                   EVERY_DISK) {
  Disk disk;
  for (const AppendMode mode : {AppendMode::kLog, AppendMode::kTable}) {
    const std::string path = join_path(disk.dir, mode == AppendMode::kLog ? "log" : "table");
    {
      const auto file = disk.fs.create(path, mode, 1 << 20);
      file->allocate(1 << 20);
      file->append("kept");
      file->reserve(100)[0] = 'x';
    }
    CHECK(read(disk.fs, path) == "kept");
  }
}

TEST_CASE_TEMPLATE("creating refuses what exists, opening what doesn't, both directories", Disk,
                   EVERY_DISK) {
  Disk disk;
  FileSystem& fs = disk.fs;
  const auto at = [&](const char* name) { return join_path(disk.dir, name); };
  write(fs, at("file"), "old");
  fs.make_dir(at("directory"));
  const auto create = [&](const char* name) {
    return code_of([&] { fs.create(at(name), AppendMode::kTable, 0); });
  };
  const auto open = [&](const char* name) { return code_of([&] { fs.open(at(name)); }); };
  CHECK(create("file") == EEXIST);
  CHECK(read(fs, at("file")) == "old");
  CHECK(create("directory") == EEXIST);
  CHECK(create("missing/file") == ENOENT);
  CHECK(open("missing") == ENOENT);
  CHECK(open("missing/file") == ENOENT);
  CHECK(open("directory") == EINVAL);
  CHECK(code_of([&] { fs.file_bytes(at("missing")); }) == ENOENT);
}

TEST_CASE_TEMPLATE("directories are made with their parents, listed in order, removed when empty",
                   Disk, EVERY_DISK) {
  Disk disk;
  FileSystem& fs = disk.fs;
  const std::string deep = disk.dir + "/a/b/c";
  fs.make_dir(deep);
  fs.make_dir(deep);
  CHECK(fs.is_directory(deep));
  for (const char* name : {"z", "10", "9", "a"}) write(fs, join_path(deep, name), name);
  CHECK(fs.list(deep) == Names{"10", "9", "a", "z"});
  CHECK(fs.list(disk.dir) == Names{"a"});
  CHECK(fs.list(disk.dir + "/a/") == Names{"b"});

  CHECK(fs.exists(deep));
  CHECK(fs.exists(deep + "/z"));
  CHECK_FALSE(fs.exists(deep + "/y"));
  CHECK_FALSE(fs.exists(deep + "/y/z"));
  CHECK_FALSE(fs.exists(deep + "/z/z"));
  CHECK_FALSE(fs.is_directory(deep + "/z"));
  CHECK_FALSE(fs.is_directory(deep + "/y"));

  CHECK(code_of([&] { fs.list(deep + "/y"); }) == ENOENT);
  CHECK(code_of([&] { fs.list(deep + "/z"); }) == ENOTDIR);
  CHECK(code_of([&] { fs.remove_dir(deep); }) == ENOTEMPTY);
  CHECK(code_of([&] { fs.remove_dir(deep + "/z"); }) == ENOTDIR);
  CHECK(code_of([&] { fs.remove(deep); }) == EISDIR);
  for (const std::string& name : fs.list(deep)) fs.remove(join_path(deep, name));
  CHECK(code_of([&] { fs.remove(deep + "/z"); }) == ENOENT);
  fs.remove_dir(deep);
  CHECK_FALSE(fs.exists(deep));
  CHECK(code_of([&] { fs.sync_dir(deep); }) == ENOENT);
  fs.sync_dir(disk.dir);
}

TEST_CASE_TEMPLATE("a rename takes the place of its target, and open files don't mind", Disk,
                   EVERY_DISK) {
  Disk disk;
  FileSystem& fs = disk.fs;
  const std::string a = disk.dir + "/a", b = disk.dir + "/b";
  const auto writer = fs.create(a, AppendMode::kTable, 0);
  writer->append("new");
  write(fs, b, "old");
  const auto old = fs.open(b);
  fs.rename(a, b);
  writer->append("er");
  CHECK(fs.list(disk.dir) == Names{"b"});
  CHECK(read(fs, b) == "newer");
  char to[4] = {};
  CHECK(old->read(0, 3, to) == 3);
  CHECK(std::string(to) == "old");

  CHECK(code_of([&] { fs.rename(a, b); }) == ENOENT);
  fs.rename(b, b);
  CHECK(read(fs, b) == "newer");
  fs.make_dir(disk.dir + "/inner/empty");
  CHECK(code_of([&] { fs.rename(b, disk.dir + "/inner"); }) == EISDIR);
  CHECK(code_of([&] { fs.rename(disk.dir + "/inner", b); }) == ENOTDIR);
  CHECK(code_of([&] { fs.rename(disk.dir + "/inner", disk.dir + "/inner/empty/x"); }) == EINVAL);
  fs.rename(b, disk.dir + "/inner/c");
  CHECK(read(fs, disk.dir + "/inner/c") == "newer");
  fs.rename(disk.dir + "/inner", disk.dir + "/outer");
  CHECK(read(fs, disk.dir + "/outer/c") == "newer");
}

TEST_CASE_TEMPLATE("a file lives as long as one of its names, or one who has it open", Disk,
                   EVERY_DISK) {
  Disk disk;
  FileSystem& fs = disk.fs;
  const std::string a = disk.dir + "/a", b = disk.dir + "/b";
  write(fs, a, "twice");
  fs.link(a, b);
  CHECK(code_of([&] { fs.link(a, b); }) == EEXIST);
  CHECK(code_of([&] { fs.link(disk.dir + "/missing", disk.dir + "/c"); }) == ENOENT);
  fs.remove(a);
  CHECK(read(fs, b) == "twice");
  const auto file = fs.open(b);
  fs.remove(b);
  write(fs, b, "other");
  char to[6] = {};
  CHECK(file->read(0, 5, to) == 5);
  CHECK(std::string(to) == "twice");
}

TEST_CASE_TEMPLATE("a lock is exclusive until it goes, and its file stays", Disk, EVERY_DISK) {
  Disk disk;
  const std::string path = disk.dir + "/LOCK";
  auto lock = disk.fs.lock(path);
  CHECK(disk.fs.exists(path));
  CHECK_THROWS_AS(disk.fs.lock(path), LockedError);
  lock.reset();
  CHECK(disk.fs.exists(path));
  lock = disk.fs.lock(path);
  CHECK_THROWS_AS(disk.fs.lock(path), LockedError);
}

TEST_CASE_TEMPLATE("a directory's identity doesn't depend on how its path is spelled", Disk,
                   EVERY_DISK) {
  Disk disk;
  FileSystem& fs = disk.fs;
  fs.make_dir(disk.dir + "/a/b");
  const std::string identity = fs.identity(disk.dir + "/a");
  CHECK(fs.identity(disk.dir + "//a/") == identity);
  CHECK(fs.identity(disk.dir + "/./a") == identity);
  CHECK(fs.identity(disk.dir + "/a/b/..") == identity);
  CHECK(fs.identity(disk.dir + "/a/b") != identity);
  CHECK(fs.identity(disk.dir) != identity);
  fs.rename(disk.dir + "/a", disk.dir + "/c");
  CHECK(fs.identity(disk.dir + "/c") == identity);
  CHECK(code_of([&] { fs.identity(disk.dir + "/a"); }) == ENOENT);
  CHECK(fs.free_bytes(disk.dir) > 0);
}

TEST_CASE_TEMPLATE("a small file is read whole, a large one is refused", Disk, EVERY_DISK) {
  Disk disk;
  const std::string path = disk.dir + "/f";
  write(disk.fs, path, "0123456789");
  CHECK(read_whole(disk.fs, path, 10) == "0123456789");
  CHECK_THROWS_AS(read_whole(disk.fs, path, 9), CorruptionError);
}
