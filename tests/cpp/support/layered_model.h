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
  struct Change {  // of whether the page is in use
    Lsn lsn;
    bool in_use;
  };
  std::vector<std::vector<Written>> pages;
  std::vector<std::vector<Change>> changes;
  Lsn end = 0;
  uint64_t count = 0;

  explicit LayeredModel(uint64_t page_count) : pages(page_count), changes(page_count) {}
  void write(LayeredRun& run, PageNumber page, uint32_t bytes) {
    note(page, bytes);
    run.ingest(page, bytes);
  }
  void note(PageNumber page, uint32_t bytes) {
    if (changes[page].empty() || !changes[page].back().in_use) changes[page].push_back({end, true});
    pages[page].push_back({end, count++, bytes});
    end += bytes;
  }

  void use(LayeredRun& run, const PageRange& range) {
    run.use_pages(range);
    for (PageNumber page = range.begin; page < range.end; ++page)
      if (changes[page].empty() || !changes[page].back().in_use)
        changes[page].push_back({end, true});
  }
  void drop(LayeredRun& run, const PageRange& range) {
    run.drop_pages(range);
    for (PageNumber page = range.begin; page < range.end; ++page)
      changes[page].push_back({end, false});
  }

  // What happens at an LSN is seen above.
  bool in_use(PageNumber page, Lsn lsn) const {
    bool is = false;
    for (const Change& change : changes[page])
      if (change.lsn < lsn) is = change.in_use;
    return is;
  }
  // Where what a read replays begins at the lowest: where the page came into use last.
  Lsn begins(PageNumber page, Lsn lsn) const {
    Lsn begin = 0;
    bool is = false;
    for (const Change& change : changes[page]) {
      if (change.lsn >= lsn) break;
      if (change.in_use && !is) begin = change.lsn;
      is = change.in_use;
    }
    return begin;
  }

  // Of the flush that has the LSN in its midst or at its end.
  static LsnRange flush_of(const LayeredRun& run, Lsn lsn) {
    for (const LayerEvent& event : run.events())
      if (event.reason == LayerReason::kFlush && event.layer.lsns.end >= lsn)
        return event.layer.lsns;
    return {lsn, lsn};
  }

  // I9: images have the pages in use at their LSN, no others; in the midst of a flush perhaps some
  // that are new in it.
  void check_images(const LayeredRun& run) const {
    for (const LayerEvent& event : run.events()) {
      if (event.deleted || !event.layer.is_image()) continue;
      const Lsn lsn = event.layer.lsns.end, end_lsn = flush_of(run, lsn).end;
      uint64_t used = 0, perhaps = 0;
      for (PageNumber page = event.layer.pages.begin;
           page < std::min<PageNumber>(event.layer.pages.end, pages.size()); ++page)
        if (in_use(page, lsn))
          ++used;
        else if (const Lsn begin = begins(page, end_lsn); lsn <= begin && begin < end_lsn)
          ++perhaps;
      REQUIRE(event.layer.bytes >= used * kPageBytes);
      REQUIRE(event.layer.bytes <= (used + perhaps) * kPageBytes);
    }
  }

  // The records that the store would replay are those from its image up to the LSN.
  void check_page(LayeredRun& run, PageNumber page, Lsn lsn) const {
    std::vector<PackedRecord> replayed;
    const LayerRead read = run.read(page, lsn, &replayed);
    REQUIRE(read.in_use == in_use(page, lsn));
    if (run.page_uses().any_dropped() && !read.in_use) {
      REQUIRE((read.records == 0 && read.layers_opened == 0 && !read.image));
      return;
    }
    Lsn from = begins(page, lsn);
    if (read.image) {
      const Layer* image = run.map().find(*read.image);
      REQUIRE(image != nullptr);
      REQUIRE(image->pages.holds(page));
      if (run.page_uses().any_dropped()) REQUIRE(image->lsns.end > flush_of(run, from + 1).begin);
      from = image->lsns.end;
      REQUIRE(from <= lsn);
    }
    if (read.page_image_lsn > 0) {
      REQUIRE(!read.image);
      REQUIRE(read.page_image_lsn <= lsn);
      REQUIRE(read.page_image_lsn >= from);
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
