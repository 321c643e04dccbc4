// How fast the store puts, gets and scans, beside RocksDB and LevelDB where they are installed: the
// same keys, the same order, no sync, no compression, 64 MiB memtables, 256 MiB of block cache, one
// thread. Rounds are interleaved; medians and ratios are printed. Names of workloads as in
// RocksDB's db_bench.
//
//   build/cpp/bench/db_bench [entries, 1000000 if not given] [rounds, 3] [directory, ./db-bench]
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "timing.h"
#ifdef LSMKIT_WITH_ROCKSDB
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#endif
#ifdef LSMKIT_WITH_LEVELDB
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#endif

namespace lsmkit::bench {
namespace {

constexpr size_t kValueBytes = 100;
constexpr uint64_t kMemtableBytes = 64 << 20;
constexpr uint64_t kCacheBytes = 256 << 20;

class Store {
 public:
  virtual ~Store() = default;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual bool get(std::string_view key) = 0;
  virtual uint64_t scan() = 0;  // rows
  virtual void settle() = 0;    // everything in tables, no compaction due
};

class LsmkitStore final : public Store {
 public:
  explicit LsmkitStore(const std::string& dir)
      : db_(Db::open({.path = dir,
                      .options = {},
                      .overrides = {{"sync", "none"},
                                    {"compression", "none"},
                                    {"memtable_bytes", std::to_string(kMemtableBytes)},
                                    {"cache_bytes", std::to_string(kCacheBytes)}},
                      .environment = {}})) {}
  void put(std::string_view key, std::string_view value) override { db_->put(key, value); }
  bool get(std::string_view key) override {
    PinnedValue value;
    return db_->get(key, value);
  }
  uint64_t scan() override {
    uint64_t rows = 0;
    const auto cursor = db_->cursor({});
    for (cursor->seek_to_first(); cursor->valid(); cursor->next()) {
      rows += cursor->key().size() + cursor->value().size() > 0;
    }
    return rows;
  }
  void settle() override {
    db_->flush();
    db_->wait_idle();
  }

 private:
  const std::shared_ptr<Db> db_;
};

#ifdef LSMKIT_WITH_ROCKSDB
class RocksDbStore final : public Store {
 public:
  explicit RocksDbStore(const std::string& dir) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    options.write_buffer_size = kMemtableBytes;
    rocksdb::BlockBasedTableOptions tables;
    tables.block_cache = rocksdb::NewLRUCache(kCacheBytes);
    tables.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables));
    rocksdb::DB* db = nullptr;
    if (!rocksdb::DB::Open(options, dir, &db).ok()) throw std::runtime_error("RocksDB: open");
    db_.reset(db);
  }
  void put(std::string_view key, std::string_view value) override {
    if (!db_->Put({}, slice(key), slice(value)).ok()) throw std::runtime_error("RocksDB: put");
  }
  bool get(std::string_view key) override {
    rocksdb::PinnableSlice value;
    return db_->Get({}, db_->DefaultColumnFamily(), slice(key), &value).ok();
  }
  uint64_t scan() override {
    uint64_t rows = 0;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      rows += it->key().size() + it->value().size() > 0;
    }
    return rows;
  }
  void settle() override {
    db_->Flush({});
    for (const char* busy : {"rocksdb.compaction-pending", "rocksdb.num-running-compactions"}) {
      uint64_t count = 1;
      while (db_->GetIntProperty(busy, &count) && count != 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  }

 private:
  static rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
  std::unique_ptr<rocksdb::DB> db_;
};
#endif

#ifdef LSMKIT_WITH_LEVELDB
class LevelDbStore final : public Store {
 public:
  explicit LevelDbStore(const std::string& dir)
      : cache_(leveldb::NewLRUCache(kCacheBytes)), filter_(leveldb::NewBloomFilterPolicy(10)) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = kMemtableBytes;
    options.block_cache = cache_.get();
    options.filter_policy = filter_.get();
    leveldb::DB* db = nullptr;
    if (!leveldb::DB::Open(options, dir, &db).ok()) throw std::runtime_error("LevelDB: open");
    db_.reset(db);
  }
  void put(std::string_view key, std::string_view value) override {
    if (!db_->Put({}, slice(key), slice(value)).ok()) throw std::runtime_error("LevelDB: put");
  }
  bool get(std::string_view key) override { return db_->Get({}, slice(key), &value_).ok(); }
  uint64_t scan() override {
    uint64_t rows = 0;
    const std::unique_ptr<leveldb::Iterator> it(db_->NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      rows += it->key().size() + it->value().size() > 0;
    }
    return rows;
  }
  void settle() override { db_->CompactRange(nullptr, nullptr); }

 private:
  static leveldb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::DB> db_;
  std::string value_;
};
#endif

