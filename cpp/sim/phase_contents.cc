#include "lsmkit/sim/phase_contents.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/key_encoder.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

constexpr size_t kMostGroups = 96;
constexpr double kSameShare = 1e-13;  // bounds of groups that are nearer are one

// How a chooser spreads its classes over the key space. Two that do it by the same order of keys
// can share groups.
enum class Scattering { kNone, kByOrder, kByCluster, kByHash, kWithinRanges };

Scattering scattering_of(const KeyChoice& choice) {
  if (const auto* zipf = std::get_if<ZipfKeys>(&choice))
    return zipf->scattered ? Scattering::kByOrder : Scattering::kNone;
  if (const auto* spot = std::get_if<HotspotKeys>(&choice))
    return spot->scattered ? Scattering::kByOrder : Scattering::kNone;
  if (const auto* ranges = std::get_if<RangeKeys>(&choice))
    return ranges->key_a != 0 ? Scattering::kWithinRanges : Scattering::kNone;
  if (std::holds_alternative<LogUniformKeys>(choice)) return Scattering::kByOrder;
  if (std::holds_alternative<ClusteredKeys>(choice)) return Scattering::kByCluster;
  if (std::holds_alternative<YcsbZipfianKeys>(choice)) return Scattering::kByHash;
  return Scattering::kNone;
}

template <class Keys>
bool chooses(const Phase& phase) {
  return std::holds_alternative<Keys>(phase.keys);
}

// Whether the chooser's n is that of the moment, not of the phase's beginning.
bool grows(const Phase& phase) {
  return chooses<UniformKeys>(phase) || chooses<LatestKeys>(phase) ||
         chooses<ExponentialKeys>(phase);
}

[[noreturn]] void refuse(const Phase& phase, const std::string& what) {
  throw NotSupported("phase '" + phase.name + "': " + what +
                     " cannot be told by shares of keys; use fidelity='exact'");
}

OpWeights weights_of(const Phase& phase, size_t key_bytes) {
  const OpMix& mix = phase.mix;
  OpWeights out;
  for (size_t i = 0; i < kOpKindCount; ++i)
    if (writes(static_cast<OpKind>(i))) out.writes += mix.share(static_cast<OpKind>(i));
  const double deletes = mix.share(OpKind::kDelete);
  out.added = mix.share(OpKind::kInsert);
  out.drawn = 1 - out.added;
  if (chooses<QueueKeys>(phase)) {
    out.added += mix.share(OpKind::kPut);
    out.taken = deletes;
    out.drawn = out.drawn_writes = 0;
  } else {
    out.drawn_writes = out.writes - out.added;
    out.deletes = out.drawn_writes > 0 ? deletes / out.drawn_writes : 0;
  }
  out.put_bytes = mean_size(phase.value_bytes);
  const double puts = out.writes > 0 ? 1 - deletes / out.writes : 0;
  out.weight = static_cast<double>(key_bytes) + puts * out.put_bytes + 8;
  return out;
}

uint64_t ops_of(const Phase& phase, const OpWeights& weights, uint64_t seed, size_t number) {
  double ops = phase.end.after;
  const bool timed = phase.end.unit == EndUnit::kSeconds;
  bool bytes = phase.end.unit == EndUnit::kBytes;
  if (timed) {
    if (std::holds_alternative<ClosedLoop>(phase.rate))
      throw NotSupported("phase '" + phase.name +
                         "': in lock-step a closed loop takes no time; end it after operations or "
                         "bytes, or give it a rate");
    ops = static_cast<double>(work_of_timed_phase(phase, seed, number));
    bytes = phase.rate_unit == WorkUnit::kBytes;
  }
  if (bytes) ops = std::ceil(ops / (weights.writes * (weights.weight - 8)));
  return static_cast<uint64_t>(ops);
}

// The whole number that `share` of the operations before `op` comes to.
uint64_t whole(double share, uint64_t op) {
  return static_cast<uint64_t>(share * static_cast<double>(op) + .5);
}

}  // namespace

