#include "lsmkit/layered/expected_images.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace lsmkit {

namespace {

// Shares of the pages, from the most popular on, on which each kind's pages are alike.
std::vector<double> steps_of(const std::vector<RecordKind>& kinds) {
  std::vector<double> out;
  for (const RecordKind& kind : kinds)
    for (const PopularStep& step : kind.popularity) out.push_back(step.up_to);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// The mean of a function of a binomial number with that mean and variance. Walks from the middle
// as far as there is anything.
template <class Function>
double mean_over_binomial(double mean, double variance, const Function& f) {
  constexpr double kNothing = 1e-13;
  const double q = std::clamp(variance / mean, 1e-9, 1.0), p = 1 - q;
  const bool is_poisson = p < 1e-12;
  const double trials = is_poisson ? 0 : mean / p;
  // From k to k + 1.
  const auto ratio = [&](double k) {
    return is_poisson ? mean / (k + 1) : std::max(0.0, trials - k) / (k + 1) * (p / q);
  };
  const double middle = std::floor(mean);
  double sum = 0, weights = 0, weight = 1;
  for (double k = middle; weight > kNothing; ++k) {
    sum += weight * f(static_cast<uint64_t>(k));
    weights += weight;
    weight *= ratio(k);
  }
  weight = 1;
  for (double k = middle; k >= 1;) {
    const double down = ratio(k - 1);
    if (down <= 0) break;
    weight /= down;
    if (weight <= kNothing) break;
    --k;
    sum += weight * f(static_cast<uint64_t>(k));
    weights += weight;
  }
  return sum / weights;
}

}  // namespace

ExpectedImages::ExpectedImages(const SliceMass& mass, const ExpectedRecords& records,
                               const PageImages& rule)
    : mass_(mass), records_(records), rule_(rule) {
  if (!rule.any()) return;
  for (const RecordKind& kind : records.kinds()) spacings_.emplace_back(kind.sizes, rule);
}

uint64_t ExpectedImages::count(const std::vector<MassBox>& boxes) const {
  if (!rule_.any()) return 0;
  double sum = 0;
  const MassBox* const end = boxes.data() + boxes.size();
  for (const MassBox* first = boxes.data(); first != end;) {
    const MassBox* behind =
        std::find_if(first, end, [&](const MassBox& box) { return box.pages != first->pages; });
    sum += of_pages(first->pages, parts_of(first, behind));
    first = behind;
  }
  return static_cast<uint64_t>(sum + .5);
}

std::vector<ExpectedImages::Part> ExpectedImages::parts_of(const MassBox* first,
                                                           const MassBox* end) const {
  const std::vector<RecordKind>& kinds = records_.kinds();
  std::vector<Part> out;
  for (const MassBox* box = first; box != end; ++box)
    for (size_t i = 0; i < kinds.size(); ++i) {
      const Lsn kind_end = i + 1 < kinds.size() ? kinds[i + 1].begin : UINT64_MAX;
      const LsnRange part{std::max(box->lsns.begin, kinds[i].begin),
                          std::min(box->lsns.end, kind_end)};
      if (part.begin < part.end) out.push_back({i, part});
    }
  return out;
}

double ExpectedImages::of_pages(const PageRange& all_pages, const std::vector<Part>& parts) const {
  const PageRange box{all_pages.begin, std::min(all_pages.end, mass_.bounds().back())};
  // Most slices have the same.
  std::map<std::pair<bool, std::vector<uint64_t>>, double> known;
  double sum = 0;
  for (PageNumber page = box.begin; page < box.end;) {
    const size_t slice = mass_.slice_of(page);
    const PageNumber end = std::min(box.end, mass_.pages(slice).end);
    const bool is_of_one_rank = records_.is_of_one_rank(slice);
    std::vector<uint64_t> bytes;
    for (const Part& part : parts) bytes.push_back(mass_.page_bytes(slice, part.lsns));
    const auto [at, is_new] = known.try_emplace({is_of_one_rank, std::move(bytes)}, 0);
    if (is_new) at->second = of_page(parts, at->first.second, is_of_one_rank);
    sum += at->second * static_cast<double>(end - page);
    page = end;
  }
  return sum;
}

double ExpectedImages::of_page(const std::vector<Part>& parts, const std::vector<uint64_t>& bytes,
                               bool is_of_one_rank) const {
  const std::vector<RecordKind>& kinds = records_.kinds();
  double records = 0, images = 0;
  bool same = true;
  size_t kind = parts[0].kind;  // of those that have any
  for (size_t i = 0; i < parts.size(); ++i) {
    if (bytes[i] == 0) continue;
    const double here = static_cast<double>(bytes[i]) / kinds[parts[i].kind].record_bytes;
    same = same && (records == 0 || spacings_[parts[i].kind] == spacings_[kind]);
    kind = parts[i].kind;
    records += here;
    images += here / spacings_[kind].records();
  }
  if (records == 0) return 0;
  const ImageSpacing spacing = same ? spacings_[kind] : ImageSpacing(records / images);
  const std::vector<double> steps = is_of_one_rank ? std::vector<double>{1} : steps_of(kinds);
  double out = 0, begin = 0;
  for (const double end : steps) {
    PageRecords of_this;
    for (size_t i = 0; i < parts.size(); ++i) {
      const RecordKind& of_part = kinds[parts[i].kind];
      const double expected = static_cast<double>(bytes[i]) / of_part.record_bytes;
      if (of_part.by_turns) {
        of_this.by_turns += expected;
        continue;
      }
      const double rate = is_of_one_rank ? 1 : rate_at(of_part, (begin + end) / 2);
      const double trials =
          std::max(1.0, static_cast<double>(parts[i].lsns.height()) / of_part.record_bytes);
      const double mean = std::min(trials, expected * rate);
      of_this.mean += mean;
      of_this.variance += mean * (1 - mean / trials);
    }
    out += (end - begin) * of_page_with(of_this, spacing);
    begin = end;
  }
  return out;
}

double ExpectedImages::of_page_with(const PageRecords& records, const ImageSpacing& spacing) const {
  const double all = records.by_turns + records.mean;
  if (records.variance > spacing.records() * spacing.records() && all > 8 * spacing.records())
    return spacing.images_after_about(all);
  const auto fixed = static_cast<uint64_t>(records.by_turns);
  const double one_more = records.by_turns - static_cast<double>(fixed);
  const auto images = [&](uint64_t by_chance) {
    const uint64_t sum = fixed + by_chance;
    return (1 - one_more) * spacing.images_after(sum) + one_more * spacing.images_after(sum + 1);
  };
  return records.mean <= 0 ? images(0) : mean_over_binomial(records.mean, records.variance, images);
}

}  // namespace lsmkit
