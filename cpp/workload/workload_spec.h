// What a workload is: a plain value that says which operations come, on which keys, how large and
// how fast. The engine is driven by its draws (workload_stream.h), the simulator also by what is
// expected of them (key_classes.h, arrivals.h).
//
// Keys are numbered from 0; an encoder (key_encoder.h) makes bytes of a number. Ids below
// `key_count` are the workload's keys from the start, whether or not they have been put yet; each
// insert adds the next one. Shares are between 0 and 1.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lsmkit {

// ---- which operation

enum class OpKind : uint8_t { kPut, kDelete, kGet, kScan, kReadModifyWrite, kInsert };
inline constexpr size_t kOpKindCount = 6;
std::string_view name_of(OpKind kind);
constexpr bool writes(OpKind kind) {
  return kind != OpKind::kGet && kind != OpKind::kScan;
}

// How often each kind comes; only the proportions count.
struct OpMix {
  std::array<double, kOpKindCount> weights{};
  double& operator[](OpKind kind) { return weights[static_cast<size_t>(kind)]; }
  double operator[](OpKind kind) const { return weights[static_cast<size_t>(kind)]; }
  double total() const;
  double share(OpKind kind) const { return (*this)[kind] / total(); }
  bool operator==(const OpMix&) const = default;
};

// ---- on which key; n is the number of keys when the phase begins, unless it says otherwise

// 0, 1, 2 and so on, and again from 0.
struct SequentialKeys {
  static constexpr std::string_view kName = "sequential";
  bool operator==(const SequentialKeys&) const = default;
};
// Any key, inserted ones too.
struct UniformKeys {
  static constexpr std::string_view kName = "uniform";
  bool operator==(const UniformKeys&) const = default;
};
// Each key once in random order, then each once in another one.
struct PermutedKeys {
  static constexpr std::string_view kName = "permuted";
  bool operator==(const PermutedKeys&) const = default;
};
// The key of rank k with a probability of k^-theta / sum; exactly, for every n. Rank 1 is id 0, or
// the ranks are scattered over the ids.
struct ZipfKeys {
  static constexpr std::string_view kName = "zipf";
  double theta = 0.99;
  bool scattered = true;
  bool operator==(const ZipfKeys&) const = default;
};
// What YCSB calls zipfian: ranks among 10^16 by Gray's formula, theta .99, hashed into n keys. At
// a million keys 64 % of its draws are of ranks beyond a million, as good as uniform: no zipf(n).
// (ScrambledZipfianGenerator.java)
struct YcsbZipfianKeys {
  static constexpr std::string_view kName = "ycsb_zipfian";
  bool operator==(const YcsbZipfianKeys&) const = default;
};
// The newest key at rank 1 of a zipf, inserted ones too.
struct LatestKeys {
  static constexpr std::string_view kName = "latest";
  double theta = 0.99;
  bool operator==(const LatestKeys&) const = default;
};
// A share of the keys, from id 0 on, gets a share of the draws; the others get the rest. After each
// `shift_every_draws` (0: never) the hot keys are those behind the ones before.
struct HotspotKeys {
  static constexpr std::string_view kName = "hotspot";
  double hot_keys = 0.2;
  double hot_draws = 0.8;
  uint64_t shift_every_draws = 0;
  bool scattered = false;
  bool operator==(const HotspotKeys&) const = default;
};
// Clusters of neighbours: a cluster by zipf, scattered, and any key in it.
struct ClusteredKeys {
  static constexpr std::string_view kName = "clustered";
  uint64_t cluster_keys = 100;
  double theta = 0.99;
  bool operator==(const ClusteredKeys&) const = default;
};
// The age of the key, counted from the newest, is exponential: `drawn_share` of the draws go to the
// newest `newest_share` of the keys. (ExponentialGenerator.java)
struct ExponentialKeys {
  static constexpr std::string_view kName = "exponential";
  double drawn_share = 0.95;
  double newest_share = 0.8571428571;
  bool operator==(const ExponentialKeys&) const = default;
};
// Rank n e^(-range u) for a uniform u, scattered: db_bench's --read_random_exp_range.
struct LogUniformKeys {
  static constexpr std::string_view kName = "log_uniform";
  double range = 10;
  bool operator==(const LogUniformKeys&) const = default;
};
// Equal ranges of keys, the i-th hottest drawn in proportion to a e^(b i) + c e^(d i), shuffled; in
// a range any key, or, unless key_a is 0, the key that is the hash of x where key_a x^key_b of the
// draws are at most x. (Cao et al., FAST 2020; db_bench's mixgraph)
struct RangeKeys {
  static constexpr std::string_view kName = "ranges";
  uint64_t range_count = 30;
  double a = 14.18, b = -2.917, c = 0.0164, d = -0.08082;
  double key_a = 0, key_b = 0;
  bool operator==(const RangeKeys&) const = default;
};
// Puts and inserts add the next id, deletes take the oldest, reads look at the oldest. A delete
// from an empty queue becomes a put.
struct QueueKeys {
  static constexpr std::string_view kName = "queue";
  bool operator==(const QueueKeys&) const = default;
};
// A window that moves on: inserts add the next id, deletes take the oldest, all others go to any
// key between. A delete from an empty window becomes a put, a put to one an insert.
struct WindowKeys {
  static constexpr std::string_view kName = "window";
  bool operator==(const WindowKeys&) const = default;
};
// These ids, and again from the first.
struct TraceKeys {
  static constexpr std::string_view kName = "trace";
  std::vector<uint64_t> ids;
  bool operator==(const TraceKeys&) const = default;
};
using KeyChoice = std::variant<UniformKeys, SequentialKeys, PermutedKeys, ZipfKeys, YcsbZipfianKeys,
                               LatestKeys, HotspotKeys, ClusteredKeys, ExponentialKeys,
                               LogUniformKeys, RangeKeys, QueueKeys, WindowKeys, TraceKeys>;