PhaseContents::PhaseContents(const WorkloadSpec& workload, PhaseEnds ends) : workload_(workload) {
  check(workload_);
  const KeyEncoder encoder(workload_.encoding);
  keeps_order_ = encoder.keeps_order();
  groups_.key_bytes = static_cast<double>(encoder.key_bytes());
  uint64_t key_count = workload_.key_count, oldest = 0;
  for (size_t i = 0; i < workload_.phases.size(); ++i) {
    const Phase& phase = workload_.phases[i];
    weights_.push_back(weights_of(phase, encoder.key_bytes()));
    const OpWeights& w = weights_.back();
    // How many operations come does not matter to phases that leave the keys as they are.
    const bool by_clock = ends == PhaseEnds::kByClock && phase.end.unit == EndUnit::kSeconds;
    const bool unbounded = by_clock && w.added == 0 && w.taken == 0;
    op_counts_.push_back(unbounded ? kUnbounded : ops_of(phase, w, workload_.seed, i));
    key_counts_.push_back(key_count);
    oldest_keys_.push_back(oldest);
    key_count += whole(w.added, op_counts_.back());
    oldest += whole(w.taken, op_counts_.back());
    groups_.deletes = groups_.deletes || w.deletes > 0 || w.taken > 0;
    if (oldest > key_count) refuse(phase, "a queue that is taken empty");
  }
  for (size_t i = 0; i < workload_.phases.size(); ++i) {
    const Phase& phase = workload_.phases[i];
    check_phase(phase);
    const bool scatters = scattering_of(phase.keys) != Scattering::kNone;
    if (scatters && key_counts_[i] != workload_.key_count)
      refuse(phase, "scattered keys after a phase that inserts");
  }
  find_groups();
}

void PhaseContents::check_phase(const Phase& phase) const {
  if (phase.ttl_s > 0) refuse(phase, "a time to live");
  if (chooses<TraceKeys>(phase)) refuse(phase, "a trace");
  if (chooses<WindowKeys>(phase)) refuse(phase, "a window of keys that moves on");
  if (groups_.deletes &&
      mean_size(phase.value_bytes) != mean_size(workload_.phases.front().value_bytes))
    refuse(phase, "deletes among values that differ in size from phase to phase");
  if (keeps_order_) return;
  if (phase.mix[OpKind::kInsert] > 0) refuse(phase, "inserts whose keys are hashed or in groups");
  const bool anywhere = scattering_of(phase.keys) != Scattering::kNone ||
                        chooses<UniformKeys>(phase) || chooses<PermutedKeys>(phase) ||
                        chooses<SequentialKeys>(phase);
  if (!anywhere || chooses<RangeKeys>(phase))
    refuse(phase, "neighbouring keys that are hashed or in groups");
}

// Groups are what the classes of all scattering phases have in common.
void PhaseContents::find_groups() {
  std::set<double> ends = {1};
  Scattering scattering = Scattering::kNone;
  for (size_t i = 0; i < workload_.phases.size(); ++i) {
    const Phase& phase = workload_.phases[i];
    const Scattering here = scattering_of(phase.keys);
    if (here == Scattering::kNone) continue;
    if (scattering != Scattering::kNone && scattering != here)
      refuse(phase, "keys scattered in two ways");
    scattering = here;
    if (!scattering_phase_) find_order(i);
    const auto* spot = std::get_if<HotspotKeys>(&phase.keys);
    if (spot != nullptr && spot->shift_every_draws != 0)
      refuse(phase, "a scattered hotspot on the move");
    std::map<std::pair<uint64_t, uint64_t>, double> below;
    for (const KeyClass& k : key_classes(phase.keys, {workload_.key_count, 0, 1}, kMostClasses)) {
      double& keys = below[{k.begin, k.end}];
      keys += k.key_count;
      ends.insert(keys / static_cast<double>(k.end - k.begin));
    }
  }
  double before = 0;
  groups_.shares.clear();
  for (const double end : ends) {
    if (end - before < kSameShare) continue;
    groups_.shares.push_back(std::min(end, 1.0) - before);
    before = std::min(end, 1.0);
    group_ends_.push_back(before);
    if (end >= 1 - kSameShare) break;
  }
  if (groups_.count() > kMostGroups)
    throw NotSupported("the phases' popular keys overlap in " + std::to_string(groups_.count()) +
                       " ways, which is more than " + std::to_string(kMostGroups) +
                       "; use fidelity='exact'");
}

