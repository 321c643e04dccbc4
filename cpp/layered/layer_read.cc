#include "lsmkit/layered/layer_read.h"

#include <algorithm>

namespace lsmkit {

LayerRead LayerReader::read(PageNumber page, Lsn lsn, Lsn since,
                            std::vector<PackedRecord>* replayed) {
  map_.path(page, lsn, path_);
  if (since > 0) path_.end_at(since);
  LayerRead out;
  for (const Layer* delta : path_.deltas) {
    out.page_image_lsn = store_.page_image(delta->number, page, {path_.from(), lsn});
    const Lsn from = std::max(path_.from(), out.page_image_lsn);
    const PackedSpan records = store_.records(delta->number, page, {from, lsn});
    ++out.layers_opened;
    out.layers_holding += !records.empty() || out.page_image_lsn > 0;
    out.records += records.size();
    out.bytes += store_.bytes_of(records);
    if (replayed != nullptr) replayed->insert(replayed->end(), records.begin(), records.end());
    if (out.page_image_lsn == 0) continue;
    out.bytes += kPageBytes;
    return out;
  }
  if (path_.image != nullptr) {
    ++out.layers_opened;
    out.bytes += kPageBytes;
    out.image = path_.image->number;
  }
  return out;
}

}  // namespace lsmkit
