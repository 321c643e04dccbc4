#include "lsmkit/sim/sample_keys.h"

#include <algorithm>
#include <variant>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/key_encoder.h"

namespace lsmkit {
namespace {

// Ids of a composite key go to its groups in turn, so keys in order are one group after the other.
uint64_t id_at(uint64_t rank, const CompositeKeys& keys, uint64_t key_count) {
  const uint64_t per_group = std::max<uint64_t>(1, key_count / keys.group_count);
  return rank % per_group * keys.group_count + rank / per_group % keys.group_count;
}

// Of `key_count`, `count` in order: gaps as between draws by chance.
std::vector<uint64_t> ranks_of(uint64_t key_count, uint64_t count, double mean_gap,
                               Random& random) {
  const double span = static_cast<double>(count) * mean_gap;
  const auto taken = static_cast<uint64_t>(std::min(span, static_cast<double>(key_count)));
  uint64_t rank = (key_count - taken) / 2;
  const double miss = 1 - 1 / mean_gap;  // a key's chance to be left out
  const double per_gap = miss > 0 ? 1 / portable_log(miss) : 0;
  std::vector<uint64_t> out;
  for (; out.size() < count && rank < key_count; ++rank) {
    rank += static_cast<uint64_t>(portable_log(random.unit_above_zero()) * per_gap);
    if (rank < key_count) out.push_back(rank);
  }
  return out;
}

// Hashes are spread evenly, by chance.
std::vector<uint64_t> hashes_of(uint64_t key_count, uint64_t count, double mean_gap,
                                Random& random) {
  count = std::min(count, key_count);
  const double all = 0x1p64 / static_cast<double>(key_count) * static_cast<double>(count);
  const double width = std::min(all * mean_gap, 0x1p63);
  std::vector<uint64_t> out(count);
  for (uint64_t& hash : out)
    hash = (uint64_t{1} << 62) + static_cast<uint64_t>(random.unit() * width);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<std::string> spread_keys(const WorkloadSpec& workload, uint64_t count,
                                     double mean_gap) {
  Random random(workload.seed, "spread keys");
  const auto* hashed = std::get_if<HashedKeys>(&workload.encoding);
  const auto* composite = std::get_if<CompositeKeys>(&workload.encoding);
  const KeyEncoder encoder(hashed ? KeyEncoding(BinaryKeys{hashed->key_bytes}) : workload.encoding);
  const std::vector<uint64_t> ids = hashed ? hashes_of(workload.key_count, count, mean_gap, random)
                                           : ranks_of(workload.key_count, count, mean_gap, random);
  std::vector<std::string> out(ids.size());
  for (size_t i = 0; i < ids.size(); ++i)
    encoder.encode(composite ? id_at(ids[i], *composite, workload.key_count) : ids[i], out[i]);
  return out;
}

}  // namespace lsmkit
