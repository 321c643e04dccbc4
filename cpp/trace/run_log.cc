#include "lsmkit/trace/run_log.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lsmkit/trace/amplification.h"

namespace lsmkit {

Moment moment_of(const Event& event, const Version& version, uint64_t live_weight,
                 const ReadCounts& reads) {
  return {event.number,
          event.time_us,
          event.last_seqno,
          event.counters.value_or(Counters{}),
          version.table_count(),
          version.run_count(),
          version.level_count() == 0 ? 0 : version.level(0).runs.size(),
          version.weight(),
          version.file_bytes(),
          live_weight,
          reads};
}

void RunLog::take(Event event, const Version& version, uint64_t live_weight,
                  const ReadCounts& reads) {
  event.number = ++event_count_;
  moments_.push_back(moment_of(event, version, live_weight, reads));
  std::vector<LevelShape> shape;
  for (unsigned n = 0; n < version.level_count(); ++n)
    shape.push_back({version.level(n).weight(), version.level(n).table_count()});
  while (!shape.empty() && shape.back().table_count == 0) shape.pop_back();
  levels_.push_back(std::move(shape));
  if (keep_events_) events_.push_back(std::make_shared<const Event>(std::move(event)));
}

void RunLog::take(Event event) {
  event.number = ++event_count_;
  if (keep_events_) events_.push_back(std::make_shared<const Event>(std::move(event)));
}

namespace {

// Where the window opens; moments.size() where there is nothing to look at.
size_t opening(const std::vector<Moment>& moments, uint64_t start_live_weight, const Counters& end,
               bool& overwritten) {
  const auto settled = std::find_if(moments.begin(), moments.end(), [&](const Moment& moment) {
    return moment.live_weight > 0 &&
           moment.counters.user_weight + start_live_weight >= 2 * moment.live_weight;
  });
  overwritten = settled != moments.end();
  if (overwritten) return static_cast<size_t>(settled - moments.begin());
  const auto middle = std::find_if(moments.begin(), moments.end(), [&](const Moment& moment) {
    return moment.counters.user_weight >= end.user_weight / 2;
  });
  return static_cast<size_t>(middle - moments.begin());
}

// A mean by weight of what it is told, and the largest of it.
struct Mean {
  double sum = 0;
  double of = 0;
  double peak = 0;
  void add(double value, double weight) {
    sum += value * weight;
    of += weight;
    peak = std::max(peak, value);
  }
  double mean() const { return of > 0 ? sum / of : std::numeric_limits<double>::quiet_NaN(); }
};

}  // namespace

Window RunLog::settled(const Counters& end, Seqno last_seqno) const {
  Window window;
  const size_t first = opening(moments_, start_live_weight_, end, window.overwritten);
  window.last_seqno = last_seqno;
  if (first == moments_.size()) {
    window.counted = end;
    window.mean_space_amp = window.mean_run_count = std::numeric_limits<double>::quiet_NaN();
    return window;
  }
  window.first_seqno = moments_[first].last_seqno;
  window.counted = difference(end, moments_[first].counters);

  Mean space, runs;
  std::vector<Mean> weights, tables;
  for (size_t i = first; i < moments_.size(); ++i) {
    const Moment& moment = moments_[i];
    const uint64_t until =
        i + 1 < moments_.size() ? moments_[i + 1].counters.user_weight : end.user_weight;
    const auto put = static_cast<double>(until - moment.counters.user_weight);
    if (moment.live_weight > 0)
      space.add(static_cast<double>(moment.weight) / static_cast<double>(moment.live_weight), put);
    runs.add(static_cast<double>(moment.run_count), put);
    const size_t levels = std::max(weights.size(), levels_[i].size());
    weights.resize(levels);
    tables.resize(levels);
    for (size_t level = 0; level < levels; ++level) {
      const bool holds = level < levels_[i].size();
      weights[level].add(holds ? static_cast<double>(levels_[i][level].weight) : 0, put);
      tables[level].add(holds ? static_cast<double>(levels_[i][level].table_count) : 0, put);
    }
  }
  window.mean_space_amp = space.mean();
  window.peak_space_amp = space.peak;
  window.mean_run_count = runs.mean();
  window.peak_run_count = runs.peak;
  // A level that was not there at first held nothing then.
  for (size_t level = 0; level < weights.size(); ++level) {
    window.mean_level_weight.push_back(runs.of > 0 ? weights[level].sum / runs.of : 0);
    window.mean_level_table_count.push_back(runs.of > 0 ? tables[level].sum / runs.of : 0);
  }
  return window;
}

}  // namespace lsmkit
