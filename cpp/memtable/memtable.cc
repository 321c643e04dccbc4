#include "lsmkit/memtable/memtable.h"

namespace lsmkit {
namespace {

void set(std::atomic<uint64_t>& number, uint64_t value) {
  number.store(value, std::memory_order_relaxed);
}

}  // namespace

void Memtable::insert(const Entry& entry) {
  const Record record = Record::copy(records_, entry);
  const Record replaced = tree_.insert(record);
  if (replaced) {
    set(weight_, weight() - replaced.weight() + record.weight());
    return;
  }
  if (empty() || entry.seqno < smallest_seqno()) set(smallest_seqno_, entry.seqno);
  if (entry.seqno > largest_seqno()) set(largest_seqno_, entry.seqno);
  set(weight_, weight() + record.weight());
  set(entry_count_, entry_count() + 1);
}

std::optional<MemtableHit> Memtable::get(std::string_view key, Seqno seqno) const {
  const Record record = tree_.find(key, seqno);
  if (!record) return std::nullopt;
  return MemtableHit{record.seqno(), record.kind(), record.value()};
}

}  // namespace lsmkit
