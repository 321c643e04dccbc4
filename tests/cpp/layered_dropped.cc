// Pages go out of use and may come again: images leave them out, and what they were stays readable.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/page_uses.h"
#include "lsmkit/layered/read_sampler.h"
#include "support/layered_model.h"

using namespace lsmkit;

namespace {

PageRange any_range(Random& random, uint64_t page_count, uint64_t most) {
  const PageNumber begin = random.below(page_count);
  return {begin, std::min(page_count, begin + 1 + random.below(most))};
}

LayeredRunOptions small_and_checked() {
  LayeredRunOptions options;
  options.checks = true;
  options.layered.target_bytes = 2 * kPageBytes;
  options.layered.fanout = 2;
  return options;
}

}  // namespace

TEST_CASE("pages are added and removed as in a set") {
  Random random(5);
  for (int trial = 0; trial < 200; ++trial) {
    Keyspace keyspace;
    std::set<PageNumber> due;
    for (int i = 0; i < 60; ++i) {
      std::vector<PageRange> ranges;
      for (PageNumber page = random.below(20); page < 200; page += 1 + random.below(60)) {
        ranges.push_back({page, page + 1 + random.below(20)});
        page = ranges.back().end;
      }
      const bool adds = random.below(2) == 0;
      if (adds) keyspace.add(ranges);
      if (!adds) keyspace.remove(ranges);
      for (const PageRange& range : ranges)
        for (PageNumber page = range.begin; page < range.end; ++page)
          adds ? void(due.insert(page)) : void(due.erase(page));
      std::vector<PageNumber> pages;
      PageNumber end = 0;
      for (const PageRange& range : keyspace.ranges()) {
        REQUIRE((pages.empty() || range.begin > end));
        end = range.end;
        for (PageNumber page = range.begin; page < range.end; ++page) pages.push_back(page);
      }
      REQUIRE(std::equal(pages.begin(), pages.end(), due.begin(), due.end()));
      REQUIRE(keyspace.page_count() == due.size());
    }
  }
  Keyspace keyspace;
  CHECK_THROWS_AS(keyspace.remove(std::vector{PageRange{5, 5}}), InvalidArgument);
}

