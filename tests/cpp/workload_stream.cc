// The stream of operations: shares, ends, batches, clients, queues, named workloads.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/hash.h"
#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/named_workloads.h"
#include "lsmkit/workload/workload_stream.h"

using namespace lsmkit;

namespace {

OpMix mix_of(const std::map<OpKind, double>& weights) {
  OpMix mix;
  for (const auto& [kind, weight] : weights) mix[kind] = weight;
  return mix;
}

WorkloadSpec one_phase(const OpMix& mix, double ops = 10'000) {
  WorkloadSpec workload;
  workload.key_count = 1000;
  workload.phases.resize(1);
  workload.phases[0].mix = mix;
  workload.phases[0].end = {EndUnit::kOps, ops};
  return workload;
}

std::vector<Operation> all_of(const WorkloadSpec& workload) {
  WorkloadStream stream(workload);
  std::vector<Operation> out;
  for (Operation op; stream.next(op);) out.push_back(op);
  Operation again;
  CHECK(!stream.next(again));
  return out;
}

uint64_t hash_of(const WorkloadSpec& workload) {
  WorkloadStream stream(workload);
  std::string key, value;
  uint64_t hash = 0;
  for (Operation op; stream.next(op);) {
    stream.make_key(op, key);
    stream.make_value(op, value);
    hash = mix64(hash ^ hash_bytes(key) ^ mix64(op.size) ^ static_cast<uint64_t>(op.kind));
    if (writes(op.kind)) hash = mix64(hash ^ hash_bytes(value));
  }
  return hash;
}

}  // namespace

TEST_CASE("each kind of operation comes as often as its weight says") {
  const OpMix mix = mix_of({{OpKind::kPut, 3},
                            {OpKind::kDelete, 1},
                            {OpKind::kGet, 4},
                            {OpKind::kScan, 1},
                            {OpKind::kInsert, 1}});
  constexpr double kOps = 100'000;
  std::array<double, kOpKindCount> counts{};
  for (const Operation& op : all_of(one_phase(mix, kOps))) ++counts[size_t(op.kind)];
  for (size_t i = 0; i < kOpKindCount; ++i) {
    const double share = mix.share(static_cast<OpKind>(i));
    CHECK(std::fabs(counts[i] - share * kOps) <= 4 * std::sqrt(share * (1 - share) * kOps));
  }
}

TEST_CASE("an operation says what it needs and nothing that it does not") {
  WorkloadSpec workload = one_phase(
      mix_of({{OpKind::kPut, 1}, {OpKind::kDelete, 1}, {OpKind::kGet, 1}, {OpKind::kScan, 1}}));
  workload.phases[0].value_bytes = UniformSize{7, 9};
  workload.phases[0].scan_entries = ConstantSize{50};
  workload.phases[0].absent_share = 0.25;
  double gets = 0, absent = 0;
  uint64_t number = 0;
  for (const Operation& op : all_of(workload)) {
    CHECK(op.number == number++);
    CHECK(op.key_id < 1000);
    gets += op.kind == OpKind::kGet;
    absent += op.absent;
    if (op.kind == OpKind::kPut) {
      CHECK(op.size >= 7);
      CHECK(op.size <= 9);
    } else {
      CHECK(op.size == (op.kind == OpKind::kScan ? 50 : 0));
    }
    CHECK((!op.absent || op.kind == OpKind::kGet));
  }
  CHECK(absent / gets == doctest::Approx(0.25).epsilon(0.15));
}

