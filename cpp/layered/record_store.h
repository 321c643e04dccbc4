// The contents of layers, record by record: the buffer that is not flushed yet, and the deltas. A
// record is eight bytes here, however long it is said to be.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layer_contents.h"
#include "lsmkit/layered/packed_records.h"
#include "lsmkit/layered/record_log.h"

namespace lsmkit {

class RecordStore final : public LayerContents {
 public:
  // With checks each record counts the layers that hold it.
  explicit RecordStore(bool checks) : checks_(checks) {}

  // Throws InvalidArgument: pages are below 2^32 here, and there are at most 2^32 records.
  void append(PageNumber page, uint32_t bytes) {
    ensure(page < kMostPackedPages, "simulated per record, page numbers are below 2^32");
    ensure(log_.count() < kMostPackedRecords, "simulated per record, there are at most 2^32");
    buffer_.push_back(packed(page, log_.count()));
    log_.append(bytes);
  }
  Lsn buffer_begin() const { return buffer_begin_; }
  uint64_t buffered_bytes() const { return log_.end() - buffer_begin_; }
  // The buffer becomes a layer's contents. Requires: it is not empty.
  void flush(LayerNumber number);

  std::unique_ptr<LevelProfile> profile(std::span<const LayerNumber> deltas) const override;
  uint64_t make_delta(LayerNumber number, const LayerJob& job,
                      std::span<const LayerNumber> inputs) override;
  // What make_delta() would put into it. Jobs of a plan may be at it side by side.
  PackedRecords delta_of(const LayerJob& job, std::span<const LayerNumber> inputs) const;
  // Throws LostRecord.
  void drop(LayerNumber delta) override;
  void check() const override;

  // Records below may be dropped. Throws InvalidArgument if it went back (I10).
  void set_horizon(Lsn horizon);
  Lsn horizon() const { return horizon_; }
  // With checks: of records below the horizon that no layer holds any more, whether a read that
  // must be possible comes to it.
  using IsNeeded = std::function<bool(PageNumber, Lsn)>;
  void set_needed(IsNeeded is_needed) { is_needed_ = std::move(is_needed); }

  // Is called while records of many layers are merged; what it throws, profile() and its users do.
  void set_poll(std::function<void()> poll) { poll_ = std::move(poll); }

  const RecordLog& log() const { return log_; }
  // Sorted; of no delta: empty.
  PackedSpan records(LayerNumber delta) const;
  // Of the page, with an LSN in the range.
  PackedSpan records(LayerNumber delta, PageNumber page, const LsnRange& lsns) const;
  // The highest image of the page in the delta, at an LSN in the range, its end included: the LSN
  // up to which it reflects records. 0: none.
  Lsn page_image(LayerNumber delta, PageNumber page, const LsnRange& lsns) const;
  uint64_t page_image_count(LayerNumber delta) const;
  uint64_t bytes_of(PackedSpan records) const;
  uint64_t allocated_bytes() const;

 private:
  struct Contents {
    PackedRecords records;
    LsnRange lsns;
    std::vector<PackedRecord> page_images{};  // each of a page as it is after that record; sorted
  };

  std::vector<PackedRecord> page_images_of(PackedSpan records, const PageImages& rule) const;
  void put(LayerNumber number, Contents contents);
  // Checks only.
  void count_in(const Contents& contents, const PageRange& pages);
  void count_out(const Contents& contents);
  PackedSpan between(PackedSpan of_one_page, const LsnRange& lsns) const;
  // What of an input belongs into the job's box; `kept` owns it where it had to be copied.
  PackedSpan part_of(const Contents& input, const LayerJob& job,
                     std::vector<PackedRecords>& kept) const;

  const bool checks_;
  std::function<void()> poll_;
  RecordLog log_;
  Lsn horizon_ = 0;
  IsNeeded is_needed_;
  Lsn buffer_begin_ = 0;
  std::vector<PackedRecord> buffer_;
  std::vector<PackedRecord> scratch_;
  std::vector<Contents> contents_;  // by number
  std::vector<uint8_t> held_by_;    // layers, by record; with checks
};

}  // namespace lsmkit
