#include "lsmkit/workload/key_encoder.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"

namespace lsmkit {
namespace {

constexpr char kPadding = '0';

void put_big_endian(std::string& out, uint64_t number) {
  char bytes[8];
  store_fixed(bytes, __builtin_bswap64(number));
  out.append(bytes, 8);
}
uint64_t load_big_endian(const char* bytes) {
  return __builtin_bswap64(load_fixed<uint64_t>(bytes));
}

// mix64 backwards: a shift by half the width undoes itself, and an odd factor has an inverse.
constexpr uint64_t unmix64(uint64_t x) {
  constexpr uint64_t kFactor = 0xd6e8feb86659fd93;
  constexpr uint64_t kInverse = [] {
    uint64_t inverse = kFactor;  // right in three bits; each step doubles them
    for (int i = 0; i < 5; ++i) inverse *= 2 - kFactor * inverse;
    return inverse;
  }();
  static_assert(kFactor * kInverse == 1);
  x ^= x >> 32;
  x *= kInverse;
  x ^= x >> 32;
  x *= kInverse;
  x ^= x >> 32;
  return x;
}
static_assert(unmix64(mix64(123456789)) == 123456789);

// Each encoding: how long its keys are, how many ids it has room for, and both ways.
size_t bytes_of(const DecimalKeys& keys) {
  return keys.prefix.size() + keys.digits;
}
uint64_t limit_of(const DecimalKeys& keys) {
  if (keys.digits >= 20) return std::numeric_limits<uint64_t>::max();
  uint64_t limit = 1;
  for (uint64_t i = 0; i < keys.digits; ++i) limit *= 10;
  return limit;
}
void encode_as(const DecimalKeys& keys, uint64_t id, std::string& out) {
  out = keys.prefix;
  out.resize(keys.prefix.size() + keys.digits);
  for (size_t i = out.size(); i > keys.prefix.size(); id /= 10)
    out[--i] = static_cast<char>('0' + id % 10);
}
std::optional<uint64_t> id_of(const DecimalKeys& keys, std::string_view key) {
  if (!key.starts_with(keys.prefix)) return std::nullopt;
  uint64_t id = 0;
  for (const char c : key.substr(keys.prefix.size())) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (id > (std::numeric_limits<uint64_t>::max() - digit) / 10) return std::nullopt;
    id = id * 10 + digit;
  }
  return id;
}

size_t bytes_of(const BinaryKeys& keys) {
  return keys.key_bytes;
}
uint64_t limit_of(const BinaryKeys&) {
  return std::numeric_limits<uint64_t>::max();
}
void encode_as(const BinaryKeys& keys, uint64_t id, std::string& out) {
  out.clear();
  put_big_endian(out, id);
  out.resize(keys.key_bytes, kPadding);
}
std::optional<uint64_t> id_of(const BinaryKeys&, std::string_view key) {
  if (key.find_first_not_of(kPadding, 8) != std::string_view::npos) return std::nullopt;
  return load_big_endian(key.data());
}

size_t bytes_of(const HashedKeys& keys) {
  return keys.key_bytes;
}
uint64_t limit_of(const HashedKeys&) {
  return std::numeric_limits<uint64_t>::max();
}
void encode_as(const HashedKeys& keys, uint64_t id, std::string& out) {
  encode_as(BinaryKeys{keys.key_bytes}, mix64(id), out);
}
std::optional<uint64_t> id_of(const HashedKeys& keys, std::string_view key) {
  const std::optional<uint64_t> hash = id_of(BinaryKeys{keys.key_bytes}, key);
  return hash ? std::optional(unmix64(*hash)) : std::nullopt;
}

size_t bytes_of(const CompositeKeys& keys) {
  return keys.prefix.size() + 12;
}
uint64_t limit_of(const CompositeKeys&) {
  return std::numeric_limits<uint64_t>::max();
}
void encode_as(const CompositeKeys& keys, uint64_t id, std::string& out) {
  out = keys.prefix;
  char group[4];
  store_fixed(group, __builtin_bswap32(static_cast<uint32_t>(id % keys.group_count)));
  out.append(group, 4);
  put_big_endian(out, id / keys.group_count);
}
std::optional<uint64_t> id_of(const CompositeKeys& keys, std::string_view key) {
  if (!key.starts_with(keys.prefix)) return std::nullopt;
  const char* numbers = key.data() + keys.prefix.size();
  const uint64_t group = __builtin_bswap32(load_fixed<uint32_t>(numbers));
  const uint64_t position = load_big_endian(numbers + 4);
  if (group >= keys.group_count ||
      position > (std::numeric_limits<uint64_t>::max() - group) / keys.group_count)
    return std::nullopt;
  return position * keys.group_count + group;
}

}  // namespace

KeyEncoder::KeyEncoder(const KeyEncoding& encoding)
    : encoding_(encoding),
      key_bytes_(std::visit([](const auto& keys) { return bytes_of(keys); }, encoding)),
      id_limit_(std::visit([](const auto& keys) { return limit_of(keys); }, encoding)) {}

void KeyEncoder::encode(uint64_t id, std::string& out) const {
  if (id >= id_limit_) [[unlikely]]
    throw InvalidArgument("key number " + std::to_string(id) +
                          " is more than the encoding has room for; give it more digits");
  std::visit([&](const auto& keys) { encode_as(keys, id, out); }, encoding_);
}

void KeyEncoder::encode_absent(uint64_t id, std::string& out) const {
  encode(id, out);
  out += kAbsentKeyEnd;
}

std::optional<uint64_t> KeyEncoder::decode(std::string_view key) const {
  if (key.size() != key_bytes_) return std::nullopt;
  return std::visit([&](const auto& keys) { return id_of(keys, key); }, encoding_);
}

bool KeyEncoder::keeps_order() const {
  if (const auto* composite = std::get_if<CompositeKeys>(&encoding_))
    return composite->group_count == 1;
  return !std::holds_alternative<HashedKeys>(encoding_);
}

std::vector<uint64_t> KeyEncoder::ids_in_key_order(uint64_t key_count) const {
  std::vector<uint64_t> ids(key_count);
  if (std::holds_alternative<HashedKeys>(encoding_)) {
    // The hashes themselves are sorted, and turned back into ids.
    for (uint64_t id = 0; id < key_count; ++id) ids[id] = mix64(id);
    std::sort(ids.begin(), ids.end());
    for (uint64_t& id : ids) id = unmix64(id);
  } else if (const auto* composite = std::get_if<CompositeKeys>(&encoding_)) {
    size_t at = 0;
    for (uint64_t group = 0; group < std::min(composite->group_count, key_count); ++group)
      for (uint64_t id = group; id < key_count; id += composite->group_count) ids[at++] = id;
  } else {
    std::iota(ids.begin(), ids.end(), uint64_t{0});
  }
  return ids;
}

}  // namespace lsmkit
