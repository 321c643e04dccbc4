// What files the tables of a segment simulation would take: by the bytes of a record, found out on
// samples of the workload's keys and sizes that are as dense and as far apart in time as the
// table's.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

#include "lsmkit/sim/file_model.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class SegmentFiles {
 public:
  // `workload` must outlive it.
  SegmentFiles(FileModel model, const WorkloadSpec& workload)
      : model_(std::move(model)), workload_(workload) {}

  // A table of `key_span` ranks, written to `level`.
  uint64_t bytes_of(const TableMeta& table, uint64_t key_span, uint32_t level,
                    double filter_bits_per_key);

 private:
  struct Sample {
    double fixed = 0;  // bytes of a file whatever it holds
    double per_record = 0;
    double value_bytes = 0;   // of a record, in the sample
    double stored_share = 1;  // of what is raw
  };
  const Sample& sample(size_t shape, int gap_octaves, int span_octaves);
  Sample measure(TableShape shape, double mean_gap, double seqno_span) const;

  const FileModel model_;
  const WorkloadSpec& workload_;
  std::map<std::tuple<size_t, int, int>, Sample> samples_;  // octaves in quarters
};

}  // namespace lsmkit
