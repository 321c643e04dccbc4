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

uint64_t memtable_room(const Options& options) {
  const uint64_t others = options.cache_bytes + options.threads * kJobBufferBytes;
  const uint64_t least = 2 * options.memtable_bytes;
  return std::max(least, options.memory_bytes - std::min(others, options.memory_bytes));
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

// A writer in another process goes on while a read-only open reads: what the MANIFEST named a
// moment ago may be gone, and then it says something else by now. So the open starts over; what
// fails twice in the same way is real, because a writer removes nothing that a synced MANIFEST
// names and moves a log's durable position only past bytes that stand.
constexpr unsigned kReadOnlyAttempts = 20;
constexpr auto kReadOnlyPause = std::chrono::milliseconds(2);

bool may_have_moved_on(const Error& error) {
  const auto* io = dynamic_cast<const IoError*>(&error);
  return (io != nullptr && io->code() == ENOENT) ||
         dynamic_cast<const CorruptionError*>(&error) != nullptr;
}

}  // namespace

std::shared_ptr<Engine> Engine::open(const OpenRequest& request, const std::string& identity) {
  std::string last_error;
  for (unsigned attempt = 1;; ++attempt) {
    try {
      auto home = std::make_unique<HomeFileSystem>(*request.environment.files, request.path);
      OpenRequest at_home = request;
      at_home.environment.files = home.get();
      Recovered recovered = recover(at_home);
      const std::shared_ptr<Engine> engine(
          new Engine(at_home, std::move(home), identity, std::move(recovered)), [](Engine* e) {
            if (e->belongs_to_this_process()) delete e;
          });
      if (request.read_only) engine->open_all_tables();
      engine->start();
      return engine;
    } catch (const Error& error) {
      if (!request.read_only || attempt == kReadOnlyAttempts || !may_have_moved_on(error)) throw;
      if (error.what() == last_error) throw;  // the same again: nobody moves here
      last_error = error.what();
      std::this_thread::sleep_for(attempt * kReadOnlyPause);
    }
  }
}

// A read-only database keeps what it has opened: a writer may remove the files.
void Engine::open_all_tables() {
  for (unsigned level = 0; level < state_.version.level_count(); ++level) {
    for (const Run& run : state_.version.level(level).runs) {
      run.for_each([&](const TableRef& table) { tables_.handle(table)->table(); });
    }
  }
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
      memtable_room_bytes_(memtable_room(recovered.options)),
      tables_(*request.environment.files, request.path,
              std::make_shared<BlockCache>(recovered.options.cache_bytes)),
      wal_(make_wal(request, recovered, &published_)),
      log_bytes_before_(recovered.state.counters.log_bytes),
      stall_us_before_(recovered.state.counters.stall_us),
      active_(std::make_shared<Memtable>()),
      written_(recovered.state.counters),
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
