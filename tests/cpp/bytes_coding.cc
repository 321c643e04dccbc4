// Numbers survive the trip through bytes, and hostile bytes raise.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/crc32c.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/bytes/key.h"

using namespace lsmkit;

TEST_CASE("a varint of every width comes back, and takes the bytes it says") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const uint64_t v : {uint64_t{1} << bit, (uint64_t{1} << bit) - 1, ~uint64_t{0} >> bit}) {
      std::string bytes;
      put_varint(bytes, v);
      CHECK(bytes.size() == varint_bytes(v));
      Decoder d(bytes);
      CHECK(d.take_varint() == v);
      CHECK(d.empty());
      for (size_t cut = 0; cut < bytes.size(); ++cut) {
        Decoder shorter(std::string_view(bytes).substr(0, cut));
        CHECK_THROWS_AS(shorter.take_varint(), DecodeError);
      }
    }
  }
}

TEST_CASE("a varint above 64 bits is refused") {
  Decoder too_long(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  CHECK_THROWS_AS(too_long.take_varint(), DecodeError);
  Decoder endless(std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12));
  CHECK_THROWS_AS(endless.take_varint(), DecodeError);
}

TEST_CASE("a length prefix beyond the end is refused") {
  std::string bytes;
  put_varint(bytes, ~uint64_t{0});
  bytes += "abc";
  CHECK_THROWS_AS(Decoder(bytes).take_length_prefixed(), DecodeError);
}

TEST_CASE("CRC-32C gives the published check value, in any cut") {
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c("") == 0);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);  // RFC 3720, B.4
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::mt19937_64 random(7);
  std::string bytes(20'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  const std::string_view all = bytes;
  for (const size_t n : {0, 1, 7, 8, 9, 3071, 3072, 3073, 6144, 10'000, 20'000}) {
    CHECK(crc32c(all.substr(0, n)) == crc32c_extend_portable(0, all.substr(0, n)));
    const size_t cut = n / 3;
    CHECK(crc32c_extend(crc32c(all.substr(0, cut)), all.substr(cut, n - cut)) ==
          crc32c(all.substr(0, n)));
  }
}

TEST_CASE("hashes spread: no collision and even low bits over 100,000 near keys") {
  std::vector<uint64_t> seen;
  size_t low_ones = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string key = "key" + std::to_string(i);
    seen.push_back(hash_bytes(key));
    low_ones += seen.back() & 1;
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(low_ones > 49'000);
  CHECK(low_ones < 51'000);
}

TEST_CASE("key prefixes compare as the keys do") {
  const std::string keys[] = {"",         std::string(1, '\0'), "a", "ab",
                              "abcdefgh", "abcdefghi",          "b", "\xff\xff"};
  for (const auto& a : keys) {
    for (const auto& b : keys) {
      if (key_prefix(a) < key_prefix(b)) CHECK(a < b);
      if (a < b) CHECK(key_prefix(a) <= key_prefix(b));
    }
  }
}

TEST_CASE("the end of a prefix is the first key beyond it") {
  std::string end;
  CHECK(prefix_end("ab", end));
  CHECK(end == "ac");
  CHECK(prefix_end("a\xff\xff", end));
  CHECK(end == "b");
  CHECK_FALSE(prefix_end("\xff\xff", end));
  CHECK_FALSE(prefix_end("", end));
}

TEST_CASE("bytes are shown printable and cut off") {
  CHECK(printable(std::string("a\0\n\\", 4)) == "a\\x00\\x0a\\\\");
  CHECK(printable(std::string(100, 'x')) == std::string(48, 'x') + "... (100 bytes)");
}
