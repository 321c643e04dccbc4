// A segment tree that goes on from a real one. Of a table it is known how many records it has, how
// many of them are tombstones, and, from its key samples, where they lie; how popular the keys are
// that a run holds, its samples tell, too (group_mix.h). Between two samples all keys that are
// equally popular are as likely to be there.
#include "lsmkit/sim/segment_start.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/group_mix.h"
#include "lsmkit/sim/rank_key.h"
#include "lsmkit/sim/segment_tree.h"
#include "lsmkit/workload/key_encoder.h"

namespace lsmkit {
namespace {

// A key's place among the workload's.
class Ranks {
 public:
  explicit Ranks(const WorkloadSpec& workload)
      : workload_(workload), encoder_(workload.encoding), key_count_(workload.key_count) {}

  std::optional<uint64_t> id_of(std::string_view key) const { return encoder_.decode(key); }
  // None: it is no key of the encoding.
  std::optional<uint64_t> find(std::string_view key) const {
    const std::optional<uint64_t> id = encoder_.decode(key);
    if (!id) return std::nullopt;
    if (std::holds_alternative<HashedKeys>(workload_.encoding)) {
      // The hash stands at the front, and all of them are spread evenly.
      const double share = static_cast<double>(key_prefix(key)) / 0x1p64;
      return static_cast<uint64_t>(share * static_cast<double>(key_count_));
    }
    if (const auto* composite = std::get_if<CompositeKeys>(&workload_.encoding)) {
      const uint64_t per_group = (key_count_ + composite->group_count - 1) / composite->group_count;
      return *id % composite->group_count * per_group + *id / composite->group_count;
    }
    return id;
  }
  uint64_t rank_of(std::string_view key) const {
    const std::optional<uint64_t> rank = find(key);
    if (!rank)
      throw NotSupported("the tree holds the key '" + printable(key) +
                         "', which the workload's encoding makes of no number; segments know the "
                         "workload's keys alone: start with fidelity='exact'");
    return *rank;
  }

