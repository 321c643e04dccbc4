// The tiered algorithm against published figures, and every page at many LSNs against a model that
// keeps all that was written.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

namespace {

// All that was written, by page.
struct Model {
  struct Written {
    Lsn lsn;
    uint64_t number;
    uint32_t bytes;
  };
  std::vector<std::vector<Written>> pages;
  Lsn end = 0;
  uint64_t count = 0;

  explicit Model(uint64_t page_count) : pages(page_count) {}
  void write(LayeredRun& run, PageNumber page, uint32_t bytes) {
    pages[page].push_back({end, count++, bytes});
    end += bytes;
    run.ingest(page, bytes);
  }
};

// The records that the store would replay are those that were written from its image up to the LSN.
void check_page(LayeredRun& run, const Model& model, PageNumber page, Lsn lsn) {
  std::vector<PackedRecord> replayed;
  const LayerRead read = run.read(page, lsn, &replayed);
  Lsn from = 0;
  if (read.image) {
    const Layer* image = run.map().find(*read.image);
    REQUIRE(image != nullptr);
    REQUIRE(image->is_image());
    CHECK(image->pages.holds(page));
    from = image->lsns.end;
    CHECK(from <= lsn);
  }
  std::vector<uint64_t> numbers, due;
  for (const PackedRecord record : replayed) {
    CHECK(page_of(record) == page);
    numbers.push_back(number_of(record));
  }
  std::sort(numbers.begin(), numbers.end());
  uint64_t bytes = read.image ? kPageBytes : 0;
  for (const Model::Written& written : model.pages[page])
    if (written.lsn >= from && written.lsn < lsn) {
      due.push_back(written.number);
      bytes += written.bytes;
    }
  REQUIRE(numbers == due);
  CHECK(read.records == due.size());
  CHECK(read.bytes == bytes);
  CHECK(read.layers_holding <= read.layers_opened);
}

void check_all_pages(LayeredRun& run, const Model& model, Random& random) {
  std::vector<Lsn> lsns{0, 1, run.flushed_lsn()};
  for (int i = 0; i < 6; ++i) lsns.push_back(random.below(run.flushed_lsn() + 1));
  for (const Layer& layer : run.map().layers())
    if (random.below(8) == 0) lsns.push_back(layer.lsns.end);
  for (PageNumber page = 0; page < model.pages.size(); ++page)
    for (const Lsn lsn : lsns) check_page(run, model, page, lsn);
}

LayeredRunOptions checked(uint64_t target_bytes, uint32_t fanout) {
  LayeredRunOptions options;
  options.layered.target_bytes = target_bytes;
  options.layered.fanout = fanout;
  options.checks = true;
  return options;
}

}  // namespace

