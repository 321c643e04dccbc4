// What was written to a layered store, kept by page, and what the store must rebuild from it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

struct LayeredModel {
  struct Written {
    Lsn lsn;
    uint64_t number;
    uint32_t bytes;
  };
  std::vector<std::vector<Written>> pages;
  Lsn end = 0;
  uint64_t count = 0;

  explicit LayeredModel(uint64_t page_count) : pages(page_count) {}
  void write(LayeredRun& run, PageNumber page, uint32_t bytes) {
    pages[page].push_back({end, count++, bytes});
    end += bytes;
    run.ingest(page, bytes);
  }

  // The records that the store would replay are those from its image up to the LSN.
  void check_page(LayeredRun& run, PageNumber page, Lsn lsn) const {
    std::vector<PackedRecord> replayed;
    const LayerRead read = run.read(page, lsn, &replayed);
    Lsn from = 0;
    if (read.image) {
      const Layer* image = run.map().find(*read.image);
      REQUIRE(image != nullptr);
      REQUIRE(image->pages.holds(page));
      from = image->lsns.end;
      REQUIRE(from <= lsn);
    }
    if (read.page_image_lsn > 0) {
      REQUIRE(!read.image);
      REQUIRE(read.page_image_lsn <= lsn);
      from = read.page_image_lsn;
    }
    std::vector<uint64_t> numbers, due;
    for (const PackedRecord record : replayed) {
      REQUIRE(page_of(record) == page);
      numbers.push_back(number_of(record));
    }
    std::sort(numbers.begin(), numbers.end());
    for (const Written& written : pages[page])
      if (written.lsn >= from && written.lsn < lsn) due.push_back(written.number);
    REQUIRE(numbers == due);
  }

  // All pages, at so many LSNs from the horizon on.
  void check_pages(LayeredRun& run, Random& random, int lsns) const {
    const Lsn horizon = run.store().horizon(), end_lsn = run.flushed_lsn();
    for (int i = 0; i < lsns; ++i) {
      const Lsn lsn = i == 0 ? end_lsn : horizon + random.below(end_lsn - horizon + 1);
      for (PageNumber page = 0; page < pages.size(); ++page) check_page(run, page, lsn);
    }
  }
};

}  // namespace lsmkit
