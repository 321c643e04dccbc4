#include "lsmkit/sim/file_model.h"

namespace lsmkit {

uint64_t file_bytes_of(const Records& records, const KeyUniverse& keys, const TableShape& shape) {
  TableSize size(shape);
  if (keys.have_one_width() && records.are_alike()) {
    size.add_alike(
        records.size(), records.value_bytes(0), [&](size_t i) { return keys.key(records.rank(i)); },
        [&](size_t i) { return keys.shared_bytes(records.rank(i - 1), records.rank(i)); },
        records.seqnos(), records.seqno(0));
    return size.finish();
  }
  for (size_t i = 0; i < records.size(); ++i) {
    const SimRecord record = records[i];
    size.add(keys.key(record.key), record.value_bytes, record.seqno, record.kind);
  }
  return size.finish();
}

}  // namespace lsmkit
