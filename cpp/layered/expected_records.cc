#include "lsmkit/layered/expected_records.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <variant>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/distributions.h"
#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/key_classes.h"

namespace lsmkit {

namespace {

constexpr uint64_t kMostSlices = 4096;  // that are equally wide
constexpr uint64_t kFewestSlices = 256;
constexpr size_t kMostSpots = 1024;
constexpr size_t kMostClasses = 256;                // of pages that are written to alike
constexpr uint64_t kMostCells = uint64_t{1} << 26;  // of slices of pages and of the log: 512 MiB,
                                                    // and as much for what bounds are added
// Of fewer pages at a time chance is left to who reads them, who has no other.
constexpr uint64_t kPagesByChance = 64;
constexpr double kSpotOfTarget = 1.0 / 256;  // what a page gets, in all, to be a slice

bool is_scattered(const KeyClass& k) {
  return k.key_count + .5 < static_cast<double>(k.end - k.begin);
}

// Whether the chooser's n is that of the moment, not of the phase's beginning.
bool grows(const KeyChoice& keys) {
  return std::holds_alternative<UniformKeys>(keys) || std::holds_alternative<LatestKeys>(keys) ||
         std::holds_alternative<ExponentialKeys>(keys);
}

uint64_t whole(double of_each, uint64_t records) {
  return static_cast<uint64_t>(of_each * static_cast<double>(records) + .5);
}

}  // namespace

double rate_at(const RecordKind& kind, double popularity) {
  const auto step = std::partition_point(
      kind.popularity.begin(), kind.popularity.end() - 1,
      [popularity](const PopularStep& before) { return before.up_to <= popularity; });
  return step->rate;
}

ExpectedRecords::ExpectedRecords(WorkloadSpec workload, uint64_t target_bytes)
    : workload_(std::move(workload)),
      target_bytes_(target_bytes),
      phases_(expected_phases(workload_)),
      pages_in_use_{0, workload_.key_count},
      random_(workload_.seed, "pages by slices") {
  for (const ExpectedPhase& phase : phases_)
    ensure(phase.record_bytes <= static_cast<double>(target_bytes),
           "a record must have at least one byte and at most target_bytes");
  find_bounds();
  find_kinds();
  page_bytes_.resize(bounds_.size() - 1);
}

// Pages that get so much by their rank that where layers are cut depends on each of them.
void ExpectedRecords::find_spots(std::vector<PageRange>& out) {
  for (size_t i = 0; i < phases_.size(); ++i) {
    const ExpectedPhase& phase = phases_[i];
    const ScatteredRanks ranks =
        scattered_ranks(phase.phase->keys, phase.first_pages, workload_.seed);
    if (ranks.ranks == 0) continue;
    if (scattering_) {
      const ExpectedPhase& first = phases_[*scattering_];
      if (first.first_pages != phase.first_pages ||
          first.phase->keys.index() != phase.phase->keys.index())
        throw NotSupported("phase '" + printable(phase.phase->name) +
                           "': pages that are scattered in two ways cannot be told by slices; "
                           "simulate it per record");
      continue;
    }
    scattering_ = i;
    const double due = kSpotOfTarget * static_cast<double>(target_bytes_);
    for (uint64_t rank = 0; rank < std::min<uint64_t>(ranks.ranks, kMostSpots); ++rank) {
      const auto at = static_cast<double>(rank);
      if ((ranks.share_below(at + 1) - ranks.share_below(at)) * phase.bytes() < due) break;
      out.push_back(ranks.pages_of(rank));
    }
  }
}

void ExpectedRecords::find_bounds() {
  std::vector<PageRange> spots;
  find_spots(spots);
  const uint64_t flushes = expected_flushes();
  const uint64_t all = phases_.back().pages_after(phases_.back().records);
  ensure(all <= kMostPages, "a layered store has page numbers below 2^40");
  const uint64_t slices =
      std::min(std::clamp<uint64_t>(kMostCells / flushes, kFewestSlices, kMostSlices), all);
  if (all / slices > target_bytes_ / 16)
    throw NotSupported("told by slices, " + std::to_string(all) +
                       " pages are too many for layers of " + std::to_string(target_bytes_) +
                       " bytes: a slice would be more than a layer; give a larger target_bytes");
  for (uint64_t i = 0; i <= slices; ++i)
    bounds_.push_back(static_cast<PageNumber>(static_cast<double>(all) * static_cast<double>(i) /
                                              static_cast<double>(slices)));
  bounds_.back() = all;
  for (const ExpectedPhase& phase : phases_) add_bounds_of(phase);
  add_bounds_of_turns(slices);
  for (const PageRange& spot : spots) {
    bounds_.push_back(spot.begin);
    bounds_.push_back(spot.end);
  }
  std::sort(bounds_.begin(), bounds_.end());
  bounds_.erase(std::unique(bounds_.begin(), bounds_.end()), bounds_.end());
  bounds_.erase(std::upper_bound(bounds_.begin(), bounds_.end(), all), bounds_.end());
  if (bounds_.size() > 2 * kMostCells / flushes + kFewestSlices)
    throw NotSupported("told by slices, the phases bound too many slices for " +
                       std::to_string(flushes) +
                       " flushes; give fewer phases or a larger target_bytes");
  place_spots(spots);
}

uint64_t ExpectedRecords::expected_bytes() const {
  double bytes = 0;
  for (const ExpectedPhase& phase : phases_) bytes += phase.bytes();
  return static_cast<uint64_t>(bytes);
}

uint64_t ExpectedRecords::expected_flushes() const {
  double bytes = 0;
  for (const ExpectedPhase& phase : phases_) bytes += phase.bytes();
  const double flushes = bytes / static_cast<double>(target_bytes_) + 1;
  if (flushes > static_cast<double>(kMostCells / kFewestSlices))
    throw NotSupported("told by slices, a workload has at most " +
                       std::to_string(kMostCells / kFewestSlices) +
                       " flushes; write less or give a larger target_bytes");
  return static_cast<uint64_t>(flushes);
}

void ExpectedRecords::place_spots(const std::vector<PageRange>& spots) {
  is_spot_.resize(bounds_.size() - 1, false);
  for (size_t rank = 0; rank < spots.size(); ++rank) {
    // A cluster may be cut by other bounds; two ranks may meet on a page.
    const auto first = std::lower_bound(bounds_.begin(), bounds_.end(), spots[rank].begin);
    for (auto at = first; *at < spots[rank].end; ++at) {
      const auto slice = static_cast<size_t>(at - bounds_.begin());
      spots_.push_back({slice, rank});
      if (!is_spot_[slice]) spot_pages_ += bounds_[slice + 1] - bounds_[slice];
      is_spot_[slice] = true;
    }
  }
}

// Where its classes of pages begin and end, and a hotspot on the move at each of its places.
void ExpectedRecords::add_bounds_of(const ExpectedPhase& phase) {
  if (phase.records == 0 || std::holds_alternative<QueueKeys>(phase.phase->keys)) return;
  const uint64_t draws = std::max<uint64_t>(1, whole(phase.draws_of_each, phase.records));
  for (const KeyClass& k :
       key_classes(phase.phase->keys, {phase.first_pages, 0, draws}, kMostClasses)) {
    bounds_.push_back(k.begin);
    bounds_.push_back(k.end);
  }
  const auto* spot = std::get_if<HotspotKeys>(&phase.phase->keys);
  if (spot == nullptr || spot->shift_every_draws == 0) return;
  const uint64_t hot = hot_key_count(*spot, phase.first_pages);
  const uint64_t places = std::min(draws / spot->shift_every_draws + 1, kMostSlices);
  for (uint64_t i = 0; i < places; ++i) bounds_.push_back(i * hot % phase.first_pages);
}

// Where flushes end that take pages in order: else what they hold would reach into each other's
// slices, and they would seem to lie on each other.
void ExpectedRecords::add_bounds_of_turns(size_t most) {
  Position at;
  for (std::vector<Window> windows = next_flush(at); !windows.empty(); windows = next_flush(at))
    for (const Window& window : windows) {
      const ExpectedPhase& phase = phases_[window.phase];
      const uint64_t end = window.first + window.count;
      if (phase.added_by_each == 1)
        bounds_.push_back(phase.pages_after(end));
      else if (std::holds_alternative<SequentialKeys>(phase.phase->keys))
        bounds_.push_back(whole(phase.draws_of_each, end) % phase.first_pages);
      else
        continue;
      if (--most == 0) return;
    }
}

void ExpectedRecords::find_kinds() {
  double begin = 0;
  for (const ExpectedPhase& phase : phases_) {
    const KeyChoice& keys = phase.phase->keys;
    std::vector<double> shares;
    const ScatteredRanks ranks = scattered_ranks(keys, phase.first_pages, workload_.seed);
    double spots_share = 0;
    if (ranks.ranks > 0)
      for (const Spot& spot : spots_) {
        const auto at = static_cast<double>(spot.rank);
        const PageRange of_rank = ranks.pages_of(spot.rank);
        const double pages = static_cast<double>(bounds_[spot.slice + 1] - bounds_[spot.slice]);
        const double share =
            spot.rank < ranks.ranks ? ranks.share_below(at + 1) - ranks.share_below(at) : 0;
        shares.push_back(share * pages / static_cast<double>(of_rank.size()));
        spots_share += shares.back();
      }
    spot_shares_.push_back(std::move(shares));
    kinds_.push_back(
        {static_cast<Lsn>(begin), phase.record_bytes, phase.by_turns(),
         popularity(keys, phase.first_pages, ranks.ranks > 0 ? spot_pages_ : 0, spots_share),
         phase.phase->value_bytes});
    begin += phase.bytes();
  }
}

std::vector<ExpectedRecords::Window> ExpectedRecords::next_flush(Position& at) const {
  std::vector<Window> out;
  auto room = static_cast<double>(target_bytes_);
  while (at.phase < phases_.size() && room >= 0) {
    const ExpectedPhase& phase = phases_[at.phase];
    const uint64_t due = static_cast<uint64_t>(room / phase.record_bytes) + 1;
    const uint64_t count = std::min(due, phase.records - at.written);
    if (count > 0) out.push_back({at.phase, at.written, count});
    at.written += count;
    room -= static_cast<double>(count) * phase.record_bytes;
    if (at.written == phase.records) at = {at.phase + 1, 0};
  }
  return out;
}

std::span<const double> ExpectedRecords::next() {
  std::fill(page_bytes_.begin(), page_bytes_.end(), 0);
  double bytes = 0;
  const std::vector<Window> windows = next_flush(at_);
  for (const Window& window : windows) {
    const ExpectedPhase& phase = phases_[window.phase];
    write(window);
    bytes += static_cast<double>(window.count) * phase.record_bytes;
    const uint64_t end = window.first + window.count;
    pages_in_use_ = {phase.oldest_after(end), phase.pages_after(end)};
  }
  full_ = bytes > static_cast<double>(target_bytes_);
  return windows.empty() ? std::span<const double>() : std::span<const double>(page_bytes_);
}

void ExpectedRecords::write(const Window& window) {
  const ExpectedPhase& phase = phases_[window.phase];
  const uint64_t first = window.first, count = window.count;
  const PageRange added{phase.pages_after(first), phase.pages_after(first + count)};
  const double added_bytes =
      std::min(static_cast<double>(added.size()), double(count)) * phase.record_bytes;
  if (added.size() > 0) spread(added, added_bytes);
  const double bytes = static_cast<double>(count) * phase.record_bytes - added_bytes;
  if (bytes <= 0 || std::holds_alternative<QueueKeys>(phase.phase->keys)) return;
  const std::vector<double> before = page_bytes_;
  if (std::holds_alternative<WindowKeys>(phase.phase->keys)) {
    write_moving(window, bytes);
    return leave_to_chance(before, phase.record_bytes);
  }
  const uint64_t first_draw = whole(phase.draws_of_each, first);
  const uint64_t draws =
      std::max<uint64_t>(1, whole(phase.draws_of_each, first + count) - first_draw);
  const uint64_t pages =
      grows(phase.phase->keys) ? phase.pages_after(first + count / 2) : phase.first_pages;
  double scattered = 0;
  for (const KeyClass& k :
       key_classes(phase.phase->keys, {pages, first_draw, draws}, kMostClasses)) {
    const double share = k.key_count * k.probability;
    if (is_scattered(k) && k.begin == 0 && k.end == pages)
      scattered += share;
    else
      spread({k.begin, k.end}, share * bytes);
  }
  if (scattered > 0) write_scattered(phase, pages, scattered * bytes);
  if (!phase.by_turns()) leave_to_chance(before, phase.record_bytes);
}

void ExpectedRecords::leave_to_chance(std::span<const double> before, double record_bytes) {
  const auto added = [&](size_t begin, size_t end) {
    double sum = 0;
    for (size_t i = begin; i < end; ++i)
      sum += (page_bytes_[i] - before[i]) * static_cast<double>(bounds_[i + 1] - bounds_[i]);
    return sum;
  };
  double left = added(0, page_bytes_.size());  // expected from here on
  auto records = static_cast<uint64_t>(left / record_bytes + .5);
  for (size_t begin = 0, end; begin < page_bytes_.size() && left > 0; begin = end) {
    for (end = begin + 1;
         end < page_bytes_.size() && bounds_[end] - bounds_[begin] < kPagesByChance;)
      ++end;
    const double expected = added(begin, end);
    if (expected <= 0) continue;
    const uint64_t drawn = draw_binomial(random_, records, std::min(1.0, expected / left));
    const double share = static_cast<double>(drawn) * record_bytes / expected;
    for (size_t i = begin; i < end; ++i)
      page_bytes_[i] = before[i] + (page_bytes_[i] - before[i]) * share;
    records -= drawn;
    left -= expected;
  }
}

void ExpectedRecords::write_moving(const Window& window, double bytes) {
  constexpr uint64_t kSteps = 32;
  const ExpectedPhase& phase = phases_[window.phase];
  for (uint64_t step = 0; step < kSteps; ++step) {
    const uint64_t at = window.first + window.count * (2 * step + 1) / (2 * kSteps);
    spread({phase.oldest_after(at), phase.pages_after(at)}, bytes / kSteps);
  }
}

void ExpectedRecords::write_scattered(const ExpectedPhase& phase, uint64_t pages, double bytes) {
  const std::vector<double>& shares = spot_shares_[static_cast<size_t>(&phase - phases_.data())];
  if (shares.empty()) return spread({0, pages}, bytes);
  double rest = 1;
  for (size_t i = 0; i < spots_.size(); ++i) {
    const size_t slice = spots_[i].slice;
    page_bytes_[slice] +=
        shares[i] * bytes / static_cast<double>(bounds_[slice + 1] - bounds_[slice]);
    rest -= shares[i];
  }
  const double of_each = std::max(0.0, rest) * bytes / static_cast<double>(pages - spot_pages_);
  for (size_t slice = 0; slice < is_spot_.size() && bounds_[slice] < pages; ++slice)
    if (!is_spot_[slice]) page_bytes_[slice] += of_each;
}

void ExpectedRecords::spread(const PageRange& pages, double bytes) {
  const double of_each = bytes / static_cast<double>(pages.size());
  const auto behind = std::upper_bound(bounds_.begin(), bounds_.end(), pages.begin);
  for (auto slice = static_cast<size_t>(behind - bounds_.begin()) - 1;
       slice < is_spot_.size() && bounds_[slice] < pages.end; ++slice) {
    const PageNumber begin = std::max(bounds_[slice], pages.begin);
    const PageNumber end = std::min(bounds_[slice + 1], pages.end);
    page_bytes_[slice] += of_each * static_cast<double>(end - begin) /
                          static_cast<double>(bounds_[slice + 1] - bounds_[slice]);
  }
}

}  // namespace lsmkit
