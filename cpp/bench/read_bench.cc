// What the choices in a table's format cost in bytes and in reads.
//
// W2.4: prefix compression with a full key every 16 records, and off.
// W2.6, W2.9: bytes that seqnos take per record: spread, clustered as the keys are, zero.
// W2.8: blocks kept in the cache, read by pread, and copied out of a mapped file.
//
//   build/cpp/bench/read_bench [records, 1000000 if not given] [directory, the current one]
//
// It writes into a fresh directory within that one, and removes that alone. The files stay in the
// system's page cache: what is measured is what the way costs, not the disk.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "scratch.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

constexpr int kRounds = 5;
constexpr size_t kValueBytes = 100;

// Reads are copies out of a mapping: no system call.
class MappedFile final : public ReadFile {
 public:
  explicit MappedFile(const std::string& path) : path_(path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw IoError(errno, path, "open");
    size_ = static_cast<size_t>(lseek(file, 0, SEEK_END));
    void* const bytes = mmap(nullptr, size_, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    ::close(file);
    if (bytes == MAP_FAILED) throw IoError(errno, path, "mmap");
    bytes_ = static_cast<const char*>(bytes);
  }
  ~MappedFile() override { munmap(const_cast<char*>(bytes_), size_); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  uint64_t size() const override { return size_; }
  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    if (offset >= size_) return 0;
    const size_t there = std::min<size_t>(bytes, size_ - offset);
    std::memcpy(to, bytes_ + offset, there);
    return there;
  }
  const std::string& path() const override { return path_; }

 private:
  const std::string path_;
  const char* bytes_ = nullptr;
  size_t size_ = 0;
};

struct Shape {
  const char* name;
  std::string (*key)(uint64_t i, uint64_t count);
};

const Shape kShapes[] = {
    {"16 digits, spread",
     [](uint64_t i, uint64_t count) { return decimal_key(i * (9'999'999'999'999'999 / count)); }},
    {"a path of 40 bytes",
     [](uint64_t i, uint64_t) { return "/var/lib/events/2026/11/" + decimal_key(i * 37); }},
};

using SeqnoOf = Seqno (*)(uint64_t i, uint64_t count);

std::string build(const std::string& dir, const Shape& shape, uint64_t count,
                  const TableOptions& options, SeqnoOf seqno) {
  const std::string path = join_path(dir, "table");
  FileSystem& files = posix_file_system();
  if (files.exists(path)) files.remove(path);
  const auto file = files.create(path, AppendMode::kTable, 0);
  TableBuilder builder(*file, 1, 2, 3, options);
  const std::string value = half_random_value(kValueBytes, 1);
  for (uint64_t i = 0; i < count; ++i) {
    builder.add({shape.key(i, count), seqno(i, count), Kind::kPut, value});
  }
  builder.finish();
  file->close();
  return path;
}

double get_us(const Table& table, const std::vector<std::string>& keys) {
  uint64_t found = 0;
  const double s = seconds_of([&] {
    for (const std::string& key : keys) {
      TableHit hit;
      TableGetStats stats;
      found +=
          table.get(key, kMaxSeqno, hash_bytes(key), hit, true, stats) == TableGetResult::kFound;
    }
  });
  if (found != keys.size()) throw std::runtime_error("a table has lost keys");
  return s * 1e6 / static_cast<double>(keys.size());
}

double row_us(const Table& table) {
  uint64_t rows = 0;
  TableCursor cursor = table.cursor({});
  const double s = seconds_of([&] {
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      rows += cursor.key().size() + cursor.value().size() > 0;
    }
  });
  return s * 1e6 / static_cast<double>(rows);
}

// `wanted` of the table's keys, drawn at random.
std::vector<std::string> drawn_keys(const Shape& shape, uint64_t count, uint64_t wanted) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < wanted; ++i) keys.push_back(shape.key(mix64(i) % count, count));
  return keys;
}

struct Times {
  std::vector<double> get, row;
  void take(const Table& table, const std::vector<std::string>& keys) {
    get.push_back(get_us(table, keys));
    row.push_back(row_us(table));
  }
};

void prefix_compression(const std::string& dir, const Shape& shape, uint64_t count) {
  const auto keys = drawn_keys(shape, count, count / 2);
  std::printf("  %-34s %12s %10s %10s\n", "full keys (W2.4)", "bytes/record", "get us", "row us");
  for (const uint32_t interval : {16u, 1u}) {
    TableOptions options;
    options.restart_interval = interval;
    const std::string path =
        build(dir, shape, count, options, [](uint64_t, uint64_t) { return Seqno{0}; });
    BlockCache cache(1 << 30);
    const auto table = Table::open(posix_file_system().open(path), &cache, 1);
    row_us(*table);  // into the cache
    Times times;
    for (int round = 0; round < kRounds; ++round) times.take(*table, keys);
    std::printf("  %-34s %12.2f %10.3f %10.3f\n",
                interval == 1 ? "every one" : "every 16th, the rest as suffixes",
                static_cast<double>(table->properties().data_bytes) / static_cast<double>(count),
                median(times.get), median(times.row));
  }
}

void seqno_bytes(const std::string& dir, const Shape& shape, uint64_t count) {
  struct Case {
    const char* name;
    SeqnoOf seqno;
  };
  const Case cases[] = {
      {"zero, as compaction leaves them", [](uint64_t, uint64_t) { return Seqno{0}; }},
      {"ascending with the keys", [](uint64_t i, uint64_t) { return Seqno{i + 1}; }},
      {"any of the last million",
       [](uint64_t i, uint64_t) { return Seqno{1 + mix64(i) % 1'000'000}; }},
  };
  std::printf("  %-34s %12s %10s   (8 if stored whole)\n", "seqnos (W2.6, W2.9)", "bytes/record",
              "of seqno");
  double without = 0;
  for (const Case& one : cases) {
    const std::string path = build(dir, shape, count, {}, one.seqno);
    const auto table = Table::open(posix_file_system().open(path), nullptr, 1);
    const double bytes =
        static_cast<double>(table->properties().data_bytes) / static_cast<double>(count);
    if (without == 0) without = bytes;
    std::printf("  %-34s %12.2f %10.2f\n", one.name, bytes, bytes - without);
  }
}

void ways_to_read(const std::string& dir, const Shape& shape, uint64_t count) {
  const std::string path =
      build(dir, shape, count, {}, [](uint64_t, uint64_t) { return Seqno{0}; });
  const auto keys = drawn_keys(shape, count, count / 8);
  BlockCache cache(1 << 30);
  const auto cached = Table::open(posix_file_system().open(path), &cache, 1);
  const auto read = Table::open(posix_file_system().open(path), nullptr, 1);
  const auto mapped = Table::open(std::make_unique<MappedFile>(path), nullptr, 1);
  row_us(*cached);
  Times by_cache, by_pread, by_mapping;
  for (int round = 0; round < kRounds; ++round) {
    by_cache.take(*cached, keys);
    by_pread.take(*read, keys);
    by_mapping.take(*mapped, keys);
  }
  std::printf("  %-34s %12s %10s %10s\n", "blocks come from (W2.8)", "", "get us", "row us");
  const auto line = [](const char* name, const Times& times) {
    std::printf("  %-34s %12s %10.3f %10.3f\n", name, "", median(times.get), median(times.row));
  };
  line("the block cache", by_cache);
  line("pread, checked, parsed", by_pread);
  line("a mapping: copied, checked, parsed", by_mapping);
}

}  // namespace
}  // namespace lsmkit::bench

int main(int argc, char** argv) {
  using namespace lsmkit::bench;
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  if (count < 1'000) {
    std::fprintf(stderr, "read_bench: at least 1000 records\n");
    return 2;
  }
  const ScratchDirectory scratch(argc > 2 ? argv[2] : ".", "read-bench");
  for (const Shape& shape : kShapes) {
    std::printf("\n%llu records, keys %s, values of %zu bytes; medians of %d rounds\n",
                static_cast<unsigned long long>(count), shape.name, kValueBytes, kRounds);
    prefix_compression(scratch.path(), shape, count);
    seqno_bytes(scratch.path(), shape, count);
    ways_to_read(scratch.path(), shape, count);
  }
}
