// RocksDB, through its own C++ calls.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <thread>

#include "bare_loops.h"
#include "slice_cursor.h"
#include "throttled_rocksdb.h"

namespace lsmkit::bench {
namespace {

rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}
std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

void ensure(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

class Api {
 public:
  Api(const std::string& path, const Ask& ask) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = kMemtableBytes;
    if (ask.small_tree_bytes > 0) {
      options.write_buffer_size = ask.small_tree_bytes;
      options.target_file_size_base = ask.small_tree_bytes;
      options.max_bytes_for_level_base = 4 * ask.small_tree_bytes;
    }
    memtable_bytes_ = options.write_buffer_size;
    if (ask.device != nullptr) {
      env_ = throttled_rocksdb_env(*ask.device);
      options.env = env_.get();
      options.statistics = statistics_ = rocksdb::CreateDBStatistics();
      statistics_->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
    }
    options.compression = rocksdb::kNoCompression;
    if (ask.compression) {  // L0 and L1 raw, as ours are
      options.compression_per_level.assign(static_cast<size_t>(options.num_levels), rocksdb::kZSTD);
      options.compression_per_level[0] = options.compression_per_level[1] = rocksdb::kNoCompression;
    }
    rocksdb::BlockBasedTableOptions tables;
    tables.block_cache = rocksdb::NewLRUCache(ask.cache_bytes);
    tables.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables));
    rocksdb::DB* db = nullptr;
    ensure(rocksdb::DB::Open(options, path, &db));
    db_.reset(db);
    writing_.sync = ask.durable;
  }

  class Writer {
   public:
    explicit Writer(Api& api) : db_(*api.db_), options_(api.writing_) {}
    void put(std::string_view key, std::string_view value) {
      ensure(db_.Put(options_, slice(key), slice(value)));
    }
    void remove(std::string_view key) { ensure(db_.Delete(options_, slice(key))); }
    void begin_batch() { batch_.Clear(); }
    void add(std::string_view key, std::string_view value) {
      ensure(batch_.Put(slice(key), slice(value)));
    }
    void commit_batch() { ensure(db_.Write(options_, &batch_)); }

   private:
    rocksdb::DB& db_;
    const rocksdb::WriteOptions options_;
    rocksdb::WriteBatch batch_;
  };

  class Reader {
   public:
    explicit Reader(Api& api) : db_(*api.db_), family_(db_.DefaultColumnFamily()) {}
    void get(std::string_view key, auto&& use) {
      value_.Reset();
      const rocksdb::Status status = db_.Get(options_, family_, slice(key), &value_);
      if (status.IsNotFound()) return;
      ensure(status);
      use(view(value_));
    }

   private:
    rocksdb::DB& db_;
    rocksdb::ColumnFamilyHandle* const family_;
    const rocksdb::ReadOptions options_;
    rocksdb::PinnableSlice value_;
  };

  class Cursor : public SliceCursor<rocksdb::DB, rocksdb::Iterator> {
   public:
    explicit Cursor(Api& api) : SliceCursor(*api.db_) {}
  };

  bool flush() {
    ensure(db_->Flush({}));
    return true;
  }
  void settle() {
    flush();
    ensure(db_->CompactRange({}, nullptr, nullptr));
    wait_idle();
  }
  void wait_idle() {
    while (!idle()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  double stall_seconds() {
    if (!statistics_) return 0;
    return static_cast<double>(statistics_->getTickerCount(rocksdb::STALL_MICROS)) / 1e6;
  }
  void close() { ensure(db_->Close()); }

  Shape shape() {
    Shape out;
    uint64_t runs = 0;
    for (int n = 0; n < db_->NumberLevels(); ++n) {
      std::string text;
      db_->GetProperty("rocksdb.num-files-at-level" + std::to_string(n), &text);
      out.level_tables.push_back(std::stoull(text));
      runs += n == 0 ? out.level_tables.back() : out.level_tables.back() > 0;
    }
    out.runs = runs;
    out.memtable_fill = static_cast<double>(number("rocksdb.cur-size-active-mem-table")) /
                        static_cast<double>(memtable_bytes_);
    out.idle = idle();
    return out;
  }

 private:
  uint64_t number(const char* property) {
    uint64_t out = 0;
    if (!db_->GetIntProperty(property, &out)) {
      throw std::runtime_error(std::string("it does not know ") + property);
    }
    return out;
  }
  bool idle() {
    for (const char* busy : {"rocksdb.mem-table-flush-pending", "rocksdb.num-running-flushes",
                             "rocksdb.compaction-pending", "rocksdb.num-running-compactions"}) {
      if (number(busy) != 0) return false;
    }
    return true;
  }

  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions writing_;
  uint64_t memtable_bytes_ = 0;
};

}  // namespace

StoreKind rocksdb_kind() {
  StoreKind kind;
  kind.name = "rocksdb";
  kind.version = "RocksDB " + std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR) +
                 "." + std::to_string(ROCKSDB_PATCH);
  kind.takes_device = true;
  kind.open = [](const std::string& path, const Ask& ask) {
    return std::make_unique<BareLoops<Api>>(path, ask);
  };
  kind.options = [](const Ask& ask) -> std::vector<std::pair<std::string, std::string>> {
    return {{"WriteOptions.sync", ask.durable ? "true" : "false"},
            {"compression", ask.compression ? "none in L0 and L1, zstd below" : "none"},
            {"write_buffer_size", std::to_string(kMemtableBytes)},
            {"block_cache", "LRU, " + std::to_string(ask.cache_bytes)},
            {"filter_policy", "bloom, " + std::to_string(kFilterBitsPerKey)},
            {"all others", "default"},
            {"get", "into one PinnableSlice"},
            {"settle", "Flush, CompactRange, nothing pending or running"}};
  };
  return kind;
}

}  // namespace lsmkit::bench
