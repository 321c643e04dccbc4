// Cursors by key and seqno, and the keys that stand for them.
#include "lockstep_cursors.h"

#include <algorithm>

namespace lsmkit::bench {
namespace {

bool contains(const std::vector<uint64_t>& numbers, uint64_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::string smallest_key(const std::vector<ForeignTable>& tables, const ForeignJob& job) {
  std::optional<std::string> smallest;
  for (const ForeignTable& table : tables)
    if (contains(job.inputs, table.number) && (!smallest || table.smallest < *smallest))
      smallest = table.smallest;
  return smallest.value_or("");
}

}  // namespace

std::vector<std::string> RocksDbCursors::for_ours(const std::vector<ForeignTable>& tables,
                                                  const ForeignJob& job) const {
  std::vector<std::string> keys(cursors_.size());
  for (uint32_t level = 0; level < cursors_.size(); ++level) {
    const auto& cursor = cursors_[level];
    if (!cursor) continue;
    const bool written_over = std::any_of(tables.begin(), tables.end(), [&](const auto& table) {
      if (table.level != level && !contains(job.inputs, table.number)) return false;
      return newest_in_(table.number, cursor->key).value_or(0) > cursor->seqno;
    });
    // RocksDB cuts nothing at a key that a job begins with, whichever record of it that is.
    const bool begins_the_job =
        level == job.output_level && cursor->key == smallest_key(tables, job);
    keys[level] = cursor->key;
    if (written_over && !begins_the_job) keys[level].push_back('\0');
  }
  return keys;
}

bool RocksDbCursors::is_before(const ForeignTable& table, const Cursor& cursor) const {
  if (table.smallest != cursor.key) return table.smallest < cursor.key;
  return newest_in_(table.number, table.smallest).value_or(0) > cursor.seqno;
}

void RocksDbCursors::move(const std::vector<ForeignTable>& tables, const ForeignJob& job) {
  if (!in_use_) return;
  uint32_t level = job.output_level;
  for (const ForeignTable& table : tables)
    if (contains(job.inputs, table.number)) level = std::min(level, table.level);
  if (level == 0) return;
  std::vector<ForeignTable> round;
  size_t taken = 0;
  for (const ForeignTable& table : tables) {
    if (table.level != level) continue;
    round.push_back(table);
    taken += contains(job.inputs, table.number) ? 1 : 0;
  }
  std::sort(round.begin(), round.end(),
            [](const ForeignTable& a, const ForeignTable& b) { return a.smallest < b.smallest; });
  if (cursors_.size() <= level) cursors_.resize(level + 1);
  std::optional<Cursor>& cursor = cursors_[level];
  if (cursor) {
    const auto first = std::find_if(round.begin(), round.end(), [&](const ForeignTable& table) {
      return !is_before(table, *cursor);
    });
    if (first != round.end()) std::rotate(round.begin(), first, round.end());
  }
  const ForeignTable& next = round[taken < round.size() ? taken : 0];
  cursor = {next.smallest, newest_in_(next.number, next.smallest).value_or(0)};
}

}  // namespace lsmkit::bench
