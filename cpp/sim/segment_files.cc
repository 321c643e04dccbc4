#include "lsmkit/sim/segment_files.h"

#include <algorithm>
#include <string>
#include <vector>

#include "lsmkit/format/filter_size.h"
#include "lsmkit/format/table_format.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/sim/sample_keys.h"
#include "lsmkit/sim/sample_values.h"

namespace lsmkit {
namespace {

constexpr uint64_t kSampledRecords = 4096;
constexpr double kQuarterOctave = 0.17328679513998632;  // ln 2 / 4

int quarter_octaves(double x) {
  return static_cast<int>(portable_log(std::max(x, 1.0)) / kQuarterOctave + 0.5);
}
double from_quarter_octaves(int n) {
  return portable_exp(n * kQuarterOctave);
}

// Of a file with one record, and without what that takes.
double bytes_of_nothing(const TableShape& shape, std::string_view key) {
  constexpr double kRecordBytes = 20;  // lengths, restart, block and index entry, about
  TableSize one(shape);
  one.add(key, 0, 0, Kind::kPut);
  return static_cast<double>(one.finish()) - static_cast<double>(key.size()) - kRecordBytes;
}

}  // namespace

uint64_t SegmentFiles::bytes_of(const TableMeta& table, uint64_t key_span, uint32_t level,
                                double filter_bits_per_key) {
  const auto records = static_cast<double>(table.entry_count);
  const double gap = static_cast<double>(key_span) / std::max(records, 1.0);
  // 0: seqnos are zeroed.
  const int span = table.largest_seqno == 0
                       ? 0
                       : 1 + quarter_octaves(static_cast<double>(table.largest_seqno -
                                                                 table.smallest_seqno + 1));
  const size_t shape = std::min<size_t>(level, model_.shapes.size() - 1);
  const Sample& like = sample(shape, quarter_octaves(gap), span);
  const double more_value =
      static_cast<double>(table.value_bytes) / std::max(records, 1.0) - like.value_bytes;
  const double per_record = like.per_record + more_value * like.stored_share;
  const uint64_t filter = filter_bytes(table.entry_count, filter_bits_per_key);
  return static_cast<uint64_t>(like.fixed + records * std::max(per_record, 1.0) + 0.5) +
         (filter > 0 ? filter + kBlockTrailerBytes : 0);
}

const SegmentFiles::Sample& SegmentFiles::sample(size_t shape, int gap_octaves, int span_octaves) {
  const auto [at, is_new] = samples_.try_emplace({shape, gap_octaves, span_octaves});
  if (is_new)
    at->second = measure(model_.shapes[shape], from_quarter_octaves(gap_octaves),
                         span_octaves == 0 ? 0 : from_quarter_octaves(span_octaves - 1));
  return at->second;
}

SegmentFiles::Sample SegmentFiles::measure(TableShape shape, double mean_gap,
                                           double seqno_span) const {
  shape.filter_bits_per_key = 0;
  const std::vector<std::string> keys = spread_keys(workload_, kSampledRecords, mean_gap);
  SampleValues values(workload_);
  TableSize size(shape);
  uint64_t value_bytes = 0;
  for (const std::string& key : keys) {
    const SampleValues::Value value = values.draw(seqno_span > 0);
    const Seqno seqno =
        seqno_span == 0 ? 0 : 1'000'000 + static_cast<Seqno>(values.random().unit() * seqno_span);
    value_bytes += value.bytes;
    size.add(key, value.bytes, seqno, value.deleted ? Kind::kDelete : Kind::kPut);
  }
  const auto count = static_cast<double>(keys.size());
  Sample out;
  out.value_bytes = static_cast<double>(value_bytes) / count;
  out.fixed = bytes_of_nothing(shape, keys.front());
  out.per_record = (static_cast<double>(size.finish()) - out.fixed) / count;
  const auto& codec = seqno_span == 0 ? shape.codec_without_seqnos : shape.codec;
  const double raw = out.value_bytes + static_cast<double>(keys.front().size()) + 5;
  if (codec) out.stored_share = std::min(1.0, out.per_record / raw);
  return out;
}

}  // namespace lsmkit
