#include "lsmkit/layered/sliced_reads.h"

#include <algorithm>
#include <cmath>

#include "lsmkit/numbers/distributions.h"

namespace lsmkit {

namespace {

constexpr int kMostTries = 1'000;

// Where among pages one is that a record fell on.
double popularity_of_written(const RecordKind& kind, Random& random) {
  double left = random.unit(), begin = 0;
  for (const PopularStep& step : kind.popularity) {
    const double share = (step.up_to - begin) * step.rate;
    if (left < share || &step == &kind.popularity.back())
      return std::min(step.up_to, begin + left / step.rate);
    left -= share;
    begin = step.up_to;
  }
  return 0;
}

// Rounded by chance, so that the mean stays.
uint64_t whole(double value, Random& random) {
  const double floor = std::floor(value);
  return static_cast<uint64_t>(floor) + (random.unit() < value - floor ? 1 : 0);
}

}  // namespace

void SlicedReads::sample(const SlicedRun& run, uint64_t reads, ReadAt at, ReadCosts* also) {
  const Lsn tip = run.flushed_lsn();
  if (tip == 0) return;
  deltas_.clear();
  bytes_up_to_.clear();
  for (const Layer& layer : run.map().layers()) {
    if (!layer.is_delta()) continue;
    deltas_.push_back(layer.number);
    bytes_up_to_.push_back((bytes_up_to_.empty() ? 0 : bytes_up_to_.back()) + layer.bytes);
  }
  const LayerPaths paths(run.map());
  const Lsn horizon = std::min(run.retention().horizon(), tip);
  for (uint64_t i = 0; i < reads; ++i) {
    const bool any = i % 2 == 0 || deltas_.empty();
    Choice choice = any ? any_page(run) : written_page(run);
    const Lsn lsn = at == ReadAt::kTip ? tip : horizon + random_.below(tip - horizon + 1);
    if (run.any_dropped()) choose_again(run, any, lsn, choice);
    const LayerRead read_costs = read(run, paths, choice, lsn);
    costs_.take(read_costs);
    if (also != nullptr) also->take(read_costs);
  }
}

SlicedReads::Choice SlicedReads::any_page(const SlicedRun& run) {
  return {run.keyspace().page_at(random_.below(run.keyspace().page_count())), random_.unit(), {}};
}

void SlicedReads::choose_again(const SlicedRun& run, bool any, Lsn lsn, Choice& choice) {
  const PageRange pages = run.pages_at(lsn);
  for (int tries = 0; !any && tries < kMostTries && !pages.holds(choice.page); ++tries)
    choice = written_page(run);
  if (any || !pages.holds(choice.page))
    choice = {pages.begin + random_.below(pages.size()), random_.unit(), {}};
}

// By what they hold.
MassBox SlicedReads::any_box(const SliceStore& store, LayerNumber delta) {
  const std::vector<MassBox>& boxes = store.boxes(delta);
  if (boxes.size() == 1) return boxes[0];
  uint64_t left = random_.below(store.bytes(boxes));
  for (const MassBox& box : boxes) {
    const uint64_t bytes = store.mass().bytes(box.pages, box.lsns);
    if (left < bytes) return box;
    left -= bytes;
  }
  return boxes.back();
}

SlicedReads::Choice SlicedReads::written_page(const SlicedRun& run) {
  const SliceMass& mass = run.mass();
  const std::vector<RecordKind>& kinds = run.records().kinds();
  const auto kind_at = [&kinds](Lsn lsn) {
    return std::partition_point(kinds.begin() + 1, kinds.end(),
                                [lsn](const RecordKind& kind) { return kind.begin <= lsn; }) -
           1;
  };
  const auto delta = std::upper_bound(bytes_up_to_.begin(), bytes_up_to_.end(),
                                      random_.below(bytes_up_to_.back())) -
                     bytes_up_to_.begin();
  const MassBox box = any_box(run.store(), deltas_[static_cast<size_t>(delta)]);
  double least_bytes = kind_at(box.lsns.begin)->record_bytes;
  for (auto kind = kind_at(box.lsns.begin); kind <= kind_at(box.lsns.end - 1); ++kind)
    least_bytes = std::min(least_bytes, kind->record_bytes);
  // A byte is drawn and a record is due: one of the delta's, whether short or long.
  for (int tries = 0;; ++tries) {
    const PageNumber page =
        mass.page_at(box.pages, box.lsns, random_.below(mass.bytes(box.pages, box.lsns)));
    const size_t slice = mass.slice_of(page);
    const uint64_t before = mass.page_bytes(slice, box.lsns.begin);
    const Lsn written =
        mass.lsn_at(slice, before + random_.below(mass.page_bytes(slice, box.lsns)));
    const RecordKind& kind = *kind_at(written);
    if (tries < kMostTries && random_.unit() * kind.record_bytes > least_bytes) continue;
    return {page, popularity_of_written(kind, random_), written};
  }
}

LayerRead SlicedReads::read(const SlicedRun& run, const LayerPaths& paths, const Choice& choice,
                            Lsn lsn) {
  paths.path(choice.page, lsn, path_);
  LayerRead out;
  for (const Layer* delta : path_.deltas) {
    ++out.layers_opened;
    const LsnRange needed{std::max(delta->lsns.begin, path_.from()),
                          std::min(delta->lsns.end, lsn)};
    const PageImages& rule = run.store().page_images(delta->number);
    BehindImage behind;
    if (rule.any()) draw_records(run, choice, {delta->lsns.begin, needed.begin}, rule, behind);
    behind.forget_image();
    const Drawn drawn = draw_records(run, choice, needed, rule, behind);
    out.layers_holding += drawn.records > 0;
    if (behind.was_image()) {
      out.records += behind.records();
      out.bytes += static_cast<uint64_t>(behind.bytes() + .5) + kPageBytes;
      return out;
    }
    out.records += drawn.records;
    out.bytes += drawn.bytes;
  }
  if (path_.image != nullptr) {
    ++out.layers_opened;
    out.bytes += kPageBytes;
    out.image = path_.image->number;
  }
  return out;
}

SlicedReads::Drawn SlicedReads::draw_records(const SlicedRun& run, const Choice& choice,
                                             const LsnRange& lsns, const PageImages& rule,
                                             BehindImage& behind) {
  const std::vector<RecordKind>& kinds = run.records().kinds();
  const size_t slice = run.mass().slice_of(choice.page);
  Drawn out;
  for (size_t i = 0; i < kinds.size() && lsns.begin < lsns.end; ++i) {
    const RecordKind& kind = kinds[i];
    const Lsn kind_end = i + 1 < kinds.size() ? kinds[i + 1].begin : UINT64_MAX;
    const LsnRange part{std::max(lsns.begin, kind.begin), std::min(lsns.end, kind_end)};
    if (part.begin >= part.end) continue;
    const bool has_one =
        choice.written && part.begin <= *choice.written && *choice.written < part.end;
    const uint64_t drawn = draw_records(
        kind, static_cast<double>(run.mass().page_bytes(slice, part)) / kind.record_bytes,
        static_cast<double>(part.height()) / kind.record_bytes,
        run.records().is_of_one_rank(slice) ? 1 : rate_at(kind, choice.popularity), has_one);
    if (rule.any()) behind.go_on(drawn, kind.sizes, kind.record_bytes, rule, random_);
    out.records += drawn;
    out.bytes += static_cast<uint64_t>(static_cast<double>(drawn) * kind.record_bytes + .5);
  }
  return out;
}

uint64_t SlicedReads::draw_records(const RecordKind& kind, double expected, double records,
                                   double rate, bool has_one) {
  if (expected <= 0) return has_one ? 1 : 0;
  if (kind.by_turns) {
    const double floor = std::floor(expected), rest = expected - floor;
    // A page with one record more is written to more often.
    const double more = has_one ? rest * (floor + 1) / expected : rest;
    return static_cast<uint64_t>(floor) + (random_.unit() < more ? 1 : 0);
  }
  uint64_t trials = std::max<uint64_t>(1, whole(records, random_));
  const double of_page = std::min(1.0, expected * rate / records);
  if (has_one) --trials;
  return (has_one ? 1 : 0) + draw_binomial(random_, trials, of_page);
}

}  // namespace lsmkit
