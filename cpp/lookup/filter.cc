#include "lsmkit/lookup/filter.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lsmkit {
namespace {

constexpr unsigned kMaxProbes = 8;

// One odd multiplier per probe: the top nine bits of the product name a bit of the line.
constexpr uint32_t kMultipliers[kMaxProbes] = {0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f,
                                               0x165667b1, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09};

uint64_t line_index(uint64_t hash, uint64_t line_count) {
  return ((hash >> 32) * line_count) >> 32;
}

unsigned bit_of(uint64_t hash, unsigned probe) {
  return (static_cast<uint32_t>(hash) * kMultipliers[probe]) >> 23;
}

bool line_contains_portable(const char* line, uint64_t hash, unsigned probes) {
  for (unsigned i = 0; i < probes; ++i) {
    const unsigned bit = bit_of(hash, i);
    if ((static_cast<unsigned char>(line[bit >> 3]) & (1u << (bit & 7))) == 0) return false;
  }
  return true;
}

#if defined(__x86_64__)
// All probes at once: eight words of the line are gathered and tested together.
__attribute__((target("avx2"))) bool line_contains_avx2(const char* line, uint64_t hash,
                                                        unsigned probes) {
  const __m256i multipliers = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMultipliers));
  const __m256i bits = _mm256_srli_epi32(
      _mm256_mullo_epi32(_mm256_set1_epi32(static_cast<int>(hash)), multipliers), 23);
  const __m256i words =
      _mm256_i32gather_epi32(reinterpret_cast<const int*>(line), _mm256_srli_epi32(bits, 5), 4);
  const __m256i masks =
      _mm256_sllv_epi32(_mm256_set1_epi32(1), _mm256_and_si256(bits, _mm256_set1_epi32(31)));
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i wanted = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(probes)), lanes);
  // testc: no wanted mask bit is missing in the words.
  return _mm256_testc_si256(words, _mm256_and_si256(masks, wanted)) != 0;
}
#endif

}  // namespace

unsigned filter_probes(double bits_per_key) {
  // ln 2 probes per bit would be best for one large filter; lines fill unevenly, so a little less.
  return std::clamp(static_cast<unsigned>(bits_per_key * 0.65 + 0.5), 1u, kMaxProbes);
}

std::string build_filter(const std::vector<uint64_t>& hashes, double bits_per_key) {
  if (hashes.empty() || bits_per_key <= 0) return {};
  const uint64_t line_count = filter_line_count(hashes.size(), bits_per_key);
  const unsigned probes = filter_probes(bits_per_key);
  std::string out(kFilterHeadBytes + line_count * kFilterLineBytes, '\0');
  out[0] = static_cast<char>(probes);
  char* const lines = out.data() + kFilterHeadBytes;
  for (const uint64_t hash : hashes) {
    char* line = lines + line_index(hash, line_count) * kFilterLineBytes;
    for (unsigned i = 0; i < probes; ++i) {
      const unsigned bit = bit_of(hash, i);
      line[bit >> 3] = static_cast<char>(line[bit >> 3] | 1 << (bit & 7));
    }
  }
  return out;
}

bool FilterReader::open(std::string_view bytes) {
  lines_ = nullptr;
  if (bytes.empty()) return true;
  if (bytes.size() <= kFilterHeadBytes || (bytes.size() - kFilterHeadBytes) % kFilterLineBytes != 0)
    return false;
  const auto probes = static_cast<unsigned char>(bytes[0]);
  if (probes < 1 || probes > kMaxProbes) return false;
  const uint64_t line_count = (bytes.size() - kFilterHeadBytes) / kFilterLineBytes;
  if (line_count > UINT32_MAX) return false;
  lines_ = bytes.data() + kFilterHeadBytes;
  line_count_ = line_count;
  probes_ = probes;
  return true;
}

const char* FilterReader::line_of(uint64_t hash) const {
  return lines_ + line_index(hash, line_count_) * kFilterLineBytes;
}

void FilterReader::prefetch(uint64_t hash) const {
  if (lines_ != nullptr) __builtin_prefetch(line_of(hash));
}

bool FilterReader::may_contain(uint64_t hash) const {
  if (lines_ == nullptr) return true;
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return line_contains_avx2(line_of(hash), hash, probes_);
#endif
  return line_contains_portable(line_of(hash), hash, probes_);
}

}  // namespace lsmkit
