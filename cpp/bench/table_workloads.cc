// open and flushmany: what does not depend on how much stands in the database, or should not.
//
// open: an open of a clean database of 1,000 tables; aim: at most 20 times what it takes to create,
// write, sync and rename a small file and to sync its directory.
// flushmany (W1.5): a flush into a database of thousands of tables, none of which is compacted, in
// memory, so that nothing but our own work is seen; aim: at most twice a flush into five.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "instructions.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "own_workloads.h"
#include "text_table.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

constexpr uint64_t kOpens = 5;
constexpr uint64_t kControlBytes = 4096;
constexpr uint64_t kSmallTableBytes = 1024;  // the least that can be asked for
constexpr uint64_t kEntriesPerTable = 8;
constexpr uint64_t kFlushes = 20;
constexpr uint64_t kFewTables = 5;

using Texts = std::vector<std::pair<std::string, std::string>>;

// Tables as small as they get and no compaction that is not asked for.
Texts small_tables(const std::string& background) {
  return {{"sync", "none"},
          {"compression", "none"},
          {"table_bytes", std::to_string(kSmallTableBytes)},
          {"l0_trigger_runs", "100000"},
          {"level_sizing", "static"},
          {"base_bytes", std::to_string(uint64_t{1} << 40)},
          {"background", background}};
}

// Ascending keys, in memory yet: as much as `tables` tables hold, each filled by the last of its
// entries.
void put_tables(Db& db, uint64_t tables, uint64_t first_key) {
  const std::string value(kSmallTableBytes / kEntriesPerTable + 1 - kKeyBytes - 8, 'v');
  const uint64_t end = first_key + tables * kEntriesPerTable;
  for (uint64_t key = first_key; key < end; ++key) db.put(decimal_key(key), value);
}

void ensure(bool done, const std::string& path) {
  if (!done) throw std::system_error(errno, std::generic_category(), path);
}

// What no open that leaves a new MANIFEST behind can do without.
void make_durable_file(const std::string& dir) {
  const std::string path = dir + "/control", fresh = path + ".new";
  const std::string bytes(kControlBytes, 'c');
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ensure(file >= 0, fresh);
  ensure(write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), fresh);
  ensure(fdatasync(file) == 0, fresh);
  ::close(file);
  ensure(rename(fresh.c_str(), path.c_str()) == 0, path);
  const int directory = open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ensure(directory >= 0, dir);
  ensure(fsync(directory) == 0, dir);
  ::close(directory);
}

// A function of its own, and no tail call: callgrind sees it begin and end.
[[gnu::noinline]] void measured_flush(Db& db) {
  db.flush();
  asm volatile("" ::: "memory");
}

struct FlushCost {
  double us = 0;
  double cpu_us = 0;
  std::optional<double> instructions;
};

// Medians of kFlushes flushes of a small table each, by this thread.
FlushCost flush_cost(Db& db, MemoryFileSystem& files) {
  const InstructionCounter counter;
  std::vector<double> us, cpu_us, instructions;
  for (uint64_t i = 0; i < kFlushes; ++i) {
    files.forget_history();
    put_tables(db, 1, i * 1000);
    const auto before = counter.count();
    const double cpu_before = thread_cpu_seconds();
    us.push_back(seconds_of([&] { measured_flush(db); }) * 1e6);
    cpu_us.push_back((thread_cpu_seconds() - cpu_before) * 1e6);
    if (before) instructions.push_back(static_cast<double>(*counter.count() - *before));
  }
  FlushCost out{median(us), median(cpu_us), {}};
  if (!instructions.empty()) out.instructions = median(instructions);
  return out;
}

FlushCost flush_sample(const OwnRound& round, const std::string& what,
                       const std::function<void(Db&)>& fill, const FlushCost* few) {
  MemoryFileSystem files;
  const auto db = Db::open({.path = "/db",
                            .options = {},
                            .overrides = small_tables("inline"),
                            .environment = {.files = &files}});
  fill(*db);
  Sample out;
  out.round = round.round;
  out.store = "lsmkit";
  out.workload = "flushmany";
  out.state = what;
  out.mode = "none";
  out.operations = kFlushes;
  const auto version = db->tree().version;
  out.shape.runs = version.run_count();
  out.shape.other = with_commas(version.table_count()) + " tables";
  const FlushCost cost = flush_cost(*db, files);
  out.seconds = cost.us * static_cast<double>(kFlushes) / 1e6;
  out.figures["cpu_us"] = cost.cpu_us;
  if (cost.instructions) out.figures["instructions"] = *cost.instructions;
  if (few != nullptr) {
    out.figures["times_as_much_cpu"] = cost.cpu_us / few->cpu_us;
    if (cost.instructions) {
      out.figures["times_as_many_instructions"] = *cost.instructions / *few->instructions;
    }
  }
  round.emit(out);
  db->close();
  return cost;
}

}  // namespace

void run_open(const OwnRound& round) {
  const uint64_t tables = std::clamp<uint64_t>(round.settings.num / 1000, 10, 1000);
  const std::string path = round.scratch.fresh(), control_dir = round.scratch.fresh();
  std::filesystem::create_directory(control_dir);
  const auto open_it = [&] {
    return Db::open(
        {.path = path, .options = {}, .overrides = small_tables("threads"), .environment = {}});
  };
  auto db = open_it();
  put_tables(*db, tables, 0);
  db->flush();
  const uint64_t made = db->tree().version.table_count();
  db->close();
  const std::string state = with_commas(made) + " tables";
  Sample ours{round.round, "lsmkit", "open", state, "none", 1, kOpens, 0, {}, {}};
  Sample control{round.round, "control", "open", state, "", 1, kOpens, 0, {}, {}};
  for (uint64_t i = 0; i < kOpens; ++i) {
    control.seconds += seconds_of([&] { make_durable_file(control_dir); });
    ours.seconds += seconds_of([&] { db = open_it(); });
    PinnedValue value;
    if (db->tree().version.table_count() != made || !db->get(decimal_key(0), value)) {
      throw std::runtime_error("lsmkit: what was flushed is not there after an open");
    }
    db->close();
  }
  ours.figures["times_the_control"] = ours.seconds / control.seconds;
  ours.shape.other = state;
  round.emit(control);
  round.emit(ours);
  std::filesystem::remove_all(path);
  std::filesystem::remove_all(control_dir);
}

void run_flushmany(const OwnRound& round) {
  const uint64_t many = std::clamp<uint64_t>(round.settings.num / 200, 50, 5000);
  const auto tables = [](uint64_t count) {
    return [count](Db& db) {
      put_tables(db, count, 0);
      db.flush();
    };
  };
  const auto runs = [](uint64_t count) {
    return [count](Db& db) {
      for (uint64_t i = 0; i < count; ++i) {
        put_tables(db, 1, i * 1000);
        db.flush();
      }
    };
  };
  const FlushCost few = flush_sample(round, "5 tables", tables(kFewTables), nullptr);
  flush_sample(round, with_commas(many) + " tables", tables(many), &few);
  const FlushCost few_runs = flush_sample(round, "5 runs", runs(kFewTables), nullptr);
  flush_sample(round, with_commas(many) + " runs", runs(many), &few_runs);
}

}  // namespace lsmkit::bench
