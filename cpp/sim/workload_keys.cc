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
  return phase.mix[OpKind::kInsert] > 0 || std::holds_alternative<QueueKeys>(phase.keys);
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

WorkloadKeys::WorkloadKeys(const WorkloadSpec& spec) : WorkloadKeys(spec, inserts_of(spec)) {}

WorkloadKeys::WorkloadKeys(const WorkloadSpec& spec, uint64_t most_inserts) {
  check(spec);
  if (spec.key_count > kMostExactKeys || most_inserts > kMostExactKeys)
    refuse(std::max(spec.key_count, most_inserts));
  const KeyEncoder encoder(spec.encoding);
  const uint64_t count = spec.key_count + most_inserts;
  if (count > kMostExactKeys) refuse(count);
  std::vector<std::string> keys(count);
  for (uint64_t id = 0; id < count; ++id) encoder.encode(id, keys[id]);
  if (!encoder.keeps_order()) {
    const std::vector<uint64_t> ids = encoder.ids_in_key_order(count);
    ranks_.resize(count);
    for (uint64_t rank = 0; rank < count; ++rank) ranks_[ids[rank]] = static_cast<KeyRank>(rank);
  }
  universe_ = std::make_shared<const KeyUniverse>(std::move(keys));
}

}  // namespace lsmkit
