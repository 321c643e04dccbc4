#include "lsmkit/db/db.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/process.h"
#include "lsmkit/db/recovery.h"
#include "lsmkit/db/standing.h"
#include "lsmkit/log/log_header.h"

namespace lsmkit {
namespace {

// A handle on an engine that is open already. What was asked for must be what is in force.
void check_same_options(const Engine& engine, const OpenRequest& request) {
  Options asked = engine.options();
  if (request.options) asked = *request.options;
  for (const auto& [name, text] : request.overrides) set_option(asked, name, text);
  asked.create = engine.options().create;
  const auto ours = to_map(engine.options());
  std::string differing;
  for (const auto& [name, text] : to_map(asked)) {
    if (ours.at(name) == text) continue;
    differing += (differing.empty() ? "" : ", ") + name + " (" + ours.at(name) + " is in force)";
  }
  if (request.read_only != engine.read_only()) {
    differing += std::string(differing.empty() ? "" : ", ") + "read_only";
  }
  if (request.planner) {
    differing += std::string(differing.empty() ? "" : ", ") +
                 "planner (leave it out: a second handle has that of the first open)";
  }
  if (!differing.empty()) {
    throw InvalidArgument(request.path + " is open in this process already, with other options: " +
                          differing + "; open it again with the same, or close it first");
  }
}

void check_may_plan(const OpenRequest& request, const Options& options) {
  if (!request.planner) return;
  if (request.read_only)
    throw InvalidArgument(
        "planner: with read_only=True nothing is compacted; leave one of them out");
  if (options.background != "inline")
    throw InvalidArgument(
        "planner: one's own planner runs on the thread that writes; open with "
        "background=\"inline\"");
}

bool may_create(const OpenRequest& request) {
  bool create = request.options ? request.options->create : true;
  for (const auto& [name, text] : request.overrides) {
    if (name == "create") create = text == "true";
  }
  return create;
}

void prepare_directory(FileSystem& files, const OpenRequest& request) {
  if (!files.exists(request.path)) {
    if (request.read_only || !may_create(request)) {
      throw InvalidArgument(request.path + " does not exist" +
                            (request.read_only ? "; read_only=True creates nothing" : ""));
    }
    files.make_dir(request.path);
  } else if (!files.is_directory(request.path)) {
    throw IoError(ENOTDIR, request.path, "opening (a database is a directory of its own)");
  }
}

// What is no database and can't become one is refused before LOCK is made or written to, so that
// strangers' directories stay as they are. Another process may be opening or writing here: so this
// judges by what holds whatever it does. A listing may miss a MANIFEST that is just being replaced;
// its name, asked for after that, is always there. All else waits for the lock.
void refuse_before_locking(FileSystem& files, const OpenRequest& request) {
  DirectoryListing listing = list_directory(files, request.path);
  const std::string manifest = join_path(request.path, kManifestName);
  if (listing.has_manifest || files.exists(manifest)) {
    // Throws if it is another program's file of that name. Not on the way of every open.
    if (!files.exists(join_path(request.path, kLockName))) read_log_header(files, manifest);
    return;
  }
  refuse_foreign(listing, request.path);
  if (!listing.is_empty()) return;
  if (!may_create(request)) {
    throw InvalidArgument(request.path +
                          " holds no lsmkit database; open with create=True to make one");
  }
  resolve_options(request, nullptr);
}

}  // namespace

Db::Db(std::shared_ptr<Engine> engine, FileSystem& disk)
    : engine_(std::move(engine)), disk_(disk) {}

std::shared_ptr<Db> Db::open(const OpenRequest& request) {
  FileSystem& files = *request.environment.files;
  // Before anything is touched: texts that can't be, and unknown names.
  Options checked = request.options.value_or(Options{});
  for (const auto& [name, text] : request.overrides) set_option(checked, name, text);
  check_may_plan(request, checked);
  if (!files.exists(request.path)) checked.validate();

  for (;;) {
    prepare_directory(files, request);
    const std::string identity = files.identity(request.path);
    DirectoryTurn turn(files, identity, request.path);
    // Another thread may have destroyed the database while this one waited.
    if (!files.exists(request.path) || files.identity(request.path) != identity) continue;
    std::shared_ptr<Engine> engine = turn.engine();
    if (engine) {
      check_same_options(*engine, request);
    } else {
      if (!request.read_only) {
        refuse_before_locking(files, request);
        turn.set_lock(files.lock(join_path(request.path, kLockName)));
      }
      engine = Engine::open(request, identity);
      turn.set_engine(engine);
    }
    ++engine->handle_count;
    return std::shared_ptr<Db>(new Db(std::move(engine), files));
  }
}

Db::~Db() {
  if (!engine_->belongs_to_this_process()) return;
  try {
    close();
  } catch (...) {
    // Whoever wants to know calls close().
  }
}

void Db::close(const Poll& poll) {
  if (!engine_->belongs_to_this_process()) {
    closed_.store(true);
    return;
  }
  engine_->check_may_stop();
  DirectoryTurn turn(disk_, engine_->identity(), engine_->path());
  if (closed_.exchange(true)) return;
  if (--engine_->handle_count > 0) return;
  // The last handle. Whatever stop() throws, the directory is free afterwards.
  struct Forget {
    DirectoryTurn& turn;
    ~Forget() { turn.set_engine(nullptr); }
  } const forget{turn};
  engine_->stop(poll);
}

bool Db::closed() const {
  return closed_.load();
}

// The one way in. In a forked child it ends here, before any lock: whoever held one is not there to
// let go of it.
Engine& Db::engine() const {
  engine_->check_fork();
  if (closed_.load(std::memory_order_acquire)) [[unlikely]] {
    throw ClosedError(engine_->path() + " is closed");
  }
  return *engine_;
}

void Db::put(std::string_view key, std::string_view value, WriteOptions options) {
  engine().put(key, value, options);
}
void Db::remove(std::string_view key, WriteOptions options) {
  engine().remove(key, options);
}
void Db::write(const WriteBatch& batch, WriteOptions options) {
  engine().write(batch, options);
}
TryResult Db::try_put(std::string_view key, std::string_view value) {
  return engine().try_write(Kind::kPut, key, value);
}
TryResult Db::try_remove(std::string_view key) {
  return engine().try_write(Kind::kDelete, key, {});
}

bool Db::get(std::string_view key, PinnedValue& value, const Snapshot* snapshot) {
  return engine().get(key, value, snapshot, true) == TryResult::kDone;
}
TryResult Db::try_get(std::string_view key, PinnedValue& value, const Snapshot* snapshot) {
  return engine().get(key, value, snapshot, false);
}

void Db::get_sorted(std::span<const std::string_view> keys, const Snapshot* snapshot,
                    const std::function<void(size_t, std::string_view)>& found) {
  engine().get_sorted(keys, snapshot, found);
}

std::shared_ptr<const Snapshot> Db::snapshot() {
  return engine().snapshot();
}
std::unique_ptr<DbCursor> Db::cursor(const CursorOptions& options,
                                     std::shared_ptr<const Snapshot> snapshot) {
  engine().check_open();
  return std::make_unique<DbCursor>(engine_, options, std::move(snapshot));
}

Seqno Db::last_seqno() const {
  return engine().published();
}
Seqno Db::durable_seqno() const {
  return engine().durable();
}
void Db::sync() {
  engine().sync();
}
void Db::flush(const Poll& poll) {
  engine().flush(poll);
}
void Db::compact_range(std::optional<std::string> begin, std::optional<std::string> end,
                       const Poll& poll) {
  engine().compact_range(begin, end, poll);
}
void Db::wait_idle(const Poll& poll) {
  engine().wait_idle(poll);
}
uint64_t Db::verify(const Poll& poll) {
  return engine().verify(poll);
}
void Db::checkpoint(const std::string& target, const Poll& poll) {
  engine().checkpoint(disk_, target, poll);
}
bool Db::refresh(const Poll& poll) {
  return engine().refresh(poll);
}
uint64_t Db::approximate_size(std::string_view begin, std::string_view end) const {
  return engine().approximate_size(begin, end);
}

const std::string& Db::path() const {
  return engine_->path();
}
Options Db::options() const {
  return engine_->options();
}
bool Db::read_only() const {
  return engine_->read_only();
}
const OpenReport& Db::open_report() const {
  return engine_->open_report();
}
TreeState Db::tree() const {
  return engine().tree();
}
EngineStats Db::stats() const {
  return engine().stats();
}
BackgroundReport Db::why() const {
  return engine().why();
}
Standing Db::standing() const {
  return engine().standing();
}
std::vector<Event> Db::events(uint64_t after) const {
  return engine().events(after);
}
std::optional<std::string> Db::typed_codec() const {
  return engine().typed_codec();
}
void Db::set_typed_codec(const std::string& name) {
  engine().set_typed_codec(name);
}

void destroy(const std::string& path, Environment environment) {
  FileSystem& files = *environment.files;
  if (!files.exists(path)) throw InvalidArgument(path + " does not exist");
  if (!files.is_directory(path)) throw InvalidArgument(path + " is not a directory");
  DirectoryTurn turn(files, files.identity(path), path);
  if (turn.engine()) throw LockedError(path, getpid());
  const DirectoryListing before = list_directory(files, path);
  const bool ours = before.has_manifest || !before.logs.empty() || !before.tables.empty();
  if (!ours && !before.foreign.empty()) {
    throw InvalidArgument(path + " holds no lsmkit database (but " + before.foreign.front() + ")");
  }
  turn.set_lock(files.lock(join_path(path, kLockName)));
  for (const std::string& file : owned_files(files, path)) files.remove(join_path(path, file));
  files.remove(join_path(path, kLockName));  // last, and while it is held
  if (files.list(path).empty()) files.remove_dir(path);
}

}  // namespace lsmkit
