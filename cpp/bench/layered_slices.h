// The layered store by slices: against the same workloads per record, and at a terabyte. Parts of
// layered_bench.
#pragma once

#include <string>

#include "lsmkit/layered/layered_run.h"

namespace lsmkit {

// A row per workload of 20 GB and set of options whose "workload: options" has the name in it: what
// slices say over what records say, less one, in percent. Returns 0 if all are within two.
int print_slices_against_records(const LayeredRunOptions& options, const std::string& name);

// A terabyte of uniform and of hot-cold writes, on 5 GB of pages and on 250.
int print_terabytes(const LayeredRunOptions& options);

}  // namespace lsmkit
