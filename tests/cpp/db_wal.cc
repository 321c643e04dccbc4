// The write-ahead log of an open database, apart from the engine.
#include "lsmkit/db/wal.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lsmkit/db/directory.h"
#include "lsmkit/log/log_replay.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr uint64_t kDatabase = 77;

std::vector<std::string> replay(const std::string& dir) {
  FileSystem& files = posix_file_system();
  std::vector<std::string> records;
  replay_chain(files, dir, list_directory(files, dir).logs, LogNumber{1}, kDatabase,
               [&](std::string_view record, LogPosition) { records.emplace_back(record); });
  return records;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

// A writer that rotates faster than the service makes logs ready now and then makes one itself;
// both at once must not make two successors of one log.
TEST_CASE("logs that are left at once for the next stay one chain, whoever made the next") {
  for (const uint64_t between : {0u, 1u, 3u}) {
    CAPTURE(between);
    const TemporaryDirectory directory;
    std::atomic<Seqno> published{0};
    const WalSetup setup{.files = &posix_file_system(),
                         .clock = &system_clock(),
                         .dir = directory.path(),
                         .database_id = kDatabase,
                         .mode = {},
                         .expected_log_bytes = 64 << 10,
                         .published = &published};
    std::vector<std::string> written;
    {
      Wal wal(setup, create_durable_log(setup, LogNumber{1}, LogNumber{}), LogNumber{1}, 0);
      wal.start_service();
      for (int i = 0; i < 400; ++i) {
        for (uint64_t n = 0; n < between; ++n) {
          written.push_back("record " + std::to_string(written.size()));
          const std::string_view piece = written.back();
          wal.allocate(piece.size());
          wal.append({&piece, 1});
          ++published;
        }
        wal.rotate(published);
      }
      wal.stop_service();
    }
    CHECK(replay(directory.path()) == written);
  }
}

TEST_SUITE_END();
