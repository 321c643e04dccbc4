#include "workloads.h"

#include <algorithm>

#include "own_workloads.h"

namespace lsmkit::bench {

const std::vector<Workload>& workloads() {
  using enum Start;
  static const std::vector<Workload> all{
      {.name = "fillseq",
       .work = &Store::put_all,
       .keys = &Data::ascending,
       .starts = {kEmpty},
       .rows_change = 1},
      {.name = "fillbatch",
       .work = &Store::put_batches,
       .keys = &Data::shuffled,
       .starts = {kEmpty},
       .rows_change = 1},
      {.name = "fillsync",
       .work = &Store::put_all,
       .keys = &Data::shuffled,
       .starts = {kEmpty},
       .rows_change = 1,
       .threaded = true,
       .durable = true},
      {.name = "fillrandom",
       .work = &Store::put_all,
       .keys = &Data::shuffled,
       .starts = {kEmpty},
       .rows_change = 1,
       .threaded = true},
      // W1.6: reads of the same tables by several threads.
      {.name = "readrandom",
       .work = &Store::get_all,
       .keys = &Data::drawn,
       .starts = {kAsItStands, kSettled},
       .found_share = 1,
       .threaded = true},
      {.name = "readmissing",
       .work = &Store::get_all,
       .keys = &Data::absent,
       .starts = {kSettled, kThreeRuns},
       .found_share = 0},
      {.name = "readseq",
       .work = &Store::scan,
       .keys = &Data::ascending,
       .starts = {kSettled},
       .found_share = 1,
       .threaded = true},
      {.name = "readreverse",
       .work = &Store::scan_back,
       .keys = &Data::ascending,
       .starts = {kSettled},
       .found_share = 1},
      {.name = "seekrandom",
       .work = &Store::seek_all,
       .keys = &Data::drawn,
       .starts = {kSettled},
       .found_share = 1,
       .share = 10,
       .threaded = true},
      {.name = "readhot",
       .work = &Store::get_all,
       .keys = &Data::again,
       .starts = {kMemtable},
       .found_share = 1},
      {.name = "readwhilewriting",
       .work = &Store::get_all,
       .keys = &Data::drawn,
       .starts = {kSettled},
       .found_share = 1,
       .share = 4,
       .threaded = true,
       .writer_beside = true},
      {.name = "overwrite", .work = &Store::put_all, .keys = &Data::again, .starts = {kSettled}},
      {.name = "deleterandom",
       .work = &Store::delete_all,
       .keys = &Data::again,
       .starts = {kSettled},
       .rows_change = -1},
  };
  return all;
}

std::vector<std::string> workload_names() {
  std::vector<std::string> out;
  for (const Workload& workload : workloads()) out.push_back(workload.name);
  for (const OwnWorkload& workload : own_workloads()) out.push_back(workload.name);
  return out;
}

uint64_t synced_count(uint64_t num) {
  return std::min(num, std::max<uint64_t>(100, num / 500));
}

uint64_t memtable_count(uint64_t num, size_t value_bytes) {
  constexpr uint64_t kEntryRoomBytes = 100;
  return std::max<uint64_t>(
      1, std::min(num, kMemtableBytes / 2 / (kKeyBytes + value_bytes + kEntryRoomBytes)));
}

std::string to_text(Start start) {
  switch (start) {
    case Start::kEmpty:
      return "";
    case Start::kAsItStands:
      return "as it stands";
    case Start::kSettled:
      return "settled";
    case Start::kThreeRuns:
      return "three runs";
    case Start::kMemtable:
      return "memtable";
  }
  return "";
}

}  // namespace lsmkit::bench
