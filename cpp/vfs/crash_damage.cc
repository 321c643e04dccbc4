#include "lsmkit/vfs/crash_damage.h"

#include <algorithm>
#include <set>

#include "lsmkit/bytes/hash.h"

namespace lsmkit {
namespace {

constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kPageBytes = 4096;

class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(mix64(seed + 0x9e3779b97f4a7c15)) {}
  uint64_t next() { return mix64(state_ += 0x9e3779b97f4a7c15); }
  uint64_t up_to(uint64_t most) { return next() % (most + 1); }
  uint64_t between(uint64_t least, uint64_t most) { return least + up_to(most - least); }
  bool coin() { return (next() >> 40) % 2 == 0; }

 private:
  uint64_t state_;
};

void damage_range(std::string& content, uint64_t begin, uint64_t end, bool garbage, Draws& draws) {
  for (uint64_t i = begin; i < end; ++i) {
    content[i] = garbage ? static_cast<char>(draws.next() >> 32) : '\0';
  }
}

// Loses blocks from `begin` on, each with the same chance. The synced part of a block stays.
void lose_blocks(std::string& content, uint64_t begin, uint64_t block_bytes, Draws& draws) {
  const uint64_t kept_of_eight = draws.up_to(7);
  const bool garbage = draws.coin();
  while (begin < content.size()) {
    const uint64_t end =
        std::min<uint64_t>(content.size(), begin / block_bytes * block_bytes + block_bytes);
    if (draws.up_to(7) >= kept_of_eight) damage_range(content, begin, end, garbage, draws);
    begin = end;
  }
}

// Allocated space comes in pages.
uint64_t draw_allocated_end(uint64_t size, Draws& draws) {
  return size / kPageBytes * kPageBytes + kPageBytes * draws.between(1, 8);
}

// Builds the disk after the crash, directory by directory from the root.
class Crash {
 public:
  Crash(const DiskState& disk, Damage damage, uint64_t seed)
      : disk_(disk), damage_(damage), seed_(seed), draws_(seed) {}

  DiskState run() {
    if (damage_.names == NameSurvival::kPrefix) draw_last_operation();
    kept_eighths_ = draws_.between(1, 7);
    ids_.assign(disk_.nodes.size(), kNoNode);
    after_.nodes.clear();
    carry(kRootNode);
    return std::move(after_);
  }

 private:
  // The node's number after the crash; a file with two names is carried once.
  NodeId carry(NodeId before) {
    NodeId& id = ids_[static_cast<size_t>(before)];
    if (id != kNoNode) return id;
    const NodeId carried = id = after_.next_id();
    if (const auto* directory = std::get_if<DirectoryNode>(&disk_.at(before))) {
      after_.nodes.emplace_back(DirectoryNode{});
      Entries entries = surviving_entries(*directory);
      for (auto& [name, node] : entries) node = carry(node);
      auto& copy = std::get<DirectoryNode>(after_.at(carried));
      copy.durable_entries = entries;
      copy.entries = std::move(entries);
    } else {
      after_.nodes.emplace_back(surviving_file(before, std::get<FileNode>(disk_.at(before))));
    }
    return carried;
  }

  Entries surviving_entries(const DirectoryNode& directory) {
    if (damage_.names == NameSurvival::kAll) return directory.entries;
    Entries entries = directory.durable_entries;
    for (const EntryChange& change : directory.unsynced) {
      if (survives(change.operation)) change_entry(entries, change.name, change.node);
    }
    return entries;
  }

  // An operation on names survives whole or not at all, as with the journal of a file system.
  bool survives(uint64_t operation) const {
    if (damage_.names == NameSurvival::kPrefix) return operation <= last_operation_;
    return damage_.names == NameSurvival::kSubset &&
           (mix64(seed_ ^ mix64(operation + 1)) >> 32) % 8 < kept_eighths_;
  }

  void draw_last_operation() {
    std::set<uint64_t> operations = {0};
    for (const Node& node : disk_.nodes) {
      const auto* directory = std::get_if<DirectoryNode>(&node);
      if (directory == nullptr) continue;
      for (const EntryChange& change : directory->unsynced) operations.insert(change.operation);
    }
    auto drawn = operations.begin();
    std::advance(drawn, static_cast<std::ptrdiff_t>(draws_.up_to(operations.size() - 1)));
    last_operation_ = *drawn;
  }

  FileNode surviving_file(NodeId id, const FileNode& file) {
    const uint64_t whole = draw_size(id, file);
    const uint64_t end = whole > file.size || !may_have_tail(file) || draws_.coin()
                             ? whole
                             : draw_allocated_end(whole, draws_);
    const bool holes = damage_.content == ContentSurvival::kSectors ||
                       damage_.content == ContentSurvival::kPages ||
                       damage_.content == ContentSurvival::kZeros;
    const bool shared = end <= file.size && file.lost.empty() &&
                        (!holes || end == file.synced_bytes);
    if (shared) return {file.bytes, file.mode, end, end, {}};

    std::string content(end, '\0');
    const uint64_t read_bytes = std::min(whole, file.size);
    file.bytes->read(0, read_bytes, content.data());
    for (const ByteRange& lost : file.lost) {
      if (!is_kill()) {
        damage_range(content, std::min(lost.begin, read_bytes), std::min(lost.end, read_bytes),
                     false, draws_);
      }
    }
    if (holes) damage_content(content, file.synced_bytes, read_bytes);
    auto bytes = std::make_shared<GrowingBytes>(content);
    return {std::move(bytes), file.mode, end, end, {}};
  }

  bool is_kill() const {
    return damage_.content == ContentSurvival::kAll ||
           damage_.content == ContentSurvival::kAllThenZeros;
  }

  bool may_have_tail(const FileNode& file) const {
    return file.mode == AppendMode::kLog && damage_.content != ContentSurvival::kNone &&
           damage_.content != ContentSurvival::kAll;
  }

  uint64_t draw_size(NodeId id, const FileNode& file) {
    switch (damage_.content) {
      case ContentSurvival::kNone:
        return file.synced_bytes;
      case ContentSurvival::kAll:
      case ContentSurvival::kAllThenZeros:
      case ContentSurvival::kZeros:
        return file.size;
      case ContentSurvival::kPrefix:
        return draws_.between(file.synced_bytes, file.size);
      case ContentSurvival::kSectors:
      case ContentSurvival::kPages:
        return draws_.coin() ? file.size : draws_.between(file.synced_bytes, file.size);
      case ContentSurvival::kTornCommit:
        if (id != disk_.last_commit_node) return file.size;
        return draws_.between(std::max(file.synced_bytes, disk_.last_commit_begin), file.size);
    }
    return file.size;
  }

  void damage_content(std::string& content, uint64_t begin, uint64_t end) {
    std::string tail = content.substr(end);
    content.resize(end);
    if (damage_.content == ContentSurvival::kZeros) {
      damage_range(content, begin, end, false, draws_);
    } else {
      lose_blocks(content, begin,
                  damage_.content == ContentSurvival::kSectors ? kSectorBytes : kPageBytes, draws_);
    }
    content += tail;
  }

  const DiskState& disk_;
  const Damage damage_;
  const uint64_t seed_;
  Draws draws_;
  uint64_t last_operation_ = 0;
  uint64_t kept_eighths_ = 0;
  std::vector<NodeId> ids_;
  DiskState after_;
};

}  // namespace

DiskState crash(const DiskState& disk, Damage damage, uint64_t seed) {
  return Crash(disk, damage, seed).run();
}

}  // namespace lsmkit