// ---- its bytes

// A prefix and the id in decimal digits.
struct DecimalKeys {
  static constexpr std::string_view kName = "decimal";
  std::string prefix = "user";
  uint64_t digits = 12;
  bool operator==(const DecimalKeys&) const = default;
};
// The id in 8 bytes, most significant first, and '0's up to the width: db_bench's keys.
struct BinaryKeys {
  static constexpr std::string_view kName = "binary";
  uint64_t key_bytes = 16;
  bool operator==(const BinaryKeys&) const = default;
};
// As binary, of the id's hash: neighbours in id are none in key order.
struct HashedKeys {
  static constexpr std::string_view kName = "hashed";
  uint64_t key_bytes = 16;
  bool operator==(const HashedKeys&) const = default;
};
// A prefix, a group in 4 bytes, and a position in 8; ids go to the groups in turn. Queues side by
// side; series of which each gets a point in turn.
struct CompositeKeys {
  static constexpr std::string_view kName = "composite";
  std::string prefix;
  uint64_t group_count = 1;
  bool operator==(const CompositeKeys&) const = default;
};
using KeyEncoding = std::variant<DecimalKeys, BinaryKeys, HashedKeys, CompositeKeys>;

// ---- how large: of values in bytes, of scans in entries

struct ConstantSize {
  static constexpr std::string_view kName = "constant";
  uint64_t size = 100;
  bool operator==(const ConstantSize&) const = default;
};
struct UniformSize {
  static constexpr std::string_view kName = "uniform";
  uint64_t least = 1;
  uint64_t most = 100;
  bool operator==(const UniformSize&) const = default;
};
// A generalised Pareto, rounded up. What is above `most` is cut off there or, if it wraps, taken
// modulo `most`, as db_bench does.
struct ParetoSize {
  static constexpr std::string_view kName = "pareto";
  double location = 0;
  double scale = 25.45;
  double shape = 0.2615;
  uint64_t least = 1;
  uint64_t most = 1024;
  bool wraps = false;
  bool operator==(const ParetoSize&) const = default;
};
// Half of the draws are at most `median`; rounded up, cut off at both ends.
struct LognormalSize {
  static constexpr std::string_view kName = "lognormal";
  double median = 100;
  double sigma = 1;
  uint64_t least = 1;
  uint64_t most = 1 << 20;
  bool operator==(const LognormalSize&) const = default;
};
using SizeChoice = std::variant<ConstantSize, UniformSize, ParetoSize, LognormalSize>;

