// The usual ways in which a file goes wrong, and those that somebody who means harm would try.
#include "mutator.h"

#include <algorithm>

#include "lsmkit/bytes/coding.h"

namespace lsmkit::fuzz {
namespace {

constexpr uint8_t kBytes[] = {0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 129, 254, 255};

constexpr uint64_t kNumbers[] = {0,
                                 1,
                                 16,
                                 127,
                                 128,
                                 255,
                                 256,
                                 4095,
                                 4096,
                                 32'768,
                                 65'535,
                                 65'536,
                                 (1 << 20) - 1,
                                 1 << 24,
                                 1 << 30,
                                 0x7fff'ffff,
                                 0xffff'ffff,
                                 uint64_t{1} << 32,
                                 uint64_t{1} << 36,
                                 (uint64_t{1} << 56) - 1,
                                 uint64_t{1} << 56,
                                 INT64_MAX,
                                 UINT64_MAX - 64,
                                 UINT64_MAX};

class Mutation {
 public:
  Mutation(std::string& bytes, const std::vector<std::string>& seeds, std::mt19937_64& random)
      : bytes_(bytes), seeds_(seeds), random_(random) {}

  void change() {
    const size_t at = place();
    switch (random_() % 14) {
      case 0:
        return flip(at);
      case 1:
        return flip(at);
      case 2:
        return set(at, static_cast<char>(random_()));
      case 3:
        return set(at, static_cast<char>(kBytes[random_() % std::size(kBytes)]));
      case 4:
        return set(at, static_cast<char>(random_() % 2 ? 1 : -1), true);
      case 5: {  // a number of fixed width
        const uint64_t number = interesting_number();
        std::string raw(8, '\0');
        store_fixed(raw.data(), number);
        return overwrite(at, std::string_view(raw).substr(0, size_t{1} << random_() % 4));
      }
      case 6:  // a varint, over as many bytes as it takes
      case 7: {
        std::string raw;
        put_varint(raw, interesting_number());
        return random_() % 2 ? overwrite(at, raw) : replace(at, 1, raw);
      }
      case 8:
        bytes_.resize(at);
        return;
      case 9:
        return replace(at, length(), "");
      case 10:  // what stands elsewhere, over this or in between
        return random_() % 2 ? overwrite(at, piece_of(bytes_)) : replace(at, 0, piece_of(bytes_));
      case 11: {
        const std::string piece = piece_of(seeds_[random_() % seeds_.size()]);
        return random_() % 2 ? overwrite(at, piece) : replace(at, length(), piece);
      }
      case 12:
        return overwrite(at, std::string(length(), random_() % 2 ? '\0' : '\xff'));
      default:
        return replace(at, 0, std::string(length(), static_cast<char>(random_())));
    }
  }

 private:
  size_t place() { return bytes_.empty() ? 0 : random_() % bytes_.size(); }
  size_t length() { return 1 + random_() % (random_() % 8 == 0 ? 600 : 12); }
  uint64_t interesting_number() {
    const uint64_t number = kNumbers[random_() % std::size(kNumbers)];
    return random_() % 4 == 0 ? number + random_() % 5 - 2 : number;
  }

  std::string piece_of(const std::string& from) {
    if (from.empty()) return {};
    return from.substr(random_() % from.size(), length());
  }
  void flip(size_t at) {
    if (at < bytes_.size()) bytes_[at] = static_cast<char>(bytes_[at] ^ 1 << random_() % 8);
  }
  void set(size_t at, char byte, bool add = false) {
    if (at < bytes_.size()) bytes_[at] = static_cast<char>(add ? bytes_[at] + byte : byte);
  }
  void overwrite(size_t at, std::string_view raw) { replace(at, raw.size(), raw); }
  void replace(size_t at, size_t bytes, std::string_view raw) {
    bytes_.replace(at, std::min(bytes, bytes_.size() - at), std::string(raw));
  }

  std::string& bytes_;
  const std::vector<std::string>& seeds_;
  std::mt19937_64& random_;
};

}  // namespace

std::string mutated(const std::vector<std::string>& seeds, std::mt19937_64& random) {
  std::string bytes = seeds[random() % seeds.size()];
  Mutation mutation(bytes, seeds, random);
  for (uint64_t changes = 1 + random() % (random() % 4 == 0 ? 8 : 3); changes > 0; --changes) {
    mutation.change();
  }
  return bytes;
}

}  // namespace lsmkit::fuzz
