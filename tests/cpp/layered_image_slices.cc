// The layered store by slices with page images in deltas, and with a horizon: it comes to what the
// store per record comes to.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lsmkit/layered/expected_images.h"
#include "lsmkit/layered/image_spacing.h"
#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/sizes.h"
#include "support/sliced_cases.h"

using namespace lsmkit;

namespace {

// As RecordStore does it: images after some of these records, and what is left behind the last.
struct Walk {
  uint64_t images = 0, records = 0;
  double bytes = 0;

  void add(double record_bytes, const PageImages& rule) {
    ++records;
    bytes += record_bytes;
    if ((rule.every_records == 0 || records < rule.every_records) &&
        (rule.every_bytes == 0 || bytes < static_cast<double>(rule.every_bytes)))
      return;
    ++images;
    records = 0;
    bytes = 0;
  }
};

struct Case {
  std::string name;
  LayeredRunOptions options;
};

// With histories and layers that are as much smaller as the workloads are.
std::vector<Case> cases() {
  LayeredRunOptions history = checked();
  history.layered.history_bytes = 16'000'000;
  history.layered.bottom_image_percent = 100;
  LayeredRunOptions images = checked(), bytes = checked(), all = history;
  images.layered.page_image_records = 64;
  bytes.layered.page_image_bytes = 12'000;
  all.layered.page_image_records = 16;
  all.layered.partitioned = all.layered.keeps_identical = true;
  all.layered.grid_pages = 40;
  all.layered.early_image_percent = 28;
  return {{"history", history}, {"images", images}, {"bytes", bytes}, {"all", all}};
}

}  // namespace

TEST_CASE("page images of records of one length come as they do to records that are there") {
  Random random(21);
  for (int trial = 0; trial < 500; ++trial) {
    const uint64_t size = 1 + random.below(3'000);
    PageImages rule{random.below(3) == 0 ? 0 : 2 + random.below(20), 0};
    if (rule.every_records == 0 || random.below(2) == 0)
      rule.every_bytes = 8'192 + random.below(40'000);
    const ImageSpacing spacing(ConstantSize{size}, rule);
    Walk walk;
    BehindImage behind;
    uint64_t records = 0, images = 0;
    while (records < 400) {
      const uint64_t more = random.below(60);
      const uint64_t before = walk.images;
      for (uint64_t i = 0; i < more; ++i) walk.add(static_cast<double>(size), rule);
      behind.forget_image();
      behind.go_on(more, ConstantSize{size}, static_cast<double>(size), rule, random);
      records += more;
      images = walk.images;
      REQUIRE(behind.was_image() == (walk.images > before));
      REQUIRE(behind.records() == walk.records);
      REQUIRE(behind.bytes() == walk.bytes);
      REQUIRE(spacing.images_after(records) == static_cast<double>(images));
    }
    CHECK(std::fabs(spacing.images_after_about(1e6) - spacing.images_after(1'000'000)) <= .5);
  }
}

TEST_CASE("page images of records of drawn lengths come as often as of records that are there") {
  Random random(22);
  const PageImages rules[] = {{0, 20'000}, {16, 20'000}, {0, 100'000}};
  for (const SizeChoice& sizes :
       {SizeChoice{UniformSize{1, 1'999}}, SizeChoice{LognormalSize{300, 1.5, 1, 65'536}}})
    for (const PageImages& rule : rules) {
      const ImageSpacing spacing(sizes, rule);
      const double mean = mean_size(sizes);
      constexpr int kWalks = 2000;
      for (const double spacings : {.7, 1.5, 10.0}) {
        const auto records = static_cast<uint64_t>(spacings * spacing.records());
        uint64_t images = 0, left = 0, left_by_chance = 0;
        for (int i = 0; i < kWalks; ++i) {
          Walk walk;
          for (uint64_t record = 0; record < records; ++record)
            walk.add(static_cast<double>(std::max<uint64_t>(1, draw_size(sizes, random))), rule);
          images += walk.images;
          left += walk.records;
          BehindImage behind;
          behind.go_on(records / 3, sizes, mean, rule, random);
          behind.go_on(records - records / 3, sizes, mean, rule, random);
          left_by_chance += behind.records();
        }
        const double told = spacing.images_after(records);
        CHECK(std::fabs(told - double(images) / kWalks) <= .05 + .02 * told);
        CHECK(double(left_by_chance) == doctest::Approx(double(left)).epsilon(.08));
      }
    }
}

TEST_CASE("as many page images are expected as fall to pages that get records by chance") {
  constexpr uint64_t kOfEach = 100, kDrawn = 5'000, kSlice = 200;
  for (const bool zipf : {false, true}) {
    Phase phase = puts(UniformKeys{}, ConstantSize{kOfEach}, kDrawn);
    if (zipf) phase.keys = ZipfKeys{};
    const WorkloadSpec spec = of("drawn", kSlice, {phase});
    ExpectedRecords records(spec, 1 << 20);
    SliceMass mass(records.bounds());
    mass.add(records.next());
    const PageImages rule{16, 0};
    const uint64_t told =
        ExpectedImages(mass, records, rule).count({{{0, kSlice}, {0, mass.end()}}});
    uint64_t drawn = 0;
    constexpr uint64_t kTimes = 300;
    for (uint64_t seed = 1; seed <= kTimes; ++seed) {
      KeyChooser chooser(phase.keys, kSlice, spec.seed, Random(seed, "pages"));
      std::vector<uint64_t> of_page(kSlice, 0);
      for (uint64_t i = 0; i < kDrawn; ++i) ++of_page[chooser.next()];
      for (const uint64_t count : of_page) drawn += count / rule.every_records;
    }
    CHECK(double(told) == doctest::Approx(double(drawn) / kTimes).epsilon(.01));
    CHECK(ExpectedImages(mass, records, {}).count({{{0, kSlice}, {0, mass.end()}}}) == 0);
  }
}

TEST_CASE("with a horizon, and with page images, slices come to what records come to, within 2 %") {
  constexpr uint64_t kSeeds = 3;
  // Of one page it is left to chance which of a few large layers stands at the peak.
  for (WorkloadSpec spec : workloads())
    for (const Case& of_options : cases()) {
      if (spec.name == "one page") continue;
      CAPTURE(spec.name);
      CAPTURE(of_options.name);
      std::vector<double> slices, records;
      for (spec.seed = 1; spec.seed <= kSeeds; ++spec.seed) {
        add(by_slices(spec, of_options.options).all(), slices);
        add(per_record(spec, of_options.options).all(), records);
      }
      for (size_t i = 0; i < slices.size(); ++i) {
        CAPTURE(i);
        CHECK(slices[i] == doctest::Approx(records[i]).epsilon(0.02));
      }
    }
}
