// The example of cpp/memtable/FORMAT.md is what the code writes and reads, byte for byte.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lsmkit/memtable/write_batch.h"

using namespace lsmkit;

namespace {

// The bytes of the document's fenced block: on each line two-digit numbers, then two spaces or more
// and what they mean.
std::string example_bytes() {
  std::ifstream document(LSMKIT_TESTDATA "/../../../cpp/memtable/FORMAT.md");
  REQUIRE(document.good());
  std::string line;
  std::string bytes;
  while (std::getline(document, line) && line != "```") continue;
  while (std::getline(document, line) && line != "```") {
    std::istringstream numbers(line.substr(0, line.find("  ")));
    for (std::string number; numbers >> number;) {
      bytes.push_back(static_cast<char>(std::stoi(number, nullptr, 16)));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("the bytes of FORMAT.md are written") {
  WriteBatch batch;
  batch.put("apple", "red");
  batch.remove("pear");
  batch.put("", "");
  char header[kMaxBatchHeaderBytes];
  std::string record(header, encode_batch_header(header, {.seqno = 300, .op_count = 3}));
  record += batch.ops();
  CHECK(record == example_bytes());
}

TEST_CASE("the bytes of FORMAT.md are read") {
  const std::string record = example_bytes();
  const DecodedBatch batch = decode_batch(record);
  CHECK(batch.header.seqno == 300);
  CHECK(batch.header.op_count == 3);
  CHECK(batch.header.flags == 0);
  std::string told;
  batch.for_each([&](Kind kind, std::string_view key, std::string_view value) {
    told += kind == Kind::kPut ? "put " : "delete ";
    told.append(key).append("=").append(value).append("; ");
  });
  CHECK(told == "put apple=red; delete pear=; put =; ");
}
