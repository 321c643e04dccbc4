// Beginning and end of an engine's life.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/epoch.h"
#include "lsmkit/db/home_file_system.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/db/process.h"

namespace lsmkit {
namespace {

// Indexes and filters may fill the cache, and take what memtables can spare.
std::shared_ptr<OpenTables> make_open_tables(const Options& options, bool read_only) {
  const uint64_t most =
      options.cache_bytes + memtable_room_of(options) - options.least_memtable_room();
  return std::make_shared<OpenTables>(std::make_shared<BlockCache>(options.cache_bytes),
                                      read_only ? UINT64_MAX : most, !read_only);
}

std::unique_ptr<Wal> make_wal(const OpenRequest& request, Recovered& recovered,
                              const std::atomic<Seqno>* published) {
  if (!recovered.log) return nullptr;
  const WalSetup setup{request.environment.files,
                       request.environment.clock,
                       request.path,
                       recovered.database_id,
                       recovered.options.sync,
                       recovered.options.memtable_bytes + (1 << 20),
                       published};
  const LogNumber number = recovered.log->identity().number;
  return std::make_unique<Wal>(setup, std::move(recovered.log), number,
                               recovered.state.flushed_seqno);
}

std::unique_ptr<RateLimiter> make_limiter(const Options& options, Clock& clock) {
  if (options.background_bytes_per_s == 0 || options.background == "inline") return nullptr;
  return std::make_unique<RateLimiter>(options.background_bytes_per_s, clock);
}

// A writer in another process goes on while a read-only open reads: what the MANIFEST named a
// moment ago may be gone, and then it says something else by now. So the open starts over; what
// fails twice in the same way is real, because a writer removes nothing that a synced MANIFEST
// names and moves a log's durable position only past bytes that stand.
constexpr auto kReadOnlyPause = std::chrono::milliseconds(2);
constexpr auto kReadOnlyPatience = std::chrono::seconds(30);

bool may_have_moved_on(const Error& error) {
  const auto* io = dynamic_cast<const IoError*>(&error);
  return (io != nullptr && io->code() == ENOENT) ||
         dynamic_cast<const CorruptionError*>(&error) != nullptr;
}

// What `look` returns, once it meets nothing that moves.
template <class Look>
auto while_somebody_writes(const Look& look) {
  const auto ends = std::chrono::steady_clock::now() + kReadOnlyPatience;
  for (std::string last_error;;) {
    try {
      return look();
    } catch (const Error& error) {
      if (!may_have_moved_on(error) || std::chrono::steady_clock::now() > ends) throw;
      if (error.what() == last_error) throw;  // the same again: nobody moves here
      last_error = error.what();
      std::this_thread::sleep_for(kReadOnlyPause);
    }
  }
}

}  // namespace

std::shared_ptr<Engine> Engine::open(const OpenRequest& request, const std::string& identity) {
  return request.read_only ? while_somebody_writes([&] { return open_to_look(request, identity); })
                           : open_to_write(request, identity);
}

std::shared_ptr<Engine> Engine::make(const OpenRequest& request, std::unique_ptr<FileSystem> home,
                                     const std::string& identity, Recovered recovered) {
  return {new Engine(request, std::move(home), identity, std::move(recovered)), [](Engine* e) {
            if (e->belongs_to_this_process()) delete e;
          }};
}

std::shared_ptr<Engine> Engine::open_to_write(OpenRequest request, const std::string& identity) {
  auto home = std::make_unique<HomeFileSystem>(*request.environment.files, request.path);
  request.environment.files = home.get();
  Recovered recovered = recover(request);
  auto engine = make(request, std::move(home), identity, std::move(recovered));
  engine->start();
  return engine;
}

std::shared_ptr<Engine> Engine::open_to_look(OpenRequest request, const std::string& identity) {
  auto home = std::make_unique<HomeFileSystem>(*request.environment.files, request.path);
  HoldingFileSystem holding(*home);
  request.environment.files = &holding;
  Recovered recovered = look(request, holding, [](TableNumber) { return false; });
  request.environment.files = home.get();
  auto engine = make(request, std::move(home), identity, std::move(recovered));
  engine->open_tables(engine->state_.version, holding);
  engine->start();
  return engine;
}

// A read-only database keeps what it has opened: a writer may remove the files.
void Engine::open_tables(const Version& version, FileSystem& files) {
  for_each_table(version, [&](const TableRef& table) { tables_.handle(table)->pin(files); });
}

// Of `version`, those that `present` does not name.
void Engine::forget_tables(const Version& version, const Version& present) {
  for_each_table(version, [&](const TableRef& table) {
    if (!present.find(table->number)) tables_.forget(table->number);
  });
}

bool Engine::refresh(const Poll& poll) {
  check_open();
  if (!read_only_) return false;
  check_not_in_job("refresh()");
  const std::lock_guard turn(refresh_mutex_);
  const JobScope scope(*this);
  Recovered now = while_somebody_writes([&] {
    HoldingFileSystem holding(*environment_.files);
    OpenRequest request;
    request.path = path_;
    request.read_only = true;
    request.environment = {&holding, environment_.clock};
    request.poll = poll;
    // What the present view names is open. Only a refresh, and so nobody now, changes the view.
    const Version& before = state_.version;
    Recovered found =
        look(request, holding, [&](TableNumber number) { return before.find(number).has_value(); });
    if (found.database_id != database_id_) {
      throw InvalidArgument(path_ + " holds another database by now; close this one and open it");
    }
    try {
      open_tables(found.state.version, holding);
    } catch (...) {
      forget_tables(found.state.version, before);
      throw;
    }
    return found;
  });
  bool is_newer = false;
  {
    const std::lock_guard commit_lock(commit_mutex_);
    const std::lock_guard lock(state_mutex_);
    is_newer = now.state.last_seqno > state_.last_seqno;
    const Version before = state_.version;
    state_ = std::move(now.state);
    replayed_ = std::move(now.memtables);
    written_ = state_.counters;
    install_view();
    published_.store(state_.last_seqno, std::memory_order_release);
    forget_tables(before, state_.version);
  }
  events_.look_again(std::move(now.event_files));
  release_replaced_views();
  return is_newer;
}

Engine::Engine(const OpenRequest& request, std::unique_ptr<FileSystem> home,
               const std::string& identity, Recovered recovered)
    : home_(std::move(home)),
      environment_(request.environment),
      path_(request.path),
      identity_(identity),
      options_(recovered.options),
      compaction_options_(compaction_options_of(recovered.options)),
      read_only_(request.read_only),
      fork_generation_(fork_generation()),
      database_id_(recovered.database_id),
      report_(std::move(recovered.report)),
      own_planner_(static_cast<bool>(request.planner)),
      memtable_room_bytes_(memtable_room_of(recovered.options)),
      tables_(*request.environment.files, request.path,
              make_open_tables(recovered.options, request.read_only)),
      wal_(make_wal(request, recovered, &published_)),
      limiter_(make_limiter(recovered.options, *request.environment.clock)),
      log_bytes_before_(recovered.state.counters.log_bytes),
      stall_us_before_(recovered.state.counters.stall_us),
      active_(std::make_shared<Memtable>()),
      written_(recovered.state.counters),
      busy_cores_(compaction_options_),
      pacer_(recovered.options, compaction_options_),
      planner_(request.planner),
      manifest_(std::move(recovered.manifest)),
      state_(std::move(recovered.state)),
      replayed_(std::move(recovered.memtables)),
      events_(*request.environment.files, request.path, recovered.database_id,
              std::move(recovered.event_files), request.read_only),
      published_(state_.last_seqno),
      next_job_(static_cast<uint64_t>(state_.next_job)) {}

void Engine::start() {
  {
    const std::lock_guard lock(state_mutex_);
    install_view();
    Event event = new_event(EventKind::kOpen);
    event.counters = state_.counters;
    if (!report_.torn_tail.empty()) event.text = report_.torn_tail;
    events_.add_change(std::move(event), state_);
  }
  release_replaced_views();
  if (read_only_ || inline_background()) return;
  wal_->start_service();
  for (uint32_t i = 0; i < options_.threads; ++i) threads_.emplace_back(&Engine::worker, this);
}

// From the first line on new calls throw ClosedError; what follows empties and stops the engine.
void Engine::stop(const Poll& poll) {
  if (closed_.exchange(true)) return;
  std::exception_ptr failure;
  try {
    if (!read_only_) {
      flush_up_to(seal_active(), poll);
      // After the flush nothing is left in the log; this only says so if a sync had failed before.
      wal_->check_usable();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(state_mutex_);
    stopping_.store(true, std::memory_order_release);
    work_.notify_all();
    done_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  {
    // Callers that do jobs themselves (compact_range): the directory must not go to another engine
    // while one is about to write its edit.
    std::unique_lock lock(state_mutex_);
    done_.wait(lock, [this] { return jobs_.empty() && !flush_running_; });
  }
  Planner planner;  // goes without the lock: what it holds may be Python's
  {
    const std::lock_guard lock(inline_mutex_);
    planner.swap(planner_);
  }
  {
    const std::lock_guard lock(manifest_mutex_);
    manifest_.reset();  // set_typed_codec may still come
  }
  if (wal_) wal_->stop_service();
  {
    const std::lock_guard lock(state_mutex_);
    Event event = new_event(EventKind::kClose);
    event.counters = state_.counters;
    events_.add(std::move(event));
  }
  release_replaced_views();
  tables_.purge(true);
  if (failure) std::rethrow_exception(failure);
}

Engine::~Engine() {
  view_.store(nullptr);
  {
    // An open that failed half-way has threads that nobody has told to stop.
    const std::lock_guard lock(state_mutex_);
    stopping_.store(true, std::memory_order_release);
    work_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace lsmkit
