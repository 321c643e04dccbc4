// Files made by somebody who means harm: the reader raises or stops, and never crashes, hangs or
// allocates more than a block and what its records really hold.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "log_counting_new.h"
#include "log_disk.h"
#include "lsmkit/log/log_dump.h"

using namespace lsmkit;

namespace {

// Appends a chunk whose checksum is right, whatever else it says.
void forge(StringDisk& disk, uint64_t log, uint8_t type, std::string_view payload,
           uint8_t synced_logs_back = kNoSyncedLog, uint64_t synced_offset = 0,
           int length_lie = 0) {
  std::string& file = disk.files[path_of(log)];
  std::string chunk(kChunkHeaderBytes, '\0');
  chunk += payload;
  ChunkHeader header;
  header.length = static_cast<uint16_t>(static_cast<int>(payload.size()) + length_lie);
  header.type = type;
  header.synced_logs_back = synced_logs_back;
  header.synced_offset = synced_offset;
  store_chunk_header(chunk.data(), header);
  store_fixed(chunk.data(),
              ChunkChecksum(kDatabase, number(log)).of(chunk.data(), chunk.size(), file.size()));
  file += chunk;
}

// Changes a file at random: the k-th mutation of a seed is always the same.
void mutate(std::string& file, std::mt19937_64& random) {
  if (file.empty()) return;
  const size_t at = random() % file.size();
  const size_t bytes = std::min(file.size() - at, random() % 64);
  switch (random() % 7) {
    case 0:
      file[at] = static_cast<char>(random());
      break;
    case 1:
      file.resize(at);
      break;
    case 2:
      file.erase(at, bytes);
      break;
    case 3:
      file.insert(at, file.substr(random() % file.size(), bytes));
      break;
    case 4:
      std::fill_n(file.begin() + static_cast<ptrdiff_t>(at), bytes, '\0');
      break;
    case 5:
      file.append(patterned(random() % 100, random()));
      break;
    case 6:
      file.append(random() % 40'000, '\0');
      break;
  }
}

// Gives every chunk from the first on the checksum that it ought to have.
void repair_checksums(std::string& file, uint64_t log) {
  const ChunkChecksum checksum(kDatabase, number(log));
  uint64_t at = kLogHeaderBytes;
  while (at + kChunkHeaderBytes <= file.size()) {
    const uint16_t length = load_chunk_header(file.data() + at).length;
    const uint64_t end = at + kChunkHeaderBytes + length;
    if (end > file.size()) break;
    store_fixed(file.data() + at, checksum.of(file.data() + at, kChunkHeaderBytes + length, at));
    at = end;
    if (left_in_block(at) < kChunkHeaderBytes) at += left_in_block(at);
  }
}

bool is_prefix(const std::vector<std::string>& part, const std::vector<std::string>& all) {
  return part.size() <= all.size() && std::equal(part.begin(), part.end(), all.begin());
}

struct Sample {
  StringDisk disk;
  std::vector<std::string> records;
};

Sample sample_chain(std::mt19937_64& random) {
  Sample sample;
  for (uint64_t n = 1; n <= 3; ++n) {
    auto log = create_log(sample.disk, n, n - 1);
    const size_t count = random() % 6;
    for (size_t i = 0; i < count; ++i) {
      const std::string record =
          patterned(random() % 8 == 0 ? random() % 50'000 : random() % 50, random());
      append(*log, record, random() % 2 ? log->position() : kNothingSynced);
      sample.records.push_back(record);
    }
    if (n < 3) log->seal(number(n + 1), n, kNothingSynced);
  }
  return sample;
}

}  // namespace

TEST_CASE("a chunk that breaks the rules ends history, right checksum or not") {
  StringDisk disk;
  auto log = create_log(disk, 9);
  append(*log, "kept");
  const uint64_t end = log->size();
  struct Case {
    const char* why;
    std::function<void()> forge;
  };
  const Case cases[] = {
      {"unknown type 7", [&] { forge(disk, 9, 7, "x"); }},
      {"unknown type 0", [&] { forge(disk, 9, 0, "x"); }},
      {"cut off", [&] { forge(disk, 9, 1, "x", kNoSyncedLog, 0, 1); }},
      {"cut off", [&] { forge(disk, 9, 1, "x", kNoSyncedLog, 0, 60'000); }},
      {"checksum", [&] { forge(disk, 9, 1, "xy", kNoSyncedLog, 0, -1); }},
      {"synced position", [&] { forge(disk, 9, 1, "x", 0, end + 1); }},
      {"synced position", [&] { forge(disk, 9, 1, "x", 0, kMaxLogBytes - 1); }},
      {"synced position", [&] { forge(disk, 9, 1, "x", 9, 0); }},
      {"synced position", [&] { forge(disk, 9, 1, "x", 254, 0); }},
      {"never began", [&] { forge(disk, 9, 3, "x"); }},
      {"never began", [&] { forge(disk, 9, 4, "x"); }},
      {"a seal that does not decode", [&] { forge(disk, 9, 5, "\x01\x05"); }},
      {"a seal with bytes after it",
       [&] { forge(disk, 9, 5, ""), forge(disk, 9, 1, "after the seal"); }},
      {"zeros", [&] { disk.files[path_of(9)].append(20, '\0') += "x"; }},
  };
  const std::string kept = disk.files[path_of(9)];
  for (const Case& c : cases) {
    CAPTURE(c.why);
    disk.files[path_of(9)] = kept;
    c.forge();
    const Replayed result = replay(disk, {9}, 9);
    CHECK(result.error == "");
    CHECK(result.records == std::vector<std::string>{"kept"});
    CHECK(result.report.end == LogPosition{number(9), end});
    CAPTURE(result.report.torn_tail);
    CHECK(result.report.torn_tail.find(c.why) != std::string::npos);
  }
}

TEST_CASE("whole records, seals and padding inside a record are disorder") {
  for (const uint8_t type : {1, 2, 5, 6}) {
    StringDisk disk;
    auto log = create_log(disk, 1);
    append(*log, "kept");
    const uint64_t end = log->size();
    forge(disk, 1, 2, "begins");
    forge(disk, 1, type, "");
    forge(disk, 1, 4, "ends");
    const Replayed result = replay(disk, {1}, 1);
    CHECK(result.records == std::vector<std::string>{"kept"});
    CHECK(result.report.end == LogPosition{number(1), end});
    CHECK(result.report.torn_tail.find("never ends") != std::string::npos);
  }
}

TEST_CASE("a seal with a tag of the future is refused, not dropped") {
  StringDisk disk;
  create_log(disk, 1);
  forge(disk, 1, 5, std::string_view("\x07\x00", 2));
  CHECK_THROWS_AS(replay(disk, {1}, 1), NotSupported);
}

TEST_CASE("random files hold no records, with or without a header of ours") {
  std::mt19937_64 random(11);
  StringDisk disk;
  create_log(disk, 1);
  const std::string header = disk.files[path_of(1)];
  for (int round = 0; round < 200; ++round) {
    const std::string noise = patterned(1 + random() % 100'000, random());
    disk.files[path_of(1)] = (round % 2 ? header : "") + noise;
    const Replayed result = replay(disk, {1}, 1);
    CHECK(result.records.empty());
    CHECK(result.error == "");
    CHECK(result.report.torn_tail != "");
  }
}

TEST_CASE("lengths are not believed: reading takes a block and no more") {
  StringDisk disk;
  create_log(disk, 1);
  std::string& file = disk.files[path_of(1)];
  file.append(4 << 20, '\xff');
  std::string path = path_of(1);
  take_largest_allocation_bytes();
  const ReplayReport report = replay_file(disk, path, LogKind::kWal, {}, nullptr);
  CHECK(take_largest_allocation_bytes() <= kLogBlockBytes);
  CHECK(report.records == 0);
}

TEST_CASE(
    "the search for chunks at every offset is bounded; the start of a block is always tried") {
  // Filled with 6, as the type and as both bytes of the length, so that each offset costs 1.5 KB of
  // checksumming. Then a chunk in the middle of a block, and one at the start of the next.
  const auto synced_found = [](size_t filler_blocks) {
    StringDisk disk;
    create_log(disk, 1);
    std::string& file = disk.files[path_of(1)];
    file.append(filler_blocks * kLogBlockBytes + 20'000 - kLogHeaderBytes, '\x06');
    forge(disk, 1, 1, "in the middle", 0, 20);
    file.append(left_in_block(file.size()), '\x06');
    forge(disk, 1, 1, "at the start", 0, 10);
    return replay(disk, {1}, 1).report.synced;
  };
  CHECK(synced_found(1) == LogPosition{number(1), 20});
  CHECK(synced_found(20) == LogPosition{number(1), 10});
}

TEST_CASE("any change to the files gives a prefix or an error") {
  std::mt19937_64 random(2024);
  for (int round = 0; round < 4000; ++round) {
    Sample sample = sample_chain(random);
    for (size_t changes = 1 + random() % 3; changes > 0; --changes)
      mutate(sample.disk.files[path_of(1 + random() % 3)], random);
    const Replayed result = replay(sample.disk, {1, 2, 3}, 1);
    REQUIRE(is_prefix(result.records, sample.records));
  }
}

TEST_CASE("changes under repaired checksums give records of the file's bytes, or an error") {
  std::mt19937_64 random(4202);
  for (int round = 0; round < 4000; ++round) {
    Sample sample = sample_chain(random);
    uint64_t file_bytes = 0;
    for (uint64_t log = 1; log <= 3; ++log) {
      std::string& file = sample.disk.files[path_of(log)];
      if (random() % 2) mutate(file, random);
      repair_checksums(file, log);
      file_bytes += file.size();
    }
    try {
      const Replayed result = replay(sample.disk, {1, 2, 3}, 1);
      CHECK(result.report.payload_bytes <= file_bytes);
      walk_chunks(sample.disk, path_of(1), [&](const ChunkView& chunk) {
        CHECK((chunk.state == ChunkState::kCutOff || chunk.payload.size() <= kLogBlockBytes));
      });
    } catch (const Error&) {
    }
  }
}
