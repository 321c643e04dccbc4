// Puts right the checksums of a table.
#include "lsmkit/format/table_format.h"
#include "lsmkit/sst/table_frame.h"
#include "repair.h"

namespace lsmkit::fuzz {
namespace {

constexpr size_t kMostBlocks = 4096;

bool stands_inside(const std::string& file, const BlockHandle& handle) {
  return handle.offset <= file.size() && handle.bytes <= file.size() - handle.offset &&
         kBlockTrailerBytes <= file.size() - handle.offset - handle.bytes;
}

BlockHandle handle_at(const std::string& file, size_t at) {
  return {load_fixed<uint64_t>(file.data() + at), load_fixed<uint64_t>(file.data() + at + 8)};
}

void repair_block(std::string& file, uint64_t table_id, const BlockHandle& handle) {
  if (!stands_inside(file, handle)) return;
  char* const trailer = file.data() + handle.offset + handle.bytes;
  const std::string_view stored(file.data() + handle.offset, handle.bytes);
  store_fixed(trailer + 5, block_crc(table_id, handle.offset, stored, {trailer, 5}));
}

// f(handle) for what an index lists, as far as it can be read.
template <class F>
void for_each_listed(std::string_view index, F&& f) {
  try {
    Decoder d(index);
    uint64_t offset = d.take_varint();
    d.take_length_prefixed();
    for (uint64_t left = std::min<uint64_t>(d.take_varint(), kMostBlocks); left > 0; --left) {
      d.take_length_prefixed();
      const BlockHandle handle{offset, d.take_varint()};
      f(handle);
      offset = handle.end();
    }
  } catch (const DecodeError&) {
  }
}

}  // namespace

void repair_table(std::string& file) {
  if (file.size() < kTableHeaderBytes + kTableFooterBytes) return;
  const size_t foot = file.size() - kTableFooterBytes;
  const auto id = load_fixed<uint64_t>(file.data() + foot + 64);
  const BlockHandle index = handle_at(file, foot + 16);
  const bool is_deep = file[foot + 88] == 2;
  if (stands_inside(file, index)) {
    const std::string top = file.substr(index.offset, index.bytes);
    for_each_listed(top, [&](const BlockHandle& listed) {
      if (is_deep && stands_inside(file, listed)) {
        const std::string partition = file.substr(listed.offset, listed.bytes);
        for_each_listed(partition,
                        [&](const BlockHandle& block) { repair_block(file, id, block); });
      }
      repair_block(file, id, listed);
    });
  }
  for (const size_t at : {0u, 16u, 32u, 48u}) {
    const BlockHandle handle = handle_at(file, foot + at);
    if (handle.bytes > 0) repair_block(file, id, handle);
  }
  const std::string_view bytes = file;
  store_fixed(file.data() + file.size() - 4, crc32c(bytes.substr(foot, kTableFooterBytes - 4)));
  store_fixed(file.data() + kTableHeaderBytes - 4, crc32c(bytes.substr(0, kTableHeaderBytes - 4)));
}

}  // namespace lsmkit::fuzz
