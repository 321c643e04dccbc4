#include "lsmkit/layered/expected_phases.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/key_classes.h"
#include "lsmkit/workload/key_encoder.h"
#include "lsmkit/workload/sizes.h"
#include "lsmkit/workload/zipf.h"

namespace lsmkit {

namespace {

bool takes_oldest(const Phase& phase) {
  return std::holds_alternative<QueueKeys>(phase.keys) ||
         std::holds_alternative<WindowKeys>(phase.keys);
}

void check_phase(const Phase& phase) {
  const std::string name = "phase '" + printable(phase.name) + "': ";
  if (phase.mix[OpKind::kScan] > 0)
    throw NotSupported(name + "a layered store has no scans; leave them out of the mix");
  if (phase.mix[OpKind::kDelete] > 0 && !takes_oldest(phase))
    throw NotSupported(name +
                       "deletes can be told by slices where they take the oldest page, of a queue "
                       "or window; simulate it per record");
  if (phase.end.unit == EndUnit::kSeconds && std::holds_alternative<ClosedLoop>(phase.rate))
    throw NotSupported(name +
                       "nothing takes time here, so it would never end; let it end after "
                       "operations or bytes, or give a rate");
  if (std::holds_alternative<TraceKeys>(phase.keys))
    throw NotSupported(name + "a trace cannot be told by slices; simulate it per record");
  const auto* spot = std::get_if<HotspotKeys>(&phase.keys);
  if (spot != nullptr && spot->scattered && spot->shift_every_draws > 0)
    throw NotSupported(name +
                       "a scattered hotspot on the move cannot be told by slices; simulate it per "
                       "record");
}

// `deletes`: a share of all operations, as `records`.
uint64_t ops_of(const WorkloadSpec& workload, size_t number, double records, double deletes,
                double record_bytes) {
  const Phase& phase = workload.phases[number];
  double work = phase.end.after;
  bool bytes = phase.end.unit == EndUnit::kBytes;
  if (phase.end.unit == EndUnit::kSeconds) {
    work = static_cast<double>(work_of_timed_phase(phase, workload.seed, number));
    bytes = phase.rate_unit == WorkUnit::kBytes;
  }
  if (!bytes) return static_cast<uint64_t>(work);
  const auto key_bytes = static_cast<double>(KeyEncoder(workload.encoding).key_bytes());
  const double bytes_of_each = records * (key_bytes + record_bytes) + deletes * key_bytes;
  return static_cast<uint64_t>(std::ceil(work / bytes_of_each));
}

ExpectedPhase expected_phase(const WorkloadSpec& workload, size_t number, uint64_t first_pages,
                             uint64_t first_oldest) {
  const Phase& phase = workload.phases[number];
  ExpectedPhase out;
  out.phase = &phase;
  out.first_pages = first_pages;
  out.first_oldest = first_oldest;
  out.record_bytes = std::max(1.0, mean_size(phase.value_bytes));
  const double deletes = phase.mix.share(OpKind::kDelete);
  double records = 0;
  for (size_t i = 0; i < kOpKindCount; ++i)
    if (writes(static_cast<OpKind>(i))) records += phase.mix.share(static_cast<OpKind>(i));
  records -= deletes;
  if (records <= 0) {
    if (deletes > 0)
      throw NotSupported("phase '" + printable(phase.name) +
                         "': deletes alone write nothing, which cannot be told by slices; mix "
                         "them with puts, or simulate it per record");
    return out;
  }
  const uint64_t ops = ops_of(workload, number, records, deletes, mean_size(phase.value_bytes));
  out.records = static_cast<uint64_t>(static_cast<double>(ops) * records + .5);
  double added = phase.mix.share(OpKind::kInsert), drawn = 1 - added - deletes;
  if (std::holds_alternative<QueueKeys>(phase.keys)) {
    added += phase.mix.share(OpKind::kPut);
    drawn = 0;
  }
  out.added_by_each = added / records;
  out.draws_of_each = drawn / records;
  out.taken_by_each = deletes / records;
  return out;
}

}  // namespace

uint64_t ExpectedPhase::pages_after(uint64_t of_records) const {
  return first_pages + static_cast<uint64_t>(added_by_each * static_cast<double>(of_records) + .5);
}

uint64_t ExpectedPhase::oldest_after(uint64_t of_records) const {
  return first_oldest + static_cast<uint64_t>(taken_by_each * static_cast<double>(of_records) + .5);
}

bool ExpectedPhase::by_turns() const {
  return added_by_each == 1 || std::holds_alternative<SequentialKeys>(phase->keys) ||
         std::holds_alternative<PermutedKeys>(phase->keys);
}

std::vector<ExpectedPhase> expected_phases(const WorkloadSpec& workload) {
  check(workload);
  std::vector<ExpectedPhase> out;
  uint64_t pages = workload.key_count, oldest = 0;
  for (size_t i = 0; i < workload.phases.size(); ++i) {
    check_phase(workload.phases[i]);
    const Phase& phase = workload.phases[i];
    out.push_back(expected_phase(workload, i, pages, oldest));
    if (oldest > 0 && !takes_oldest(phase) && out.back().records > 0)
      throw NotSupported("phase '" + printable(phase.name) +
                         "': pages that were dropped may come into use again, which cannot be "
                         "told by slices; draw from a window, or simulate it per record");
    pages = out.back().pages_after(out.back().records);
    oldest = out.back().oldest_after(out.back().records);
    if (oldest >= pages)
      throw NotSupported("phase '" + printable(phase.name) +
                         "': more pages would be dropped than there are, which cannot be told by "
                         "slices; delete fewer, or simulate it per record");
  }
  return out;
}

namespace {

struct RankMaker {
  uint64_t n;
  uint64_t seed;

