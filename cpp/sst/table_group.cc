// Lookups of many keys in one table, side by side. Each step is made for all keys before the next
// one is: so what a step waits for, a line of the filter, a slot, a block, is under way for all.
#include <utility>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/sst/block.h"
#include "lsmkit/sst/table.h"

namespace lsmkit {

void Table::get_group(std::span<GroupLookup> group, Seqno seqno) const {
  for (const GroupLookup& lookup : group) filter_.prefetch(lookup.hash);
  find_blocks(group);
  prefetch_blocks(group);
  thread_local BlockCursor cursor;  // keeps its key buffer from one group to the next
  std::shared_ptr<const Block> block;
  size_t at = index_.block_count();  // which one `block` is
  for (GroupLookup& lookup : group) {
    if (lookup.block == index_.block_count()) continue;
    if (lookup.block != at) {
      block = cached_block(lookup.block, true);
      count_read(block != nullptr);
      if (!block) block = read_block(lookup.block, true);
      at = lookup.block;
      cursor.reset(*block);
    }
    seek_in_block(lookup, block, cursor, seqno);
  }
}

// Past the last one where the filter knows better, or no block can hold the key.
void Table::find_blocks(std::span<GroupLookup> group) const {
  size_t near = 0;
  for (GroupLookup& lookup : group) {
    lookup.result = TableGetResult::kAbsent;
    lookup.stats.filter_negative = !filter_.may_contain(lookup.hash);
    lookup.block = index_.block_count();
    if (lookup.stats.filter_negative) continue;
    lookup.block = near = index_.find(lookup.key, near);
    if (near < slots_.size()) __builtin_prefetch(&slots_[near]);
  }
}

void Table::prefetch_blocks(std::span<const GroupLookup> group) const {
  size_t last = slots_.size();
  for (const GroupLookup& lookup : group) {
    if (lookup.block == last || lookup.block >= slots_.size()) continue;
    slots_[lookup.block].prefetch_block();
    last = lookup.block;
  }
}

// The cursor stands where an earlier key of the group left it, or nowhere.
void Table::seek_in_block(GroupLookup& lookup, const std::shared_ptr<const Block>& block,
                          BlockCursor& cursor, Seqno seqno) const {
  try {
    if (cursor.valid()) {
      cursor.seek_onward(lookup.key, seqno);
    } else {
      cursor.seek(lookup.key, seqno);
    }
  } catch (const DecodeError& error) {
    corrupt(index_.handle(lookup.block).offset, error.what());
  }
  if (!cursor.valid()) {  // versions of the key may go on in the next block
    lookup.result = get(lookup.key, seqno, lookup.hash, lookup.hit, true, lookup.stats);
    return;
  }
  if (cursor.key() != lookup.key) return;
  lookup.hit = {cursor.seqno(), cursor.kind(), cursor.value(), block};
  lookup.result = TableGetResult::kFound;
}

}  // namespace lsmkit
