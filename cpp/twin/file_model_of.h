// What files an engine with such options would write under a workload.
#pragma once

#include "lsmkit/db/options.h"
#include "lsmkit/sim/file_model.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// Byte for byte where nothing is compressed. What zstd makes of the workload's values is measured
// with the codec itself (measured_codec.h), once for each of its levels that the options name.
FileModel file_model_of(const Options& options, const WorkloadSpec& workload);

}  // namespace lsmkit