// ---- how fast: in operations or in bytes of keys and values written, per second

// Each client's next operation when its last one is done.
struct ClosedLoop {
  static constexpr std::string_view kName = "closed_loop";
  bool operator==(const ClosedLoop&) const = default;
};
struct ConstantRate {
  static constexpr std::string_view kName = "constant";
  double per_s = 1000;
  bool operator==(const ConstantRate&) const = default;
};
// mean + amplitude sin(2 pi (t / period + phase_turns)).
struct SineRate {
  static constexpr std::string_view kName = "sine";
  double mean_per_s = 1000;
  double amplitude_per_s = 500;
  double period_s = 86'400;
  double phase_turns = 0;
  bool operator==(const SineRate&) const = default;
};
// Times on, Erlang, and off, exponential, in turns; each time on has a rate of its own, lognormal
// about `on_per_s`. Upon that come spikes: Poisson arrivals, exponential duration, lognormal
// height. (RollingStone's traffic model, there with 1 MB writes; off can be 0 here)
struct BurstRate {
  static constexpr std::string_view kName = "bursts";
  double on_per_s = 10'000;
  double off_per_s = 0;
  double on_sigma = 0.2;
  double on_mean_s = 10;
  uint64_t on_stages = 4;
  double off_mean_s = 30;
  double spikes_per_s = 0;
  double spike_mean_s = 1;
  double spike_per_s = 0;
  double spike_sigma = 0.5;
  bool operator==(const BurstRate&) const = default;
};
using RateChoice = std::variant<ClosedLoop, ConstantRate, SineRate, BurstRate>;

// Ops, or bytes of keys and values put: what write amplification divides by.
enum class WorkUnit : uint8_t { kOps, kBytes };

// What comes above `per_s` (0: no limit) is dropped or waits in line.
struct CapacityLimit {
  double per_s = 0;
  bool queues = true;
  bool operator==(const CapacityLimit&) const = default;
};

// A phase ends after so many operations or bytes (as WorkUnit has them), or so much time.
enum class EndUnit : uint8_t { kOps, kBytes, kSeconds };
struct PhaseEnd {
  EndUnit unit = EndUnit::kOps;
  double after = 1'000'000;
  bool operator==(const PhaseEnd&) const = default;
};

struct Phase {
  std::string name = "run";
  OpMix mix;
  KeyChoice keys;
  SizeChoice value_bytes = ConstantSize{100};
  double compressed_share = 0.5;  // what a value shrinks to; db_bench's --compression_ratio
  double absent_share = 0;        // of gets: for a key that nobody ever put
  SizeChoice scan_entries = ConstantSize{100};
  uint64_t batch_ops = 1;   // operations that are committed together
  uint64_t clients = 1;     // who take batches in turn
  double synced_share = 0;  // of batches
  double ttl_s = 0;         // after which what was put may go; 0: never
  RateChoice rate;
  WorkUnit rate_unit = WorkUnit::kOps;
  CapacityLimit capacity;
  PhaseEnd end;
  bool operator==(const Phase&) const = default;
};

struct WorkloadSpec {
  std::string name = "workload";
  uint64_t seed = 1;
  uint64_t key_count = 1'000'000;
  KeyEncoding encoding;
  std::vector<Phase> phases;
  bool operator==(const WorkloadSpec&) const = default;
};

// Throws InvalidArgument naming the phase, the field, and what to give instead.
void check(const WorkloadSpec& workload);

// One line per field; the reader takes what the writer gives, fields in any order, and what is left
// out has its default. Throws InvalidArgument naming the line. What it returns has been checked.
std::string to_text(const WorkloadSpec& workload);
WorkloadSpec workload_from_text(std::string_view text);

}  // namespace lsmkit
