#include "lsmkit/sim/file_model.h"

namespace lsmkit {
namespace {

// Requires: all have one width, and so have their keys; none has the key of another.
uint64_t bytes_of_alike(const Records& records, const KeyUniverse& keys, const TableShape& shape) {
  TableSize size(shape);
  const std::span<const KeyRank> ranks = records.ranks();
  const auto add = [&](const auto& shared_at) {
    size.add_alike(
        records.size(), records.value_bytes(0), [&](size_t i) { return keys.key(ranks[i]); },
        shared_at, records.seqnos(), records.seqno(0));
  };
  const SharedPrefixes& shared = keys.shared_prefixes();
  const bool has_all_between = ranks.back() - ranks.front() == ranks.size() - 1;
  if (has_all_between && shared.are_known())
    add([&shared, &ranks](size_t i) { return shared.shared_with_next(ranks[i - 1]); });
  else
    add([&keys, &ranks](size_t i) { return keys.shared_bytes(ranks[i - 1], ranks[i]); });
  return size.finish();
}

}  // namespace

uint64_t file_bytes_of(const Records& records, const KeyUniverse& keys, const TableShape& shape) {
  if (keys.have_one_width() && records.are_alike() && !records.has_repeats())
    return bytes_of_alike(records, keys, shape);
  TableSize size(shape);
  for (size_t i = 0; i < records.size(); ++i) {
    const SimRecord record = records[i];
    const std::string_view key = keys.key(record.key);
    const KeyRank before = records.rank(i == 0 ? 0 : i - 1);
    const size_t shared = before != record.key ? keys.shared_bytes(before, record.key)
                          : i == 0             ? 0
                                               : key.size();
    size.add(key, shared, record.value_bytes, record.seqno, record.kind);
  }
  return size.finish();
}

}  // namespace lsmkit
