// After a crash the disk in memory holds what was synced, and of the rest what the family of damage
// says.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lsmkit/vfs/memory_file.h"
#include "support/memory_disk.h"

using namespace lsmkit;
using namespace lsmkit::test;

TEST_CASE(
    "a sync keeps the bytes, not the name; a directory's sync keeps the name, not the bytes") {
  MemoryFileSystem disk;
  disk.make_dir("/db");
  const auto bytes_only = disk.create("/db/bytes", AppendMode::kTable, 0);
  bytes_only->append("synced");
  bytes_only->sync();
  CHECK(disk.crash_image(disk.operation_count(), kNothingUnsynced, 0)->list("/db") == Names{});

  const auto name_only = disk.create("/db/name", AppendMode::kTable, 0);
  name_only->append("not synced");
  disk.sync_dir("/db");
  name_only->close();
  const Image image = disk.crash_image(disk.operation_count(), kNothingUnsynced, 0);
  CHECK(image->list("/db") == Names{"bytes", "name"});
  CHECK(image->contents("/db/bytes") == "synced");
  CHECK(image->contents("/db/name") == "");
}

TEST_CASE("a removal and a rename are undone by a crash until their directory is synced") {
  MemoryFileSystem disk;
  disk.set_contents("/a", "a");
  disk.set_contents("/b", "b");
  disk.set_contents("/c", "c");
  disk.remove("/a");
  disk.rename("/b", "/c");
  const uint64_t before = disk.operation_count();
  disk.sync_dir("/");
  using Files = std::map<std::string, std::string>;
  const auto left = [&](uint64_t after) {
    return everything(*disk.crash_image(after, kNothingUnsynced, 0));
  };
  CHECK(left(before) == Files{{"/a", "a"}, {"/b", "b"}, {"/c", "c"}});
  CHECK(left(before + 1) == Files{{"/c", "b"}});
  CHECK(everything(*disk.crash_image(before, kProcessKill, 0)) == Files{{"/c", "b"}});
}

TEST_CASE("a made directory is durable, what stands in it isn't yet") {
  MemoryFileSystem disk;
  disk.make_dir("/a/b");
  CHECK(disk.operation_count() == 4);
  disk.create("/a/b/f", AppendMode::kTable, 0);
  const Image image = disk.crash_image(disk.operation_count(), kNothingUnsynced, 0);
  CHECK(image->is_directory("/a/b"));
  CHECK(image->list("/a/b").empty());
  const Image half = disk.crash_image(1, kNothingUnsynced, 0);
  CHECK_FALSE(half->exists("/a"));
}

