// Workloads as text, there and back, and every impossible field with a sentence that helps.
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/workload/named_workloads.h"
#include "lsmkit/workload/workload_spec.h"

using namespace lsmkit;

namespace {

// Something of everything.
WorkloadSpec everything() {
  WorkloadSpec workload;
  workload.name = std::string("a b\n=\\\x80", 7);
  workload.seed = std::numeric_limits<uint64_t>::max();
  workload.key_count = 12'345;
  workload.encoding = DecimalKeys{"k = ", 9};
  const std::vector<KeyChoice> keys = {UniformKeys{},
                                       SequentialKeys{},
                                       PermutedKeys{},
                                       ZipfKeys{0.1, false},
                                       YcsbZipfianKeys{},
                                       LatestKeys{1.0 / 3},
                                       HotspotKeys{0.01, 0.9, 500, true},
                                       ClusteredKeys{7, 1.2},
                                       ExponentialKeys{0.5, 0.1},
                                       LogUniformKeys{3.5},
                                       RangeKeys{5, 1, -1, 2, -2, 0.1, 0.2},
                                       QueueKeys{},
                                       WindowKeys{},
                                       TraceKeys{{1, 2, 12'344}}};
  const std::vector<SizeChoice> sizes = {ConstantSize{1}, UniformSize{2, 3},
                                         ParetoSize{1, 2, 3, 4, 5, true},
                                         LognormalSize{10, 0.5, 1, 100}};
  const std::vector<RateChoice> rates = {ClosedLoop{}, ConstantRate{0.1}, SineRate{3, 2, 1, 0.5},
                                         BurstRate{5, 4, 3, 2, 1, 6, 7, 8, 9, 1.5}};
  for (size_t i = 0; i < keys.size(); ++i) {
    Phase phase;
    phase.name = "phase " + std::to_string(i);
    phase.mix[static_cast<OpKind>(i % kOpKindCount)] = 0.1;
    phase.mix[OpKind::kPut] = 1;
    phase.keys = keys[i];
    phase.value_bytes = sizes[i % sizes.size()];
    phase.scan_entries = sizes[(i + 1) % sizes.size()];
    phase.rate = rates[i % rates.size()];
    phase.rate_unit = i % 3 == 0 ? WorkUnit::kBytes : WorkUnit::kOps;
    if (i % rates.size() != 0) phase.capacity = {1e9 / 3, i % 2 == 0};
    phase.end = {static_cast<EndUnit>(i % 3), 1.0 + double(i)};
    phase.compressed_share = 1.0 / double(i + 1);
    phase.absent_share = 0.25;
    phase.batch_ops = i + 1;
    phase.clients = 2 * i + 1;
    phase.synced_share = 0.125;
    phase.ttl_s = double(i);
    workload.phases.push_back(phase);
  }
  return workload;
}

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "(accepted)";
}

std::string refusal_of(const std::function<void(WorkloadSpec&)>& change) {
  WorkloadSpec workload = ycsb('a', 1000, 1000);
  change(workload);
  return refusal([&] { check(workload); });
}

}  // namespace

TEST_CASE("a workload reads back from its text") {
  const WorkloadSpec workload = everything();
  const std::string text = to_text(workload);
  CHECK(workload_from_text(text) == workload);
  CHECK(to_text(workload_from_text(text)) == text);
  for (const WorkloadSpec& named :
       {ycsb('e', 10, 20), db_bench("overwrite", 7), mixgraph("prefix_dist", 100, 100),
        queues(2, 3, 4), time_series(3, 0.1, 1e5, 60), bursts(5, 1e6, 60)})
    CHECK(workload_from_text(to_text(named)) == named);
}

TEST_CASE("text by hand: fields in any order, and what is left out has its default") {
  const WorkloadSpec workload = workload_from_text(
      "key_count 500\n\n  name   mine\nphase load\nkeys permuted\nmix put=1\nend after=500\n"
      "phase run\nmix get=3 put=1\nkeys zipf theta=0.5\n");
  CHECK(workload.name == "mine");
  CHECK(workload.seed == 1);
  REQUIRE(workload.phases.size() == 2);
  CHECK(workload.phases[0].keys == KeyChoice(PermutedKeys{}));
  CHECK(workload.phases[0].end == PhaseEnd{EndUnit::kOps, 500});
  CHECK(workload.phases[1].keys == KeyChoice(ZipfKeys{0.5, true}));
  CHECK(workload.phases[1].mix.share(OpKind::kGet) == 0.75);
}

TEST_CASE("text that is none is refused by line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "phases"},
      {"phase p\nmix put=1\ncolor red\n", "line 3"},
      {"phase p\nmix put=1\ncolor red\n", "'color' is no field"},
      {"phase p\nmix put=1 fly=2\n", "'fly=2' is no field"},
      {"phase p\nmix put\n", "write name=value"},
      {"phase p\nmix put=\n", "is no number"},
      {"phase p\nmix put=1 put=2\n", "comes twice"},
      {"phase p\nmix put=1\nmix put=1\n", "comes twice"},
      {"phase p\nmix put=1\nkeys zipfian\n", "is none of uniform, sequential"},
      {"phase p\nmix put=1\nkeys zipf theta=x\n", "is no number"},
      {"phase p\nmix put=1\nkeys zipf theta=nan\n", "is no finite number"},
      {"phase p\nmix put=1\nkeys zipf scattered=1\n", "neither yes nor no"},
      {"phase p\nmix put=1\nkeys trace ids=1,,2\n", "is no whole number"},
      {"phase p\nmix put=1\nend unit=hours after=1\n", "is none of its names"},
      {"key_count -1\nphase p\nmix put=1\n", "is no whole number"},
      {"key_count 1e6\nphase p\nmix put=1\n", "is no whole number"},
      {"key_count 99999999999999999999\nphase p\n", "is no whole number"},
      {"name a\\x4\nphase p\nmix put=1\n", "bad escape"},
      {"name a b\nphase p\nmix put=1\n", "too much for one value"},
  };
  for (const auto& refused : cases) {
    const std::string what = refusal([&] { (void)workload_from_text(refused.first); });
    INFO(refused.first, " -> ", what);
    CHECK(what.find(refused.second) != std::string::npos);
  }
}

TEST_CASE("an impossible field is refused by name, with what to do") {
  using Change = std::function<void(WorkloadSpec&)>;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::pair<Change, std::string>> cases = {
      {[](auto& w) { w.key_count = 0; }, "key_count: 0 is not from 1"},
      {[](auto& w) { w.key_count = uint64_t{1} << 60; }, "key_count"},
      {[](auto& w) { w.phases.clear(); }, "phases: there is none"},
      {[](auto& w) { w.phases.resize(1001, w.phases[0]); }, "1000 is the most"},
      {[](auto& w) {
         w.encoding = DecimalKeys{"k", 2};
       },
       "give more digits"},
      {[](auto& w) {
         w.encoding = DecimalKeys{"k", 0};
       },
       "encoding (decimal), digits: 0"},
      {[](auto& w) { w.encoding = BinaryKeys{7}; }, "key_bytes: 7 is not from 8"},
      {[](auto& w) {
         w.encoding = DecimalKeys{std::string(65'530, 'k'), 9};
       },
       "shorten it"},
      {[](auto& w) {
         w.encoding = CompositeKeys{std::string(65'530, 'k'), 1};
       },
       "shorten it"},
      {[](auto& w) { w.phases[1].mix = {}; }, "phase 2 ('run'), mix: no operation has a weight"},
      {[](auto& w) { w.phases[1].mix[OpKind::kScan] = -1; }, "mix, scan: -1"},
      {[=](auto& w) { w.phases[1].absent_share = nan; }, "absent_share: nan"},
      {[](auto& w) { w.phases[1].compressed_share = 1.5; }, "compressed_share: 1.5"},
      {[](auto& w) { w.phases[1].batch_ops = 0; }, "batch_ops: 0"},
      {[](auto& w) { w.phases[1].clients = 0; }, "clients: 0"},
      {[](auto& w) {
         w.phases[1].keys = ZipfKeys{-1, true};
       },
       "keys (zipf), theta: -1"},
      {[](auto& w) {
         w.phases[1].keys = HotspotKeys{2, 0.5, 0, false};
       },
       "hot_keys: 2"},
      {[](auto& w) {
         w.phases[1].keys = ClusteredKeys{5000, 1};
       },
       "cluster_keys 5000 is above"},
      {[](auto& w) {
         w.phases[1].keys = ExponentialKeys{1, 0.5};
       },
       "drawn_share: 1"},
      {[](auto& w) { w.phases[1].keys = LogUniformKeys{0}; }, "range: 0"},
      {[](auto& w) { w.phases[1].keys = RangeKeys{5000}; }, "range_count 5000 is above"},
      {[](auto& w) {
         w.phases[1].keys = RangeKeys{5, 0, 0, 0, 0};
       },
       "no range is ever drawn"},
      {[](auto& w) {
         w.phases[1].keys = RangeKeys{5, 1, 1000, 0, 0};
       },
       "infinitely hot"},
      {[](auto& w) { w.phases[1].keys = RangeKeys{5, 1, 0, 0, 0, 0.1, 0}; }, "go together"},
      {[](auto& w) { w.phases[1].keys = TraceKeys{}; }, "the trace is empty"},
      {[](auto& w) {
         w.phases[1].keys = TraceKeys{{1, 1000}};
       },
       "id 1000 at place 1"},
      {[](auto& w) {
         w.phases[1].value_bytes = UniformSize{9, 3};
       },
       "swap them"},
      {[](auto& w) { w.phases[1].value_bytes = ConstantSize{uint64_t{1} << 31}; }, "size:"},
      {[](auto& w) { w.phases[1].value_bytes = ParetoSize{0, 0, 1, 1, 2, false}; }, "scale: 0"},
      {[](auto& w) {
         w.phases[1].value_bytes = LognormalSize{0, 1, 1, 2};
       },
       "median: 0"},
      {[](auto& w) { w.phases[1].rate = ConstantRate{0}; }, "per_s: 0"},
      {[](auto& w) {
         w.phases[1].rate = SineRate{1, 2, 3, 0};
       },
       "below 0 at times"},
      {[](auto& w) {
         w.phases[1].rate = BurstRate{1, 2};
       },
       "off_per_s is above on_per_s"},
      {[](auto& w) { w.phases[1].rate = BurstRate{2, 1, 0, 1, 1, 1, 1000, 1e6, 1, 0}; },
       "spikes at a time"},
      {[](auto& w) { w.phases[1].capacity.per_s = 5; }, "closed loop offers only"},
      {[](auto& w) { w.phases[1].end.after = 0.5; }, "less than one"},
      {[](auto& w) {
         w.phases[1].end = {EndUnit::kSeconds, 1e11};
       },
       "too long"},
      {[](auto& w) {
         w.phases[1].rate = ConstantRate{1e12};
         w.phases[1].end = {EndUnit::kSeconds, 1e10};
       },
       "cannot be counted"},
      {[](auto& w) {
         w.phases[1].rate = BurstRate{};
         w.phases[1].end = {EndUnit::kSeconds, 1e9};
       },
       "let bursts be longer"},
      {[](auto& w) { w.phases[1].end.after = -1; }, "end, after: -1"},
      {[](auto& w) {
         w.phases[1] = ycsb('c', 1000, 1).phases[1];
         w.phases[1].end = {EndUnit::kBytes, 100};
       },
       "nothing writes"},
      {[](auto& w) {
         w.phases[1] = ycsb('c', 1000, 1).phases[1];
         w.phases[1].rate = ConstantRate{5};
         w.phases[1].rate_unit = WorkUnit::kBytes;
       },
       "rate_unit"},
      {[](auto& w) {
         w.phases[1] = ycsb('e', 1000, 1).phases[1];
         w.phases[1].scan_entries = ConstantSize{0};
       },
       "reads nothing"},
  };
  for (const auto& [change, said] : cases) {
    const std::string what = refusal_of(change);
    INFO(what);
    CHECK(what.find(said) != std::string::npos);
  }
  CHECK(refusal_of([](auto&) {}) == "(accepted)");
}
