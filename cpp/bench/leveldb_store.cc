// LevelDB, through its own C++ calls.
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "bare_loops.h"
#include "slice_cursor.h"

namespace lsmkit::bench {
namespace {

constexpr int kLevels = 7;  // leveldb::config::kNumLevels, which its headers do not show

leveldb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}

void ensure(const leveldb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

class Api {
 public:
  Api(const std::string& path, const Ask& ask)
      : cache_(leveldb::NewLRUCache(ask.cache_bytes)),
        filter_(leveldb::NewBloomFilterPolicy(kFilterBitsPerKey)) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = ask.compression ? leveldb::kSnappyCompression : leveldb::kNoCompression;
    options.write_buffer_size = kMemtableBytes;
    options.block_cache = cache_.get();
    options.filter_policy = filter_.get();
    leveldb::DB* db = nullptr;
    ensure(leveldb::DB::Open(options, path, &db));
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
    void add(std::string_view key, std::string_view value) { batch_.Put(slice(key), slice(value)); }
    void commit_batch() { ensure(db_.Write(options_, &batch_)); }

   private:
    leveldb::DB& db_;
    const leveldb::WriteOptions options_;
    leveldb::WriteBatch batch_;
  };

  class Reader {
   public:
    explicit Reader(Api& api) : db_(*api.db_) {}
    void get(std::string_view key, auto&& use) {
      const leveldb::Status status = db_.Get(options_, slice(key), &value_);
      if (status.IsNotFound()) return;
      ensure(status);
      use(std::string_view(value_));
    }

   private:
    leveldb::DB& db_;
    const leveldb::ReadOptions options_;
    std::string value_;
  };

  class Cursor : public SliceCursor<leveldb::DB, leveldb::Iterator> {
   public:
    explicit Cursor(Api& api) : SliceCursor(*api.db_) {}
  };

  bool flush() { return false; }
  void settle() { db_->CompactRange(nullptr, nullptr); }
  void close() { db_.reset(); }

  Shape shape() {
    Shape out;
    uint64_t runs = 0;
    for (int n = 0; n < kLevels; ++n) {
      std::string text = "0";
      db_->GetProperty("leveldb.num-files-at-level" + std::to_string(n), &text);
      out.level_tables.push_back(std::stoull(text));
      runs += n == 0 ? out.level_tables.back() : out.level_tables.back() > 0;
    }
    out.runs = runs;
    return out;
  }

 private:
  const std::unique_ptr<leveldb::Cache> cache_;
  const std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::DB> db_;
  leveldb::WriteOptions writing_;
};

}  // namespace

StoreKind leveldb_kind() {
  StoreKind kind;
  kind.name = "leveldb";
  kind.version = "LevelDB " + std::to_string(leveldb::kMajorVersion) + "." +
                 std::to_string(leveldb::kMinorVersion);
  kind.can_flush = false;
  kind.open = [](const std::string& path, const Ask& ask) {
    return std::make_unique<BareLoops<Api>>(path, ask);
  };
  kind.options = [](const Ask& ask) -> std::vector<std::pair<std::string, std::string>> {
    return {{"WriteOptions.sync", ask.durable ? "true" : "false"},
            {"compression", ask.compression ? "snappy" : "none"},
            {"write_buffer_size", std::to_string(kMemtableBytes)},
            {"block_cache", "LRU, " + std::to_string(ask.cache_bytes)},
            {"filter_policy", "bloom, " + std::to_string(kFilterBitsPerKey)},
            {"all others", "default"},
            {"get", "into one std::string"},
            {"settle", "CompactRange"}};
  };
  return kind;
}

}  // namespace lsmkit::bench
