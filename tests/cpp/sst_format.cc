// The bytes are what cpp/sst/FORMAT.md says: its worked example, written and read.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"

using namespace lsmkit;

namespace {

// Of each line of the hex block: what stands between the colon and the comment.
std::string example_bytes() {
  std::ifstream document(LSMKIT_TESTDATA "/../../../cpp/sst/FORMAT.md");
  REQUIRE(document.good());
  std::string line, out;
  bool inside = false;
  while (std::getline(document, line)) {
    if (line.rfind("```", 0) == 0) {
      inside = line == "```hex";
      continue;
    }
    if (!inside) continue;
    const size_t colon = line.find(':'), comment = line.find('#');
    std::istringstream digits(line.substr(colon + 1, comment - colon - 1));
    for (std::string byte; digits >> byte;) out += static_cast<char>(std::stoi(byte, nullptr, 16));
  }
  return out;
}

std::string written_bytes() {
  MemoryFileSystem files;
  const auto file = files.create("/a", AppendMode::kTable, 0);
  TableBuilder builder(*file, 0x1122334455667788, 0x99aabbccddeeff00, 1'700'000'000'000'000,
                       {.filter_bits_per_key = 0});
  builder.add({"apple", 7, Kind::kPut, "red"});
  builder.add({"apricot", 9, Kind::kDelete, ""});
  builder.add({"banana", 8, Kind::kPut, "yellow"});
  builder.finish();
  return files.contents("/a");
}

}  // namespace

TEST_CASE("the example of FORMAT.md is what the builder writes, byte for byte") {
  CHECK(written_bytes() == example_bytes());
}

TEST_CASE("the example of FORMAT.md reads back as its text says") {
  MemoryFileSystem files;
  files.set_contents("/a", example_bytes());
  const auto table = Table::open(files.open("/a"), nullptr, 0x1122334455667788);
  TableCursor cursor = table->cursor({});
  cursor.seek_to_first();
  CHECK(cursor.key() == "apple");
  CHECK(cursor.value() == "red");
  CHECK(cursor.seqno() == 7);
  cursor.next();
  CHECK(cursor.key() == "apricot");
  CHECK(cursor.kind() == Kind::kDelete);
  CHECK(cursor.seqno() == 9);
  cursor.next();
  CHECK(cursor.key() == "banana");
  CHECK(cursor.value() == "yellow");
  cursor.next();
  CHECK_FALSE(cursor.valid());
  table->verify({});
}