void PhaseContents::find_order(size_t phase) {
  const KeyChoice& keys = workload_.phases[phase].keys;
  scattering_phase_ = phase;
  if (const auto* clustered = std::get_if<ClusteredKeys>(&keys))
    neighbours_ = clustered->cluster_keys;
  const Scattering scattering = scattering_of(keys);
  if (scattering != Scattering::kByOrder && scattering != Scattering::kByCluster) return;
  ordered_ = (workload_.key_count + neighbours_ - 1) / neighbours_;
  order_ = scattered_order(ordered_, workload_.seed);
}

std::optional<size_t> PhaseContents::group_of(uint64_t id) const {
  if (!order_ || id >= workload_.key_count) return std::nullopt;
  const auto place = static_cast<double>(order_->inverse(id / neighbours_));
  const double share = (place + .5) / static_cast<double>(ordered_);
  const auto end = std::upper_bound(group_ends_.begin(), group_ends_.end(), share);
  return std::min(static_cast<size_t>(end - group_ends_.begin()), groups_.count() - 1);
}

std::vector<double> PhaseContents::group_rates() const {
  std::vector<double> keys(groups_.count()), draws(groups_.count());
  const auto all = static_cast<double>(workload_.key_count);
  if (!scattering_phase_) return std::vector<double>(groups_.count(), 1 / all);
  for (const DrawnKeys& drawn_keys : drawn({*scattering_phase_, 0, 1})) {
    const auto length = static_cast<double>(drawn_keys.end - drawn_keys.begin);
    for (size_t j = drawn_keys.first_group; j < drawn_keys.end_group; ++j) {
      keys[j] += length;
      draws[j] += length * drawn_keys.of_each;
    }
  }
  for (size_t j = 0; j < draws.size(); ++j)
    if (keys[j] > 0) draws[j] /= keys[j];
  return draws;
}

// The first group that begins at or above so much of the keys.
size_t PhaseContents::group_at(double share) const {
  const auto end = std::lower_bound(group_ends_.begin(), group_ends_.end(), share - kSameShare);
  const auto group = static_cast<size_t>(end - group_ends_.begin());
  return share < kSameShare ? 0 : std::min(group + 1, groups_.count());
}

uint64_t PhaseContents::whole_ops(const OpWindow& window) const {
  const Phase& phase = workload_.phases[window.phase];
  const bool turns =
      chooses<PermutedKeys>(phase) || (chooses<SequentialKeys>(phase) && !keeps_order_);
  if (!turns || weights_[window.phase].drawn == 0) return window.op_count;
  const double drawn = weights_[window.phase].drawn;
  const uint64_t n = key_counts_[window.phase];
  const uint64_t left = n - whole(drawn, window.first_op) % n;
  const auto ops = static_cast<uint64_t>(static_cast<double>(left) / drawn);
  return std::min(window.op_count, std::max<uint64_t>(ops, 1));
}

std::vector<PhaseContents::Spread> PhaseContents::spreads(const OpWindow& window) const {
  std::vector<Spread> out;
  const OpWeights& w = weights_[window.phase];
  const uint64_t end_op = window.first_op + window.op_count;
  const size_t all = groups_.count();
  const uint64_t added_before = whole(w.added, window.first_op), added = whole(w.added, end_op);
  if (added > added_before) {
    const uint64_t first = key_counts_[window.phase];
    out.push_back({first + added_before, first + added, 0, all, 0, 0, 0});
  }
  const uint64_t taken_before = whole(w.taken, window.first_op), taken = whole(w.taken, end_op);
  if (taken > taken_before) {
    const uint64_t oldest = oldest_keys_[window.phase];
    out.push_back({oldest + taken_before, oldest + taken, 0, all, 0, 0, 1});
  }
  if (w.drawn_writes > 0) spread_classes(window, out);
  return out;
}

