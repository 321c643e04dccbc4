#include "lsmkit/layered/packed_records.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace lsmkit {

PackedSpan of_pages(PackedSpan records, const PageRange& pages) {
  const auto first_at = [records](PageNumber page) {
    if (page >= kMostPackedPages) return records.end();
    return std::lower_bound(records.begin(), records.end(), packed(page, 0));
  };
  return {first_at(pages.begin), first_at(pages.end)};
}

void sort_by_page(std::span<PackedRecord> records, std::vector<PackedRecord>& scratch) {
  constexpr int kDigitBits = 11;
  constexpr size_t kDigits = size_t{1} << kDigitBits;
  PackedRecord any = 0;
  for (const PackedRecord record : records) any |= record;
  const auto page_bits = static_cast<int>(std::bit_width(page_of(any)));
  if (scratch.size() < records.size()) scratch.resize(records.size());
  std::span<PackedRecord> from = records;
  std::span<PackedRecord> to(scratch.data(), records.size());
  for (int shift = 32; shift < 32 + page_bits; shift += kDigitBits) {
    std::array<size_t, kDigits> begins{};
    for (const PackedRecord record : from) ++begins[record >> shift & (kDigits - 1)];
    size_t sum = 0;
    for (size_t& begin : begins) {
      const size_t count = begin;
      begin = sum;
      sum += count;
    }
    for (const PackedRecord record : from) to[begins[record >> shift & (kDigits - 1)]++] = record;
    std::swap(from, to);
  }
  if (from.data() != records.data()) std::copy(from.begin(), from.end(), records.begin());
}

namespace {

using Poll = std::function<void()>;
constexpr size_t kRecordsPerPoll = size_t{1} << 20;  // some milliseconds

// From both ends at once: two chains of work that do not wait for each other. As many steps as the
// shorter one has records are safe, since what comes first and what comes last are different
// records. No branches on what is smaller, which cannot be foretold. Returns where `out` ends.
PackedRecord* merge_two(PackedSpan a, PackedSpan b, PackedRecord* out, const Poll& poll) {
  PackedRecord* const end = out + a.size() + b.size();
  PackedRecord* out_end = end;
  while (!a.empty() && !b.empty()) {
    const PackedRecord *a_begin = a.data(), *a_end = a_begin + a.size();
    const PackedRecord *b_begin = b.data(), *b_end = b_begin + b.size();
    if (poll) poll();
    for (size_t left = std::min({a.size(), b.size(), kRecordsPerPoll}); left > 0; --left) {
      const PackedRecord low_a = *a_begin, low_b = *b_begin;
      const bool b_is_low = low_b < low_a;
      *out++ = b_is_low ? low_b : low_a;
      b_begin += b_is_low;
      a_begin += !b_is_low;
      const PackedRecord high_a = a_end[-1], high_b = b_end[-1];
      const bool b_is_high = high_b > high_a;
      *--out_end = b_is_high ? high_b : high_a;
      b_end -= b_is_high;
      a_end -= !b_is_high;
    }
    a = {a_begin, a_end};
    b = {b_begin, b_end};
  }
  std::copy(a.begin(), a.end(), out);
  std::copy(b.begin(), b.end(), out);
  return end;
}

size_t size_of(const std::vector<PackedSpan>& pieces) {
  size_t size = 0;
  for (const PackedSpan piece : pieces) size += piece.size();
  return size;
}

// Pieces that follow each other become one: fewer to merge. Writes to `out`.
std::vector<PackedSpan> chained(std::vector<PackedSpan> pieces, PackedRecord* out) {
  std::sort(pieces.begin(), pieces.end(),
            [](PackedSpan a, PackedSpan b) { return a.front() < b.front(); });
  std::vector<std::vector<PackedSpan>> chains;
  for (const PackedSpan piece : pieces) {
    const auto chain = std::find_if(chains.begin(), chains.end(), [&](const auto& before) {
      return before.back().back() < piece.front();
    });
    if (chain == chains.end())
      chains.push_back({piece});
    else
      chain->push_back(piece);
  }
  std::vector<PackedSpan> runs;
  for (const std::vector<PackedSpan>& chain : chains) {
    if (chain.size() == 1) {
      runs.push_back(chain[0]);
      continue;
    }
    const PackedRecord* const begin = out;
    for (const PackedSpan piece : chain) out = std::copy(piece.begin(), piece.end(), out);
    runs.emplace_back(begin, out);
  }
  return runs;
}

// Neighbours merged. Writes to `out`, behind each other.
std::vector<PackedSpan> merged_in_pairs(const std::vector<PackedSpan>& runs, PackedRecord* out,
                                        const Poll& poll) {
  std::vector<PackedSpan> wider;
  for (size_t i = 0; i < runs.size(); i += 2) {
    const PackedRecord* const begin = out;
    out = merge_two(runs[i], i + 1 < runs.size() ? runs[i + 1] : PackedSpan(), out, poll);
    wider.emplace_back(begin, out);
  }
  return wider;
}

}  // namespace

PackedRecords merged(std::vector<PackedSpan> pieces, const Poll& poll) {
  std::erase_if(pieces, [](PackedSpan piece) { return piece.empty(); });
  const size_t size = size_of(pieces);
  PackedRecords result(size), other(pieces.size() > 1 ? size : 0);
  if (pieces.size() < 2) {
    if (size > 0) std::copy(pieces[0].begin(), pieces[0].end(), result.data());
    return result;
  }
  std::vector<PackedSpan> runs = chained(std::move(pieces), other.data());
  bool in_other = true;
  while (runs.size() > 1) {
    in_other = !in_other;
    runs = merged_in_pairs(runs, in_other ? other.data() : result.data(), poll);
  }
  return in_other ? std::move(other) : std::move(result);
}

}  // namespace lsmkit
