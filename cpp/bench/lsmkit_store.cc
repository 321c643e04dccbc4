// lsmkit, through its own C++ calls.
#include "bare_loops.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/vfs/throttled_file_system.h"

namespace lsmkit::bench {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

// What two jobs take of memory_bytes.
constexpr uint64_t kJobMemoryBytes = 8 << 20;

Texts chosen_options(const Ask& ask) {
  const uint64_t memory_bytes =
      ask.small_tree_bytes > 0
          ? ask.cache_bytes + std::max<uint64_t>(32 << 20, 16 * ask.small_tree_bytes) +
                kJobMemoryBytes
          : std::max<uint64_t>(512 << 20, ask.cache_bytes + 4 * ask.lsmkit_memtable_bytes);
  const std::string sync = ask.durable ? "always" : "none";
  Texts out{{"sync", ask.lsmkit_sync.empty() ? sync : ask.lsmkit_sync},
            {"compression", ask.compression ? "zstd" : "none"},
            {"memtable_bytes", std::to_string(ask.lsmkit_memtable_bytes)},
            {"cache_bytes", std::to_string(ask.cache_bytes)},
            {"memory_bytes", std::to_string(memory_bytes)},
            {"filter_bits_per_key", std::to_string(kFilterBitsPerKey)}};
  if (ask.small_tree_bytes > 0) {
    out[2].second = std::to_string(ask.small_tree_bytes);
    out.emplace_back("table_bytes", std::to_string(ask.small_tree_bytes));
    out.emplace_back("base_bytes", std::to_string(4 * ask.small_tree_bytes));
  }
  out.insert(out.end(), ask.lsmkit_options.begin(), ask.lsmkit_options.end());
  return out;
}

class Api {
 public:
  Api(const std::string& path, const Ask& ask)
      : files_(ask.device == nullptr
                   ? nullptr
                   : std::make_unique<ThrottledFileSystem>(posix_file_system(), *ask.device)),
        db_(Db::open(
            {.path = path,
             .options = {},
             .overrides = chosen_options(ask),
             .environment = files_ ? Environment{.files = files_.get()} : Environment{}})) {}

  class Writer {
   public:
    explicit Writer(Api& api) : db_(*api.db_) {}
    void put(std::string_view key, std::string_view value) { db_.put(key, value); }
    void remove(std::string_view key) { db_.remove(key); }
    void begin_batch() { batch_.clear(); }
    void add(std::string_view key, std::string_view value) { batch_.put(key, value); }
    void commit_batch() { db_.write(batch_); }

   private:
    Db& db_;
    WriteBatch batch_;
  };

  class Reader {
   public:
    explicit Reader(Api& api) : db_(*api.db_) {}
    void get(std::string_view key, auto&& use) {
      if (db_.get(key, value_)) use(value_.bytes);
    }

   private:
    Db& db_;
    PinnedValue value_;
  };

  class Cursor {
   public:
    explicit Cursor(Api& api) : db_(*api.db_) { renew(); }
    void renew() { cursor_ = db_.cursor({}); }
    void seek(std::string_view key) { cursor_->seek(key); }
    void seek_to_first() { cursor_->seek_to_first(); }
    void seek_to_last() { cursor_->seek_to_last(); }
    void next() { cursor_->next(); }
    void prev() { cursor_->prev(); }
    bool valid() const { return cursor_->valid(); }
    std::string_view key() const { return cursor_->key(); }
    std::string_view value() const { return cursor_->value(); }

   private:
    Db& db_;
    std::unique_ptr<DbCursor> cursor_;
  };

  bool flush() {
    db_->flush();
    return true;
  }
  void settle() {
    db_->flush();
    db_->compact_range({}, {});
    db_->wait_idle();
  }
  void wait_idle() { db_->wait_idle(); }
  void close() { db_->close(); }

  Shape shape() {
    const TreeState tree = db_->tree();
    const EngineStats stats = db_->stats();
    Shape out;
    uint64_t runs = 0;
    for (unsigned n = 0; n < tree.version.level_count(); ++n) {
      const Level& level = tree.version.level(n);
      out.level_tables.push_back(level.table_count());
      runs += level.runs.size();
    }
    out.runs = runs;
    bool idle = stats.memory.job_bytes == 0;
    for (const double score : tree.level_score) idle &= score < 1;
    for (const MemtableRow& row : tree.memtables) {
      if (row.sealed) {
        idle = false;
      } else {
        out.memtable_fill =
            static_cast<double>(row.weight) / static_cast<double>(db_->options().memtable_bytes);
      }
    }
    out.idle = idle;
    return out;
  }

  Store::LogUse log_use() {
    const EngineStats stats = db_->stats();
    return {stats.counters.log_bytes, stats.sync_count, stats.counters.flush_count};
  }

  double stall_seconds() { return static_cast<double>(db_->stats().stall_us) / 1e6; }

 private:
  const std::unique_ptr<ThrottledFileSystem> files_;
  const std::shared_ptr<Db> db_;
};

}  // namespace

StoreKind lsmkit_kind() {
  StoreKind kind;
  kind.name = "lsmkit";
  kind.version = LSMKIT_VERSION;
  kind.takes_device = true;
  kind.open = [](const std::string& path, const Ask& ask) {
    return std::make_unique<BareLoops<Api>>(path, ask);
  };
  kind.options = [](const Ask& ask) {
    Texts out = chosen_options(ask);
    out.emplace_back("all others", "default");
    out.emplace_back("settle", "flush, compact_range, wait_idle");
    return out;
  };
  return kind;
}

}  // namespace lsmkit::bench
