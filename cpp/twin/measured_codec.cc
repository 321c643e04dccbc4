#include "lsmkit/twin/measured_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include "lsmkit/format/block_fill.h"
#include "lsmkit/format/separator.h"
#include "lsmkit/sim/sample_keys.h"
#include "lsmkit/sim/sample_values.h"
#include "lsmkit/sst/block_builder.h"
#include "lsmkit/sst/compression.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

constexpr uint64_t kBlocks = 32;                                  // of each density and span
constexpr std::array<double, 6> kGaps = {1, 1.25, 2, 4, 10, 50};  // between keys, on average
constexpr std::array<Seqno, 4> kSeqnoSpans = {1 << 10, 1 << 13, 1 << 17, 1 << 22};

// Normal equations of: stored = x . (1, entries, key bytes, value bytes, seqno bits).
class LeastSquares {
  static constexpr size_t kColumns = 5;
  using Row = std::array<double, kColumns>;

 public:
  void add(const BlockParts& raw, double stored) {
    const Row row = {1, static_cast<double>(raw.entries), static_cast<double>(raw.key_bytes),
                     static_cast<double>(raw.value_bytes), static_cast<double>(raw.seqno_bits)};
    for (size_t i = 0; i < kColumns; ++i) {
      for (size_t j = 0; j < kColumns; ++j) a_[i][j] += row[i] * row[j];
      b_[i] += row[i] * stored;
    }
  }
  // Columns that say the same (all values of one size) share what they explain.
  StoredBlock solve() const {
    auto a = a_;
    auto b = b_;
    for (size_t i = 0; i < kColumns; ++i) a[i][i] += 1e-7 * a[i][i] + 1e-9;
    for (size_t i = 0; i < kColumns; ++i) {
      for (size_t k = i + 1; k < kColumns; ++k) {
        const double factor = a[k][i] / a[i][i];
        for (size_t j = i; j < kColumns; ++j) a[k][j] -= factor * a[i][j];
        b[k] -= factor * b[i];
      }
    }
    Row x{};
    for (size_t i = kColumns; i-- > 0;) {
      double rest = b[i];
      for (size_t j = i + 1; j < kColumns; ++j) rest -= a[i][j] * x[j];
      x[i] = rest / a[i][i];
    }
    return {x[0], x[1], x[2], x[3], x[4]};
  }

 private:
  std::array<Row, kColumns> a_{};
  Row b_{};
};

class Measurement {
 public:
  Measurement(const WorkloadSpec& workload, const CodecSample& sample)
      : sample_(sample),
        values_(workload),
        compressor_(TableCodec::kZstd, sample.zstd_level),
        builder_(sample.restart_interval),
        fill_(sample.block_bytes, sample.restart_interval) {}

  // Every fourth ends early, as the last one of a table does.
  void take_blocks(const std::vector<std::string>& keys, Seqno seqno_span, uint64_t per_block) {
    std::string value;
    uint64_t blocks = 0, early = UINT64_MAX;
    for (const std::string& key : keys) {
      const Entry entry = next_entry(key, seqno_span, value);
      if (fill_.stands_alone(value.size()) && !fill_.empty()) blocks += take_block();
      add(entry);
      if (!fill_.stands_alone(value.size()) && !fill_.is_full() && fill_.entries() < early)
        continue;
      blocks += take_block();
      early = blocks % 4 == 0 ? 1 + values_.random().below(per_block) : UINT64_MAX;
      if (blocks >= kBlocks) break;
    }
    if (blocks == 0 && !fill_.empty()) take_block();
    drop_block();
  }

  std::optional<StoredBlock> result() const {
    if (compressed_ * 2 < blocks_ || compressed_ == 0) return std::nullopt;
    return squares_.solve();
  }

 private:
  Entry next_entry(std::string_view key, Seqno seqno_span, std::string& value) {
    const SampleValues::Value drawn = values_.draw(seqno_span > 0);
    Random& random = values_.random();
    make_value(random.next(), 0, 0, drawn.bytes, drawn.compressed_share, value);
    const Seqno seqno = seqno_span == 0 ? 0 : kSeqnoSpans.back() + random.below(seqno_span);
    return {key, seqno, drawn.deleted ? Kind::kDelete : Kind::kPut, value};
  }
  void add(const Entry& entry) {
    if (!fill_.restarts()) {
      const size_t shared = common_prefix_bytes(last_key_, entry.key);
      parts_.key_bytes += entry.key.size() - shared;
    }
    builder_.add(entry);
    fill_.add(entry.key.size(), entry.value.size());
    ++parts_.entries;
    parts_.value_bytes += entry.value.size();
    smallest_ = std::min(smallest_, entry.seqno);
    largest_ = std::max(largest_, entry.seqno);
    last_key_ = entry.key;
  }

  uint64_t take_block() {
    const std::string_view raw = builder_.finish();
    TableCodec used;
    const std::string_view stored = compressor_.compress(raw, &used);
    parts_.seqno_bits = parts_.entries * std::bit_width(largest_ - smallest_);
    ++blocks_;
    if (used == TableCodec::kZstd) {
      ++compressed_;
      squares_.add(parts_, static_cast<double>(stored.size()));
    }
    drop_block();
    return 1;
  }
  void drop_block() {
    builder_.reset();
    fill_.reset();
    parts_ = {};
    smallest_ = kMaxSeqno;
    largest_ = 0;
    last_key_.clear();
  }

  const CodecSample sample_;
  SampleValues values_;
  BlockCompressor compressor_;
  BlockBuilder builder_;
  BlockFill fill_;
  BlockParts parts_;
  Seqno smallest_ = kMaxSeqno, largest_ = 0;
  std::string last_key_;
  LeastSquares squares_;
  uint64_t blocks_ = 0;
  uint64_t compressed_ = 0;
};

}  // namespace

std::optional<StoredBlock> measure_codec(const WorkloadSpec& workload, const CodecSample& sample) {
  Measurement measurement(workload, sample);
  double record_bytes = 0;
  for (const Phase& phase : workload.phases)
    record_bytes = std::max(record_bytes, mean_size(phase.value_bytes));
  const auto per_block =
      static_cast<uint64_t>(static_cast<double>(sample.block_bytes) / (record_bytes + 8)) + 2;
  for (const double gap : kGaps) {
    const std::vector<std::string> keys = spread_keys(workload, kBlocks * per_block, gap);
    for (const Seqno span : kSeqnoSpans)
      measurement.take_blocks(keys, sample.seqnos_are_zero ? 0 : span, per_block);
  }
  return measurement.result();
}

}  // namespace lsmkit
