// Records packed, sorted, merged and counted; a record that nobody holds any more is named.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/layer_planner.h"
#include "lsmkit/layered/record_store.h"
#include "lsmkit/numbers/random.h"
#include "support/layers.h"

using namespace lsmkit;

namespace {

LayerJob job(PageRange pages, LsnRange lsns) {
  return {LayerKind::kDelta, pages, lsns, {}, 0};
}

constexpr LayerNumber kFirst{1}, kSecond{2}, kThird{3};

// Pages 0 to 9, each once, of 10 B each: LSN 0 to 100.
void write_ten_pages(RecordStore& store) {
  for (PageNumber page = 0; page < 10; ++page) store.append(page, 10);
}

}  // namespace

TEST_CASE("the log knows where its records are, equal or not") {
  Random random(2);
  for (const bool equal : {true, false}) {
    RecordLog log;
    std::vector<Lsn> begins;
    std::vector<uint32_t> lengths;
    for (int i = 0; i < 1'000; ++i) {
      const auto bytes = equal || i < 100 ? 7u : 1u + static_cast<uint32_t>(random.below(9));
      begins.push_back(log.end());
      lengths.push_back(bytes);
      log.append(bytes);
    }
    CHECK(log.all_equal() == equal);
    CHECK(log.lsn(1'000) == log.end());
    for (size_t i = 0; i < begins.size(); ++i) {
      CHECK(log.lsn(i) == begins[i]);
      CHECK(log.bytes(i) == lengths[i]);
    }
    for (Lsn lsn = 0; lsn <= log.end() + 3; ++lsn)
      CHECK(log.first_at(lsn) ==
            static_cast<uint64_t>(std::lower_bound(begins.begin(), begins.end(), lsn) -
                                  begins.begin()));
  }
}

TEST_CASE("sorting and merging give what the library's sort gives") {
  Random random(4);
  std::vector<PackedRecord> scratch;
  for (int trial = 0; trial < 300; ++trial) {
    const uint64_t pages = uint64_t{1} << random.below(33);
    std::vector<std::vector<PackedRecord>> pieces(random.below(12));
    std::vector<PackedRecord> all;
    uint64_t number = 0;
    for (auto& piece : pieces) {
      for (uint64_t left = random.below(200); left > 0; --left)
        piece.push_back(packed(random.below(pages), number++));
      std::vector<PackedRecord> due = piece;
      std::sort(due.begin(), due.end());
      sort_by_page(piece, scratch);
      CHECK(piece == due);
      // Some are cut in two, as the layers of a tier are.
      all.insert(all.end(), piece.begin(), piece.end());
    }
    std::vector<PackedSpan> spans;
    for (const auto& piece : pieces) {
      const size_t middle = random.below(piece.size() + 1);
      spans.push_back(PackedSpan(piece).subspan(middle));
      spans.push_back(PackedSpan(piece).first(middle));
    }
    std::sort(all.begin(), all.end());
    const PackedRecords got = merged(spans);
    CHECK(std::equal(got.view().begin(), got.view().end(), all.begin(), all.end()));
  }
}

TEST_CASE("a new delta has what its box holds, edges included and excluded") {
  for (const bool hot : {true, false}) {
    RecordStore store(true);
    for (int i = 0; i < 20; ++i) store.append(hot ? 5 : 4 + static_cast<PageNumber>(i % 3), 10);
    store.flush(kFirst);
    const uint64_t bytes = store.make_delta(kSecond, job({5, 6}, {50, 120}), std::vector{kFirst});
    // Records 5 to 11; of three pages in turn those are 5's: 7 and 10.
    CHECK(bytes == 2 + (hot ? 70 : 20));
    const uint64_t wide = store.make_delta(kThird, job({5, 7}, {120, 190}), std::vector{kFirst});
    // Records 12 to 18: of pages 5 and 6 those are 13, 14, 16, 17; the next is 19.
    CHECK(wide == 2 + (hot ? 70 : 40));
  }
}

TEST_CASE("W5.11: a record at or above the horizon that is in no layer any more is named") {
  RecordStore store(true);
  write_ten_pages(store);
  store.flush(kFirst);
  store.check();
  store.make_delta(kSecond, job({0, 7}, {0, 100}), std::vector{kFirst});
  // Page 7, the first that was left out, at LSN 70.
  try {
    store.drop(kFirst);
    FAIL("a record was lost");
  } catch (const LostRecord& lost) {
    CHECK(lost.page() == 7);
    CHECK(lost.lsn() == 70);
    CHECK(std::string(lost.what()) == "I1: the record of page 7 at LSN 70 is in no layer any more");
  }
}

TEST_CASE("below the horizon records may go; it never moves back") {
  RecordStore store(true);
  write_ten_pages(store);
  store.flush(kFirst);
  store.set_horizon(80);
  CHECK_THROWS_AS(store.set_horizon(79), InvalidArgument);
  store.make_delta(kSecond, job({8, 10}, {0, 100}), std::vector{kFirst});
  store.drop(kFirst);
  store.check();
  try {
    store.drop(kSecond);
    FAIL("a record was lost");
  } catch (const LostRecord& lost) {
    CHECK(lost.lsn() == 80);  // the horizon's own is kept
  }
}

TEST_CASE("a record in two layers is found between compactions") {
  RecordStore store(true);
  write_ten_pages(store);
  store.flush(kFirst);
  store.make_delta(kSecond, job({0, 10}, {0, 100}), std::vector{kFirst});
  CHECK_THROWS_WITH_AS(store.check(), "I1: the record at LSN 0 is in 2 layers", BrokenInvariant);
  store.drop(kFirst);
  store.check();
  // The same layer twice among the inputs.
  CHECK_THROWS_AS(store.make_delta(kThird, job({0, 10}, {0, 100}), std::vector{kSecond, kSecond}),
                  BrokenInvariant);
}

TEST_CASE("I11: the jobs of a plan come to the same layers in any order") {
  Random random(8);
  std::vector<RecordStore> stores;
  for (int i = 0; i < 2; ++i) stores.emplace_back(true);
  for (int i = 0; i < 2'000; ++i) {
    const PageNumber page = random.below(3) == 0 ? 7 : random.below(300);
    for (RecordStore& store : stores) store.append(page, 20);
    if (i % 1'000 == 999)
      for (RecordStore& store : stores)
        store.flush(LayerNumber{1 + static_cast<uint64_t>(i) / 1'000});
  }
  LayeredOptions options;
  options.target_bytes = kPageBytes;
  Keyspace keyspace;
  keyspace.add(PageRange{0, 300});
  const LayerLevel level{
      {0, 40'000},
      {delta(2, kAllPages, {20'000, 40'000}, 20'000), delta(1, kAllPages, {0, 20'000}, 20'000)}};
  const std::vector<LayerNumber> inputs{kSecond, kFirst};
  const LayerPlan plan = plan_level(level, *stores[0].profile(inputs), keyspace, options);
  REQUIRE(plan.jobs.size() > 4);
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    const size_t j = plan.jobs.size() - 1 - i;
    stores[0].make_delta(LayerNumber{10 + i}, plan.jobs[i], inputs);
    stores[1].make_delta(LayerNumber{10 + j}, plan.jobs[j], inputs);
  }
  for (RecordStore& store : stores) {
    store.drop(kSecond);
    store.drop(kFirst);
    store.check();
  }
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    const PackedSpan one = stores[0].records(LayerNumber{10 + i});
    const PackedSpan other = stores[1].records(LayerNumber{10 + i});
    CHECK(std::equal(one.begin(), one.end(), other.begin(), other.end()));
    CHECK(plan.jobs[i].bytes == kDeltaBytes + stores[0].bytes_of(one));
  }
}

TEST_CASE("a profile is the bytes of each page, and of a page where it is to be cut") {
  RecordStore store(false);
  const std::vector<uint32_t> lengths{4, 4, 4, 9, 1, 3};
  for (size_t i = 0; i < lengths.size(); ++i) {
    store.append(5, lengths[i]);
    store.append(1'000 + i, 100);
    if (i == 2) store.flush(kFirst);
  }
  store.flush(kSecond);
  const auto profile = store.profile(std::vector{kSecond, kFirst});
  profile->begin({2, 1'004});
  const auto stretches = profile->next();
  REQUIRE(stretches.size() == 5);
  CHECK(stretches[0].pages == PageRange{5, 6});
  CHECK(stretches[0].bytes == 25);
  CHECK(stretches[4].pages == PageRange{1'003, 1'004});
  CHECK(stretches[4].bytes == 100);
  // 4 + 4 | 4 | 9 (more than asked for, but one record) | 1 + 3
  CHECK(profile->parts_by_lsn(5, 8) == std::vector<LsnPart>{{0, 8}, {208, 4}, {312, 9}, {421, 4}});
  CHECK(profile->next().empty());
}
