// The bytes are what cpp/sst/FORMAT.md says: its worked example, written and read.
#include <doctest/doctest.h>

#include "lsmkit/sst/table.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/sst/table_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/format_example.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

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
  CHECK(hex_line(written_bytes()) == hex_line(format_example("sst")));
}

TEST_CASE("the example of FORMAT.md reads back as its text says") {
  MemoryFileSystem files;
  files.set_contents("/a", format_example("sst"));
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
