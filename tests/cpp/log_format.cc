// The bytes are what FORMAT.md says: its worked example, the header's rules, names and seals.
#include <doctest/doctest.h>

#include "log_disk.h"
#include "lsmkit/log/log_dump.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_seal.h"
#include "support/format_example.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

std::string example_path() {
  return path_of(7);
}

void write_example(StringDisk& disk) {
  auto log = create_log(disk, 7, 6);
  append(*log, "hello", {number(6), 98'765});
  const LogPosition hello_end = log->position();
  append(*log, "world", hello_end);
  log->seal(number(8), 42, hello_end);
}

void store_header(StringDisk& disk, const LogFileHeader& header) {
  disk.files[example_path()].replace(0, kLogHeaderBytes, encode(header));
}

}  // namespace

TEST_CASE("the worked example of FORMAT.md is what the writer writes, byte for byte") {
  StringDisk disk;
  write_example(disk);
  CHECK(hex_line(format_example("log")) == hex_line(disk.files[example_path()]));
}

TEST_CASE("the worked example of FORMAT.md reads back as its text says") {
  StringDisk disk;
  disk.files[example_path()] = format_example("log");
  const LogFileHeader header = read_log_header(disk, example_path());
  CHECK(header.identity == LogIdentity{kDatabase, number(7), number(6), LogKind::kWal});
  CHECK(header.format_version == 1);

  std::vector<std::string> records;
  const ReplayReport report =
      replay_file(disk, example_path(), LogKind::kWal, kDatabase,
                  [&](std::string_view record, LogPosition) { records.emplace_back(record); });
  CHECK(records == std::vector<std::string>{"hello", "world"});
  CHECK(report.sealed);
  CHECK(report.sealed_last_seqno == 42);

  std::vector<LogPosition> synced;
  walk_chunks(disk, example_path(),
              [&](const ChunkView& chunk) { synced.push_back(chunk.synced); });
  CHECK(synced == std::vector<LogPosition>{{number(6), 98'765}, {number(7), 82}, {number(7), 82}});
}

TEST_CASE("a header of the future is refused with a sentence that says so") {
  StringDisk disk;
  write_example(disk);
  LogFileHeader header = read_log_header(disk, example_path());
  const auto refusal = [&](auto&& call) {
    try {
      call();
    } catch (const NotSupported& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  const auto replay_as_last = [&] { replay(disk, {7}, 7); };
  const auto replay_as_later = [&] { replay(disk, {6, 7}, 6); };
  create_log(disk, 6);

  header.format_version = 2;
  store_header(disk, header);
  const std::string newer =
      "db/000007.log was written by a newer lsmkit: its log format is version 2, this one reads up "
      "to 1";
  CHECK(refusal([&] { read_log_header(disk, example_path()); }) == newer);
  CHECK(refusal(replay_as_last) == newer);
  CHECK(refusal(replay_as_later) == newer);

  header.format_version = 1;
  header.required_features = uint64_t{1} << 41;
  store_header(disk, header);
  CHECK(refusal(replay_as_last).find("feature bit 41,") != std::string::npos);

  header.required_features = 0;
  header.optional_features = ~uint64_t{0};
  store_header(disk, header);
  CHECK(refusal(replay_as_last) == "accepted");
}

TEST_CASE("every changed bit of a header is noticed") {
  LogFileHeader header;
  header.identity = {kDatabase, number(7), number(6), LogKind::kManifest};
  const std::string bytes = encode(header);
  CHECK(check_log_header(bytes, "x").header == header);
  for (size_t bit = 0; bit < 8 * kLogHeaderBytes; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const LogHeaderVerdict verdict = check_log_header(changed, "x");
    CHECK_FALSE(verdict.header);
    CHECK(verdict.why != "");
  }
  for (size_t bytes_left = 0; bytes_left < kLogHeaderBytes; ++bytes_left)
    CHECK_FALSE(check_log_header(bytes.substr(0, bytes_left), "x").header);
}

TEST_CASE("a log's name is its number, and no other name is ours") {
  for (const uint64_t n :
       {uint64_t{1}, uint64_t{12}, uint64_t{999'999}, uint64_t{1'000'000}, ~uint64_t{0}})
    CHECK(parse_log_file_name(log_file_name(number(n))) == number(n));
  CHECK(log_file_name(number(12)) == "000012.log");
  for (const char* name : {"", ".log", "12.log", "0000012.log", "000012.LOG", "000012.log~",
                           "000000.log", "-00012.log", "+00012.log", " 00012.log", "000012",
                           "18446744073709551616.log", "00001a.log", "../000012.log"})
    CHECK_FALSE(parse_log_file_name(name));
}

TEST_CASE("a seal keeps its numbers, skips even tags and refuses odd ones it does not know") {
  const LogSeal seal{number(300), kMaxSeqno};
  const std::string bytes = encode(seal);
  CHECK(decode_log_seal(bytes) == seal);
  CHECK(decode_log_seal(bytes + std::string("\x64\x02hi", 4)) == seal);
  CHECK_THROWS_AS(decode_log_seal(bytes + std::string("\x65\x00", 2)), NotSupported);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    LogSeal shorter;
    try {
      shorter = decode_log_seal(bytes.substr(0, cut));
    } catch (const DecodeError&) {
    }
    CHECK(shorter != seal);
  }
}