TEST_CASE("inserts add keys that later draws can be of, in this phase and the next") {
  WorkloadSpec workload = one_phase(mix_of({{OpKind::kInsert, 1}, {OpKind::kGet, 1}}), 20'000);
  workload.phases.push_back(workload.phases[0]);
  workload.phases[1].mix = mix_of({{OpKind::kGet, 1}});
  workload.phases[1].keys = SequentialKeys{};
  workload.phases[0].keys = LatestKeys{0.99};
  uint64_t keys = 1000, new_gets = 0, second = 0;
  for (const Operation& op : all_of(workload)) {
    if (op.kind == OpKind::kInsert) {
      CHECK(op.key_id == keys++);
    } else if (op.phase == 0) {
      CHECK(op.key_id < keys);
      new_gets += op.key_id >= 1000;
    } else if (second++ < keys) {
      CHECK(op.key_id == second - 1);
    }
  }
  CHECK(keys > 10'000);
  CHECK(new_gets > 5'000);
}

TEST_CASE("a queue gives what was put, in order, and is never asked for more than it has") {
  WorkloadSpec workload =
      one_phase(mix_of({{OpKind::kPut, 1}, {OpKind::kDelete, 1.2}, {OpKind::kScan, 0.3}}), 20'000);
  workload.key_count = 10;
  workload.phases[0].keys = QueueKeys{};
  uint64_t head = 10, oldest = 0, empty = 0;
  for (const Operation& op : all_of(workload)) {
    if (op.kind == OpKind::kPut) {
      CHECK(op.key_id == head++);
    } else if (op.kind == OpKind::kDelete) {
      CHECK(op.key_id == oldest++);
    } else {
      CHECK(op.key_id == oldest);
    }
    REQUIRE(oldest <= head);
    empty += oldest == head;
  }
  CHECK(empty > 0);
}

TEST_CASE("a window moves on: inserts at its head, deletes of the oldest, all else in between") {
  WorkloadSpec workload = one_phase(
      mix_of({{OpKind::kPut, 2}, {OpKind::kGet, 1}, {OpKind::kInsert, 0.3}, {OpKind::kDelete, 1}}),
      20'000);
  workload.key_count = 3'000;
  workload.phases[0].keys = WindowKeys{};
  workload.phases.push_back(workload.phases[0]);
  uint64_t head = 3'000, oldest = 0, empty = 0, lower_half = 0, drawn = 0;
  for (const Operation& op : all_of(workload)) {
    const bool was_empty = oldest == head;
    if (op.kind == OpKind::kInsert || (was_empty && op.kind == OpKind::kPut)) {
      REQUIRE(op.key_id == head++);
    } else if (op.kind == OpKind::kDelete) {
      REQUIRE(op.key_id == oldest++);
    } else if (was_empty) {
      REQUIRE(op.key_id == head);
    } else {
      REQUIRE(op.key_id >= oldest);
      REQUIRE(op.key_id < head);
      drawn += head - oldest > 100;
      lower_half += head - oldest > 100 && op.key_id < oldest + (head - oldest) / 2;
    }
    REQUIRE(oldest <= head);
    empty += was_empty;
  }
  CHECK(empty > 100);
  CHECK(drawn > 5'000);
  CHECK(static_cast<double>(lower_half) / static_cast<double>(drawn) ==
        doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("a phase ends after operations, bytes, or the work of a time") {
  WorkloadSpec workload = one_phase(mix_of({{OpKind::kPut, 1}}));
  CHECK(all_of(workload).size() == 10'000);
  // 16 bytes of key, 100 of value.
  workload.phases[0].end = {EndUnit::kBytes, 11'600};
  CHECK(all_of(workload).size() == 100);
  workload.phases[0].end.after = 11'601;
  CHECK(all_of(workload).size() == 101);

  workload.phases[0].end = {EndUnit::kSeconds, 2.5};
  workload.phases[0].rate = ConstantRate{1000};
  CHECK(all_of(workload).size() == 2500);
  workload.phases[0].rate_unit = WorkUnit::kBytes;
  workload.phases[0].rate = ConstantRate{116'000};
  CHECK(all_of(workload).size() == 2500);
  workload.phases[0].capacity = {58'000, false};
  CHECK(all_of(workload).size() == 1250);
  workload.phases[0].capacity.queues = true;
  CHECK(all_of(workload).size() == 2500);

  // Of a closed loop nobody but the clock's owner knows.
  workload.phases[0].capacity = {};
  workload.phases[0].rate = ClosedLoop{};
  workload.phases.push_back(workload.phases[0]);
  workload.phases[1].end = {EndUnit::kOps, 3};
  WorkloadStream stream(workload);
  Operation op;
  for (int i = 0; i < 50'000; ++i) REQUIRE(stream.next(op));
  stream.end_phase();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(stream.next(op));
    CHECK(op.phase == 1);
  }
  CHECK(!stream.next(op));
}

TEST_CASE("batches end where they should, belong to one client, and are synced as a whole") {
  WorkloadSpec workload = one_phase(mix_of({{OpKind::kPut, 1}}), 10'001);
  workload.phases[0].batch_ops = 10;
  workload.phases[0].clients = 3;
  workload.phases[0].synced_share = 0.5;
  const std::vector<Operation> ops = all_of(workload);
  uint64_t batch = 0, in_batch = 0, synced = 0;
  for (size_t i = 0; i < ops.size(); ++i) {
    CHECK(ops[i].client == batch % 3);
    if (in_batch > 0) CHECK(ops[i].synced == ops[i - 1].synced);
    ++in_batch;
    CHECK(ops[i].ends_batch == (in_batch == 10 || i + 1 == ops.size()));
    if (!ops[i].ends_batch) continue;
    synced += ops[i].synced;
    ++batch;
    in_batch = 0;
  }
  CHECK(batch == 1001);
  CHECK(std::fabs(double(synced) - 500) < 4 * std::sqrt(250));
}

TEST_CASE("the same seed gives the same bytes, another seed others, and parts have own streams") {
  WorkloadSpec workload = one_phase(mix_of({{OpKind::kPut, 1}, {OpKind::kGet, 1}}));
  workload.phases[0].keys = ZipfKeys{};
  const std::vector<Operation> plain = all_of(workload);
  WorkloadSpec other = workload;
  other.phases[0].value_bytes = LognormalSize{};
  other.phases[0].synced_share = 0.3;
  const std::vector<Operation> changed = all_of(other);
  for (size_t i = 0; i < plain.size(); ++i) {
    REQUIRE(plain[i].key_id == changed[i].key_id);
    REQUIRE(plain[i].kind == changed[i].kind);
  }
  CHECK(hash_of(workload) == hash_of(workload));
  other = workload;
  other.seed = 2;
  CHECK(hash_of(workload) != hash_of(other));
}

TEST_CASE("named workloads run, and are the same bytes on every machine") {
  CHECK(hash_of(ycsb('a', 10'000, 10'000)) == 6543906399001888662u);
  CHECK(hash_of(ycsb('d', 10'000, 10'000)) == 9038507270652682683u);
  CHECK(hash_of(ycsb('e', 10'000, 10'000)) == 15384447706943741661u);
  CHECK(hash_of(db_bench("fillrandom", 10'000)) == 5941348780326518697u);
  CHECK(hash_of(mixgraph("all_dist", 10'000, 10'000)) == 866490314547244881u);
  CHECK(hash_of(mixgraph("prefix_dist", 10'000, 10'000)) == 4218441308038397831u);
  CHECK(hash_of(queues(10, 1000, 10'000)) == 18114512581093374224u);
  CHECK(hash_of(time_series(100, 1000, 3600, 10)) == 2557043336929097662u);
  CHECK(hash_of(bursts(10'000, 1e5, 60)) == 9646429477145977364u);
}

TEST_CASE("named workloads: every name is taken, and a wrong one names the right ones") {
  for (const char letter : std::string("abcdef")) CHECK_NOTHROW(check(ycsb(letter, 100, 100)));
  for (const char* name : {"fillseq", "filluniquerandom", "overwrite", "updaterandom", "readrandom",
                           "readmissing", "seekrandom", "deleteseq", "deleterandom"})
    CHECK_NOTHROW(check(db_bench(name, 100)));
  for (const char* name : {"all_random", "all_dist", "prefix_random", "prefix_dist"})
    CHECK_NOTHROW(check(mixgraph(name, 1000, 1000)));
  CHECK_THROWS_WITH_AS(ycsb('g', 1, 1), doctest::Contains("a b c d e f"), InvalidArgument);
  CHECK_THROWS_WITH_AS(db_bench("fill", 1), doctest::Contains("fillrandom"), InvalidArgument);
  CHECK_THROWS_WITH_AS(mixgraph("x", 1, 1), doctest::Contains("prefix_dist"), InvalidArgument);
}

TEST_CASE("fillrandom reaches 63.2 % of its keys, YCSB loads each key once") {
  std::set<uint64_t> filled;
  for (const Operation& op : all_of(db_bench("fillrandom", 100'000))) filled.insert(op.key_id);
  CHECK(double(filled.size()) / 1e5 == doctest::Approx(1 - std::exp(-1)).epsilon(0.005));
  std::set<uint64_t> loaded;
  for (const Operation& op : all_of(ycsb('c', 1000, 10)))
    if (op.phase == 0) loaded.insert(op.key_id);
  CHECK(loaded.size() == 1000);
}

TEST_CASE("an operation costs the same however many keys there are") {
  const auto seconds_of = [](const KeyChoice& keys, uint64_t key_count) {
    WorkloadSpec workload = one_phase(mix_of({{OpKind::kPut, 1}, {OpKind::kGet, 1}}), 200'000);
    workload.key_count = key_count;
    workload.phases[0].keys = keys;
    double least = 1e9;
    for (int i = 0; i < 3; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      WorkloadStream stream(workload);
      uint64_t count = 0;
      for (Operation op; stream.next(op);) ++count;
      REQUIRE(double(count) == workload.phases[0].end.after);
      least = std::min(
          least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return least;
  };
  for (const KeyChoice& keys :
       {KeyChoice(UniformKeys{}), KeyChoice(PermutedKeys{}), KeyChoice(ZipfKeys{}),
        KeyChoice(LatestKeys{}), KeyChoice(YcsbZipfianKeys{}), KeyChoice(ClusteredKeys{})}) {
    INFO(keys.index());
    CHECK(seconds_of(keys, uint64_t{1} << 39) <= 8 * seconds_of(keys, 1000));
  }
}
