// What a workload is expected to write until the next flush, by slice of the pages; and the slices:
// as wide as each other, but bounded also where what is written to begins or ends, and around pages
// that alone get much. Of chance there is as much as moves where layers are cut, so that those of
// two flushes do not end at the same pages by themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lsmkit/layered/expected_phases.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

// Of a phase's records, for who reads pages.
struct RecordKind {
  Lsn begin = 0;  // of the phase
  double record_bytes = 0;
  bool by_turns = false;
  std::vector<PopularStep> popularity;  // of pages in slices of several ranks
  SizeChoice sizes;
};
// How much more often than a page on average one is written to that has so large a share of the
// pages before it, from the most popular on.
double rate_at(const RecordKind& kind, double popularity);

class ExpectedRecords {
 public:
  // Throws as expected_phases() does; NotSupported for two phases that scatter pages in two ways,
  // and where slices would be too many for memory (about 1 GiB) or too wide for the target.
  ExpectedRecords(WorkloadSpec workload, uint64_t target_bytes);
  ExpectedRecords(const ExpectedRecords&) = delete;
  ExpectedRecords& operator=(const ExpectedRecords&) = delete;

  const std::vector<PageNumber>& bounds() const { return bounds_; }
  const std::vector<RecordKind>& kinds() const { return kinds_; }
  // Whether a slice's pages are of one rank, so that all are equally popular.
  bool is_of_one_rank(size_t slice) const { return is_spot_[slice]; }
  PageRange pages_in_use() const { return pages_in_use_; }

  // Of all phases together.
  uint64_t expected_bytes() const;

  // Goes on until a flush is due, or to the end: bytes for each page, by slice; none: it was over.
  std::span<const double> next();
  // Whether that was as much as a flush takes; it is less at the end.
  bool full() const { return full_; }

 private:
  // Pages of one rank that are a slice.
  struct Spot {
    size_t slice;
    uint64_t rank;
  };

  // Records of one phase that come one after the other.
  struct Window {
    size_t phase;
    uint64_t first;
    uint64_t count;
  };
  struct Position {
    size_t phase = 0;
    uint64_t written = 0;  // records of the phase
  };

  // What fills a buffer, from there on.
  std::vector<Window> next_flush(Position& at) const;
  void find_spots(std::vector<PageRange>& out);
  void find_bounds();
  uint64_t expected_flushes() const;
  void place_spots(const std::vector<PageRange>& spots);
  void find_kinds();
  void add_bounds_of(const ExpectedPhase& phase);
  void add_bounds_of_turns(size_t most);
  void write(const Window& window);
  // Onto pages that are between the oldest and the newest, as they are in the course of it.
  void write_moving(const Window& window, double bytes);
  void write_scattered(const ExpectedPhase& phase, uint64_t pages, double bytes);
  void spread(const PageRange& pages, double bytes);
  // What page_bytes_ got beyond `before` falls on the pages by chance, so much to a record.
  void leave_to_chance(std::span<const double> before, double record_bytes);

  const WorkloadSpec workload_;
  const uint64_t target_bytes_;
  const std::vector<ExpectedPhase> phases_;
  std::optional<size_t> scattering_;  // the first phase that does
  std::vector<PageNumber> bounds_;
  std::vector<Spot> spots_;
  std::vector<bool> is_spot_;  // by slice
  uint64_t spot_pages_ = 0;
  std::vector<std::vector<double>> spot_shares_;  // by phase, by spot: of draws
  std::vector<RecordKind> kinds_;

  Position at_;
  PageRange pages_in_use_;
  bool full_ = false;
  std::vector<double> page_bytes_;
  Random random_;
};

}  // namespace lsmkit
