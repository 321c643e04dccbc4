#include "lsmkit/vfs/crash_damage.h"

#include <algorithm>
#include <set>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/vfs/disk_state.h"

namespace lsmkit {
namespace {

constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kMostAllocatedPages = 8;

class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(mix64(seed + kStep)) {}
  uint64_t next() { return mix64(state_ += kStep) >> 16; }
  uint64_t between(uint64_t least, uint64_t most) { return least + next() % (most - least + 1); }
  bool coin() { return next() % 2 == 0; }
  // True in `eighths` of eight cases.
  bool chance(uint64_t eighths) { return next() % 8 < eighths; }

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  uint64_t state_;
};

// What is left of one file.
class FileDamage {
 public:
  FileDamage(const FileNode& file, ContentSurvival content, bool holds_last_commit,
             uint64_t last_commit_begin, Draws& draws)
      : file_(file),
        content_(content),
        torn_from_(holds_last_commit ? last_commit_begin : file.size),
        draws_(draws) {}

  FileNode result() {
    const uint64_t kept = kept_bytes();
    const uint64_t end = kept + tail_bytes(kept);
    const bool whole = end == kept && !has_holes(kept) && (is_kill() || file_.lost.empty());
    if (whole) return {file_.bytes, file_.mode, kept, kept};

    std::string content(end, '\0');
    file_.bytes->read(0, kept, content.data());
    if (!is_kill()) drop_lost(content, kept);
    if (has_holes(kept)) make_holes(content, kept);
    return {std::make_shared<GrowingBytes>(content), file_.mode, end, end};
  }

 private:
  bool is_kill() const {
    return content_ == ContentSurvival::kAll || content_ == ContentSurvival::kAllThenZeros ||
           content_ == ContentSurvival::kTornCommit;
  }

  bool has_holes(uint64_t kept) const {
    return kept > file_.synced_bytes &&
           (content_ == ContentSurvival::kSectors || content_ == ContentSurvival::kPages ||
            content_ == ContentSurvival::kZeros);
  }

  // Where the file's data ends, be it whole or not.
  uint64_t kept_bytes() {
    switch (content_) {
      case ContentSurvival::kNone:
        return file_.synced_bytes;
      case ContentSurvival::kPrefix:
        return draws_.between(file_.synced_bytes, file_.size);
      case ContentSurvival::kSectors:
      case ContentSurvival::kPages:
        return draws_.coin() ? file_.size : draws_.between(file_.synced_bytes, file_.size);
      case ContentSurvival::kTornCommit:
        return draws_.between(std::max(file_.synced_bytes, torn_from_), file_.size);
      default:
        return file_.size;
    }
  }

  // Zeros up to the end of some page.
  uint64_t tail_bytes(uint64_t kept) {
    if (file_.mode != AppendMode::kLog || content_ == ContentSurvival::kNone ||
        content_ == ContentSurvival::kAll) {
      return 0;
    }
    if (content_ != ContentSurvival::kAllThenZeros && draws_.coin()) return 0;
    return kPageBytes * draws_.between(1, kMostAllocatedPages) - kept % kPageBytes;
  }

  void drop_lost(std::string& content, uint64_t kept) {
    for (const ByteRange& lost : file_.lost) {
      const uint64_t begin = std::min(lost.begin, kept), end = std::min(lost.end, kept);
      std::fill(content.begin() + static_cast<std::ptrdiff_t>(begin),
                content.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    }
  }

  // Each block stays or goes; the synced part of a block stays.
  void make_holes(std::string& content, uint64_t kept) {
    const uint64_t block_bytes = content_ == ContentSurvival::kSectors ? kSectorBytes : kPageBytes;
    const bool zeros_only = content_ == ContentSurvival::kZeros;
    const uint64_t kept_eighths = zeros_only ? 0 : draws_.between(0, 7);
    const bool garbage = !zeros_only && draws_.coin();
    for (uint64_t begin = file_.synced_bytes; begin < kept;) {
      const uint64_t end = std::min(kept, (begin / block_bytes + 1) * block_bytes);
      const bool stays = draws_.chance(kept_eighths);
      for (; begin < end; ++begin) {
        if (!stays) content[begin] = garbage ? static_cast<char>(draws_.next()) : '\0';
      }
    }
  }

  const FileNode& file_;
  const ContentSurvival content_;
  const uint64_t torn_from_;
  Draws& draws_;
};

// Which operations on names survive: whole or not at all, as with a journaling file system.
class NameDamage {
 public:
  NameDamage(const DiskState& disk, NameSurvival names, Draws& draws) : names_(names) {
    std::set<uint64_t> operations;
    for (const DiskNode& node : disk.nodes) {
      const auto* directory = std::get_if<DirectoryNode>(&node);
      if (directory == nullptr) continue;
      for (const EntryChange& change : directory->unsynced) operations.insert(change.operation);
    }
    uint64_t first = draws.between(0, operations.size());
    const uint64_t eighths = draws.between(1, 7);
    for (const uint64_t operation : operations) {
      const bool survives = names == NameSurvival::kPrefix ? first-- > 0 : draws.chance(eighths);
      if (survives) {
        surviving_.insert(operation);
      } else if (names == NameSurvival::kPrefix) {
        break;
      }
    }
  }

  DirectoryEntries left_of(const DirectoryNode& directory) const {
    if (names_ == NameSurvival::kAll) return directory.entries;
    DirectoryEntries entries = directory.durable_entries;
    if (names_ == NameSurvival::kNone) return entries;
    for (const EntryChange& change : directory.unsynced) {
      if (surviving_.count(change.operation) > 0) change_entry(entries, change.name, change.node);
    }
    return entries;
  }

 private:
  const NameSurvival names_;
  std::set<uint64_t> surviving_;
};

// Builds the disk after the crash, from the root down.
class Crash {
 public:
  Crash(const DiskState& disk, Damage damage, uint64_t seed)
      : disk_(disk), content_(damage.content), draws_(seed), names_(disk, damage.names, draws_) {
    after_.nodes.clear();
    carry(kRootNode);
  }

  DiskState take() { return std::move(after_); }

 private:
  // The node's number after the crash. A file with two names is carried once.
  DiskNodeId carry(DiskNodeId before) {
    const auto [known, is_new] = carried_.try_emplace(before, after_.next_id());
    const DiskNodeId id = known->second;
    if (!is_new) return id;
    after_.nodes.emplace_back();
    DiskNode node =
        disk_.is_directory(before) ? DiskNode(carry_directory(before)) : carry_file(before);
    after_.nodes[static_cast<size_t>(id)] = std::move(node);
    return id;
  }

  DirectoryNode carry_directory(DiskNodeId before) {
    DirectoryEntries entries = names_.left_of(disk_.directory(before));
    for (auto& entry : entries) entry.second = carry(entry.second);
    return {entries, entries, {}};
  }

  FileNode carry_file(DiskNodeId before) {
    return FileDamage(disk_.file(before), content_, before == disk_.last_commit_node,
                      disk_.last_commit_begin, draws_)
        .result();
  }

  const DiskState& disk_;
  const ContentSurvival content_;
  Draws draws_;
  const NameDamage names_;
  std::map<DiskNodeId, DiskNodeId> carried_;
  DiskState after_;
};

}  // namespace

DiskState crash(const DiskState& disk, Damage damage, uint64_t seed) {
  return Crash(disk, damage, seed).take();
}

}  // namespace lsmkit