TEST_CASE("nothing un-synced, or everything") {
  const HalfSynced half;
  CHECK(half.after(ContentSurvival::kNone, 1) == half.bytes.substr(0, 10'000));
  CHECK(half.after(ContentSurvival::kAll, 1) == half.bytes);
}

TEST_CASE("a cut file ends anywhere between its synced end and its end") {
  const HalfSynced half;
  std::set<size_t> ends;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const std::string left = half.after(ContentSurvival::kPrefix, seed);
    CHECK(left.size() >= half.kSyncedBytes);
    CHECK(half.bytes.substr(0, left.size()) == left);
    ends.insert(left.size());
  }
  CHECK(ends.size() > 90);
  CHECK(*ends.begin() < 12'000);
  CHECK(*ends.rbegin() > 38'000);
}

TEST_CASE("sectors and pages survive or not, each for itself; holes are zeros or garbage") {
  const HalfSynced half;
  for (const auto& [content, block_bytes] :
       {std::pair(ContentSurvival::kSectors, 512u), std::pair(ContentSurvival::kPages, 4096u)}) {
    std::set<std::string> patterns;
    std::set<size_t> torn_pages;  // That survived in part.
    size_t zero_holes = 0, garbage_holes = 0, cut_short = 0;
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const std::string left = half.after(content, seed);
      REQUIRE(left.size() >= half.kSyncedBytes);
      REQUIRE(left.size() <= half.bytes.size());
      cut_short += left.size() < half.bytes.size();
      CHECK(left.substr(0, half.kSyncedBytes) == half.bytes.substr(0, half.kSyncedBytes));
      std::string pattern;
      std::map<size_t, std::set<bool>> fates;  // By page.
      for (size_t begin = half.kSyncedBytes; begin < left.size();) {
        const size_t end = std::min<size_t>(left.size(), (begin / block_bytes + 1) * block_bytes);
        const std::string block = left.substr(begin, end - begin);
        const bool survived = block == half.bytes.substr(begin, block.size());
        const bool zeros = block.find_first_not_of('\0') == std::string::npos;
        if (!survived && block.size() > 8) {
          // All or nothing: no block is half there.
          CHECK((zeros || block.substr(0, 8) != half.bytes.substr(begin, 8)));
          ++(zeros ? zero_holes : garbage_holes);
        }
        pattern += survived ? 'x' : '.';
        fates[begin / 4096].insert(survived);
        begin = end;
      }
      for (const auto& [page, fate] : fates) {
        if (fate.size() > 1) torn_pages.insert(page);
      }
      patterns.insert(pattern);
    }
    CHECK(patterns.size() > 60);
    CHECK(torn_pages.size() == (block_bytes == 512 ? 8 : 0));
    CHECK(zero_holes > 100);
    CHECK(garbage_holes > 100);
    CHECK(cut_short > 20);
    CHECK(cut_short < 80);
  }
}

TEST_CASE("a size may survive without its data") {
  const HalfSynced half;
  CHECK(half.after(ContentSurvival::kZeros, 1) ==
        half.bytes.substr(0, 10'000) + std::string(30'000, '\0'));
}

TEST_CASE("only the last commit is torn, at any byte, and only while it isn't synced") {
  HalfSynced half;
  std::set<size_t> ends;
  const uint64_t last = half.disk.operation_count();
  const auto torn = [&](uint64_t after, uint64_t seed) {
    return half.disk.crash_image(after, {ContentSurvival::kTornCommit, NameSurvival::kAll}, seed)
        ->contents("/f");
  };
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const std::string left = torn(last, seed);
    CHECK(left.size() >= 39'000);
    CHECK(half.bytes.substr(0, left.size()) == left);
    ends.insert(left.size());
    CHECK(torn(last - 1, seed).size() >= 38'000);
    CHECK(torn(last - 1, seed).size() <= 39'000);
  }
  CHECK(ends.size() > 150);
  half.file->sync();
  for (uint64_t seed = 0; seed < 20; ++seed) CHECK(torn(last + 1, seed) == half.bytes);
}

TEST_CASE("a log's allocated space comes back as zeros after a kill, a table's doesn't") {
  const HalfSynced log(AppendMode::kLog), table(AppendMode::kTable);
  size_t with_tail = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string left = log.after(ContentSurvival::kAllThenZeros, seed);
    CHECK(left.size() > log.bytes.size());
    CHECK(left.size() % 4096 == 0);
    CHECK(left.substr(0, log.bytes.size()) == log.bytes);
    CHECK(left.find_first_not_of('\0', log.bytes.size()) == std::string::npos);
    CHECK(table.after(ContentSurvival::kAllThenZeros, seed) == table.bytes);
    CHECK(log.after(ContentSurvival::kNone, seed).size() == log.kSyncedBytes);
    CHECK(log.after(ContentSurvival::kAll, seed) == log.bytes);
    with_tail += log.after(ContentSurvival::kZeros, seed).size() > log.bytes.size();
  }
  CHECK(with_tail > 10);
  CHECK(with_tail < 40);
}

TEST_CASE("names survive as a prefix of the operations, or as any subset of them") {
  MemoryFileSystem disk;
  disk.make_dir("/a");
  disk.make_dir("/b");
  disk.set_contents("/a/old", "old");
  const Names order = {"/a/1", "/b/2", "/a/3", "/b/4", "/a/5", "/b/6"};
  for (const std::string& path : order) disk.create(path, AppendMode::kTable, 0);
  disk.remove("/a/old");

  std::set<std::string> prefixes, subsets;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto pattern = [&](NameSurvival names) {
      const Image image = lose_power(disk, ContentSurvival::kAll, names, seed);
      std::string out;
      for (const std::string& path : order) out += image->exists(path) ? 'x' : '.';
      return out += image->exists("/a/old") ? '.' : 'x';
    };
    prefixes.insert(pattern(NameSurvival::kPrefix));
    subsets.insert(pattern(NameSurvival::kSubset));
  }
  CHECK(prefixes == std::set<std::string>{".......", "x......", "xx.....", "xxx....", "xxxx...",
                                          "xxxxx..", "xxxxxx.", "xxxxxxx"});
  CHECK(subsets.size() > 60);
  CHECK(subsets.count("......x") == 1);  // The last before the first.
}

TEST_CASE("no crash brings back the names before a directory's sync") {
  MemoryFileSystem disk;
  disk.set_contents("/a", "a");
  disk.rename("/a", "/b");
  disk.create("/c", AppendMode::kTable, 0);
  disk.remove("/c");
  disk.sync_dir("/");
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (const NamedDamage& family : kDamageFamilies) {
      CHECK(disk.crash_image(disk.operation_count(), family.damage, seed)->list("/") == Names{"b"});
    }
  }
}

TEST_CASE("a rename survives whole or not at all") {
  MemoryFileSystem disk;
  disk.make_dir("/a");
  disk.make_dir("/b");
  disk.set_contents("/a/f", "f");
  disk.set_contents("/b/g", "g");
  disk.rename("/a/f", "/b/g");
  size_t done = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const NameSurvival names = seed % 2 == 0 ? NameSurvival::kPrefix : NameSurvival::kSubset;
    const Image image = lose_power(disk, ContentSurvival::kAll, names, seed);
    const bool moved = image->contents("/b/g") == "f";
    CHECK(image->exists("/a/f") == !moved);
    done += moved;
  }
  CHECK(done > 20);
  CHECK(done < 80);
}

