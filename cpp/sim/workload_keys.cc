#include "lsmkit/sim/workload_keys.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/workload_driver.h"

namespace lsmkit {
namespace {

constexpr uint64_t kMostExactKeys = uint64_t{1} << 28;

bool adds_keys(const Phase& phase) {
  return phase.mix[OpKind::kInsert] > 0 || std::holds_alternative<QueueKeys>(phase.keys) ||
         std::holds_alternative<WindowKeys>(phase.keys);
}

[[noreturn]] void refuse(uint64_t key_count) {
  throw InvalidArgument("an exact simulation holds each key, and " + std::to_string(key_count) +
                        " are more than the " + std::to_string(kMostExactKeys) +
                        " that it takes; lower key_count, the inserts or the queue's operations");
}

uint64_t inserts_of(const WorkloadSpec& spec) {
  check(spec);
  if (spec.key_count > kMostExactKeys) refuse(spec.key_count);
  if (std::none_of(spec.phases.begin(), spec.phases.end(), adds_keys)) return 0;
  WorkloadDriver driver(spec);
  while (driver.next_commit())
    if (driver.key_count() > kMostExactKeys) refuse(driver.key_count());
  return driver.key_count() - spec.key_count;
}

}  // namespace

WorkloadKeys::WorkloadKeys(const WorkloadSpec& spec) : WorkloadKeys(spec, inserts_of(spec), {}) {}

WorkloadKeys::WorkloadKeys(const WorkloadSpec& spec, uint64_t most_inserts)
    : WorkloadKeys(spec, most_inserts, {}) {}

WorkloadKeys::WorkloadKeys(const WorkloadSpec& spec, std::vector<std::string> others)
    : WorkloadKeys(spec, inserts_of(spec), std::move(others)) {}

WorkloadKeys::WorkloadKeys(const WorkloadSpec& spec, uint64_t most_inserts,
                           std::vector<std::string> others) {
  check(spec);
  if (spec.key_count > kMostExactKeys || most_inserts > kMostExactKeys)
    refuse(std::max(spec.key_count, most_inserts));
  const KeyEncoder encoder(spec.encoding);
  const uint64_t count = spec.key_count + most_inserts;
  if (count > kMostExactKeys) refuse(count);
  const bool alone = others.empty();
  std::vector<std::string> keys = std::move(others);
  const size_t first = keys.size();
  keys.resize(first + count);
  for (uint64_t id = 0; id < count; ++id) encoder.encode(id, keys[first + id]);
  universe_ = std::make_shared<const KeyUniverse>(std::move(keys));
  if (!alone || !encoder.keeps_order()) find_ranks(encoder, count);
}

// Ids in the order of their keys meet the universe's in the same order.
void WorkloadKeys::find_ranks(const KeyEncoder& encoder, uint64_t count) {
  std::vector<uint64_t> ids;
  if (!encoder.keeps_order()) ids = encoder.ids_in_key_order(count);
  ranks_.resize(count);
  KeyRank rank = 0;
  std::string key;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t id = ids.empty() ? i : ids[i];
    encoder.encode(id, key);
    rank = universe_->rank_of(key, rank).value();
    ranks_[id] = rank;
  }
}

}  // namespace lsmkit
