#include "lsmkit/sim/record_merge.h"

#include <sys/mman.h>

#include <new>

namespace lsmkit {

// Address space alone: nobody reads what a modelled value says.
std::string_view any_value(size_t bytes) {
  static const char* const base = [] {
    void* const room = mmap(nullptr, kMaxValueBytes, PROT_READ,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) throw std::bad_alloc();
    return static_cast<const char*>(room);
  }();
  return {base, bytes};
}

void RecordSink::add(const Entry& entry) {
  records_.push_back({keys_.rank_of_own(entry.key), entry.seqno, entry.kind,
                      static_cast<uint32_t>(entry.value.size())});
}

void RecordSink::end_table(TableMeta meta) {
  meta.file_bytes = meta.weight;
  records_.shrink();
  tables.push_back({std::make_shared<const TableMeta>(std::move(meta)),
                    std::make_shared<const Records>(std::exchange(records_, {}))});
}

}  // namespace lsmkit
