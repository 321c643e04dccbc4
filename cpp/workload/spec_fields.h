// The fields of a workload by name, each with what it may be: the one list that checking, writing
// and reading go by.
#pragma once

#include <limits>
#include <type_traits>

#include "lsmkit/bytes/key.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

inline constexpr uint64_t kMostKeys = uint64_t{1} << 48;
inline constexpr uint64_t kMostPhases = 1'000;
inline constexpr uint64_t kMostRanges = 10'000;
inline constexpr uint64_t kMostScan = 1'000'000'000;
inline constexpr double kMostSpikes = 1'000;  // at a time, on average
inline constexpr double kMostChanges = 1e6;   // of rates in bursts that are drawn at once
inline constexpr double kMostTimedWork = 0x1p60;
inline constexpr double kMostRate = 1e15;
inline constexpr double kMostSeconds = 1e10;
inline constexpr double kTiny = 1e-9;

// What a number may be.
struct Bounds {
  double least;
  double most;
};
inline constexpr Bounds kShare{0, 1};
inline constexpr Bounds kTheta{0, 5};
inline constexpr Bounds kRate{0, kMostRate};
inline constexpr Bounds kDuration{kTiny, kMostSeconds};
inline constexpr Bounds kSigma{0, 5};
inline constexpr Bounds kAnyCount{0, 1e18};
inline constexpr Bounds kCoefficient{-1e6, 1e6};

