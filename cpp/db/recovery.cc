#include "lsmkit/db/recovery.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/compaction/compaction_job.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/db/wal.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_name.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/memtable/write_batch.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/merge_rules.h"

namespace lsmkit {
namespace {

constexpr uint64_t kManifestRoomBytes = 1 << 20;  // a guess at what else an open writes

class Recovery {
 public:
  // `holding` and `has`: see look(); null for a writer.
  Recovery(const OpenRequest& request, HoldingFileSystem* holding,
           std::function<bool(TableNumber)> has)
      : request_(request),
        holding_(holding),
        has_(std::move(has)),
        files_(*request.environment.files),
        clock_(*request.environment.clock),
        dir_(request.path) {}

  Recovered run();

 private:
  void create_new();
  void sync_own_name();
  bool old_manifest_stands() const noexcept;
  void read_existing();
  void hold_files();
  void check_tables();
  [[noreturn]] void refuse_file(const std::string& path, uint64_t offset,
                                const std::string& why) const;
  void skip_taken_numbers();
  void check_numbers_left() const;
  void replay();
  void apply_record(std::string_view record, LogPosition begin);
  void flush_replayed();
  void begin_writing();
  void remove_unneeded();
  void remove_made() noexcept;
  void remove(const std::string& name);
  void poll() {
    if (request_.poll) request_.poll({});
  }
  std::string path_of(const std::string& name) const { return join_path(dir_, name); }

