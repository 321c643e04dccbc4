#include "lsmkit/layered/layer_read.h"

namespace lsmkit {

const ReadPath& LayerReader::path(PageNumber page, Lsn lsn) {
  map_.over(page, lsn, over_);
  path_.deltas.clear();
  path_.image = nullptr;
  for (const Layer* layer : over_) {
    if (layer->is_image()) {
      path_.image = layer;
      break;
    }
    path_.deltas.push_back(layer);
  }
  return path_;
}

LayerRead LayerReader::read(PageNumber page, Lsn lsn, std::vector<PackedRecord>* replayed) {
  path(page, lsn);
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
