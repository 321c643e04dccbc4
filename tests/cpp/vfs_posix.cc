// What only a real system can do to us: other processes, links, pipes, permissions.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/clock.h"
#include "lsmkit/vfs/file_system.h"
#include "support/error_code.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using test::code_of;

namespace {

// Runs `work` in a forked child and gives its exit code.
int in_child(const std::function<int()>& work) {
  std::cout.flush();  // Or the child may print it once more.
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    int code = 99;
    try {
      code = work();
    } catch (...) {
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

mode_t permissions_of(const std::string& path) {
  struct stat about;
  REQUIRE(lstat(path.c_str(), &about) == 0);
  return about.st_mode & 0777;
}

}  // namespace

TEST_CASE("another process is refused the lock, and told who holds it") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  const std::string path = home.path() + "/LOCK";
  auto lock = fs.lock(path);
  const pid_t holder = getpid();
  const auto attempt = [&] {
    try {
      fs.lock(path);
    } catch (const LockedError& error) {
      return error.pid() == holder && error.path() == home.path() ? 1 : 2;
    }
    return 0;
  };
  CHECK(in_child(attempt) == 1);
  lock.reset();
  CHECK(in_child(attempt) == 0);
}

TEST_CASE("a lock goes with the process that held it") {
  const test::TemporaryDirectory home;
  const std::string path = home.path() + "/LOCK";
  in_child([&] {
    const auto lock = posix_file_system().lock(path);
    return kill(getpid(), SIGKILL);
  });
  CHECK_NOTHROW(posix_file_system().lock(path));
}

TEST_CASE("a forked child that gives up its copy of the lock leaves the parent's") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  const std::string path = home.path() + "/LOCK";
  auto lock = fs.lock(path);
  CHECK(in_child([&] {
          lock->abandon_after_fork();
          lock.reset();
          return 0;
        }) == 0);
  CHECK_THROWS_AS(fs.lock(path), LockedError);

  // A child that lives on doesn't keep the lock from the next owner either.
  int ready[2], go[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(go) == 0);
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    lock->abandon_after_fork();
    char c = 'x';
    (void)!write(ready[1], &c, 1);
    (void)!read(go[0], &c, 1);
    _exit(0);
  }
  char c = 'x';
  REQUIRE(read(ready[0], &c, 1) == 1);
  lock.reset();
  CHECK_NOTHROW(fs.lock(path));
  REQUIRE(write(go[1], &c, 1) == 1);
  waitpid(child, nullptr, 0);
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) close(fd);
}

TEST_CASE("a pipe, a device, a symbolic link in the place of a file are refused at once") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  const auto at = [&](const char* name) { return home.path() + "/" + name; };
  REQUIRE(mkfifo(at("pipe").c_str(), 0600) == 0);
  fs.create(at("file"), AppendMode::kTable, 0)->append("secret");
  REQUIRE(symlink(at("file").c_str(), at("link").c_str()) == 0);
  REQUIRE(symlink(at("nowhere").c_str(), at("broken").c_str()) == 0);

  alarm(10);  // Opening a pipe that nobody writes to would wait for ever.
  CHECK(code_of([&] { fs.open(at("pipe")); }) == EINVAL);
  alarm(0);
  CHECK(code_of([&] { fs.open("/dev/null"); }) == EINVAL);
  CHECK(code_of([&] { fs.open(at("link")); }) == ELOOP);
  CHECK(code_of([&] { fs.lock(at("link")); }) == ELOOP);
  CHECK(code_of([&] { fs.create(at("link"), AppendMode::kTable, 0); }) == EEXIST);
  CHECK(code_of([&] { fs.create(at("broken"), AppendMode::kTable, 0); }) == EEXIST);
  CHECK(fs.exists(at("broken")));
  CHECK_FALSE(fs.exists(at("nowhere")));

  // What a link names stays when the link goes.
  fs.remove(at("link"));
  CHECK(read_whole(fs, at("file"), 100) == "secret");
}

