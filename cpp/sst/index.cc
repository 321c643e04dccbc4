#include "lsmkit/sst/index.h"

#include <algorithm>

#include "lsmkit/bytes/search.h"
#include "lsmkit/lookup/cache_clock.h"

namespace lsmkit {
namespace {

// take(common prefix, rest of the separator, handle) for all that a partition or a top lists.
template <class Take>
void walk(std::string_view partition, Take&& take) {
  Decoder d(partition);
  BlockHandle handle{d.take_varint(), 0};
  const std::string_view common = d.take_length_prefixed();
  const uint64_t count = d.take_varint_at_most(d.remaining());  // each takes two bytes or more
  std::string_view before;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view suffix = d.take_length_prefixed();
    if (common.size() + suffix.size() > kMaxKeyBytes) {
      throw DecodeError("an index whose separator is longer than a key can be");
    }
    if (suffix < before) throw DecodeError("an index whose separators do not ascend");
    handle.bytes = d.take_varint_at_most(kMaxRawBlockBytes);
    if (handle.offset > UINT64_MAX / 2) throw DecodeError("an index with an impossible offset");
    take(common, suffix, handle);
    handle.offset = handle.end();
    before = suffix;
  }
  if (!d.empty()) throw DecodeError("an index with bytes left over");
}

}  // namespace

std::string encode_index(const std::vector<IndexEntry>& entries, uint64_t first_offset) {
  std::string_view common = entries.front().separator;
  for (const IndexEntry& e : entries) {
    common = common.substr(0, common_prefix_bytes(common, e.separator));
  }
  std::string out;
  put_varint(out, first_offset);
  put_length_prefixed(out, common);
  put_varint(out, entries.size());
  for (const IndexEntry& e : entries) {
    put_length_prefixed(out, std::string_view(e.separator).substr(common.size()));
    put_varint(out, e.bytes);
  }
  return out;
}

void IndexReader::add(std::string_view partition) {
  uint64_t weight = 0;
  walk(partition, [&](std::string_view common, std::string_view suffix, const BlockHandle& handle) {
    const bool is_first = weight == 0;
    if (is_first && !handles_.empty() && handle.offset != handles_.back().end()) {
      throw DecodeError("an index with a gap between blocks");
    }
    if (weight >= kIndexPartitionBytes) throw DecodeError("an index partition that is too large");
    keys_.append(common).append(suffix);
    key_ends_.push_back(keys_.size());
    handles_.push_back(handle);
    const size_t last = handles_.size() - 1;
    weight += index_weight(separator(last));
    if (is_first && last > 0 && separator(last) < separator(last - 1)) {
      throw DecodeError("an index whose separators do not ascend");
    }
  });
}

std::vector<BlockHandle> partitions_of(std::string_view top) {
  std::vector<BlockHandle> out;
  walk(top, [&](std::string_view, std::string_view, const BlockHandle& handle) {
    out.push_back(handle);
  });
  return out;
}

void IndexReader::finish() {
  if (handles_.empty()) return;
  // Sorted, so what the ends share all share.
  shared_bytes_ = common_prefix_bytes(separator(0), separator(handles_.size() - 1));
  prefixes_.reserve(handles_.size());
  for (size_t i = 0; i < handles_.size(); ++i) {
    prefixes_.push_back(key_prefix(separator(i).substr(shared_bytes_)));
  }
  keys_.shrink_to_fit();
  key_ends_.shrink_to_fit();
  handles_.shrink_to_fit();
}

static_assert(sizeof(BlockHandle) + 2 * sizeof(uint64_t) == kBlockIndexBytes);

std::string_view IndexReader::separator(size_t block) const {
  const uint64_t begin = block == 0 ? 0 : key_ends_[block - 1];
  return std::string_view(keys_).substr(begin, key_ends_[block] - begin);
}

size_t IndexReader::find(std::string_view key, size_t from) const {
  if (from >= handles_.size()) return from;
  const std::string_view shared = separator(0).substr(0, shared_bytes_);
  const int against_shared = key.substr(0, shared_bytes_).compare(shared);
  if (against_shared < 0) return from;
  if (against_shared > 0) return handles_.size();
  const uint64_t prefix = key_prefix(key.substr(shared_bytes_));
  const auto count = from == 0 ? count_below : count_few_below;
  size_t at = from + count(prefixes_.data() + from, prefixes_.size() - from, prefix);
  // Among separators of one prefix the bytes decide.
  size_t high = at;
  for (size_t step = 1; high < prefixes_.size() && prefixes_[high] == prefix; step *= 2)
    high += step;
  high = std::min(high, prefixes_.size());
  while (at < high) {
    const size_t middle = at + (high - at) / 2;
    if (separator(middle) < key) {
      at = middle + 1;
    } else {
      high = middle;
    }
  }
  return at;
}

}  // namespace lsmkit
