// LMDB, through its C calls. A put is a transaction of its own, as a put of the others is a commit
// of its own; a batch is one transaction. Without durability it maps its file for writing and never
// syncs (MDB_WRITEMAP | MDB_NOSYNC, its fastest way to keep what a killed process wrote); with it,
// its defaults. A thread that reads keeps one transaction and renews it for each get and each seek;
// a scan is one transaction.
#include <lmdb.h>

#include <filesystem>

#include "bare_loops.h"

namespace lsmkit::bench {
namespace {

constexpr unsigned kReaderSlots = 126;

MDB_val value_of(std::string_view s) {
  return {s.size(), const_cast<char*>(s.data())};
}
std::string_view view(const MDB_val& v) {
  return {static_cast<const char*>(v.mv_data), v.mv_size};
}

void ensure(int code) {
  if (code != MDB_SUCCESS) throw std::runtime_error(mdb_strerror(code));
}
bool found(int code) {
  if (code == MDB_NOTFOUND) return false;
  ensure(code);
  return true;
}

uint64_t map_bytes(const Ask& ask) {
  return (uint64_t{1} << 30) + 16 * ask.data_bytes;
}

// Reads: a slot of its own in the table of readers, given back at the end.
class ReadTransaction {
 public:
  explicit ReadTransaction(MDB_env* env) {
    ensure(mdb_txn_begin(env, nullptr, MDB_RDONLY, &transaction_));
  }
  ~ReadTransaction() { mdb_txn_abort(transaction_); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  MDB_txn* get() const { return transaction_; }

 private:
  MDB_txn* transaction_ = nullptr;
};

class Api {
 public:
  Api(const std::string& path, const Ask& ask) {
    std::filesystem::create_directories(path);
    ensure(mdb_env_create(&env_));
    const unsigned unsynced = MDB_WRITEMAP | MDB_NOSYNC;
    try {
      ensure(mdb_env_set_mapsize(env_, map_bytes(ask)));
      ensure(mdb_env_set_maxreaders(env_, kReaderSlots));
      ensure(mdb_env_open(env_, path.c_str(), MDB_NOTLS | (ask.durable ? 0 : unsynced), 0600));
      Writing writing(*this);
      ensure(mdb_dbi_open(writing.get(), nullptr, 0, &dbi_));
      writing.commit();
    } catch (...) {
      mdb_env_close(env_);
      throw;
    }
  }
  ~Api() { close(); }
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  class Writing {
   public:
    explicit Writing(Api& api) { ensure(mdb_txn_begin(api.env_, nullptr, 0, &transaction_)); }
    ~Writing() {
      if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    MDB_txn* get() const { return transaction_; }
    void commit() { ensure(mdb_txn_commit(std::exchange(transaction_, nullptr))); }

   private:
    MDB_txn* transaction_ = nullptr;
  };

  class Writer {
   public:
    explicit Writer(Api& api) : api_(api) {}
    void put(std::string_view key, std::string_view value) {
      Writing writing(api_);
      api_.put(writing.get(), key, value);
      writing.commit();
    }
    void remove(std::string_view key) {
      Writing writing(api_);
      MDB_val k = value_of(key);
      ensure(mdb_del(writing.get(), api_.dbi_, &k, nullptr));
      writing.commit();
    }
    void begin_batch() { batch_.emplace(api_); }
    void add(std::string_view key, std::string_view value) { api_.put(batch_->get(), key, value); }
    void commit_batch() {
      batch_->commit();
      batch_.reset();
    }

   private:
    Api& api_;
    std::optional<Writing> batch_;
  };

  class Reader {
   public:
    explicit Reader(Api& api) : transaction_(api.env_), dbi_(api.dbi_) {
      mdb_txn_reset(transaction_.get());
    }
    void get(std::string_view key, auto&& use) {
      MDB_val k = value_of(key), v;
      ensure(mdb_txn_renew(transaction_.get()));
      if (found(mdb_get(transaction_.get(), dbi_, &k, &v))) use(view(v));
      mdb_txn_reset(transaction_.get());
    }

   private:
    const ReadTransaction transaction_;
    const MDB_dbi dbi_;
  };

  class Cursor {
   public:
    explicit Cursor(Api& api) : transaction_(api.env_) {
      ensure(mdb_cursor_open(transaction_.get(), api.dbi_, &cursor_));
    }
    ~Cursor() { mdb_cursor_close(cursor_); }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    void renew() {
      mdb_txn_reset(transaction_.get());
      ensure(mdb_txn_renew(transaction_.get()));
      ensure(mdb_cursor_renew(transaction_.get(), cursor_));
    }
    void seek(std::string_view key) {
      key_ = value_of(key);
      move(MDB_SET_RANGE);
    }
    void seek_to_first() { move(MDB_FIRST); }
    void seek_to_last() { move(MDB_LAST); }
    void next() { move(MDB_NEXT); }
    void prev() { move(MDB_PREV); }
    bool valid() const { return valid_; }
    std::string_view key() const { return view(key_); }
    std::string_view value() const { return view(value_); }

   private:
    void move(MDB_cursor_op op) { valid_ = found(mdb_cursor_get(cursor_, &key_, &value_, op)); }

    const ReadTransaction transaction_;
    MDB_cursor* cursor_ = nullptr;
    MDB_val key_{}, value_{};
    bool valid_ = false;
  };

  bool flush() { return false; }
  void settle() {}
  void close() {
    if (env_ != nullptr) mdb_env_close(std::exchange(env_, nullptr));
  }

  Shape shape() {
    const ReadTransaction transaction(env_);
    MDB_stat stat;
    ensure(mdb_stat(transaction.get(), dbi_, &stat));
    Shape out;
    out.other = "tree of depth " + std::to_string(stat.ms_depth);
    out.idle = true;  // nothing happens but in calls
    return out;
  }

 private:
  void put(MDB_txn* transaction, std::string_view key, std::string_view value) {
    MDB_val k = value_of(key), v = value_of(value);
    ensure(mdb_put(transaction, dbi_, &k, &v, 0));
  }

  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
};

}  // namespace

StoreKind lmdb_kind() {
  StoreKind kind;
  kind.name = "lmdb";
  kind.version = "LMDB " + std::to_string(MDB_VERSION_MAJOR) + "." +
                 std::to_string(MDB_VERSION_MINOR) + "." + std::to_string(MDB_VERSION_PATCH);
  kind.has_memtable = false;
  kind.can_flush = false;
  kind.open = [](const std::string& path, const Ask& ask) {
    return std::make_unique<BareLoops<Api>>(path, ask);
  };
  kind.options = [](const Ask& ask) -> std::vector<std::pair<std::string, std::string>> {
    return {{"flags", ask.durable ? "MDB_NOTLS" : "MDB_NOTLS | MDB_WRITEMAP | MDB_NOSYNC"},
            {"map_size", std::to_string(map_bytes(ask))},
            {"compression", "none"},
            {"writes", "a transaction per put, or per batch"},
            {"reads", "one transaction per thread, renewed per get and per seek; one per scan"}};
  };
  return kind;
}

}  // namespace lsmkit::bench
