#include "lsmkit/trace/amplification.h"

#include <limits>

namespace lsmkit {
namespace {

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

uint64_t put_bytes(const Counters& c) {
  return c.user_key_bytes + c.user_value_bytes;
}
uint64_t table_file_bytes(const Counters& c) {
  return c.flush_file_bytes + c.compaction_written_file_bytes;
}

}  // namespace

Counters difference(const Counters& end, const Counters& begin) {
  Counters counted;
  for (const auto field : kCounterFields) counted.*field = end.*field - begin.*field;
  return counted;
}

double write_amp(const Counters& counted) {
  return ratio(table_file_bytes(counted), put_bytes(counted));
}

double write_amp_weight(const Counters& counted) {
  return ratio(counted.flush_weight + counted.compaction_written_weight, counted.user_weight);
}

double log_amp(const Counters& counted) {
  return ratio(counted.log_bytes, put_bytes(counted));
}

double write_amp_over_flush(const Counters& counted) {
  return ratio(table_file_bytes(counted), counted.flush_file_bytes);
}

double space_amp(const Version& version, uint64_t live_weight) {
  return ratio(version.weight(), live_weight);
}

double compression_ratio(const Version& version) {
  uint64_t raw_bytes = 0;
  for (unsigned n = 0; n < version.level_count(); ++n)
    for (const Run& run : version.level(n).runs)
      run.for_each(
          [&](const TableRef& table) { raw_bytes += table->key_bytes + table->value_bytes; });
  return ratio(version.file_bytes(), raw_bytes);
}

}  // namespace lsmkit