TEST_CASE("the same seed gives the same disk, another seed another") {
  const HalfSynced half;
  for (const NamedDamage& family : kDamageFamilies) {
    const auto image = [&](uint64_t seed) {
      return everything(*half.disk.crash_image(half.disk.operation_count(), family.damage, seed));
    };
    for (uint64_t seed = 0; seed < 10; ++seed) CHECK(image(seed) == image(seed));
  }
  CHECK(half.after(ContentSurvival::kSectors, 1) != half.after(ContentSurvival::kSectors, 2));
}

TEST_CASE("what stood before the last sync survives every family, at every later operation") {
  HalfSynced half;
  half.file->sync();
  const uint64_t synced = half.disk.operation_count();
  half.file->append(patterned(5000, 9));
  half.disk.create("/g", AppendMode::kTable, 0)->append("g");
  half.disk.rename("/g", "/h");
  for (uint64_t k = synced; k <= half.disk.operation_count(); ++k) {
    for (const NamedDamage& family : kDamageFamilies) {
      for (uint64_t seed = 0; seed < 5; ++seed) {
        const Image image = half.disk.crash_image(k, family.damage, seed);
        INFO(family.name, " after ", k, ", seed ", seed);
        CHECK(image->contents("/f").substr(0, half.bytes.size()) == half.bytes);
      }
    }
  }
}

TEST_CASE("what a failed sync lost is read until the power goes, whatever is synced later") {
  HalfSynced half;
  dynamic_cast<MemoryAppendFile&>(*half.file).lose_unsynced();
  half.file->append("later");
  half.file->sync();
  CHECK(half.disk.contents("/f") == half.bytes + "later");
  CHECK(half.after(ContentSurvival::kAll, 0) == half.bytes + "later");
  const std::string due = half.bytes.substr(0, 10'000) + std::string(30'000, '\0') + "later";
  CHECK(half.after(ContentSurvival::kNone, 0) == due);
  CHECK(half.after(ContentSurvival::kPrefix, 0) == due);
  CHECK(half.after(ContentSurvival::kPages, 0) == due);
}
