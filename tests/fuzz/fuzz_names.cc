// Names of files: which are ours, and that one number has one name.
//
//   input := names, each ended by a newline
#include "fuzz_target.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/log/log_name.h"
#include "lsmkit/vfs/memory_file_system.h"

namespace lsmkit::fuzz {

const Target kTarget{"names", 30'000, 256 << 10, 1'024};

namespace {

constexpr size_t kMostNames = 32;

bool could_be_a_file(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

void check_name(std::string_view name) {
  const auto log = parse_log_file_name(name);
  const auto table = parse_table_file_name(name);
  const auto events = parse_events_file_name(name);
  require(int{log.has_value()} + int{table.has_value()} + int{events.has_value()} <= 1,
          "a name is of one kind");
  if (log) require(log_file_name(*log) == name, "a log has one name");
  if (table) require(table_file_name(*table) == name, "a table has one name");
  if (events) require(events_file_name(*events) == name, "an event file has one name");
  if (log || table || events) require(could_be_a_file(name), "a name of ours stays in its folder");
}

}  // namespace

std::vector<std::string> seeds() {
  return {"000012.log\n000000000340.table\n000003.events\nMANIFEST\nLOCK\nMANIFEST.tmp\n",
          "18446744073709551615.log\n9999999999999999999.table\n18446744073709551616.events\n",
          "0.log\n+12.log\n12.log\n0x12.table\n.table\n000012.log.log\n notes.txt\n"};
}

void run_one(std::string_view bytes) {
  MemoryFileSystem files;
  files.make_dir("/db");
  size_t count = 0;
  for (; count < kMostNames && !bytes.empty(); ++count) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view name = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    check_name(name);
    if (could_be_a_file(name)) files.set_contents(join_path("/db", name), name);
  }
  const DirectoryListing listing = list_directory(files, "/db");
  const size_t listed = listing.tables.size() + listing.logs.size() + listing.events.size() +
                        listing.foreign.size() + listing.has_manifest +
                        listing.has_temporary_manifest + files.exists("/db/LOCK");
  require(listed == files.list("/db").size(), "every file is listed once");
  require(owned_files(files, "/db").empty(), "a file of our name without our contents is not ours");
}

}  // namespace lsmkit::fuzz
