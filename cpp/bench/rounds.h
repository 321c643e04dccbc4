// The run: rounds, in each of them every workload, in each of those every store in turn. Stores
// stay open between workloads that share them, but only one is at work at a time: each settles what
// it changed before the next one begins.
#pragma once

#include <functional>
#include <string>

#include "report.h"

namespace lsmkit::bench {

using Tell = std::function<void(const std::string& what)>;

// Stops, with the store's own words, at the first error or wrong result. `tell` is called before
// each measurement, and may throw to end the run.
Report run(const Settings& settings, const Tell& tell);

}  // namespace lsmkit::bench
