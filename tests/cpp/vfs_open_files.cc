// More files than descriptors: those that keep their names are closed between reads and opened
// again, all others stay.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/file_system.h"
#include "support/error_code.h"
#include "support/open_files.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr size_t kFiles = 300;
constexpr size_t kLimit = 64;

class Files {
 public:
  Files() {
    for (size_t i = 0; i < kFiles; ++i) {
      posix_file_system().create(path(i), AppendMode::kTable, 0)->append(text(i));
    }
  }
  std::string path(size_t i) const { return home_.path() + "/" + std::to_string(i); }
  static std::string text(size_t i) { return "this is file " + std::to_string(i); }
  std::unique_ptr<ReadFile> open(size_t i, bool keeps_its_name = true) const {
    auto file = posix_file_system().open(path(i));
    if (keeps_its_name) file->keeps_its_name();
    return file;
  }

 private:
  const TemporaryDirectory home_;
};

std::string all_of(const ReadFile& file) {
  std::string out(file.size() + 10, '\0');
  file.will_read(0, out.size());
  out.resize(file.read(0, out.size(), out.data()));
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("hundreds of files are read with a few descriptors, by several threads") {
  const Files files;
  const OpenFileLimit limit(kLimit);
  std::vector<std::unique_ptr<ReadFile>> open;
  for (size_t i = 0; i < kFiles; ++i) open.push_back(files.open(i));
  CHECK(open_file_count() < kLimit);
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (unsigned reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937 random(reader);
      for (int n = 0; n < 3'000; ++n) {
        // Some are read all the time.
        const size_t i = n % 2 ? random() % kFiles : random() % 8;
        if (all_of(*open[i]) != Files::text(i)) ++wrong;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(open_file_count() < kLimit);
}

TEST_SUITE_END();

TEST_CASE("whoever needs a descriptor gets one of a file that can be opened again") {
  const Files files;
  std::vector<std::unique_ptr<ReadFile>> open;
  for (size_t i = 0; i < 40; ++i) open.push_back(files.open(i));  // far below half the limit
  const OpenFileLimit limit(open_file_count());
  CHECK_NOTHROW(posix_file_system().create(files.path(kFiles), AppendMode::kTable, 0));
  CHECK_NOTHROW(posix_file_system().sync_dir(files.path(0).substr(0, files.path(0).rfind('/'))));
  for (size_t i = 0; i < open.size(); ++i) CHECK(all_of(*open[i]) == Files::text(i));
}

TEST_CASE("a file that promised nothing stays open, though its name is gone") {
  const Files files;
  const OpenFileLimit limit(kLimit);
  const auto held = files.open(0, false);
  posix_file_system().remove(files.path(0));
  std::vector<std::unique_ptr<ReadFile>> others;
  for (size_t i = 1; i < kFiles; ++i) others.push_back(files.open(i));
  CHECK(all_of(*held) == Files::text(0));
}

TEST_CASE("without a file that may be closed, the limit is an error that says what to do") {
  const Files files;
  std::vector<std::unique_ptr<ReadFile>> open;
  std::exception_ptr failure;
  try {
    const OpenFileLimit limit(open_file_count() + 5);
    for (size_t i = 0; i < kFiles; ++i) open.push_back(files.open(i, false));
  } catch (...) {
    failure = std::current_exception();
  }
  REQUIRE(failure);
  CHECK_THROWS_WITH_AS(std::rethrow_exception(failure), doctest::Contains("ulimit -n"), IoError);
  CHECK(open.size() < kLimit);
  CHECK(all_of(*open.back()) == Files::text(open.size() - 1));
}

TEST_CASE("another file that has taken the name is not read in its place") {
  const Files files;
  const OpenFileLimit limit(kLimit);
  const auto first = files.open(0);
  posix_file_system().rename(files.path(1), files.path(0));
  std::vector<std::unique_ptr<ReadFile>> others;
  for (size_t i = 2; i < kFiles; ++i) others.push_back(files.open(i));
  CHECK(code_of([&] { all_of(*first); }) == ESTALE);
  posix_file_system().remove(files.path(0));
  CHECK(code_of([&] { all_of(*first); }) == ENOENT);
}
