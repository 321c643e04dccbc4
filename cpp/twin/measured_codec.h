// What zstd makes of a workload's blocks, measured by compressing some with the engine's own
// compressor: so that a simulator, which has neither values nor a codec, can say how large files
// would be.
#pragma once

#include <optional>

#include "lsmkit/format/stored_block.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

struct CodecSample {
  int zstd_level = 1;
  uint64_t block_bytes = 4096;
  uint32_t restart_interval = 16;
  bool seqnos_are_zero = false;
};

// By least squares over blocks of neighbouring keys, and of keys further and further apart; values
// by the phases' shares of what is put. None if most of them do not shrink enough to be compressed.
// Throws NotSupported if this build lacks zstd.
std::optional<StoredBlock> measure_codec(const WorkloadSpec& workload, const CodecSample& sample);

}  // namespace lsmkit