  std::function<PageRange(uint64_t)> by_order() const {
    return [order = scattered_order(n, seed)](uint64_t rank) {
      return PageRange{order(rank), order(rank) + 1};
    };
  }
  static std::function<double(double)> zipf_share(uint64_t count, double theta) {
    const double total = zipf_sum(1, static_cast<double>(count) + 1, theta);
    return [theta, total](double rank) { return zipf_sum(1, rank + 1, theta) / total; };
  }

  ScatteredRanks operator()(const ZipfKeys& keys) const {
    if (!keys.scattered) return {};
    return {n, zipf_share(n, keys.theta), by_order()};
  }
  ScatteredRanks operator()(const HotspotKeys& keys) const {
    const uint64_t hot = hot_key_count(keys, n);
    if (!keys.scattered || hot == n) return {};
    const double of_each = keys.hot_draws / static_cast<double>(hot);
    return {hot, [of_each](double rank) { return rank * of_each; }, by_order()};
  }
  ScatteredRanks operator()(const LogUniformKeys& keys) const {
    const auto all = static_cast<double>(n);
    const double lowest = all * portable_exp(-keys.range), range = keys.range;
    const auto share = [all, lowest, range](double rank) {
      return rank <= lowest ? 0 : 1 - portable_log(all / rank) / range;
    };
    return {n, share, by_order()};
  }
  ScatteredRanks operator()(const ClusteredKeys& keys) const {
    const uint64_t width = keys.cluster_keys, count = n / width + (n % width != 0);
    const auto place = [width, all = n, order = scattered_order(count, seed)](uint64_t rank) {
      const uint64_t begin = order(rank) * width;
      return PageRange{begin, std::min(all, begin + width)};
    };
    return {count, zipf_share(count, keys.theta), place};
  }
  ScatteredRanks operator()(const YcsbZipfianKeys&) const {
    const auto place = [all = n](uint64_t rank) {
      const uint64_t page = YcsbZipfian::hash(rank) % all;
      return PageRange{page, page + 1};
    };
    return {n, [zipfian = YcsbZipfian()](double rank) { return zipfian.share_below(rank); }, place};
  }
  template <class Other>
  ScatteredRanks operator()(const Other&) const {
    return {};
  }
};

}  // namespace

ScatteredRanks scattered_ranks(const KeyChoice& choice, uint64_t page_count, uint64_t seed) {
  return std::visit(RankMaker{page_count, seed}, choice);
}

std::vector<PopularStep> popularity(const KeyChoice& choice, uint64_t page_count,
                                    uint64_t without_pages, double without_share) {
  constexpr size_t kMostSteps = 64;
  if (std::holds_alternative<QueueKeys>(choice)) return {{}};
  struct Part {
    double pages, share;
  };
  std::vector<Part> parts;
  Part all{0, 0};
  auto pages_left_out = static_cast<double>(without_pages);
  const std::vector<KeyClass> classes = key_classes(choice, {page_count, 0, 1}, kMostSteps);
  for (const KeyClass& k : classes) {
    // Ranges have the same classes each.
    if (k.begin != classes.front().begin || k.end != classes.front().end) break;
    if (k.by_turns || k.key_count + .5 > static_cast<double>(k.end - k.begin)) return {{}};
    Part part{k.key_count, k.key_count * k.probability};
    const double out = std::min(pages_left_out, part.pages);
    const double share_out = out == part.pages ? part.share : std::min(part.share, without_share);
    pages_left_out -= out;
    if (out > 0) without_share -= share_out;
    part = {part.pages - out, out > 0 ? part.share - share_out : part.share};
    if (part.pages <= 0) continue;
    parts.push_back(part);
    all = {all.pages + part.pages, all.share + part.share};
  }
  std::vector<PopularStep> out;
  double up_to = 0;
  for (const Part& part : parts) {
    up_to += part.pages / all.pages;
    out.push_back({up_to, part.share / part.pages / (all.share / all.pages)});
  }
  if (out.empty()) return {{}};
  out.back().up_to = 1;
  return out;
}

}  // namespace lsmkit
