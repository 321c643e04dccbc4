// Filter, properties, header and footer of a table, each from its bytes alone.
//
//   input := which part u8 | its bytes (header and footer: their checksums are repaired)
#include <memory>

#include "fuzz_target.h"
#include "input.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/format/table_properties.h"
#include "lsmkit/lookup/filter.h"
#include "lsmkit/sst/table_frame.h"

namespace lsmkit::fuzz {

const Target kTarget{"filter", 100'000, 64 << 10, 16};

namespace {

void run_filter(std::string_view bytes) {
  // In memory of its own, so that a read past its end is seen.
  const std::unique_ptr<char[]> exact(new char[bytes.size() + 1]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  FilterReader filter;
  if (!filter.open({exact.get(), bytes.size()})) return;
  for (uint64_t i = 0; i < 64; ++i) {
    filter.prefetch(mix64(i));
    const bool may = filter.may_contain(mix64(i));
    require(may == filter.may_contain(mix64(i)), "a filter says the same twice");
  }
  filter.may_contain(0);
  filter.may_contain(UINT64_MAX);
}

void run_properties(std::string_view bytes) {
  succeeds([&] {
    const std::string once = encode(decode_table_properties(bytes));
    require(encode(decode_table_properties(once)) == once, "properties read back as written");
  });
}

// What is read of a header or footer, written, is read as the same.
template <class Decode>
void run_frame(std::string bytes, size_t size, Decode decode) {
  bytes.resize(size);
  store_fixed(bytes.data() + size - 4, crc32c(std::string_view(bytes).substr(0, size - 4)));
  succeeds([&] {
    const std::string once = encode(decode(bytes));
    require(encode(decode(once)) == once, "header and footer read back as written");
  });
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<uint64_t> hashes;
  for (uint64_t i = 0; i < 200; ++i) hashes.push_back(mix64(i));
  const TableProperties properties{.entry_count = 300,
                                   .weight = 9000,
                                   .smallest_key = "a",
                                   .largest_key = "zz",
                                   .filter_bits_per_key = 9.5};
  TableFooter footer;
  footer.table_id = 5;
  footer.index = {64, 100};
  footer.properties = {173, 40};
  return {'\0' + build_filter(hashes, 10), '\1' + encode(properties),
          '\2' + encode(TableHeader{.table_id = 5}), '\3' + encode(footer)};
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  const uint8_t part = input.take_byte() % 4;
  if (part == 0) return run_filter(input.rest());
  if (part == 1) return run_properties(input.rest());
  const std::string rest(input.rest());
  if (part == 2) return run_frame(rest, kTableHeaderBytes, decode_table_header);
  run_frame(rest, kTableFooterBytes, decode_table_footer);
}

}  // namespace lsmkit::fuzz
