// Reads of a layered store that is told by slices: which layers they meet is known, how many
// records of the page these hold is drawn.
//
// A slice's records fell on its pages by chance (or by turns), so what a page has of them is
// binomial: that is what decides how many layers hold any. Pages that are popular, and pages that
// are read because they were written, have more.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/image_spacing.h"
#include "lsmkit/layered/layer_paths.h"
#include "lsmkit/layered/layer_read.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/layered/sliced_run.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

// Draws as ReadSampler does. Keeps its memory from one call to the next.
class SlicedReads {
 public:
  explicit SlicedReads(uint64_t seed) : random_(seed, "sliced reads") {}

  void sample(const SlicedRun& run, uint64_t reads, ReadAt at, ReadCosts* also = nullptr);
  ReadFigures figures() const { return costs_.figures(); }

 private:
  // A page, and what is known of it.
  struct Choice {
    PageNumber page = 0;
    double popularity = 0;       // its place among pages, from the most popular on: 0 to 1
    std::optional<Lsn> written;  // by a record that was drawn
  };

  Choice any_page(const SlicedRun& run);
  Choice written_page(const SlicedRun& run);
  // Until it is of a page that is in use at the LSN.
  void choose_again(const SlicedRun& run, bool any, Lsn lsn, Choice& choice);
  MassBox any_box(const SliceStore& store, LayerNumber delta);
  LayerRead read(const SlicedRun& run, const LayerPaths& paths, const Choice& choice, Lsn lsn);
  struct Drawn {
    uint64_t records = 0;
    uint64_t bytes = 0;
  };
  // Of the page, with these LSNs. By a rule: goes on with `behind`.
  Drawn draw_records(const SlicedRun& run, const Choice& choice, const LsnRange& lsns,
                     const PageImages& rule, BehindImage& behind);
  // Of a page, among `records` that the log has there, of any page.
  uint64_t draw_records(const RecordKind& kind, double expected_of_page, double records,
                        double rate, bool has_one);

  Random random_;
  ReadCosts costs_;
  ReadPath path_;
  std::vector<LayerNumber> deltas_;
  std::vector<uint64_t> bytes_up_to_;
};

}  // namespace lsmkit
