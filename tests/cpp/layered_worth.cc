// What the options of the layered store are worth: hot beside cold, a fifth less is written and no
// read costs more; no other workload gets worse by more than two hundredths.
#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

namespace {

constexpr auto kFigures = {&ReadFigures::layers_opened, &ReadFigures::records, &ReadFigures::bytes};

struct Result {
  double written, peak;
  uint64_t parts;
  std::vector<ReadFigures> reads;  // any LSN and the tip after each twentieth, the tip at the end
};

// The page of each record in turn.
using Pages = std::function<PageNumber(uint64_t record, Random& random)>;

// Records of 1,000 B.
Result result_of(const LayeredOptions& layered, uint64_t page_count, uint64_t records,
                 uint64_t samples, const Pages& pages) {
  LayeredRunOptions options;
  options.layered = layered;
  LayeredRun run(options);
  if (page_count > 0) run.use_pages({0, page_count});
  Random random(1);
  ReadSampler history(1), tip(1), end(1);
  for (uint64_t i = 0; i < records; ++i) {
    run.ingest(pages(i, random), 1'000);
    if ((i + 1) % (records / 20) != 0) continue;
    history.sample(run, samples, ReadAt::kHistory);
    tip.sample(run, samples, ReadAt::kTip);
  }
  run.flush();
  end.sample(run, 10 * samples, ReadAt::kTip);
  return {static_cast<double>(run.tree().totals().written_bytes()),
          static_cast<double>(run.map().peak_live_bytes()),
          run.tree().totals().parts,
          {history.figures(), tip.figures(), end.figures()}};
}

// All of 20 GB so many times smaller, with the options that are worth it.
LayeredOptions parted(uint64_t smaller) {
  LayeredOptions out;
  out.target_bytes = (uint64_t{256} << 20) / smaller;
  out.partitioned = true;
  out.grid_pages = 10'000 / smaller;
  out.early_image_percent = 28;
  return out;
}

LayeredOptions baseline(uint64_t smaller) {
  LayeredOptions out;
  out.target_bytes = (uint64_t{256} << 20) / smaller;
  return out;
}

}  // namespace

TEST_CASE("W5.1, W5.4: hot beside cold, a fifth less is written and no read costs more") {
  constexpr uint64_t kPages = 40'000, kRecords = 1'250'000;
  const auto pages = [](uint64_t, Random& random) {
    const PageNumber page = random.below(kPages);
    return random.below(10) < 9 ? page / 10 : kPages / 10 + page * 9 / 10;
  };
  const Result before = result_of(baseline(16), kPages, kRecords, 4'000, pages);
  const Result after = result_of(parted(16), kPages, kRecords, 4'000, pages);
  CHECK(before.parts == 23);
  CHECK(after.parts > 2 * before.parts);
  CHECK(after.written <= 0.8 * before.written);
  CHECK(after.peak <= before.peak);
  for (size_t i = 0; i < 3; ++i)
    for (const auto figure : kFigures) {
      CHECK((after.reads[i].*figure).mean <= (before.reads[i].*figure).mean);
      CHECK((after.reads[i].*figure).p99 <= (before.reads[i].*figure).p99);
    }
}

TEST_CASE("no other workload gets worse by more than two hundredths") {
  constexpr uint64_t kPages = 10'000, kRecords = 312'500;
  struct Workload {
    const char* name;
    uint64_t page_count;
    Pages pages;
  };
  const auto uniform = [](uint64_t, Random& random) { return random.below(kPages); };
  const auto append = [](uint64_t record, Random&) { return record / 8; };
  const auto load_and_update = [](uint64_t record, Random& random) {
    return record / 8 < kPages ? record / 8 : random.below(kPages);
  };
  const auto moving = [](uint64_t record, Random& random) {
    const PageNumber page = random.below(kPages);
    return random.below(10) < 1 ? page : page / 10 + record * 10 / kRecords * (kPages / 10);
  };
  const auto growing = [](uint64_t record, Random& random) {
    return random.below(kPages / 10 + kPages * 9 / 10 * record / kRecords);
  };
  const auto one_page = [](uint64_t record, Random& random) {
    return record % 11 == 0 ? random.below(kPages) : 0;
  };
  const std::vector<Workload> workloads{
      {"uniform", kPages, uniform},         {"append", 0, append},
      {"load, update", 0, load_and_update}, {"moving", kPages, moving},
      {"growing", kPages / 10, growing},    {"one page", kPages, one_page}};
  for (const Workload& workload : workloads) {
    CAPTURE(workload.name);
    const Result before =
        result_of(baseline(64), workload.page_count, kRecords, 4'000, workload.pages);
    const Result after =
        result_of(parted(64), workload.page_count, kRecords, 4'000, workload.pages);
    CHECK(after.written <= 1.02 * before.written);
    CHECK(after.peak <= 1.02 * before.peak);
    for (size_t i = 0; i < 3; ++i)
      for (const auto figure : kFigures)
        CHECK((after.reads[i].*figure).mean <= 1.02 * (before.reads[i].*figure).mean);
  }
}
