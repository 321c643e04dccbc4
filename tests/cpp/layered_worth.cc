// What the options of the layered store are worth: hot beside cold, a fifth less is written and no
// read costs more; no other workload gets worse by more than two hundredths.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/key_chooser.h"

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
                 uint64_t samples, Pages pages) {
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

// All of 20 GB so many times smaller, with all that Options.improved() of Python has.
LayeredOptions improved(uint64_t smaller) {
  LayeredOptions out;
  out.target_bytes = (uint64_t{256} << 20) / smaller;
  out.partitioned = true;
  out.grid_pages = 10'000 / smaller;
  out.early_image_percent = 28;
  out.cuts_at_edges = out.cuts_at_density = out.keeps_identical = true;
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
  const Result after = result_of(improved(16), kPages, kRecords, 4'000, pages);
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
    size_t reads = 3;  // that get no worse: at any LSN, at the tip, at the tip at the end
  };
  const auto uniform = [](uint64_t, Random& random) { return random.below(kPages); };
  const auto append = [](uint64_t record, Random&) { return record / 8; };
  const auto load_and_update = [](uint64_t record, Random& random) {
    return record / 8 < kPages ? record / 8 : random.below(kPages);
  };
  // Nine of ten records to a tenth of the pages, which moves on after so many GB of 20.
  const auto moving = [](double after_gb) {
    return [after_gb](uint64_t record, Random& random) {
      const PageNumber page = random.below(kPages);
      const auto moves =
          static_cast<uint64_t>(20.0 * static_cast<double>(record) / kRecords / after_gb);
      return random.below(10) < 1 ? page : page / 10 + moves * (kPages / 10) % kPages;
    };
  };
  const auto hot_fifth = [](uint64_t, Random& random) {
    const PageNumber page = random.below(kPages);
    return random.below(10) < 8 ? page / 5 : kPages / 5 + page * 4 / 5;
  };
  const KeyChooser zipf(ZipfKeys{}, kPages, 1, Random(1, "pages"));
  const auto by_zipf = [chooser = zipf](uint64_t, Random&) mutable { return chooser.next(); };
  const auto growing = [](uint64_t record, Random& random) {
    return random.below(kPages / 10 + kPages * 9 / 10 * record / kRecords);
  };
  const auto one_page = [](uint64_t record, Random& random) {
    return record % 11 == 0 ? random.below(kPages) : 0;
  };
  const std::vector<Workload> workloads{
      {"uniform", kPages, uniform},         {"append", 0, append},
      {"load, update", 0, load_and_update}, {"moving, 1", kPages, moving(1)},
      {"moving, 2", kPages, moving(2)},     {"moving, 2.5", kPages, moving(2.5)},
      {"moving, 2.9", kPages, moving(2.9)}, {"moving, 3.5", kPages, moving(3.5)},
      {"hot fifth", kPages, hot_fifth, 2},  {"zipf", kPages, by_zipf},
      {"growing", kPages / 10, growing},    {"one page", kPages, one_page}};
  for (const Workload& workload : workloads) {
    CAPTURE(std::string(workload.name));
    const Result before =
        result_of(baseline(64), workload.page_count, kRecords, 4'000, workload.pages);
    const Result after =
        result_of(improved(64), workload.page_count, kRecords, 4'000, workload.pages);
    CHECK(after.written <= 1.02 * before.written);
    CHECK(after.peak <= 1.02 * before.peak);
    for (size_t i = 0; i < workload.reads; ++i)
      for (const auto figure : kFigures)
        CHECK((after.reads[i].*figure).mean <= 1.02 * (before.reads[i].*figure).mean);
  }
}