 private:
  const WorkloadSpec& workload_;
  const KeyEncoder encoder_;
  const uint64_t key_count_;
};

// From where on how much of a table has come.
struct Mark {
  uint64_t rank;
  uint64_t weight_before;
};

std::vector<Mark> marks_of(const TableMeta& real, const TableMeta& table, const Ranks& ranks) {
  const uint64_t begin = rank_of_key(table.smallest.key), end = rank_of_key(table.largest.key) + 1;
  std::vector<Mark> marks{{begin, 0}};
  for (const KeySample& sample : real.samples) {
    const std::optional<uint64_t> rank = ranks.find(sample.key);  // none: it is cut
    if (rank && *rank > marks.back().rank && *rank < end)
      marks.push_back({*rank, sample.weight_before});
  }
  marks.push_back({end, real.weight});
  return marks;
}

// So many of a stretch's keys as the marks say, by group as `mix` has it.
Slices slices_of(const TableMeta& real, const std::vector<Mark>& marks, const GroupMix& mix,
                 const KeyGroups& groups) {
  Slices out(groups);
  const auto records = static_cast<double>(real.entry_count);
  const auto tombstones = static_cast<double>(real.tombstone_count);
  const double value_bytes =
      static_cast<double>(real.value_bytes) / std::max(1.0, records - tombstones);
  for (size_t i = 0; i + 1 < marks.size(); ++i) {
    const double share = static_cast<double>(marks[i + 1].weight_before - marks[i].weight_before) /
                         static_cast<double>(std::max<uint64_t>(real.weight, 1));
    const auto keys = static_cast<double>(marks[i + 1].rank - marks[i].rank);
    const std::vector<double> hits = mix.hits(std::min(1.0, records * share / keys));
    out.append({marks[i].rank, marks[i + 1].rank, {}, value_bytes});
    const size_t last = out.size() - 1;
    for (size_t j = 0; j < groups.count(); ++j) {
      out.absent(last)[j] = 1 - hits[j];
      if (groups.deletes) out.dead(last)[j] = hits[j] * tombstones / std::max(1.0, records);
    }
  }
  out.coalesce(groups);
  return out;
}

using RunMixes = std::map<std::pair<uint32_t, RunId>, GroupMix>;

// Of each run which keys it holds; of all of its samples, for its tables are alike in that.
RunMixes mixes_of(const std::vector<AddedTable>& tables, const PhaseContents& contents,
                  const Ranks& ranks, const GroupDraws& draws) {
  struct Pool {
    std::vector<double> samples;
    double records = 0;
    double keys = 0;  // between the ends of tables
  };
  std::map<std::pair<uint32_t, RunId>, Pool> pools;
  for (const AddedTable& added : tables) {
    const TableMeta& table = *added.table;
    Pool& pool = pools[{added.level, added.run}];
    pool.samples.resize(contents.groups().count());
    pool.records += static_cast<double>(table.entry_count);
    pool.keys += static_cast<double>(ranks.rank_of(table.largest.key)) -
                 static_cast<double>(ranks.rank_of(table.smallest.key)) + 1;
    for (const KeySample& sample : table.samples)
      if (const auto id = ranks.id_of(sample.key))
        if (const auto group = contents.group_of(*id)) ++pool.samples[*group];
  }
  RunMixes out;
  for (const auto& [run, pool] : pools)
    out.emplace(run,
                GroupMix::likeliest(draws, pool.samples, std::min(1.0, pool.records / pool.keys)));
  return out;
}

}  // namespace

// Bounds become ranks; a run's tables stay apart where several keys have one rank.
void SegmentTree::start_from(const SegmentTreeStart& start) {
  const Ranks ranks(contents_.workload());
  const KeyGroups& groups = contents_.groups();
  VersionEdit edit = full_edit(start.version);
  const GroupDraws draws(groups.shares, contents_.group_rates());
  const RunMixes mixes = mixes_of(edit.added, contents_, ranks, draws);
  for (auto& [level, cursor] : edit.cursors)
    if (const auto rank = ranks.find(cursor)) cursor = key_of_rank(*rank);
  std::vector<Slices> runs;
  uint32_t level = UINT32_MAX;
  RunId run = 0;
  uint64_t free = 0;  // the first rank that the run's next table may have
  for (AddedTable& added : edit.added) {
    const TableMeta& real = *added.table;
    if (added.level != level || added.run != run) {
      runs.emplace_back(groups);
      free = 0;
    }
    level = added.level;
    run = added.run;
    TableMeta meta = real;
    const uint64_t smallest = std::max(ranks.rank_of(real.smallest.key), free);
    const uint64_t largest = std::max(ranks.rank_of(real.largest.key), smallest);
    free = largest + 1;
    meta.smallest.key = key_of_rank(smallest);
    meta.largest.key = key_of_rank(largest);
    meta.samples.clear();
    auto slices = std::make_shared<Slices>(
        slices_of(real, marks_of(real, meta, ranks), mixes.at({level, run}), groups));
    for (size_t i = 0; i < slices->size(); ++i)
      runs.back().append(*slices, i, (*slices)[i].begin, (*slices)[i].end);
    SeqnoCohorts cohorts;
    if (real.largest_seqno > 0)
      cohorts.push_back({static_cast<double>(real.entry_count), real.smallest_seqno,
                         real.largest_seqno, smallest, largest + 1});
    tables_[static_cast<uint64_t>(real.number)] = {std::move(slices), std::move(cohorts)};
    added.table = std::make_shared<const TableMeta>(std::move(meta));
  }
  version_ = Version().after(edit);
  last_seqno_ = sealed_seqno_ = flushed_seqno_ = start.last_seqno;
  seqnos_ = static_cast<double>(start.last_seqno);
  next_job_ = start.next_job;

  std::vector<const Slices*> sources;
  for (const Slices& each : runs) sources.push_back(&each);
  live_ = merged_slices(groups, sources);
  drop_all_tombstones(live_, groups);
  live_.coalesce(groups);
}

}  // namespace lsmkit
