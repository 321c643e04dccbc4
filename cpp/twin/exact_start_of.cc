#include "lsmkit/twin/exact_start_of.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

constexpr uint64_t kMostRecords = uint64_t{1} << 28;

void check_fits(const Standing& standing) {
  const uint64_t count = standing.version.entry_count() + standing.unflushed_count;
  if (count > kMostRecords)
    throw InvalidArgument("the database holds " + std::to_string(count) +
                          " records, and an exact simulation takes at most " +
                          std::to_string(kMostRecords) + "; start with fidelity='segment'");
}

uint32_t checked_value_bytes(const Entry& entry) {
  if (entry.kind != Kind::kPut && entry.kind != Kind::kDelete)
    throw NotSupported(
        "the database holds records that are neither values nor tombstones, and "
        "only these can be simulated");
  return static_cast<uint32_t>(entry.value.size());
}

// Tells how far a walk over all tables is, as entries; two walks make the whole.
class WalkProgress {
 public:
  WalkProgress(const Standing& standing, unsigned walk, const Poll& poll)
      : poll_(poll), count_(standing.version.entry_count()), done_(walk * count_) {}
  void take() { ++done_; }
  std::function<void()> poll() const {
    return [this] {
      if (poll_) poll_({done_, 2 * count_});
    };
  }

 private:
  const Poll& poll_;
  const uint64_t count_;
  uint64_t done_;
};

std::vector<std::string> all_keys(const Standing& standing, const Poll& poll) {
  std::vector<std::string> keys;
  WalkProgress progress(standing, 0, poll);
  const auto take = [&](const Entry& entry) {
    if (keys.empty() || keys.back() != entry.key) keys.emplace_back(entry.key);
  };
  for_each_stored(
      standing, [](const TableMeta&) {},
      [&](const Entry& entry) {
        take(entry);
        progress.take();
      },
      progress.poll());
  for_each_unflushed(
      standing, [] {}, take);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// Places records that come in the order of their keys.
class Placer {
 public:
  explicit Placer(const KeyUniverse& keys) : keys_(keys) {}
  SimRecord place(const Entry& entry) {
    at_ = keys_.rank_of(entry.key, at_).value();
    return {at_, entry.seqno, entry.kind, checked_value_bytes(entry)};
  }

 private:
  const KeyUniverse& keys_;
  KeyRank at_ = 0;
};

}  // namespace

StartOfExactRun exact_start_of(const Standing& standing, const WorkloadSpec& workload,
                               const Poll& poll) {
  check_fits(standing);
  WorkloadKeys keys(workload, all_keys(standing, poll));
  ExactStart tree = exact_start_of(standing, *keys.universe(), poll);
  return {std::move(keys), std::move(tree)};
}

ExactStart exact_start_of(const Standing& standing, const KeyUniverse& keys, const Poll& poll) {
  check_fits(standing);
  ExactStart out;
  out.version = standing.version;
  out.last_seqno = standing.last_seqno;
  out.next_job = static_cast<uint64_t>(standing.next_job);
  out.wall_us = standing.wall_us;
  out.flushes_first = standing.read_only;

  WalkProgress progress(standing, 1, poll);
  std::shared_ptr<Records> records;
  std::optional<Placer> placer;
  for_each_stored(
      standing,
      [&](const TableMeta& meta) {
        if (records) records->shrink();
        out.contents[meta.number] = records = std::make_shared<Records>();
        placer.emplace(keys);
      },
      [&](const Entry& entry) {
        records->push_back(placer->place(entry));
        progress.take();
      },
      progress.poll());
  if (records) records->shrink();

  for_each_unflushed(
      standing,
      [&] {
        out.memtables.emplace_back();
        placer.emplace(keys);
      },
      [&](const Entry& entry) { out.memtables.back().push_back(placer->place(entry)); });
  for (std::vector<SimRecord>& written : out.memtables)
    std::sort(written.begin(), written.end(),
              [](const SimRecord& a, const SimRecord& b) { return a.seqno < b.seqno; });
  return out;
}

std::vector<std::string> assumptions_of(const Standing& standing) {
  std::vector<std::string> out;
  const auto tell = [&](uint64_t count, const char* what, const char* then) {
    if (count > 0) out.push_back(std::to_string(count) + what + (count > 1 ? "s" : "") + then);
  };
  if (standing.read_only)
    tell(standing.unflushed_count, " record",
         " of the logs first became a table of L0, as when a writer opens the directory");
  tell(standing.job_count, " job", " in flight, taken as not begun");
  tell(standing.snapshot_count, " snapshot", " of the database, let go of");
  tell(standing.damaged_count, " damaged table", ", taken as sound");
  return out;
}

}  // namespace lsmkit
