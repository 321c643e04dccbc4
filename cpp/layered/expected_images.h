// How many page images deltas get, told by slices: a slice's records fall on its pages by chance
// (or by turns), so what a page has of them in a delta is binomial, and that says how often it has
// as many as an image takes.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/expected_records.h"
#include "lsmkit/layered/image_spacing.h"
#include "lsmkit/layered/mass_boxes.h"
#include "lsmkit/layered/slice_mass.h"

namespace lsmkit {

class ExpectedImages {
 public:
  // Requires: both outlive it.
  ExpectedImages(const SliceMass& mass, const ExpectedRecords& records, const PageImages& rule);

  const PageImages& rule() const { return rule_; }
  // In a delta that has these boxes; to the next whole one. Requires: as joined() gives them.
  uint64_t count(const std::vector<MassBox>& boxes) const;

 private:
  // LSNs of one kind of records.
  struct Part {
    size_t kind;
    LsnRange lsns;
  };
  // Of a page: what is not left to chance, and the rest of which only mean and variance are known.
  struct PageRecords {
    double by_turns = 0;
    double mean = 0;
    double variance = 0;
  };

  std::vector<Part> parts_of(const MassBox* first, const MassBox* end) const;
  double of_pages(const PageRange& pages, const std::vector<Part>& parts) const;
  // Of a page on average, with so many bytes of each part.
  double of_page(const std::vector<Part>& parts, const std::vector<uint64_t>& bytes,
                 bool is_of_one_rank) const;
  double of_page_with(const PageRecords& records, const ImageSpacing& spacing) const;

  const SliceMass& mass_;
  const ExpectedRecords& records_;
  const PageImages rule_;
  std::vector<ImageSpacing> spacings_;  // by kind
};

}  // namespace lsmkit
