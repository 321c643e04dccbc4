#include "lsmkit/layered/record_store.h"

#include <algorithm>
#include <utility>

#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/record_profile.h"

namespace lsmkit {

namespace {
size_t place_of(LayerNumber number) {
  return static_cast<size_t>(number);
}
}  // namespace

void RecordStore::flush(LayerNumber number) {
  sort_by_page(buffer_, scratch_);
  Contents contents{PackedRecords(buffer_.size()), {buffer_begin_, log_.end()}};
  std::copy(buffer_.begin(), buffer_.end(), contents.records.data());
  if (checks_) {
    held_by_.resize(log_.count(), 0);
    count_in(contents, {0, kEndOfPages});
  }
  buffer_.clear();
  buffer_begin_ = log_.end();
  put(number, std::move(contents));
}

void RecordStore::put(LayerNumber number, Contents contents) {
  if (place_of(number) >= contents_.size()) contents_.resize(place_of(number) + 1);
  contents_[place_of(number)] = std::move(contents);
}

std::unique_ptr<LevelProfile> RecordStore::profile(std::span<const LayerNumber> deltas) const {
  std::vector<PackedSpan> pieces;
  for (const LayerNumber delta : deltas) pieces.push_back(records(delta));
  return std::make_unique<RecordProfile>(log_, std::move(pieces), poll_);
}

uint64_t RecordStore::make_delta(LayerNumber number, const LayerJob& job,
                                 std::span<const LayerNumber> inputs) {
  Contents contents{delta_of(job, inputs), job.lsns};
  if (checks_) count_in(contents, job.pages);
  contents.page_images = page_images_of(contents.records.view(), job.page_images);
  const uint64_t bytes =
      kDeltaBytes + bytes_of(contents.records.view()) + contents.page_images.size() * kPageBytes;
  put(number, std::move(contents));
  return bytes;
}

std::vector<PackedRecord> RecordStore::page_images_of(PackedSpan records,
                                                      const PageImages& rule) const {
  std::vector<PackedRecord> out;
  if (!rule.any()) return out;
  uint64_t count = 0, bytes = 0;  // of the page, since its last image
  for (size_t i = 0; i < records.size(); ++i) {
    if (i > 0 && page_of(records[i]) != page_of(records[i - 1])) count = bytes = 0;
    bytes += log_.bytes(number_of(records[i]));
    ++count;
    const bool due = (rule.every_records > 0 && count >= rule.every_records) ||
                     (rule.every_bytes > 0 && bytes >= rule.every_bytes);
    if (!due) continue;
    out.push_back(records[i]);
    count = bytes = 0;
  }
  return out;
}

PackedRecords RecordStore::delta_of(const LayerJob& job,
                                    std::span<const LayerNumber> inputs) const {
  std::vector<PackedRecords> kept;
  std::vector<PackedSpan> pieces;
  for (const LayerNumber input : inputs)
    pieces.push_back(part_of(contents_[place_of(input)], job, kept));
  return merged(std::move(pieces), poll_);
}

PackedSpan RecordStore::part_of(const Contents& input, const LayerJob& job,
                                std::vector<PackedRecords>& kept) const {
  const PackedSpan of_the_pages = of_pages(input.records.view(), job.pages);
  if (job.lsns.begin <= input.lsns.begin && input.lsns.end <= job.lsns.end) return of_the_pages;
  if (job.pages.size() == 1) return between(of_the_pages, job.lsns);
  const uint64_t first = log_.first_at(job.lsns.begin), end = log_.first_at(job.lsns.end);
  const auto is_in = [first, end](PackedRecord record) {
    return number_of(record) >= first && number_of(record) < end;
  };
  const auto count = std::count_if(of_the_pages.begin(), of_the_pages.end(), is_in);
  kept.emplace_back(static_cast<size_t>(count));
  std::copy_if(of_the_pages.begin(), of_the_pages.end(), kept.back().data(), is_in);
  return kept.back().view();
}

void RecordStore::drop(LayerNumber delta) {
  Contents& contents = contents_[place_of(delta)];
  if (checks_) count_out(contents);
  contents = {};
}

void RecordStore::count_in(const Contents& contents, const PageRange& pages) {
  const uint64_t first = log_.first_at(contents.lsns.begin);
  const uint64_t end = log_.first_at(contents.lsns.end);
  for (const PackedRecord record : contents.records.view()) {
    const uint64_t number = number_of(record);
    require_invariant(pages.holds(page_of(record)) && first <= number && number < end,
                      "I6: a record lies outside its layer's box");
    require_invariant(held_by_[number] < 2, "I1: a record is in three layers");
    ++held_by_[number];
  }
}

void RecordStore::count_out(const Contents& contents) {
  for (const PackedRecord record : contents.records.view()) {
    const uint64_t number = number_of(record);
    if (--held_by_[number] > 0) continue;
    const Lsn lsn = log_.lsn(number);
    if (lsn >= horizon_ || (is_needed_ && is_needed_(page_of(record), lsn)))
      throw LostRecord(page_of(record), lsn);
  }
}

void RecordStore::check() const {
  if (!checks_) return;
  for (uint64_t number = log_.first_at(horizon_); number < held_by_.size(); ++number)
    if (held_by_[number] != 1) [[unlikely]]
      throw BrokenInvariant("I1: the record at LSN " + std::to_string(log_.lsn(number)) +
                            " is in " + std::to_string(held_by_[number]) + " layers");
  uint64_t held = 0, counted = 0;
  for (const Contents& contents : contents_) held += contents.records.size();
  for (const uint8_t count : held_by_) counted += count;
  require_invariant(held == counted, "I6: layers hold records that were not counted");
}

void RecordStore::set_horizon(Lsn horizon) {
  ensure(horizon >= horizon_, "the horizon of a layered store never moves back");
  horizon_ = horizon;
}

PackedSpan RecordStore::records(LayerNumber delta) const {
  return place_of(delta) < contents_.size() ? contents_[place_of(delta)].records.view()
                                            : PackedSpan();
}

PackedSpan RecordStore::between(PackedSpan of_one_page, const LsnRange& lsns) const {
  const auto first_at = [&](Lsn lsn) {
    const uint64_t number = log_.first_at(lsn);
    return std::partition_point(
        of_one_page.begin(), of_one_page.end(),
        [number](PackedRecord record) { return number_of(record) < number; });
  };
  return {first_at(lsns.begin), first_at(lsns.end)};
}

PackedSpan RecordStore::records(LayerNumber delta, PageNumber page, const LsnRange& lsns) const {
  return between(of_pages(records(delta), {page, page + 1}), lsns);
}

Lsn RecordStore::page_image(LayerNumber delta, PageNumber page, const LsnRange& lsns) const {
  if (place_of(delta) >= contents_.size()) return 0;
  const PackedSpan of_page = of_pages(contents_[place_of(delta)].page_images, {page, page + 1});
  // An image after a record reflects what is below the next.
  for (auto at = of_page.rbegin(); at != of_page.rend(); ++at) {
    const Lsn lsn = log_.lsn(number_of(*at) + 1);
    if (lsn <= lsns.end) return lsn > lsns.begin ? lsn : 0;
  }
  return 0;
}

uint64_t RecordStore::page_image_count(LayerNumber delta) const {
  return place_of(delta) < contents_.size() ? contents_[place_of(delta)].page_images.size() : 0;
}

uint64_t RecordStore::bytes_of(PackedSpan records) const {
  if (log_.all_equal()) return records.size() * log_.equal_bytes();
  uint64_t bytes = 0;
  for (const PackedRecord record : records) bytes += log_.bytes(number_of(record));
  return bytes;
}

uint64_t RecordStore::allocated_bytes() const {
  uint64_t bytes = log_.allocated_bytes() + held_by_.capacity() +
                   (buffer_.capacity() + scratch_.capacity()) * sizeof(PackedRecord) +
                   contents_.capacity() * sizeof(Contents);
  for (const Contents& contents : contents_)
    bytes += contents.records.size() * sizeof(PackedRecord);
  return bytes;
}

}  // namespace lsmkit
