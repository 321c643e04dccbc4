// What a crash leaves of a disk: families of damage, and the disk after one of them.
//
// A process kill loses nothing that was committed. A power loss keeps what was synced; of the rest
// it keeps what it likes: data, sizes and names each on their own.
#pragma once

#include <cstdint>
#include <string_view>

namespace lsmkit {

struct DiskState;

// Of a file's un-synced bytes. Sizes and holes are drawn per file: a file may end anywhere from its
// synced length on, and a hole reads as zeros or as garbage. A log's space that was allocated past
// the end (see AppendFile) may come back as zeros after it, except with kNone and kAll.
enum class ContentSurvival {
  kNone,
  kAll,
  kAllThenZeros,  // the process was killed; allocated space follows each log
  kPrefix,        // cut anywhere
  kSectors,       // each 512-byte sector or not
  kPages,         // each 4 KiB page or not
  kZeros,         // sizes only: the data reads as zeros
  kTornCommit,    // all but an end of the last commit, wherever that was
};

// Of the names that were created, removed, linked and renamed since the directory's sync.
enum class NameSurvival {
  kNone,
  kAll,
  kPrefix,  // the first so many operations, over all directories
  kSubset,  // any: an unlink without the rename before it
};

struct Damage {
  ContentSurvival content = ContentSurvival::kNone;
  NameSurvival names = NameSurvival::kNone;
};

inline constexpr Damage kProcessKill{ContentSurvival::kAll, NameSurvival::kAll};
inline constexpr Damage kNothingUnsynced{ContentSurvival::kNone, NameSurvival::kNone};

struct NamedDamage {
  std::string_view name;
  Damage damage;
};

// One of each, for a test to go through.
inline constexpr NamedDamage kDamageFamilies[] = {
    {"nothing un-synced", kNothingUnsynced},
    {"process kill", kProcessKill},
    {"process kill, allocated tails", {ContentSurvival::kAllThenZeros, NameSurvival::kAll}},
    {"last commit torn", {ContentSurvival::kTornCommit, NameSurvival::kAll}},
    {"prefixes of files", {ContentSurvival::kPrefix, NameSurvival::kAll}},
    {"prefixes of files and names", {ContentSurvival::kPrefix, NameSurvival::kPrefix}},
    {"sectors", {ContentSurvival::kSectors, NameSurvival::kAll}},
    {"pages", {ContentSurvival::kPages, NameSurvival::kPrefix}},
    {"sizes without data", {ContentSurvival::kZeros, NameSurvival::kAll}},
    {"names without contents", {ContentSurvival::kNone, NameSurvival::kAll}},
    {"contents without names", {ContentSurvival::kAll, NameSurvival::kNone}},
    {"any subset of names", {ContentSurvival::kAll, NameSurvival::kSubset}},
    {"pages and any subset of names", {ContentSurvival::kPages, NameSurvival::kSubset}},
};

// The disk after the crash, all of it durable. The same seed gives the same disk. Shares the bytes
// of undamaged files with `disk`.
DiskState crash(const DiskState& disk, Damage damage, uint64_t seed);

}  // namespace lsmkit
