// Workloads as text, and what a workload that was accepted does.
#include "fuzz_target.h"
#include "lsmkit/workload/key_classes.h"
#include "lsmkit/workload/named_workloads.h"
#include "lsmkit/workload/workload_stream.h"

namespace lsmkit::fuzz {

const Target kTarget{"workload", 40'000, 16 << 20, 1'024};

std::vector<std::string> seeds() {
  WorkloadSpec mixed = mixgraph("prefix_dist", 1000, 100);
  mixed.phases[1].keys = HotspotKeys{0.1, 0.9, 10, true};
  mixed.phases[1].value_bytes = LognormalSize{};
  mixed.phases[0].keys = TraceKeys{{1, 2, 3}};
  WorkloadSpec zipf = db_bench("overwrite", 100);
  zipf.phases[1].keys = ZipfKeys{};
  zipf.phases[0].keys = ClusteredKeys{7, 0.5};
  return {to_text(ycsb('d', 1000, 100)),
          to_text(ycsb('e', 1000, 100)),
          to_text(mixgraph("all_dist", 1000, 100)),
          to_text(queues(3, 10, 100)),
          to_text(time_series(10, 100, 60, 1)),
          to_text(bursts(100, 1e5, 60)),
          to_text(mixed),
          to_text(zipf)};
}

void run_one(std::string_view bytes) {
  succeeds([&] {
    const WorkloadSpec workload = workload_from_text(bytes);
    const std::string text = to_text(workload);
    require(workload_from_text(text) == workload, "a workload reads back from its text");
    for (size_t i = 0; i < std::min<size_t>(workload.phases.size(), 3); ++i) {
      double share = 0;
      for (const KeyClass& k :
           key_classes(workload.phases[i].keys, {workload.key_count, 5, 1'000})) {
        require(k.key_count >= 0 && k.probability >= 0, "a class has keys and a probability");
        require(k.begin < k.end, "a class lies somewhere");
        share += k.key_count * k.probability;
      }
      require(share > 0.9 && share < 1.1, "the classes hold all draws");
    }
    WorkloadStream stream(workload);
    std::string key, value;
    Operation op;
    for (int i = 0; i < 100 && stream.next(op); ++i) {
      require(op.number == static_cast<uint64_t>(i), "operations are counted");
      require(op.key_id < stream.key_count() || op.kind == OpKind::kScan ||
                  op.kind == OpKind::kGet || op.kind == OpKind::kReadModifyWrite,
              "a key that is written is one of the workload's");
      stream.make_key(op, key);
      require(!op.absent == stream.encoder().decode(key).has_value(), "a key says whose it is");
      if (op.size <= 4096) stream.make_value(op, value);
    }
  });
}

}  // namespace lsmkit::fuzz
