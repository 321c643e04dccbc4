// A store that stops after any layer was made or deleted has all that it must have: its layers are
// looked at after each of them, in the midst of compactions and collections.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/layered/layer_read.h"
#include "lsmkit/layered/layered_tree.h"
#include "lsmkit/layered/record_store.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

namespace {

// Without the store's own checks: what is wrong must be seen from outside.
class Watched {
 public:
  Watched(const LayeredOptions& options, uint64_t page_count, uint64_t seed)
      : tree_(options, store_, false),
        reader_(tree_.map(), store_),
        records_of_(page_count),
        random_(seed) {
    keyspace_.add(PageRange{0, page_count});
    tree_.observe([this](const LayerEvent& event) { look(event); });
  }

  void write(PageNumber page, uint32_t bytes) {
    records_of_[page].push_back({store_.log().end(), store_.log().count()});
    store_.append(page, bytes);
    if (store_.buffered_bytes() <= tree_.options().target_bytes) return;
    const LsnRange lsns{store_.buffer_begin(), store_.log().end()};
    store_.flush(tree_.next_number());
    tree_.flushed(lsns, lsns.height());
    if (tree_.compaction_due()) tree_.compact(keyspace_);
  }
  // All but so many bytes of the log, the pinned LSNs, and images at the horizon.
  void collect(uint64_t history_bytes) {
    if (tree_.flushed_lsn() <= history_bytes) return;
    const Lsn next = std::max(horizon_, tree_.flushed_lsn() - history_bytes);
    if (random_.below(2) == 0) pinned_.push_back(horizon_ + random_.below(next - horizon_ + 1));
    std::sort(pinned_.begin(), pinned_.end());
    pinned_.erase(std::unique(pinned_.begin(), pinned_.end()), pinned_.end());
    std::erase_if(pinned_, [next](Lsn lsn) { return lsn >= next; });
    horizon_ = next;
    store_.set_horizon(next);
    tree_.add_images(next, keyspace_);
    tree_.collect(next, pinned_);
  }

  uint64_t stops_in_jobs() const { return stops_in_jobs_; }
  uint64_t stops_with_copies() const { return stops_with_copies_; }
  uint64_t collected() const { return tree_.totals().collected.layers; }
  uint64_t images() const { return tree_.totals().images.layers; }

 private:
  struct Written {
    Lsn lsn;
    uint64_t number;
  };

  void look(const LayerEvent& event) {
    stops_in_jobs_ += event.compaction > 0;
    std::vector<Lsn> lsns = pinned_;
    lsns.insert(lsns.end(), {horizon_, tree_.flushed_lsn()});
    for (const Layer* layer : {&event.layer, &tree_.map().layers().front()})
      for (const Lsn lsn : {layer->lsns.begin, layer->lsns.end, layer->lsns.end + 1})
        if (horizon_ <= lsn && lsn <= tree_.flushed_lsn()) lsns.push_back(lsn);
    for (int i = 0; i < 3; ++i)
      lsns.push_back(horizon_ + random_.below(tree_.flushed_lsn() - horizon_ + 1));
    bool copies = false;
    for (PageNumber page = 0; page < records_of_.size(); ++page)
      for (const Lsn lsn : lsns) copies |= rebuild(page, lsn);
    stops_with_copies_ += copies;
  }

  // Whether a record came twice, as it may while its layer is being replaced.
  bool rebuild(PageNumber page, Lsn lsn) {
    std::vector<PackedRecord> replayed;
    const LayerRead read = reader_.read(page, lsn, 0, &replayed);
    const Lsn from = read.image ? tree_.map().find(*read.image)->lsns.end : read.page_image_lsn;
    std::vector<uint64_t> numbers, due;
    for (const PackedRecord record : replayed) {
      REQUIRE(page_of(record) == page);
      numbers.push_back(number_of(record));
    }
    std::sort(numbers.begin(), numbers.end());
    const size_t all = numbers.size();
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    for (const Written& written : records_of_[page])
      if (from <= written.lsn && written.lsn < lsn) due.push_back(written.number);
    REQUIRE(from <= lsn);
    REQUIRE(numbers == due);
    return numbers.size() < all;
  }

  RecordStore store_{false};
  Keyspace keyspace_;
  LayeredTree tree_;
  LayerReader reader_;
  std::vector<std::vector<Written>> records_of_;  // by page
  Random random_;
  Lsn horizon_ = 0;
  std::vector<Lsn> pinned_;
  uint64_t stops_in_jobs_ = 0;
  uint64_t stops_with_copies_ = 0;
};

}  // namespace

TEST_CASE("I12: whenever a store stops, every page is rebuilt at every LSN, from what is there") {
  Random random(41);
  uint64_t in_jobs = 0, with_copies = 0, collected = 0, images = 0;
  for (uint64_t trial = 0; trial < 24; ++trial) {
    LayeredOptions options;
    options.target_bytes = kPageBytes + random.below(10'000);
    options.fanout = 2 + static_cast<uint32_t>(random.below(3));
    options.partitioned = trial % 2 == 1;
    options.early_image_percent = trial % 4 == 3 ? 40 : 0;
    options.grid_pages = trial % 6 == 5 ? 4 : 0;
    options.cuts_at_edges = trial % 8 >= 4;
    options.keeps_identical = trial % 3 == 0;
    options.page_image_records = trial % 5 == 4 ? 12 : 0;
    const uint64_t page_count = 2 + random.below(40), hot = 1 + random.below(page_count);
    Watched store(options, page_count, trial);
    for (int i = 0; i < 2'500; ++i) {
      const PageNumber page = random.below(random.below(4) < 3 ? hot : page_count);
      store.write(page, 1 + static_cast<uint32_t>(random.below(150)));
      if (trial % 4 >= 2 && random.below(200) == 0) store.collect(20'000 + random.below(60'000));
    }
    in_jobs += store.stops_in_jobs();
    with_copies += store.stops_with_copies();
    collected += store.collected();
    images += store.images();
  }
  CHECK(in_jobs > 1'000);
  CHECK(with_copies > 300);  // some records were in two layers then
  CHECK(collected > 300);
  CHECK(images > 300);
}