template <class Take>
void PhaseContents::for_each_class(const OpWindow& window, Take&& take) const {
  const Phase& phase = workload_.phases[window.phase];
  const OpWeights& w = weights_[window.phase];
  const uint64_t end_op = window.first_op + window.op_count;
  const uint64_t first_draw = whole(w.drawn, window.first_op);
  const uint64_t draws = std::max<uint64_t>(1, whole(w.drawn, end_op) - first_draw);
  uint64_t n = key_counts_[window.phase];
  if (grows(phase)) n += whole(w.added, window.first_op + window.op_count / 2);
  const bool scatters = scattering_of(phase.keys) != Scattering::kNone;

  std::map<std::pair<uint64_t, uint64_t>, double> below;
  for (KeyClass k : key_classes(phase.keys, {n, first_draw, draws}, kMostClasses)) {
    size_t first_group = 0, end_group = groups_.count();
    if (k.by_turns && !keeps_order_) {
      k.begin = 0;
      k.end = n;
    } else if (!k.by_turns && scatters) {
      const auto ids = static_cast<double>(k.end - k.begin);
      double& keys = below[{k.begin, k.end}];
      first_group = group_at(keys / ids);
      keys += k.key_count;
      end_group = group_at(keys / ids);
    }
    take(k, first_group, end_group, draws);
  }
}

void PhaseContents::spread_classes(const OpWindow& window, std::vector<Spread>& out) const {
  const OpWeights& w = weights_[window.phase];
  const double writing = w.drawn_writes / w.drawn;
  const double written = static_cast<double>(window.op_count) * w.drawn_writes;
  for_each_class(
      window, [&](const KeyClass& k, size_t first_group, size_t end_group, uint64_t draws) {
        const auto ids = static_cast<double>(k.end - k.begin);
        Spread spread{k.begin, k.end, first_group, end_group, 1, 0, w.deletes};
        if (k.by_turns) {
          const double met = std::min(1.0, k.probability * static_cast<double>(draws)) * writing;
          if (!keeps_order_ || k.key_count < ids - .5) {
            spread.turns = met * k.key_count / ids;
          } else {
            spread.absent = 1 - met;
          }
        } else {
          spread.absent = portable_exp(written * portable_log1p(-std::min(k.probability, 1.0)));
        }
        out.push_back(spread);
      });
}

std::vector<DrawnKeys> PhaseContents::drawn(const OpWindow& window) const {
  std::vector<DrawnKeys> out;
  for_each_class(window, [&](const KeyClass& k, size_t first_group, size_t end_group, uint64_t) {
    double share = 0;  // of the keys there
    for (size_t j = first_group; j < end_group; ++j) share += groups_.shares[j];
    const double keys = share * static_cast<double>(k.end - k.begin);
    if (keys > 0)
      out.push_back({k.begin, k.end, first_group, end_group, k.probability * k.key_count / keys});
  });
  std::stable_sort(out.begin(), out.end(), [](const DrawnKeys& a, const DrawnKeys& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  return out;
}

Slices PhaseContents::contents(const OpWindow& window) const {
  const std::vector<Spread> all = spreads(window);
  std::set<uint64_t> bounds;
  for (const Spread& spread : all) bounds.insert({spread.begin, spread.end});
  const uint64_t n = key_counts_[window.phase];
  const auto round = n == 0 ? 0 : whole(weights_[window.phase].drawn, window.first_op) / n;
  Slices out(groups_);
  for (auto at = bounds.begin(); at != bounds.end() && std::next(at) != bounds.end(); ++at) {
    Slice slice{*at, *std::next(at), {}, weights_[window.phase].put_bytes};
    bool any = false;
    for (const Spread& spread : all) {
      if (spread.begin > slice.begin || spread.end < slice.end) continue;
      any = true;
      double& turns = slice.turns[round % 2];
      turns = std::min(1.0, turns + spread.turns);
    }
    if (!any) continue;
    out.append(slice);
    double* absent = out.absent(out.size() - 1);
    for (const Spread& spread : all) {
      if (spread.begin > slice.begin || spread.end < slice.end) continue;
      for (size_t j = spread.first_group; j < spread.end_group; ++j) {
        absent[j] *= spread.absent;
        if (!groups_.deletes) continue;
        const double hit = 1 - slice.missed() * absent[j];
        out.dead(out.size() - 1)[j] = hit * spread.deletes;
      }
    }
  }
  return out;
}

}  // namespace lsmkit
