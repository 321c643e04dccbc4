// The workloads with db_bench's names: what each does to a store, and what must be true after it
// (W3.9).
//
//   name              an operation is                                          starts on
//   fillseq           a put, keys ascending                                    nothing
//   fillbatch         a put, random order, 1000 to a commit                    nothing
//   fillsync          a put that waits for the disk; a 500th, at least 100     nothing
//   fillrandom        a put, random order                                      nothing
//   readrandom        a get of a key that is there, drawn at random            as fillrandom left
//                                                                              it, and settled
//   readmissing       a get of a key that is not there, between those that     settled; three runs
//                     are
//   readseq           a row of a scan of everything                            settled
//   readreverse       a row of a scan of everything backwards                  settled
//   seekrandom        a new cursor at a key that is there and ten rows; a      settled
//                     tenth of them
//   readhot           a get of a key that is there, in the memtable            memtable alone
//   readwhilewriting  a get as in readrandom, a quarter of them; one more      settled
//                     thread overwrites meanwhile, as fast as it can
//   overwrite         a put of a key that is there, each once, random order    settled
//   deleterandom      a delete of a key that is there, each once, random order settled
//
// Settled: in tables, in one sorted run, nothing runs, every key read once before. Three runs: each
// third flushed for itself, as many entries as surely fit in three memtables; only where a store
// can be told to flush. Those that measure lsmkit alone stand in own_workloads.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stores.h"

namespace lsmkit::bench {

enum class Start { kEmpty, kAsItStands, kSettled, kThreeRuns, kMemtable };

struct Workload {
  std::string name;
  uint64_t (Store::*work)(const Part&);
  KeyList Data::*keys;
  std::vector<Start> starts;
  int found_share = -1;   // what share of operations finds its key; -1: it writes
  int rows_change = 0;    // rows more (1) or fewer (-1) after an operation
  uint64_t share = 1;     // operations are num / share
  bool threaded = false;  // done once for each number of threads
  bool durable = false;
  bool writer_beside = false;

  bool reads() const { return found_share >= 0; }
  bool changes_store() const { return !reads() || writer_beside; }
};

const std::vector<Workload>& workloads();
// Also those that measure lsmkit alone.
std::vector<std::string> workload_names();

// Puts of a workload that waits for the disk.
uint64_t synced_count(uint64_t num);
// Entries that surely fit in every store's memtable.
uint64_t memtable_count(uint64_t num, size_t value_bytes);

// One workload, done in one way.
struct Step {
  const Workload* workload;
  Start start;
  unsigned threads;
};
std::string to_text(Start start);

}  // namespace lsmkit::bench