// `f(name, member, bounds)` for each field; strings and lists have no bounds.
template <class F>
void each_field(SequentialKeys&, F&&) {}
template <class F>
void each_field(UniformKeys&, F&&) {}
template <class F>
void each_field(PermutedKeys&, F&&) {}
template <class F>
void each_field(YcsbZipfianKeys&, F&&) {}
template <class F>
void each_field(QueueKeys&, F&&) {}
template <class F>
void each_field(WindowKeys&, F&&) {}
template <class F>
void each_field(ClosedLoop&, F&&) {}
template <class F>
void each_field(ZipfKeys& k, F&& f) {
  f("theta", k.theta, kTheta);
  f("scattered", k.scattered);
}
template <class F>
void each_field(LatestKeys& k, F&& f) {
  f("theta", k.theta, kTheta);
}
template <class F>
void each_field(HotspotKeys& k, F&& f) {
  f("hot_keys", k.hot_keys, kShare);
  f("hot_draws", k.hot_draws, kShare);
  f("shift_every_draws", k.shift_every_draws, kAnyCount);
  f("scattered", k.scattered);
}
template <class F>
void each_field(ClusteredKeys& k, F&& f) {
  f("cluster_keys", k.cluster_keys, Bounds{1, 1e12});
  f("theta", k.theta, kTheta);
}
template <class F>
void each_field(ExponentialKeys& k, F&& f) {
  f("drawn_share", k.drawn_share, Bounds{1e-6, 1 - 1e-12});
  f("newest_share", k.newest_share, Bounds{kTiny, 1e6});
}
template <class F>
void each_field(LogUniformKeys& k, F&& f) {
  f("range", k.range, Bounds{1e-6, 1e3});
}
template <class F>
void each_field(RangeKeys& k, F&& f) {
  f("range_count", k.range_count, Bounds{1, kMostRanges});
  f("a", k.a, kCoefficient);
  f("b", k.b, kCoefficient);
  f("c", k.c, kCoefficient);
  f("d", k.d, kCoefficient);
  f("key_a", k.key_a, kShare);
  f("key_b", k.key_b, Bounds{0, 100});
}
template <class F>
void each_field(TraceKeys& k, F&& f) {
  f("ids", k.ids);
}
template <class F>
void each_field(DecimalKeys& k, F&& f) {
  f("prefix", k.prefix);
  f("digits", k.digits, Bounds{1, 20});
}
template <class F>
void each_field(BinaryKeys& k, F&& f) {
  f("key_bytes", k.key_bytes, Bounds{8, kMaxKeyBytes - 1});
}
template <class F>
void each_field(HashedKeys& k, F&& f) {
  f("key_bytes", k.key_bytes, Bounds{8, kMaxKeyBytes - 1});
}
template <class F>
void each_field(CompositeKeys& k, F&& f) {
  f("prefix", k.prefix);
  f("group_count", k.group_count, Bounds{1, 4294967296.0});
}
template <class F>
void each_field(ConstantSize& s, F&& f) {
  f("size", s.size, Bounds{0, double(kMaxValueBytes)});
}
template <class F>
void each_field(UniformSize& s, F&& f) {
  f("least", s.least, Bounds{0, double(kMaxValueBytes)});
  f("most", s.most, Bounds{0, double(kMaxValueBytes)});
}
template <class F>
void each_field(ParetoSize& s, F&& f) {
  f("location", s.location, Bounds{0, 1e9});
  f("scale", s.scale, Bounds{kTiny, 1e9});
  f("shape", s.shape, Bounds{-10, 10});
  f("least", s.least, Bounds{0, double(kMaxValueBytes)});
  f("most", s.most, Bounds{1, double(kMaxValueBytes)});
  f("wraps", s.wraps);
}
template <class F>
void each_field(LognormalSize& s, F&& f) {
  f("median", s.median, Bounds{kTiny, 1e9});
  f("sigma", s.sigma, kSigma);
  f("least", s.least, Bounds{0, double(kMaxValueBytes)});
  f("most", s.most, Bounds{1, double(kMaxValueBytes)});
}
template <class F>
void each_field(ConstantRate& r, F&& f) {
  f("per_s", r.per_s, Bounds{kTiny, kMostRate});
}
template <class F>
void each_field(SineRate& r, F&& f) {
  f("mean_per_s", r.mean_per_s, Bounds{kTiny, kMostRate});
  f("amplitude_per_s", r.amplitude_per_s, kRate);
  f("period_s", r.period_s, Bounds{1e-3, kMostSeconds});
  f("phase_turns", r.phase_turns, Bounds{-1, 1});
}
template <class F>
void each_field(BurstRate& r, F&& f) {
  f("on_per_s", r.on_per_s, Bounds{kTiny, kMostRate});
  f("off_per_s", r.off_per_s, kRate);
  f("on_sigma", r.on_sigma, kSigma);
  f("on_mean_s", r.on_mean_s, Bounds{1e-3, kMostSeconds});
  f("on_stages", r.on_stages, Bounds{1, 1000});
  f("off_mean_s", r.off_mean_s, Bounds{1e-3, kMostSeconds});
  f("spikes_per_s", r.spikes_per_s, Bounds{0, 1e3});
  f("spike_mean_s", r.spike_mean_s, Bounds{1e-3, kMostSeconds});
  f("spike_per_s", r.spike_per_s, kRate);
  f("spike_sigma", r.spike_sigma, kSigma);
}
template <class F>
void each_field(OpMix& m, F&& f) {
  for (size_t i = 0; i < kOpKindCount; ++i)
    f(name_of(static_cast<OpKind>(i)), m.weights[i], Bounds{0, 1e9});
}
template <class F>
void each_field(CapacityLimit& c, F&& f) {
  f("per_s", c.per_s, kRate);
  f("queues", c.queues);
}
template <class F>
void each_field(PhaseEnd& e, F&& f) {
  f("unit", e.unit);
  f("after", e.after, Bounds{kTiny, 1e18});
}
template <class F>
void each_field(Phase& p, F&& f) {
  f("mix", p.mix);
  f("keys", p.keys);
  f("value_bytes", p.value_bytes);
  f("compressed_share", p.compressed_share, kShare);
  f("absent_share", p.absent_share, kShare);
  f("scan_entries", p.scan_entries);
  f("batch_ops", p.batch_ops, Bounds{1, 1e6});
  f("clients", p.clients, Bounds{1, 1e6});
  f("synced_share", p.synced_share, kShare);
  f("ttl_s", p.ttl_s, Bounds{0, kMostSeconds});
  f("rate", p.rate);
  f("rate_unit", p.rate_unit);
  f("capacity", p.capacity);
  f("end", p.end);
}
template <class F>
void each_field(WorkloadSpec& w, F&& f) {
  f("name", w.name);
  f("seed", w.seed, Bounds{0, double(std::numeric_limits<uint64_t>::max())});
  f("key_count", w.key_count, Bounds{1, double(kMostKeys)});
  f("encoding", w.encoding);
}

// The same list over what must not change: members come as const.
template <class Fields, class F>
void fields_of(const Fields& fields, F&& f) {
  each_field(const_cast<Fields&>(fields),
             [&](std::string_view name, const auto& member, const auto&... bounds) {
               f(name, member, bounds...);
             });
}

// The names of what is one of a few.
inline constexpr std::array<std::string_view, 2> kWorkUnitNames = {"ops", "bytes"};
inline constexpr std::array<std::string_view, 3> kEndUnitNames = {"ops", "bytes", "seconds"};
template <class Enum>
constexpr auto& names_of_enum() {
  if constexpr (std::is_same_v<Enum, WorkUnit>) {
    return kWorkUnitNames;
  } else {
    return kEndUnitNames;
  }
}

}  // namespace lsmkit