struct Maker {
  const char* name;
  std::function<std::unique_ptr<Store>(const std::string&)> open;
};

std::vector<Maker> stores() {
  std::vector<Maker> out;
  out.push_back({"lsmkit", [](const std::string& d) { return std::make_unique<LsmkitStore>(d); }});
#ifdef LSMKIT_WITH_ROCKSDB
  out.push_back(
      {"rocksdb", [](const std::string& d) { return std::make_unique<RocksDbStore>(d); }});
#endif
#ifdef LSMKIT_WITH_LEVELDB
  out.push_back(
      {"leveldb", [](const std::string& d) { return std::make_unique<LevelDbStore>(d); }});
#endif
  return out;
}

constexpr const char* kWorkloads[] = {"fillrandom", "readrandom, as it stands",
                                      "readrandom, settled", "readmissing, settled",
                                      "readseq, settled"};
using Micros = std::map<std::string, double>;  // per operation, by workload

struct Keys {
  std::vector<std::string> present, read, absent;
  explicit Keys(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      present.push_back(decimal_key(mix64(i) % 10'000'000'000'000'000));
      absent.push_back(decimal_key(mix64(i) % 1'000'000'000'000'000).substr(0, 15) + "x");
    }
    for (uint64_t i = 0; i < count; ++i) read.push_back(present[mix64(~i) % count]);
  }
};

Micros measure(Store& store, const Keys& keys) {
  Micros out;
  const auto count = static_cast<double>(keys.present.size());
  const std::string value = half_random_value(kValueBytes, 1);
  const auto read_all = [&](const std::vector<std::string>& read, uint64_t due) {
    uint64_t found = 0;
    const double s = seconds_of([&] {
      for (const std::string& key : read) found += store.get(key);
    });
    if (found != due) throw std::runtime_error("a store has lost keys, or invented some");
    return s * 1e6 / count;
  };
  out[kWorkloads[0]] = seconds_of([&] {
                         for (const std::string& key : keys.present) store.put(key, value);
                       }) *
                       1e6 / count;
  out[kWorkloads[1]] = read_all(keys.read, keys.read.size());
  store.settle();
  read_all(keys.read, keys.read.size());  // warms the cache
  out[kWorkloads[2]] = read_all(keys.read, keys.read.size());
  out[kWorkloads[3]] = read_all(keys.absent, 0);
  uint64_t rows = 0;
  const double s = seconds_of([&] { rows = store.scan(); });
  out[kWorkloads[4]] = s * 1e6 / static_cast<double>(rows);
  return out;
}

void run(uint64_t count, int rounds, const std::string& dir) {
  const Keys keys(count);
  std::map<std::string, std::map<std::string, std::vector<double>>> samples;
  for (int round = 0; round < rounds; ++round) {
    for (const Maker& maker : stores()) {
      const std::string path = dir + "/" + maker.name;
      std::filesystem::remove_all(path);
      const auto store = maker.open(path);
      for (const auto& [workload, us] : measure(*store, keys)) {
        samples[workload][maker.name].push_back(us);
      }
      std::fprintf(stderr, "round %d: %s\n", round + 1, maker.name);
    }
  }
  std::printf("%llu entries of 16 + %zu bytes, medians of %d rounds, microseconds per operation\n",
              static_cast<unsigned long long>(count), kValueBytes, rounds);
  std::printf("  %-26s", "");
  for (const Maker& maker : stores()) std::printf(" %10s", maker.name);
  std::printf("   times as fast as the peers\n");
  for (const char* workload : kWorkloads) {
    std::printf("  %-26s", workload);
    const double ours = median(samples[workload]["lsmkit"]);
    std::string ratios;
    for (const Maker& maker : stores()) {
      const double us = median(samples[workload][maker.name]);
      std::printf(" %10.3f", us);
      char ratio[16];
      std::snprintf(ratio, sizeof ratio, " %7.2f", us / ours);
      if (std::string(maker.name) != "lsmkit") ratios += ratio;
    }
    std::printf("  %s\n", ratios.c_str());
  }
}

}  // namespace
}  // namespace lsmkit::bench

int main(int argc, char** argv) {
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const std::string dir = argc > 3 ? argv[3] : "db-bench";
  std::filesystem::create_directories(dir);
  lsmkit::bench::run(count, rounds, dir);
  std::filesystem::remove_all(dir);
}
