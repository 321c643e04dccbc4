#include "lsmkit/trace/replay.h"

#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace lsmkit {
namespace {

class Replayer {
 public:
  void bear(const Rectangle& table, const Event* event) {
    standing_[table.number] = out_.lives.size();
    out_.lives.push_back({&table, event, nullptr});
    if (++runs_[{table.level, table.run}] == 1 && table.level == 0) ++now_.l0_run_count;
    ++now_.table_count;
    now_.weight += table.weight;
    now_.file_bytes += table.file_bytes;
  }

  void take(const Event& event) {
    for (const Rectangle& table : event.removed) die(table.number, event);
    for (const Rectangle& table : event.added) bear(table, &event);
    if (event.removed.empty() && event.added.empty()) return;
    now_.event = &event;
    now_.run_count = runs_.size();
    out_.moments.push_back(now_);
  }

  Replayed result() && { return std::move(out_); }

 private:
  void die(uint64_t number, const Event& event) {
    const auto found = standing_.find(number);
    if (found == standing_.end()) return;  // events that no engine wrote
    Life& life = out_.lives[found->second];
    standing_.erase(found);
    life.died = &event;
    const Rectangle& table = *life.table;
    const auto run = runs_.find({table.level, table.run});
    if (--run->second == 0) {
      runs_.erase(run);
      if (table.level == 0) --now_.l0_run_count;
    }
    --now_.table_count;
    now_.weight -= table.weight;
    now_.file_bytes -= table.file_bytes;
  }

  Replayed out_;
  TreeMoment now_;
  std::unordered_map<uint64_t, size_t> standing_;  // lives, by number
  std::map<std::pair<uint32_t, RunId>, uint64_t> runs_;
};

}  // namespace

Replayed replay(const EventList& events, std::span<const Rectangle> tables) {
  Replayer replayer;
  std::unordered_set<uint64_t> named;
  for (const auto& event : events) {
    for (const Rectangle& table : event->removed)
      if (named.insert(table.number).second) replayer.bear(table, nullptr);
    for (const Rectangle& table : event->added) named.insert(table.number);
  }
  for (const Rectangle& table : tables)
    if (!named.contains(table.number)) replayer.bear(table, nullptr);
  for (const auto& event : events) replayer.take(*event);
  return std::move(replayer).result();
}

}  // namespace lsmkit
