#include "lsmkit/twin/file_model_of.h"

#include <map>

#include "lsmkit/bytes/error.h"
#include "lsmkit/twin/measured_codec.h"

namespace lsmkit {
namespace {

struct Codecs {
  std::optional<StoredBlock> with_seqnos, without;
};

Codecs measured(const Options& options, const WorkloadSpec& workload, int zstd_level) {
  CodecSample sample{zstd_level, options.block_bytes, options.restart_interval, false};
  try {
    Codecs out;
    out.with_seqnos = measure_codec(workload, sample);
    sample.seqnos_are_zero = true;
    out.without = measure_codec(workload, sample);
    return out;
  } catch (const NotSupported&) {
    return {};  // this build writes no such tables either
  }
}

}  // namespace

FileModel file_model_of(const Options& options, const WorkloadSpec& workload) {
  std::map<int, Codecs> by_zstd_level;
  FileModel model;
  const bool compresses = options.compression == "zstd" && !options.compression_levels.empty();
  const std::vector<int32_t> raw{0};
  for (const int32_t level : compresses ? options.compression_levels : raw) {
    TableShape& shape = model.shapes.emplace_back();
    shape.block_bytes = options.block_bytes;
    shape.restart_interval = options.restart_interval;
    if (level == 0) continue;
    const auto found = by_zstd_level.find(level);
    const Codecs codecs =
        found != by_zstd_level.end()
            ? found->second
            : by_zstd_level.emplace(level, measured(options, workload, level)).first->second;
    shape.codec = codecs.with_seqnos;
    shape.codec_without_seqnos = codecs.without;
  }
  return model;
}

}  // namespace lsmkit
