#include "lsmkit/layered/layer_read.h"

namespace lsmkit {

LayerRead LayerReader::read(PageNumber page, Lsn lsn, std::vector<PackedRecord>* replayed) {
  map_.path(page, lsn, path_);
  LayerRead out;
  for (const Layer* delta : path_.deltas) {
    const PackedSpan records = store_.records(delta->number, page, {path_.from(), lsn});
    ++out.layers_opened;
    out.layers_holding += !records.empty();
    out.records += records.size();
    out.bytes += store_.bytes_of(records);
    if (replayed != nullptr) replayed->insert(replayed->end(), records.begin(), records.end());
  }
  if (path_.image != nullptr) {
    ++out.layers_opened;
    out.bytes += kPageBytes;
    out.image = path_.image->number;
  }
  return out;
}

}  // namespace lsmkit
