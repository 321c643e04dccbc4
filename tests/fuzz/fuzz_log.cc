// A chain of two write-ahead logs: replayed, each read alone, walked chunk by chunk.
//
//   input := 0 | bytes of log 1 u24 | log 1 | log 2; checksums are then repaired
//          | 1 | edits of the healthy chain: which log u8, edit
#include "edits.h"
#include "fuzz_target.h"
#include "lsmkit/log/log_dump.h"
#include "lsmkit/log/log_name.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/log/log_writer.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "repair.h"

namespace lsmkit::fuzz {

// A block, what its files hold, and a record that may be as large as all of them.
const Target kTarget{"log", 20'000, 1 << 20, 64};

namespace {

constexpr uint64_t kDatabase = 0x0123456789abcdef;
constexpr size_t kMostEdits = 6;

std::string path_of(uint64_t log) {
  return join_path("/", log_file_name(LogNumber{log}));
}

struct Chain {
  std::string logs[2];
  std::vector<std::string> records;

  // `large`: of a record that goes on over several blocks; 0: there is none.
  explicit Chain(size_t large) {
    MemoryFileSystem files;
    std::vector<std::unique_ptr<LogWriter>> writers;
    for (uint64_t n = 1; n <= 2; ++n) {
      auto writer = LogWriter::create(
          files, path_of(n), {kDatabase, LogNumber{n}, LogNumber{n - 1}, LogKind::kWal}, 0);
      for (int i = 0; i < 4; ++i) {
        const size_t bytes = i == 2 && n == 1 ? large : static_cast<size_t>(5 * i);
        std::string record = std::to_string(n) + std::string(bytes, static_cast<char>('a' + i));
        const std::string_view piece = record;
        writer->allocate(record.size());
        writer->append({&piece, 1}, i % 2 ? writer->position() : LogPosition{});
        records.push_back(std::move(record));
      }
      if (n == 1) writer->seal(LogNumber{2}, 4, writer->position());
      writer->close();
      logs[n - 1] = files.contents(path_of(n));
    }
  }
};

const Chain& healthy() {
  static const Chain chain(100);
  return chain;
}

std::string whole(const Chain& chain) {
  std::string out(1, '\0');
  for (unsigned shift = 0; shift < 24; shift += 8) {
    out += static_cast<char>(chain.logs[0].size() >> shift);
  }
  return out + chain.logs[0] + chain.logs[1];
}

// What a chain of `bytes` bytes gives, up to its end or an error.
std::vector<std::string> replay(MemoryFileSystem& files, size_t bytes, bool& is_whole) {
  std::vector<std::string> records;
  uint64_t found_bytes = 0;
  is_whole = succeeds([&] {
    const ReplayReport report =
        replay_chain(files, "/", {LogNumber{1}, LogNumber{2}}, LogNumber{1}, kDatabase,
                     [&](std::string_view record, LogPosition begin) {
                       found_bytes += record.size();
                       require(found_bytes <= bytes, "records hold no more than their files");
                       require(begin.offset < bytes, "a record begins in its file");
                       records.emplace_back(record);
                     });
    require(report.records == records.size(), "the report counts the records");
    require(report.payload_bytes == found_bytes, "the report counts their bytes");
    // Damage may be dropped, but never without a word.
    if (!report.sealed && report.dropped_bytes > 0) {
      require(!report.torn_tail.empty(), "what is dropped is reported");
    }
  });
  return records;
}

void read_alone(MemoryFileSystem& files, const std::string& path, size_t bytes) {
  succeeds([&] {
    const ReplayReport report =
        replay_file(files, path, LogKind::kWal, {}, [](std::string_view, LogPosition) {});
    require(report.payload_bytes <= bytes, "records hold no more than their file");
  });
  succeeds([&] {
    uint64_t offset = 0;
    walk_chunks(files, path, [&](const ChunkView& chunk) {
      require(chunk.offset > offset && chunk.offset < bytes, "a walk goes forwards");
      offset = chunk.offset;
      if (chunk.state != ChunkState::kValid) describe_damage(chunk);
    });
  });
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out{whole(healthy()), whole(Chain(2 * kLogBlockBytes)),
                               whole(Chain(kLogBlockBytes - 150))};
  for (const size_t number : {0u, 1u}) {
    const char log = static_cast<char>(number);
    const auto size = static_cast<uint32_t>(healthy().logs[number].size());
    out.push_back(std::string(1, '\1') + log + encode_edit(EditKind::kFlip, size / 2, 3));
    out.push_back(std::string(1, '\1') + log + encode_edit(EditKind::kCut, size - 20, 0) + log +
                  encode_edit(EditKind::kOverwrite, 70, 2, "ab"));
  }
  return out;
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  const bool is_repaired = input.take_byte() % 2 == 0;
  std::string logs[2];
  if (is_repaired) {
    logs[0] = input.take(input.take_u24());
    logs[1] = input.rest();
    for (std::string& log : logs) repair_log(log);
  } else {
    for (const size_t n : {0u, 1u}) logs[n] = healthy().logs[n];
    for (size_t edits = 0; edits < kMostEdits && !input.empty(); ++edits) {
      std::string& log = logs[input.take_byte() % 2];
      apply_edit(log, input);
    }
  }
  MemoryFileSystem files;
  files.set_contents(path_of(1), logs[0]);
  files.set_contents(path_of(2), logs[1]);
  bool is_whole = false;
  const std::vector<std::string> records = replay(files, logs[0].size() + logs[1].size(), is_whole);
  if (!is_repaired) {
    const std::vector<std::string>& due = healthy().records;
    require(records.size() <= due.size() && std::equal(records.begin(), records.end(), due.begin()),
            "a damaged chain gives a prefix of what was written");
  }
  for (const uint64_t n : {1u, 2u}) read_alone(files, path_of(n), logs[n - 1].size());
}

}  // namespace lsmkit::fuzz