TEST_CASE("files are made for their owner alone, directories too") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  const mode_t before = umask(0);
  fs.make_dir(home.path() + "/a/b");
  fs.create(home.path() + "/a/b/f", AppendMode::kTable, 0);
  const auto lock = fs.lock(home.path() + "/a/b/LOCK");
  umask(before);
  CHECK(permissions_of(home.path() + "/a") == 0700);
  CHECK(permissions_of(home.path() + "/a/b") == 0700);
  CHECK(permissions_of(home.path() + "/a/b/f") == 0600);
  CHECK(permissions_of(home.path() + "/a/b/LOCK") == 0600);
}

TEST_CASE("no descriptor is left open, whatever fails") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  const auto open_count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_count();
  for (int i = 0; i < 10; ++i) {
    const std::string path = home.path() + "/" + std::to_string(i);
    fs.create(path, AppendMode::kLog, 0)->append("x");
    CHECK_THROWS(fs.create(path, AppendMode::kLog, 0));
    fs.open(path);
    CHECK_THROWS(fs.open(home.path()));
    CHECK_THROWS(fs.list(path));
    fs.list(home.path());
    fs.sync_dir(home.path());
    const auto lock = fs.lock(path);
    CHECK_THROWS(fs.lock(path));
  }
  CHECK(open_count() == before);
}

TEST_CASE("what was committed is there after the process was killed, also what was never synced") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  for (const AppendMode mode : {AppendMode::kLog, AppendMode::kTable}) {
    const std::string path = home.path() + (mode == AppendMode::kLog ? "/log" : "/table");
    std::string due;
    for (int i = 0; i < 1000; ++i) due += std::to_string(i) + ",";
    in_child([&] {
      const auto file = fs.create(path, mode, 1 << 20);
      for (int i = 0; i < 1000; ++i) file->append(std::to_string(i) + ",");
      return kill(getpid(), SIGKILL);
    });
    const std::string found = read_whole(fs, path, 64 << 20);
    REQUIRE(found.size() >= due.size());
    CHECK(found.substr(0, due.size()) == due);
    CHECK(found.find_first_not_of('\0', due.size()) == std::string::npos);  // Allocated space.
  }
}

TEST_CASE("syncs and preparations may run beside the appends" * doctest::test_suite("threads")) {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  for (const AppendMode mode : {AppendMode::kLog, AppendMode::kTable}) {
    const std::string path = home.path() + (mode == AppendMode::kLog ? "/log" : "/table");
    const auto file = fs.create(path, mode, 4 << 20);
    std::string model;
    {
      std::jthread helper([&](std::stop_token stop) {
        while (!stop.stop_requested()) {
          file->prepare(256 << 10);
          file->sync();
        }
      });
      for (int i = 0; i < 3000; ++i) {
        const std::string piece(static_cast<size_t>(i % 700), static_cast<char>('a' + i % 26));
        file->append(piece);
        model += piece;
      }
    }
    file->close();
    CHECK(read_whole(fs, path, 64 << 20) == model);
  }
}

TEST_CASE("a log finds that there is no room before the first byte, and stays as it was") {
  const test::TemporaryDirectory home;
  FileSystem& fs = posix_file_system();
  const std::string path = home.path() + "/log";
  const auto work = [&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};  // The nearest to a full disk that needs no rights.
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const auto file = fs.create(path, AppendMode::kLog, 4 << 20);
    file->append("before");
    if (code_of([&] { file->allocate(2 << 20); }) != EFBIG) return 2;
    if (file->size() != 6) return 3;
    file->allocate(100);
    file->append(" after");
    file->close();
    return read_whole(fs, path, 100) == "before after" ? 0 : 4;
  };
  CHECK(in_child(work) == 0);
}

TEST_CASE("the clocks go forward, and entropy doesn't repeat") {
  Clock& clock = system_clock();
  const uint64_t before = clock.now_us();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  CHECK(clock.now_us() - before >= 2000);
  CHECK(clock.wall_us() > 1'700'000'000'000'000);
  CHECK(random_u64() != random_u64());

  ManualClock manual(5);
  manual.advance(7);
  CHECK(manual.now_us() == 12);
  CHECK(manual.wall_us() == 12);
}
