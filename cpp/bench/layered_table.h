// What the options of the layered store bring: a table of workloads and sets of options, each
// beside the baseline.
#pragma once

#include <cstdint>

namespace lsmkit {

// Everything so many times smaller than 20 GB: records, pages, layers.
void print_layered_table(uint64_t scale, const char* only_workload);

}  // namespace lsmkit
