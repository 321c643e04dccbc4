// A level's profile, counted from its records.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "lsmkit/layered/level_profile.h"
#include "lsmkit/layered/packed_records.h"
#include "lsmkit/layered/record_log.h"

namespace lsmkit {

class RecordProfile final : public LevelProfile {
 public:
  // Requires: log and pieces outlive it; each piece is sorted, no record is in two.
  // `poll` is called now and then; what it throws, begin() and next() do.
  RecordProfile(const RecordLog& log, std::vector<PackedSpan> pieces,
                std::function<void()> poll = {})
      : log_(log), pieces_(std::move(pieces)), poll_(std::move(poll)) {}

  void begin(const PageRange& pages) override;
  std::span<const PageStretch> next() override;
  std::vector<LsnPart> parts_by_lsn(PageNumber page, uint64_t most_bytes) override;

 private:
  const RecordLog& log_;
  const std::vector<PackedSpan> pieces_;
  const std::function<void()> poll_;
  PackedRecords records_;  // of the pages
  size_t at_ = 0;
  std::array<PageStretch, 1024> stretches_;
};

}  // namespace lsmkit
