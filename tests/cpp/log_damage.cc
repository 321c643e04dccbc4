// Cut at every byte, flipped at every bit: a log gives a prefix of what was written, or raises
// where the synced marks say that more was promised; never anything else (W1.8, W3.7).
//
// The model knows the chunks and records of an undamaged chain, and derives from the one rule of
// FORMAT.md what a reader must say when one place is damaged.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "log_disk.h"
#include "lsmkit/log/log_dump.h"

using namespace lsmkit;

namespace {

struct Record {
  LogPosition end;
  std::string bytes;
};

struct Chunk {
  LogPosition begin;
  uint64_t end;
  LogPosition synced;
  bool seal;
};

// A chain of logs as it was written, and what its readers must make of one damaged place.
struct Chain {
  StringDisk disk;
  std::vector<uint64_t> logs;
  std::vector<Record> records;
  std::vector<Chunk> chunks;

  void find_chunks() {
    for (const uint64_t log : logs) {
      walk_chunks(disk, path_of(log), [&](const ChunkView& c) {
        REQUIRE(c.state == ChunkState::kValid);
        chunks.push_back({{number(log), c.offset}, c.end(), c.synced, c.type == ChunkType::kSeal});
      });
    }
  }

  // The chunk, or the header, that holds a byte; the end of the last chunk for the zeros after it,
  // which also spoil a seal.
  LogPosition damaged_place(uint64_t log, uint64_t offset) const {
    if (offset < kLogHeaderBytes) return {number(log), 0};
    LogPosition place{number(log), kLogHeaderBytes};
    for (const Chunk& c : chunks) {
      if (c.begin.log != number(log) || c.begin.offset > offset) continue;
      place.offset = c.end <= offset && !c.seal ? c.end : c.begin.offset;
    }
    return place;
  }

  // Reads the damaged disk. `lost`: whether the damage took this chunk.
  template <class Lost>
  void check(StringDisk& damaged, LogPosition place, Lost&& lost) const {
    LogPosition synced;
    bool chunks_follow = false;
    for (const Chunk& c : chunks) {
      if (lost(c)) continue;
      synced = std::max(synced, c.synced);
      chunks_follow |= c.begin > place;
    }
    const bool must_raise = synced > place || (place.offset == 0 && chunks_follow);

    const Replayed result = replay(damaged, logs, logs.front());
    CAPTURE(result.error);
    CAPTURE(static_cast<uint64_t>(place.log));
    CAPTURE(place.offset);
    if (must_raise) {
      REQUIRE(result.damaged_file == path_of(static_cast<uint64_t>(place.log)));
      REQUIRE(result.damaged_offset == place.offset);
      return;
    }
    REQUIRE(result.error == "");
    std::vector<std::string> prefix;
    for (const Record& r : records) {
      if (r.end <= place) prefix.push_back(r.bytes);
    }
    REQUIRE(result.records == prefix);
    REQUIRE(result.report.synced == synced);
  }

  void check_flip(uint64_t log, uint64_t offset, unsigned bit) {
    char& byte = disk.files[path_of(log)][offset];
    const char before = byte;
    byte = static_cast<char>(byte ^ (1 << bit));
    const LogPosition place = damaged_place(log, offset);
    check(disk, place, [&](const Chunk& c) {
      return c.begin.log == place.log && c.begin.offset <= offset && offset < c.end;
    });
    byte = before;
  }

  void check_cut(uint64_t log, uint64_t bytes) {
    std::string& file = disk.files[path_of(log)];
    const std::string before = file;
    file.resize(bytes);
    LogPosition place{number(log), bytes < kLogHeaderBytes ? 0 : kLogHeaderBytes};
    for (const Chunk& c : chunks) {
      if (c.begin.log == number(log) && c.end <= bytes) place.offset = c.end;
    }
    const bool whole = place == chunks_end(log);
    if (whole) {  // only zeros were cut off
      check(disk, {number(logs.back()), ~uint64_t{0}}, [](const Chunk&) { return false; });
    } else {
      check(disk, place,
            [&](const Chunk& c) { return c.begin.log == number(log) && c.end > bytes; });
    }
    file = before;
  }