TEST_CASE(
    "I2, I9: pages that are dropped and used again are rebuilt at every LSN, or are not there") {
  Random random(29);
  uint64_t dropped_reads = 0, again = 0, collected = 0, bottom = 0;
  for (int trial = 0; trial < 48; ++trial) {
    LayeredRunOptions options = small_and_checked();
    options.layered.partitioned = trial % 2 == 1;
    options.layered.early_image_percent = trial % 2 == 0 ? 0 : 40;
    options.layered.keeps_identical = trial % 3 == 1;
    options.layered.page_image_records = trial % 5 == 4 ? 3 : 0;
    if (trial % 4 >= 2) {
      options.layered.history_bytes = 20'000 + random.below(200'000);
      options.layered.bottom_image_percent = 20 + uint32_t(random.below(150));
    }
    LayeredRun run(options);
    const uint64_t page_count = 5 + random.below(100);
    LayeredModel model(page_count);
    if (trial % 3 == 0) model.use(run, {0, page_count});
    const uint64_t most = 1 + random.below(page_count / (trial % 7 == 0 ? 1 : 4) + 1);
    const uint64_t every = 20 + random.below(1'500);
    std::vector<std::pair<PinNumber, Lsn>> branches;
    for (int i = 0; i < 8'000; ++i) {
      const uint64_t popular = 1 + random.below(page_count);
      const auto bytes = 1 + static_cast<uint32_t>(random.below(150));
      model.write(run, random.below(popular), bytes);
      if (random.below(every) == 0) model.drop(run, any_range(random, page_count, most));
      if (random.below(every) == 0) model.drop(run, any_range(random, page_count, most));
      if (random.below(2 * every) == 0) model.use(run, any_range(random, page_count, most));
      if (random.below(3'000) == 0) run.flush();
      if (random.below(3'000) == 0) run.compact();
      if (random.below(3'000) == 0 && run.flushed_lsn() > 0) {
        const Lsn low = run.retention().horizon();
        const Lsn lsn = low + random.below(run.flushed_lsn() - low + 1);
        branches.emplace_back(run.pin(lsn), lsn);
      }
      if (!branches.empty() && random.below(6'000) == 0) {
        run.unpin(branches.back().first);
        branches.pop_back();
      }
    }
    model.drop(run, any_range(random, page_count, page_count));
    model.write(run, 0, 10);
    run.flush();
    run.compact();
    run.collect();
    model.check_images(run);
    model.check_pages(run, random, 6);
    for (const auto& [number, lsn] : branches)
      for (PageNumber page = 0; page < page_count; ++page) model.check_page(run, page, lsn);
    for (PageNumber page = 0; page < page_count; ++page) {
      dropped_reads += !model.in_use(page, run.flushed_lsn());
      again += model.begins(page, run.flushed_lsn()) > 0;
      REQUIRE(run.keyspace().covers({page, page + 1}) == model.in_use(page, run.flushed_lsn()));
    }
    collected += run.tree().totals().collected.layers;
    for (const LayerEvent& event : run.events()) bottom += event.reason == LayerReason::kBottom;
  }
  CHECK(dropped_reads > 200);
  CHECK(again > 500);
  CHECK(collected > 200);
  CHECK(bottom > 20);
}

TEST_CASE(
    "a drop is seen above its LSN, what follows at the same LSN counts, a record begins anew") {
  LayeredRun run(small_and_checked());
  run.use_pages({0, 10});
  for (PageNumber page = 0; page < 5; ++page) run.ingest(page, 100);
  run.drop_pages({1, 4});
  run.use_pages({2, 3});
  run.flush();  // what was said where the log ends is still to come
  CHECK(run.keyspace().page_count() == 10);
  CHECK(run.read(1, 500).records == 1);
  run.ingest(7, 100);
  run.ingest(3, 50);
  run.flush();
  CHECK(run.keyspace().page_count() == 9);
  CHECK(run.read(1, 500).in_use);
  CHECK(!run.read(1, 501).in_use);
  CHECK(run.read(1, 501) == LayerRead{});
  CHECK(run.read(2, 501).in_use);
  CHECK(run.read(2, 501).records == 0);  // told of again
  CHECK(!run.read(3, 600).in_use);
  CHECK(run.read(3, 650).records == 1);
  CHECK(run.read(3, 650).bytes == 50);
  CHECK(run.read(3, 650).layers_opened == 1);
  CHECK_THROWS_AS(run.drop_pages({3, 3}), InvalidArgument);
  CHECK_THROWS_AS(run.drop_pages({0, kMostPages + 1}), InvalidArgument);
}

TEST_CASE("all pages out of use: an image of none says so, and the past may go") {
  LayeredRunOptions options = small_and_checked();
  options.layered.history_bytes = 40'000;
  options.layered.bottom_image_percent = 50;
  LayeredRun run(options);
  run.use_pages({0, 50});
  Random random(2);
  for (int i = 0; i < 1'000; ++i) run.ingest(random.below(50), 100);
  run.drop_pages({0, kMostPages});
  for (int i = 0; i < 1'000; ++i) {
    run.ingest(0, 100);
    run.drop_pages({0, 1});
  }
  run.flush();
  run.collect();
  CHECK(run.keyspace().page_count() == 1);
  ReadSampler sampler(1);
  sampler.sample(run, 100, ReadAt::kHistory);
  sampler.sample(run, 100, ReadAt::kTip);
  CHECK(sampler.reads() > 100);
  CHECK(run.map().live_bytes() < 120'000);
}

TEST_CASE("reads are sampled of pages that are in use at the LSN that is read") {
  LayeredRunOptions options = small_and_checked();
  LayeredRun run(options);
  run.use_pages({0, 40});
  Random random(2);
  for (int i = 0; i < 2'000; ++i) run.ingest(random.below(40), 100);
  run.flush();
  run.drop_pages({1, 40});
  run.ingest(0, 100);
  run.flush();
  ReadSampler tip(1), history(1);
  tip.sample(run, 200, ReadAt::kTip);
  CHECK(tip.reads() == 200);
  const ReadFigures figures = tip.figures();  // all of page 0
  CHECK(figures.records.mean == run.read(0, run.flushed_lsn()).records);
  CHECK(figures.records.most == figures.records.p99);
  history.sample(run, 200, ReadAt::kHistory);
  CHECK(history.reads() == 200);
  CHECK(history.figures().records.most > history.figures().records.mean);
}

TEST_CASE("what was in use is forgotten below what can be read, and no more of it is kept") {
  LayeredRunOptions options = small_and_checked();
  options.layered.history_bytes = 50'000;
  options.layered.bottom_image_percent = 50;
  LayeredRun run(options);
  uint64_t most_bytes = 0;
  for (PageNumber page = 0; page < 20'000; ++page) {
    run.ingest(page, 100);
    if (page >= 100) run.drop_pages({page - 100, page - 99});
    if (page > 5'000) most_bytes = std::max(most_bytes, run.page_uses().allocated_bytes());
  }
  CHECK(most_bytes > 0);
  CHECK(most_bytes < 200'000);
}
