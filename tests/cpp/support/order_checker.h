// A file system that watches the order in which an engine makes things durable (research plan C2):
//
//   O1  the MANIFEST names a table only when the table and its name are synced
//   O2  a new MANIFEST takes the old one's place only when it is synced
//   O3  a table is removed only when the synced MANIFEST does not name it
//   O4  a log is removed only when the synced MANIFEST begins after it
//
// Violations are collected as sentences; a test asks for none. All calls go through to the file
// system below, which must be one whose committed bytes can be read back at once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/log/log_name.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/manifest/manifest_state.h"
#include "lsmkit/vfs/file_system.h"
#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit::test {

class OrderChecker final : public PassingFileSystem {
 public:
  explicit OrderChecker(FileSystem& below) : PassingFileSystem(below) {}

  std::vector<std::string> violations() const {
    const std::lock_guard lock(mutex_);
    return violations_;
  }
  uint64_t manifest_edits_seen() const {
    const std::lock_guard lock(mutex_);
    return edits_seen_;
  }

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    auto file = below_.create(path, mode, expected_bytes);
    const std::lock_guard lock(mutex_);
    const auto state = std::make_shared<State>();
    files_[path] = state;
    return std::make_unique<Watched>(*this, std::move(file), state);
  }

  void sync_dir(const std::string& path) override {
    below_.sync_dir(path);
    const std::lock_guard lock(mutex_);
    for (auto& [name, state] : files_) {
      if (name.starts_with(path)) state->name_synced = true;
    }
  }

  void rename(const std::string& source, const std::string& target) override {
    {
      const std::lock_guard lock(mutex_);
      const auto found = files_.find(source);
      if (found != files_.end()) {
        check(found->second->synced, "O2: " + source + " was renamed before it was synced");
        found->second->name_synced = false;
        files_[target] = found->second;
        files_.erase(source);
      }
    }
    below_.rename(source, target);
  }

  void remove(const std::string& path) override {
    {
      const std::lock_guard lock(mutex_);
      check_removal(path);
      files_.erase(path);
    }
    below_.remove(path);
  }

 private:
  struct State {
    bool synced = false;  // everything committed so far
    bool name_synced = false;
    // Of a MANIFEST: what its first `edits` edits say.
    ManifestState manifest;
    uint64_t edits = 0;
  };

  class Watched final : public AppendFile {
   public:
    Watched(OrderChecker& checker, std::unique_ptr<AppendFile> file, std::shared_ptr<State> state)
        : checker_(checker), file_(std::move(file)), state_(std::move(state)) {}
    void allocate(uint64_t bytes) override { file_->allocate(bytes); }
    char* reserve(size_t bytes) override { return file_->reserve(bytes); }
    void commit(size_t bytes) override {
      file_->commit(bytes);
      checker_.committed(path(), *state_);
    }
    uint64_t size() const override { return file_->size(); }
    void sync() override {
      file_->sync();
      checker_.synced(path(), *state_);
    }
    void prepare(uint64_t bytes) override { file_->prepare(bytes); }
    void close() override { file_->close(); }
    const std::string& path() const override { return file_->path(); }

   private:
    OrderChecker& checker_;
    const std::unique_ptr<AppendFile> file_;
    const std::shared_ptr<State> state_;
  };

  static bool is_manifest(const std::string& path) {
    return path.ends_with("/MANIFEST") || path.ends_with("/MANIFEST.tmp");
  }
  static std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
  }
  static std::string name_of_path(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
  }

  // A file that was renamed is still written under the path it was created with.
  std::string present_path(const std::string& path) {
    return below_.exists(path) ? path : join_path(directory_of(path), kManifestName);
  }

  void committed(const std::string& path, State& state) {
    const std::lock_guard lock(mutex_);
    state.synced = false;
    if (!is_manifest(path)) return;
    read_new_edits(present_path(path), state);
    const Version& version = state.manifest.version;
    for (unsigned level = 0; level < version.level_count(); ++level) {
      for (const Run& run : version.level(level).runs) {
        run.for_each([&](const TableRef& table) {
          const std::string file = join_path(directory_of(path), table_file_name(table->number));
          const auto found = files_.find(file);
          if (found == files_.end()) return;  // of an earlier life
          check(found->second->synced, "O1: " + file + " is named before it is synced");
          check(found->second->name_synced, "O1: " + file + " is named before its name is synced");
        });
      }
    }
  }

  void synced(const std::string& path, State& state) {
    const std::lock_guard lock(mutex_);
    state.synced = true;
    if (is_manifest(path)) synced_[directory_of(path)] = state.manifest;
  }

  void read_new_edits(const std::string& path, State& state) {
    uint64_t edit = 0;
    replay_file(below_, path, LogKind::kManifest, std::nullopt,
                [&](std::string_view record, LogPosition) {
                  if (edit++ < state.edits) return;
                  apply(state.manifest, decode_version_edit(record));
                  ++state.edits;
                  ++edits_seen_;
                });
  }

  void check_removal(const std::string& path) {
    const auto manifest = synced_.find(directory_of(path));
    if (manifest == synced_.end()) return;  // nothing of this life is durable yet
    const std::string name = name_of_path(path);
    if (const auto table = parse_table_file_name(name)) {
      check(!manifest->second.version.find(*table),
            "O3: " + path + " is removed while it is named");
    } else if (const auto log = parse_log_file_name(name)) {
      const bool needed = *log >= manifest->second.oldest_log && *log < manifest->second.next_log;
      check(!needed, "O4: " + path + " is removed while it is needed");
    }
  }

  void check(bool holds, const std::string& violation) {
    if (!holds) violations_.push_back(violation);
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<State>> files_;
  std::map<std::string, ManifestState> synced_;  // by directory
  std::vector<std::string> violations_;
  uint64_t edits_seen_ = 0;
};

}  // namespace lsmkit::test