  LogPosition chunks_end(uint64_t log) const {
    LogPosition end;
    for (const Chunk& c : chunks) {
      if (c.begin.log == number(log)) end = {number(log), c.end};
    }
    return end;
  }
};

// What a writer knows to be synced when it appends at `at`.
using SyncPolicy = std::function<LogPosition(LogPosition at, LogPosition last_record)>;

struct NamedPolicy {
  const char* name;
  SyncPolicy known;
};

const NamedPolicy kPolicies[] = {
    {"nothing is ever synced", [](LogPosition, LogPosition) { return kNothingSynced; }},
    {"everything is synced", [](LogPosition at, LogPosition) { return at; }},
    {"all but the last record is synced", [](LogPosition, LogPosition last) { return last; }},
    {"a log is synced when it is left",
     [](LogPosition at, LogPosition) {
       return LogPosition{LogNumber{static_cast<uint64_t>(at.log) - 1}, 1000};
     }},
};

// Three logs of a few records, the first two sealed, all with zeros behind.
Chain small_chain(const SyncPolicy& known) {
  Chain chain;
  LogPosition last_record;
  for (uint64_t n = 3; n <= 5; ++n) {
    auto log = create_log(chain.disk, n, n == 3 ? 0 : n - 1);
    for (uint64_t i = 0; i < 4; ++i) {
      const std::string record = patterned(i * 7, n * 10 + i);
      const LogPosition begin = log->position();
      append(*log, record, known(begin, last_record));
      last_record = begin;
      chain.records.push_back({log->position(), record});
    }
    if (n < 5) log->seal(number(n + 1), n * 100, known(log->position(), last_record));
    chain.disk.files[path_of(n)].append(30, '\0');
    chain.logs.push_back(n);
  }
  chain.find_chunks();
  return chain;
}

// One log of a few blocks: records that run over their edges, and a tail of five unused bytes at
// the end of the first.
Chain long_chain(const SyncPolicy& known) {
  Chain chain;
  LogPosition last_record;
  auto log = create_log(chain.disk, 3);
  for (const size_t bytes : {10, 32'663, 32'600, 200, 40'000, 10, 0, 10}) {
    const std::string record = patterned(bytes, bytes + chain.records.size());
    const LogPosition begin = log->position();
    append(*log, record, known(begin, last_record));
    last_record = begin;
    chain.records.push_back({log->position(), record});
  }
  chain.disk.files[path_of(3)].append(5000, '\0');
  chain.logs = {3};
  chain.find_chunks();
  return chain;
}

}  // namespace

TEST_CASE("an undamaged chain gives every record in the order it was appended (W1.8)") {
  for (const NamedPolicy& policy : kPolicies) {
    CAPTURE(policy.name);
    Chain chain = small_chain(policy.known);
    const Replayed all = replay(chain.disk, chain.logs, 3);
    REQUIRE(all.error == "");
    REQUIRE(all.records.size() == chain.records.size());
    for (size_t i = 0; i < all.records.size(); ++i) CHECK(all.records[i] == chain.records[i].bytes);
    CHECK(std::is_sorted(all.begins.begin(), all.begins.end()));
    CHECK(all.report.logs == std::vector<LogNumber>{number(3), number(4), number(5)});
    CHECK(all.report.end == chain.records.back().end);
    CHECK(all.report.sealed_last_seqno == 400);
    CHECK_FALSE(all.report.sealed);
    CHECK(all.report.torn_tail == "");
    CHECK(all.report.dropped_bytes == 0);
  }
}

TEST_CASE("a chain cut at any byte of any log gives a prefix, or raises below the synced mark") {
  for (const NamedPolicy& policy : kPolicies) {
    CAPTURE(policy.name);
    Chain chain = small_chain(policy.known);
    for (const uint64_t log : chain.logs) {
      for (uint64_t bytes = 0; bytes < chain.disk.files[path_of(log)].size(); ++bytes)
        chain.check_cut(log, bytes);
    }
  }
}

TEST_CASE("any flipped bit of a chain gives a prefix, or raises below the synced mark (W3.7)") {
  for (const NamedPolicy& policy : kPolicies) {
    CAPTURE(policy.name);
    Chain chain = small_chain(policy.known);
    for (const uint64_t log : chain.logs) {
      for (uint64_t offset = 0; offset < chain.disk.files[path_of(log)].size(); ++offset) {
        for (unsigned bit = 0; bit < 8; ++bit) chain.check_flip(log, offset, bit);
      }
    }
  }
}

TEST_CASE("flips and cuts near block edges, inside records that run over them, are found too") {
  for (const NamedPolicy& policy : kPolicies) {
    CAPTURE(policy.name);
    Chain chain = long_chain(policy.known);
    std::set<uint64_t> offsets;
    const auto add_around = [&](uint64_t middle) {
      for (uint64_t at = middle - 16; at < middle + 16; ++at) offsets.insert(at);
    };
    for (const Chunk& c : chain.chunks) add_around(c.begin.offset), add_around(c.end);
    for (uint64_t block = 1; block <= 3; ++block) add_around(block * kLogBlockBytes);
    for (const uint64_t offset : offsets) {
      if (offset >= chain.disk.files[path_of(3)].size()) continue;
      chain.check_flip(3, offset, static_cast<unsigned>(offset % 8));
      chain.check_cut(3, offset);
    }
  }
}

TEST_CASE("bytes of another log, another database or another place never read as records") {
  const auto write = [](StringDisk& disk, uint64_t n, uint64_t database) {
    auto log = create_log(disk, n, 0, database);
    for (int i = 0; i < 5; ++i) append(*log, "the same record");
    return disk.files[path_of(n)];
  };
  StringDisk disk, other;
  const std::string mine = write(disk, 7, kDatabase);
  const std::string header = mine.substr(0, kLogHeaderBytes);
  std::string& file = disk.files[path_of(7)];

  for (const std::string& stale :
       {write(other, 6, kDatabase), write(other, 7, kDatabase + 1), write(other, 8, kDatabase)}) {
    REQUIRE(stale.size() == mine.size());
    file = header + stale.substr(kLogHeaderBytes);
    const Replayed result = replay(disk, {7}, 7);
    CHECK(result.records.empty());
    CHECK(result.report.dropped_bytes == mine.size() - kLogHeaderBytes);
    CHECK(result.report.torn_tail.find("db/000007.log at offset 64: checksum") == 0);
  }

  const size_t chunk = kChunkHeaderBytes + 15;
  file = mine.substr(0, kLogHeaderBytes + chunk) + mine.substr(kLogHeaderBytes);
  CHECK(replay(disk, {7}, 7).records.size() == 1);  // the rest stands one chunk further on
}

TEST_CASE("two blocks in each other's place are damage") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  for (int i = 0; i < 10; ++i) append(*log, patterned(32'755 - (i == 0 ? 64 : 0), 1));
  std::string& file = disk.files[path_of(1)];
  REQUIRE(file.size() == 10 * kLogBlockBytes);
  std::swap_ranges(file.begin() + 3 * kLogBlockBytes, file.begin() + 4 * kLogBlockBytes,
                   file.begin() + 7 * kLogBlockBytes);
  CHECK(replay(disk, {1}, 1).records.size() == 3);
}

TEST_CASE("a lost page is a torn tail if nothing after it had been synced, else damage") {
  for (const bool synced : {false, true}) {
    StringDisk disk;
    auto log = create_log(disk, 1);
    uint64_t before_page = 0;
    for (int i = 0; i < 2000; ++i) {
      append(*log, patterned(100, 1));
      if (log->size() <= 40'960) before_page = log->size();
    }
    if (synced) append(*log, "x", log->position());
    std::string& file = disk.files[path_of(1)];
    const uint64_t end = file.size();
    file.replace(40'960, 4096, std::string(4096, '\0'));
    const Replayed result = replay(disk, {1}, 1);
    if (synced) {
      CHECK(result.damaged_file == path_of(1));
      CHECK(result.damaged_offset == before_page);
      CHECK(result.error.find("000001.log up to " + std::to_string(end - 14) +
                              " and all before it had been synced") != std::string::npos);
    } else {
      CHECK(result.error == "");
      CHECK(result.report.end == LogPosition{number(1), before_page});
      CHECK(result.report.dropped_bytes == end - before_page);
    }
  }
}

TEST_CASE("zeros are an end only if nothing follows them") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "kept");
  const uint64_t end = log->size();
  std::string& file = disk.files[path_of(1)];
  file.append(300'000, '\0');
  CHECK(replay(disk, {1}, 1).report.torn_tail == "");
  file.back() = 1;
  const Replayed result = replay(disk, {1}, 1);
  CHECK(result.records.size() == 1);
  CHECK(result.report.torn_tail.find("zeros where a chunk is due") != std::string::npos);
  CHECK(result.report.dropped_bytes == file.size() - end);
}

TEST_CASE("a record that begins and never ends is a torn tail, whole chunks or not") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "kept");
  const uint64_t kept = log->size();
  append(*log, patterned(100'000, 1));
  std::string& file = disk.files[path_of(1)];
  for (const size_t zeros : {0, 5000}) {
    file.resize(2 * kLogBlockBytes);  // first and middle stand, last is gone
    file.append(zeros, '\0');
    const Replayed result = replay(disk, {1}, 1);
    CHECK(result.records == std::vector<std::string>{"kept"});
    CHECK(result.report.end == LogPosition{number(1), kept});
    CHECK(result.report.dropped_bytes == 2 * kLogBlockBytes - kept);
    CHECK(result.report.torn_tail.find("a record begins that never ends") != std::string::npos);
  }
}

TEST_CASE("a read that fails is an error, never the end of history") {
  Chain chain = small_chain(kPolicies[1].known);
  for (const uint64_t log : chain.logs) {
    chain.disk.unreadable = path_of(log);
    CHECK_THROWS_AS(replay(chain.disk, chain.logs, 3), IoError);
  }
}
