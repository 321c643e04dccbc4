#include "lsmkit/lookup/block_limit.h"

#include <algorithm>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/format/block_fill.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {

size_t entries_per_block(size_t key_bytes, size_t value_bytes, const BlockLimit& limit) {
  return entries_per_block(BlockFill(limit.block_bytes, limit.restart_interval), key_bytes,
                           value_bytes);
}

uint64_t raw_block_bytes(std::span<const BlockEntry> entries, uint32_t restart_interval) {
  Seqno base = kMaxSeqno, largest = 0;
  for (const BlockEntry& e : entries) {
    base = std::min(base, e.seqno);
    largest = std::max(largest, e.seqno);
  }
  const bool zero = largest == 0;
  uint64_t bytes = 1 + (zero ? 0 : varint_bytes(base));
  for (size_t i = 0; i < entries.size(); ++i) {
    const BlockEntry& e = entries[i];
    const size_t shared =
        i % restart_interval == 0 ? 0 : common_prefix_bytes(entries[i - 1].key, e.key);
    const size_t own = e.key.size() - shared;
    bytes += varint_bytes(shared) + varint_bytes(own) + own + e.value_bytes +
             varint_bytes(uint64_t{e.value_bytes} << kEntryKindBits | static_cast<uint8_t>(e.kind));
    if (!zero) bytes += varint_bytes(e.seqno - base);
  }
  const size_t restarts = (entries.size() + restart_interval - 1) / restart_interval;
  return bytes + 4 * restarts + 4;
}

}  // namespace lsmkit
