// Workloads that people know by name, each with its source. All of them are plain values to be
// changed at will; each begins with a phase "load", unless there is nothing to load.
#pragma once

#include <cstdint>
#include <string_view>

#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// YCSB's core workloads 'a' to 'f' (Cooper et al., SoCC 2010; workloads/workload[a-f]): records of
// 1000 bytes under hashed keys of 24, which is "user" and a hash in decimal. An update writes the
// whole record; YCSB's writes one field of ten, which a key-value store cannot.
WorkloadSpec ycsb(char letter, uint64_t key_count, uint64_t ops);

// db_bench's benchmarks by their names (db_bench_tool.cc): keys of 16 bytes, values of 100 that
// compress to half, `num` keys and as many operations. fillseq fillrandom filluniquerandom
// overwrite updaterandom readrandom readmissing seekrandom deleteseq deleterandom; those that need
// keys load them first in random order, each once.
WorkloadSpec db_bench(std::string_view name, uint64_t num);

// RocksDB's mixgraph with the parameters published for ZippyDB (Cao et al., FAST 2020; RocksDB
// wiki, "Trace, Replay, Analyzer, and Workload Generation"): all_random all_dist prefix_random
// prefix_dist. Published with 50 million keys and 420 million operations. Unlike here, db_bench
// derives key, size and kind of an operation from one random number, and draws uniformly for
// prefix_random, since it asks for key_dist_a before it looks at ranges.
WorkloadSpec mixgraph(std::string_view variant, uint64_t key_count, uint64_t ops);

// Queues side by side: puts at the head, deletes of the oldest, and a scan from it now and then;
// tombstones pile up where scans begin (RocksDB wiki, "Implement Queue Service Using RocksDB").
WorkloadSpec queues(uint64_t queue_count, uint64_t backlog, uint64_t ops);

// Points of many series in order of time, each kept for so long: what FIFO compaction is for
// (RocksDB wiki, "FIFO compaction style"). Reads are of new points mostly.
WorkloadSpec time_series(uint64_t series_count, double points_per_s, double ttl_s,
                         double duration_s);

// Uniform overwrites in bursts with spikes, by RollingStone's defaults (web/src): on for 5 s at
// twice the base rate, off, which is the base rate, for 10 s; every 10 s a spike of a tenth of
// that.
WorkloadSpec bursts(uint64_t key_count, double base_bytes_per_s, double duration_s);

}  // namespace lsmkit