TEST_CASE("I2: every page is rebuilt at every sampled LSN, as a model has it") {
  Random random(11);
  uint64_t images = 0, single_pages = 0;
  for (int trial = 0; trial < 32; ++trial) {
    const uint64_t page_count = 1 + random.below(trial % 3 == 0 ? 8 : 300);
    const uint64_t target_bytes = kPageBytes + random.below(30'000);
    LayeredRunOptions options = checked(target_bytes, 2 + uint32_t(random.below(4)));
    options.layered.partitioned = trial % 8 >= 4;
    options.layered.grid_pages = trial % 16 >= 12 ? 16 : 0;
    options.layered.keeps_identical = trial % 16 >= 8;
    LayeredRun run(options);
    Model model(page_count);
    const bool equal = trial % 2 == 0;
    const bool hot = trial % 4 < 2;
    const uint64_t records = 5'000 + random.below(15'000);
    for (uint64_t i = 0; i < records; ++i) {
      const PageNumber page = hot && random.below(10) < 9 ? 0 : random.below(page_count);
      const auto bytes = static_cast<uint32_t>(equal ? 100 : 1 + random.below(300));
      model.write(run, page, bytes);
      if (random.below(4'000) == 0) run.flush();
      if (random.below(4'000) == 0) run.compact();
      if (run.flushed_lsn() > 0 && random.below(3'000) == 0)
        check_page(run, model, page, random.below(run.flushed_lsn() + 1));
    }
    run.flush();
    run.compact();
    check_all_pages(run, model, random);
    images += run.tree().totals().images.layers;
    for (const Layer& layer : run.map().layers()) single_pages += layer.pages.size() == 1;
  }
  CHECK(images > 100);  // the trials did go through what they are about
  CHECK(single_pages > 100);
}

// 20,000,000 records of 1,000 B over 5,000 MiB of pages, fanout 4, layers of 256 MiB, as published,
// and all of it (records aside) 256 times smaller.
TEST_CASE("the reference's figures at a 256th of its size, uniform and hot-cold") {
  constexpr uint64_t kPages = uint64_t{5'000} * (1 << 20) / kPageBytes / 256;
  double holding_uniform = 0;
  for (const bool hot_cold : {false, true}) {
    LayeredRun run(checked(1 << 20, 4));
    run.use_pages({0, kPages});
    Random random(1);
    for (uint64_t i = 0; i < 20'000'000 / 256; ++i) {
      PageNumber page = random.below(kPages);
      if (hot_cold) page = random.below(10) < 9 ? page / 10 : kPages / 10 + page * 9 / 10;
      run.ingest(page, 1'000);
    }
    run.flush();
    const LayeredTotals& totals = run.tree().totals();
    CHECK(totals.flushed.layers == 75);
    CHECK(totals.retiled.layers == 136);
    CHECK(totals.images.layers == 20);
    CHECK(run.map().deleted().layers == 136);
    CHECK(totals.compactions == 18);
    CHECK(run.write_amp() == doctest::Approx(3.09).epsilon(0.002));
    CHECK(run.storage_amp_log() == doctest::Approx(1.26).epsilon(0.005));
    CHECK(run.storage_amp_logical() == doctest::Approx(4.81).epsilon(0.005));
    double opened = 0, holding = 0;
    for (PageNumber page = 0; page < kPages; ++page) {
      const LayerRead read = run.read(page, run.flushed_lsn());
      opened += read.layers_opened;
      holding += read.layers_holding;
    }
    // A delta is tight around its pages, so at their edges some pages are in none.
    CHECK(opened / kPages == doctest::Approx(6.0).epsilon(0.005));
    if (!hot_cold) holding_uniform = holding / kPages;
    if (!hot_cold) CHECK(holding_uniform == doctest::Approx(2.50).epsilon(0.03));
    if (hot_cold) CHECK(holding / kPages == doctest::Approx(0.88).epsilon(0.05));
  }
}

// 1,250,000 records of 1,000 B over 312 MiB of pages, layers of 16 MiB: a sixteenth of the
// reference. 90 % of the records to the first 10 % of the pages.
TEST_CASE("W5.1, W5.4: hot pages in parts of their own take images, and less is written") {
  constexpr uint64_t kPages = 40'000;
  const auto written_bytes = [](bool partitioned, uint64_t grid_pages) {
    LayeredRunOptions options = checked(16 << 20, 4);
    options.layered.partitioned = partitioned;
    options.layered.grid_pages = grid_pages;
    LayeredRun run(options);
    run.use_pages({0, kPages});
    Random random(1);
    for (uint64_t i = 0; i < 1'250'000; ++i) {
      const PageNumber page = random.below(kPages);
      run.ingest(random.below(10) < 9 ? page / 10 : kPages / 10 + page * 9 / 10, 1'000);
    }
    run.flush();
    return static_cast<double>(run.tree().totals().written_bytes());
  };
  const double baseline = written_bytes(false, 0);
  CHECK(written_bytes(true, 625) <= 0.8 * baseline);
  // Neither does anything alone: without a grid there are no partitions here.
  CHECK(written_bytes(true, 0) == doctest::Approx(baseline).epsilon(0.02));
  CHECK(written_bytes(false, 625) == doctest::Approx(baseline).epsilon(0.02));
}

TEST_CASE("one page with most of the updates is cut by LSN, and layers stay small") {
  LayeredRun run(checked(1'000'000, 4));
  run.use_pages({0, 100'000});
  Random random(1);
  for (int round = 0; round < 999; ++round) {
    for (int i = 0; i < 100; ++i) run.ingest(random.below(100'000), 10);
    for (int i = 0; i < 1'000; ++i) run.ingest(0, 10);
    run.compact();
  }
  CHECK(run.map().layers().size() == 12);
  CHECK(run.write_amp() == doctest::Approx(1.64).epsilon(0.005));
  uint64_t largest = 0;
  for (const Layer& layer : run.map().layers()) largest = std::max(largest, layer.bytes);
  CHECK(largest == 1'000'010);
}

TEST_CASE("W5.10: reads are sampled by page and by what was written, at the tip and in history") {
  LayeredRun run(checked(1 << 20, 4));
  run.use_pages({100, 1'100});
  ReadSampler none(1);
  none.sample(run, 10, ReadAt::kTip);
  CHECK(none.figures() == ReadFigures{});
  // Page 100 is written 99 times out of a hundred, and three deltas stand on each other.
  Random random(9);
  for (int flushes = 0; flushes < 3; ++flushes) {
    for (int i = 0; i < 10'000; ++i)
      run.ingest(random.below(100) > 0 ? 100 : 100 + random.below(1'000), 10);
    run.flush();
  }
  const uint64_t of_page_100 = run.read(100, run.flushed_lsn()).records;
  ReadSampler tip(1), again(1), history(1);
  tip.sample(run, 20'000, ReadAt::kTip);
  again.sample(run, 20'000, ReadAt::kTip);
  history.sample(run, 20'000, ReadAt::kHistory);
  const ReadFigures figures = tip.figures();
  CHECK(figures == again.figures());
  CHECK(figures.reads == 20'000);
  CHECK(figures.layers_opened == ReadFigure{3, 3, 3});
  CHECK(figures.records.p99 == of_page_100);
  CHECK(figures.records.most == of_page_100);
  CHECK(figures.records.mean == doctest::Approx(double(of_page_100) * 0.495).epsilon(0.02));
  CHECK(figures.bytes.mean == doctest::Approx(figures.records.mean * 10));
  // Half the reads open three layers and find a record in all; of the others few find any.
  CHECK(figures.layers_holding.mean == doctest::Approx(0.495 * 3 + 0.5 * 0.28).epsilon(0.05));
  // Up to any LSN: two layers and half the records on average.
  CHECK(history.figures().layers_opened.mean == doctest::Approx(2).epsilon(0.02));
  CHECK(history.figures().records.mean == doctest::Approx(figures.records.mean / 2).epsilon(0.03));
}

TEST_CASE("the events tell all that happened, as far as they are kept") {
  LayeredRunOptions options = checked(kPageBytes, 2);
  options.most_events = 40;
  LayeredRun run(options);
  LayeredRunOptions all = checked(kPageBytes, 2);
  LayeredRun other(all);
  Random random(5);
  for (int i = 0; i < 5'000; ++i) {
    const PageNumber page = random.below(50);
    run.ingest(page, 100);
    other.ingest(page, 100);
  }
  CHECK(run.events().size() == 40);
  CHECK(run.tree().event_count() > 100);
  CHECK(other.events().size() == other.tree().event_count());
  // Played back, they come to what lives.
  LayerMap map;
  for (const LayerEvent& event : other.events()) {
    CHECK(event.number == (event.deleted ? event.layer.died : event.layer.born));
    if (event.deleted)
      map.remove(event.layer.number);
    else
      map.add(event.layer);
  }
  CHECK(map.layers() == other.map().layers());
}

TEST_CASE("I9: images hold the pages that are in use at their LSN, not those that come later") {
  LayeredRun run(checked(kPageBytes, 2));
  run.use_pages({0, 2});
  for (int i = 0; i < 170; ++i) run.ingest(1, 100);
  REQUIRE(run.map().created().layers == 4);  // two of L0, and what covers them
  CHECK(run.tree().totals().images == LayerCounts{2, 2 * kPageBytes});
  run.use_pages({10, 1'000});
  run.compact();
  CHECK(run.keyspace().page_count() == 2);
  run.ingest(1'005, 100);
  run.flush();
  CHECK(run.keyspace().page_count() == 993);
  CHECK_THROWS_AS(run.use_pages({5, 5}), InvalidArgument);
  CHECK_THROWS_AS(run.use_pages({5, kMostPages + 1}), InvalidArgument);
}

TEST_CASE("what cannot be written or read is refused, and nothing changes") {
  LayeredRun run(checked(kPageBytes, 2));
  run.ingest(1, 100);
  CHECK_THROWS_AS(run.ingest(1, 0), InvalidArgument);
  CHECK_THROWS_AS(run.ingest(1, kPageBytes + 1), InvalidArgument);
  CHECK_THROWS_AS(run.ingest(kMostPackedPages, 1), InvalidArgument);
  CHECK(run.log_bytes() == 100);
  CHECK_THROWS_AS(run.read(1, 1), InvalidArgument);  // it is in the buffer
  run.flush();
  run.flush();
  CHECK(run.map().layers().size() == 1);
  CHECK(run.read(1, 1).records == 1);
  CHECK(run.read(1, 0) == LayerRead{});
  CHECK(!run.compact());
  CHECK_THROWS_AS(LayeredRun(checked(1, 2)), InvalidArgument);
}