  const OpenRequest& request_;
  HoldingFileSystem* const holding_;
  const std::function<bool(TableNumber)> has_;
  FileSystem& files_;
  Clock& clock_;
  const std::string dir_;
  DirectoryListing listing_;
  Recovered out_;
  LogNumber manifest_number_{};
  uint64_t manifest_end_ = 0;
  std::string torn_manifest_;
  std::shared_ptr<Memtable> replayed_ = std::make_shared<Memtable>();
  std::vector<std::string> made_;  // files to remove if this open fails
  bool manifest_written_ = false;
};

Recovered Recovery::run() {
  listing_ = list_directory(files_, dir_);
  try {
    if (listing_.has_manifest) {
      read_existing();
    } else {
      create_new();
    }
    if (!request_.read_only) {
      begin_writing();
      remove_unneeded();
    }
  } catch (...) {
    if (!manifest_written_ || old_manifest_stands()) remove_made();
    throw;
  }
  out_.event_files = listing_.events;
  return std::move(out_);
}

// Without a MANIFEST only what a crash of a first open leaves behind may stand here.
void Recovery::create_new() {
  if (request_.read_only) {
    throw InvalidArgument(dir_ + " holds no lsmkit database, and read_only=True creates none");
  }
  refuse_foreign(listing_, dir_);
  if (!listing_.tables.empty()) {
    throw CorruptionError(path_of("MANIFEST"), 0,
                          "it is missing, but tables stand beside it; restore it from a copy");
  }
  std::set<LogNumber> noise;
  for (const LogNumber number : listing_.logs) {
    const std::string path = path_of(log_file_name(number));
    if (is_recordless_log(files_, path)) continue;
    // The power may have gone while a log was being created, and left noise for its header. It
    // can't be told from somebody else's few bytes, so it stays.
    if (ends_before_records(files_, path)) {
      noise.insert(number);
    } else {
      throw CorruptionError(
          path_of("MANIFEST"), 0,
          "it is missing, but " + log_file_name(number) + " holds records; restore it from a copy");
    }
  }
  skip_taken_numbers();
  std::erase_if(listing_.logs, [&](LogNumber number) { return noise.contains(number); });
  out_.options = resolve_options(request_, nullptr);
  if (!out_.options.create) {
    throw InvalidArgument(dir_ + " holds no lsmkit database; open with create=True to make one");
  }
  out_.database_id = random_u64();
  out_.report.created = true;
  sync_own_name();
}

void Recovery::sync_own_name() {
  std::string path = files_.absolute(dir_);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return;
  try {
    // Against a power loss that takes the directory itself: whoever made it may have died first.
    files_.sync_dir(slash == 0 ? "/" : path.substr(0, slash));
  } catch (const IoError& error) {
    if (error.code() != EACCES) throw;  // A parent that may not be read can't be synced.
  }
}

void Recovery::read_existing() {
  ManifestContents contents = read_manifest(files_, dir_);
  out_.database_id = contents.database_id;
  out_.state = std::move(contents.state);
  manifest_number_ = contents.number;
  manifest_end_ = contents.end_offset;
  torn_manifest_ = std::move(contents.torn_tail);
  out_.state.last_seqno = out_.state.flushed_seqno;  // replay goes on from here
  out_.options = resolve_options(request_, &out_.state.options);
  if (holding_ != nullptr) hold_files();
  check_tables();
  skip_taken_numbers();
  replay();
}

// From here on the writer may remove what it likes.
void Recovery::hold_files() {
  // Before the tables: a log goes when its flush is done, a table stands for long.
  listing_ = list_directory(files_, dir_);
  for (const LogNumber number : listing_.logs) {
    if (number >= out_.state.oldest_log) holding_->hold(path_of(log_file_name(number)));
  }
  for_each_table(out_.state.version, [&](const TableRef& table) {
    poll();
    if (has_(table->number)) return;
    try {
      holding_->hold(path_of(table_file_name(table->number)));
    } catch (const IoError& error) {
      if (error.code() != ENOENT) throw;  // check_tables() says it
    }
  });
}

// Every named table must stand with its recorded size. This is also what decides whether a torn
// last edit may be dropped: if that edit had been acted upon, tables of the state before it would
// be gone.
void Recovery::check_tables() {
  std::vector<std::string> names;
  std::vector<uint64_t> due;
  for_each_table(out_.state.version, [&](const TableRef& table) {
    if (holding_ != nullptr && has_(table->number)) return;
    names.push_back(table_file_name(table->number));
    due.push_back(table->file_bytes);
  });
  poll();
  const auto found = files_.all_file_bytes(dir_, names);
  poll();
  for (size_t i = 0; i < names.size(); ++i) {
    if (!found[i]) refuse_file(path_of(names[i]), 0, "it is missing, but the MANIFEST names it");
    if (*found[i] != due[i]) {
      refuse_file(
          path_of(names[i]), std::min(*found[i], due[i]),
          "found " + std::to_string(*found[i]) + " bytes, due are " + std::to_string(due[i]));
    }
  }
}

// What the MANIFEST names is not as it says. If its last edit is torn, that is where the fault
// lies.
void Recovery::refuse_file(const std::string& path, uint64_t offset, const std::string& why) const {
  if (torn_manifest_.empty()) throw CorruptionError(path, offset, why);
  throw CorruptionError(path_of("MANIFEST"), manifest_end_,
                        "the edit that began here is lost (" + torn_manifest_ +
                            "), and what stands does not go with the one before: " + path + ": " +
                            why);
}

// Numbers of what stands here are never used again, also if nobody names it.
void Recovery::skip_taken_numbers() {
  for (const TableNumber number : listing_.tables) {
    const JobNumber next{static_cast<uint64_t>(job_of(number)) + 1};
    out_.state.next_job = std::max(out_.state.next_job, next);
  }
  for (const LogNumber number : listing_.logs) {
    const LogNumber next{static_cast<uint64_t>(number) + 1};
    out_.state.next_log = std::max(out_.state.next_log, next);
  }
  check_numbers_left();
}

// Nobody counts to half of what a number can hold. Where the MANIFEST, or the name of a file beside
// it, is further on than that, the rest would run over and numbers would be used again.
void Recovery::check_numbers_left() const {
  const auto check = [&](const char* what, uint64_t number, uint64_t last) {
    if (number <= last / 2) return;
    throw CorruptionError(path_of("MANIFEST"), 0,
                          "it, or the name of a file beside it, says that the next " +
                              std::string(what) + " is " + std::to_string(number) +
                              ", which nobody reaches by counting");
  };
  const ManifestState& state = out_.state;
  check("job", static_cast<uint64_t>(state.next_job), static_cast<uint64_t>(kLastJobNumber));
  check("log", static_cast<uint64_t>(state.next_log), UINT64_MAX);
  check("MANIFEST", static_cast<uint64_t>(manifest_number_), UINT64_MAX);
  check("commit", state.flushed_seqno, kMaxSeqno);
}

void Recovery::replay() {
  // It was durable before the MANIFEST named it, and goes only when a later edit names another: so
  // that edit is what is missing, too.
  if (!std::binary_search(listing_.logs.begin(), listing_.logs.end(), out_.state.oldest_log)) {
    refuse_file(path_of(log_file_name(out_.state.oldest_log)), 0,
                "it is missing, but the MANIFEST names it");
  }
  const ReplayReport report = replay_chain(
      files_, dir_, listing_.logs, out_.state.oldest_log, out_.database_id,
      [&](std::string_view record, LogPosition begin) { apply_record(record, begin); });
  out_.report.replayed_records = report.records;
  out_.report.replayed_log_bytes = report.payload_bytes;
  out_.report.dropped_log_bytes = report.dropped_bytes;
  out_.report.torn_tail = report.torn_tail;
  if (request_.read_only) {
    if (!replayed_->empty()) out_.memtables.insert(out_.memtables.begin(), replayed_);
  } else {
    flush_replayed();
  }
}

void Recovery::apply_record(std::string_view record, LogPosition begin) {
  poll();
  const std::string path = path_of(log_file_name(begin.log));
  DecodedBatch batch;
  try {
    batch = decode_batch(record);
  } catch (const DecodeError& error) {
    throw CorruptionError(path, begin.offset, std::string("a commit that ") + error.what());
  }
  const Seqno seqno = batch.header.seqno;
  if (seqno <= out_.state.flushed_seqno) return;
  const Seqno due = out_.state.last_seqno + 1;
  if (seqno != due) {
    throw CorruptionError(
        path, begin.offset,
        "found commit " + std::to_string(seqno) + ", due is " + std::to_string(due));
  }
  Counters& counters = out_.state.counters;
  batch.for_each([&](Kind kind, std::string_view key, std::string_view value) {
    replayed_->insert({key, seqno, kind, value});
    ++(kind == Kind::kDelete ? counters.deletes : counters.puts);
    counters.user_key_bytes += key.size();
    counters.user_value_bytes += value.size();
    counters.user_weight += weight_of(key.size(), value.size());
  });
  counters.log_bytes += record.size();
  out_.state.last_seqno = seqno;
  if (!memtable_is_full(replayed_->weight(), out_.options.memtable_bytes)) return;
  if (request_.read_only) {
    out_.memtables.insert(out_.memtables.begin(), replayed_);
    replayed_ = std::make_shared<Memtable>();
  } else {
    flush_replayed();
  }
}

// What was replayed becomes a synced L0 table: the old log is never trusted again.
void Recovery::flush_replayed() {
  if (replayed_->empty()) return;
  const JobNumber job = out_.state.next_job;
  out_.state.next_job = JobNumber{static_cast<uint64_t>(job) + 1};
  const Seqno flushed = out_.state.last_seqno;
  const MergeRules rules = flush_rules(job, out_.state.version, replayed_->weight(), {}, flushed,
                                       compaction_options_of(out_.options));
  const JobOutput output =
      run_flush(rules, replayed_->cursor(),
                output_context_of(out_.options, request_.environment, dir_, out_.database_id, 0,
                                  [this](uint64_t) { poll(); }));
  for (const TableRef& table : output.tables) {
    made_.push_back(table_file_name(table->number));
    out_.state.counters.flush_file_bytes += table->file_bytes;
    out_.state.counters.flush_weight += table->weight;
  }
  ++out_.state.counters.flush_count;
  VersionEdit edit = flush_edit({.job = job,
                                 .largest_seqno = flushed,
                                 .history_floor = flushed,
                                 .tables = output.tables,
                                 .reason = EditReason::kRecoveryFlush});
  edit.flushed_seqno = flushed;
  apply(out_.state, edit);
  replayed_ = std::make_shared<Memtable>();
}

void Recovery::begin_writing() {
  ManifestState& state = out_.state;
  state.flushed_seqno = state.last_seqno;
  const LogNumber number = state.next_log;
  const WalSetup setup{&files_,          &clock_,           dir_,
                       out_.database_id, out_.options.sync, out_.options.memtable_bytes,
                       nullptr};
  out_.log =
      create_durable_log(setup, number, LogNumber{});  // also makes the tables' names durable
  made_.push_back(log_file_name(number));
  state.next_log = LogNumber{static_cast<uint64_t>(number) + 1};
  state.oldest_log = number;
  state.options = to_stored_text(out_.options);
  manifest_written_ = true;  // From here on it is not known which MANIFEST stands.
  out_.manifest = Manifest::create(files_, dir_, out_.database_id,
                                   LogNumber{static_cast<uint64_t>(manifest_number_) + 1}, state);
}

// Only now that the new MANIFEST is durable. What the old one said may have stood in the page cache
// alone, or been torn there: after a power loss it could say something else, and need these files.
void Recovery::remove_unneeded() {
  for (const LogNumber number : listing_.logs) remove(log_file_name(number));
  for (const TableNumber number : listing_.tables) {
    if (!out_.state.version.find(number)) remove(table_file_name(number));
  }
}

void Recovery::remove(const std::string& name) {
  try {
    files_.remove(path_of(name));
    out_.report.deleted_files.push_back(name);
  } catch (const IoError&) {
    // Nobody names it: the next open tries again.
  }
}

// If so, what this open made is named by nobody.
bool Recovery::old_manifest_stands() const noexcept {
  try {
    if (!files_.exists(path_of("MANIFEST"))) return !listing_.has_manifest;
    return read_log_header(files_, path_of("MANIFEST")).identity.number == manifest_number_;
  } catch (const std::exception&) {
    return false;
  }
}

void Recovery::remove_made() noexcept {
  for (const std::string& name : made_) {
    try {
      files_.remove(path_of(name));
    } catch (const IoError&) {
      // Nobody names it: the next open tries again.
    }
  }
}

}  // namespace

// Makes room on a full disk: the MANIFEST is made durable as it stands, and then what it does not
// name can go (see remove_unneeded). False if nothing can.
static bool remove_unnamed_tables(const OpenRequest& request) {
  FileSystem& files = *request.environment.files;
  const DirectoryListing listing = list_directory(files, request.path);
  if (!listing.has_manifest) return false;
  const ManifestContents contents = read_manifest(files, request.path);
  std::vector<TableNumber> unnamed;
  for (const TableNumber number : listing.tables) {
    if (!contents.state.version.find(number)) unnamed.push_back(number);
  }
  if (unnamed.empty()) return false;
  ManifestState state = contents.state;
  for (const TableNumber number : unnamed) {
    state.next_job = std::max(state.next_job, JobNumber{static_cast<uint64_t>(job_of(number)) + 1});
  }
  Manifest::create(files, request.path, contents.database_id,
                   LogNumber{static_cast<uint64_t>(contents.number) + 1}, state);
  for (const TableNumber number : unnamed) {
    files.remove(join_path(request.path, table_file_name(number)));
  }
  return true;
}

Recovered look(const OpenRequest& request, HoldingFileSystem& files,
               const std::function<bool(TableNumber)>& has) {
  return Recovery(request, &files, has).run();
}

Recovered recover(const OpenRequest& request) {
  const auto attempt = [&] { return Recovery(request, nullptr, {}).run(); };
  try {
    return attempt();
  } catch (const IoError& error) {
    if (error.code() != ENOSPC) throw;
  }
  try {
    remove_unnamed_tables(request);
    return attempt();
  } catch (const IoError& error) {
    if (error.code() != ENOSPC) throw;
    uint64_t log_bytes = 0;
    for (const LogNumber log : list_directory(*request.environment.files, request.path).logs) {
      log_bytes +=
          request.environment.files->file_bytes(join_path(request.path, log_file_name(log)));
    }
    throw IoError(ENOSPC, error.path(),
                  "opening (it needs up to " + std::to_string(log_bytes + kManifestRoomBytes) +
                      " bytes for what the logs hold; nothing was lost. Free some space, or look "
                      "with read_only=True)");
  }
}

Options resolve_options(const OpenRequest& request, const std::string* stored) {
  Options options;
  if (stored != nullptr) set_stored_options(options, *stored);
  if (request.options) options = *request.options;
  for (const auto& [name, text] : request.overrides) set_option(options, name, text);
  options.validate();
  return options;
}

}  // namespace lsmkit
