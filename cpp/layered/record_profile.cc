#include "lsmkit/layered/record_profile.h"

namespace lsmkit {

void RecordProfile::begin(const PageRange& pages) {
  std::vector<PackedSpan> pieces;
  for (const PackedSpan piece : pieces_) pieces.push_back(of_pages(piece, pages));
  records_ = merged(std::move(pieces), poll_);
  at_ = 0;
}

std::span<const PageStretch> RecordProfile::next() {
  if (poll_) poll_();
  const PackedSpan records = records_.view();
  size_t count = 0;
  for (; count < stretches_.size() && at_ < records.size(); ++count) {
    const PageNumber page = page_of(records[at_]);
    uint64_t bytes = 0;
    for (; at_ < records.size() && page_of(records[at_]) == page; ++at_)
      bytes += log_.bytes(number_of(records[at_]));
    stretches_[count] = {{page, page + 1}, bytes};
  }
  return std::span(stretches_).first(count);
}

std::vector<LsnPart> RecordProfile::parts_by_lsn(PageNumber page, uint64_t most_bytes) {
  std::vector<LsnPart> parts;
  for (const PackedRecord record : of_pages(records_.view(), {page, page + 1})) {
    const uint64_t bytes = log_.bytes(number_of(record));
    if (parts.empty() || parts.back().bytes + bytes > most_bytes)
      parts.push_back({log_.lsn(number_of(record)), 0});
    parts.back().bytes += bytes;
  }
  return parts;
}

}  // namespace lsmkit
