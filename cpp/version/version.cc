#include "lsmkit/version/version.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

template <class Part, class F>
auto sum(const std::vector<Part>& parts, F&& f) {
  decltype(f(parts.front())) total = 0;
  for (const Part& part : parts) total += f(part);
  return total;
}

}  // namespace

size_t Level::place_of(RunId id) const {
  const auto at =
      std::partition_point(runs.begin(), runs.end(), [&](const Run& run) { return run.id() > id; });
  return static_cast<size_t>(at - runs.begin());
}

Run Level::find(RunId id) const {
  const size_t place = place_of(id);
  return place < runs.size() && runs[place].id() == id ? runs[place] : Run(id, nullptr);
}

void Level::put(Run run) {
  const auto at = runs.begin() + static_cast<ptrdiff_t>(place_of(run.id()));
  const bool stands = at != runs.end() && at->id() == run.id();
  if (stands) {
    weight_ -= at->weight();
    file_bytes_ -= at->file_bytes();
    entry_count_ -= at->entry_count();
    table_count_ -= at->table_count();
  }
  weight_ += run.weight();
  file_bytes_ += run.file_bytes();
  entry_count_ += run.entry_count();
  table_count_ += run.table_count();
  if (run.empty()) {
    if (stands) runs.erase(at);
  } else if (stands) {
    *at = std::move(run);
  } else {
    runs.insert(at, std::move(run));
  }
}

bool Level::overlaps(std::string_view smallest, std::string_view largest) const {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const Run& run) { return run.overlaps(smallest, largest); });
}

Version::Version(unsigned level_count) {
  ensure(level_count >= 1 && level_count <= kMaxLevels, "a version has 1 to 16 levels");
  levels_.assign(level_count, std::make_shared<const Level>());
  cursors_.resize(level_count);
}

unsigned Version::level_count() const {
  return static_cast<unsigned>(levels_.size());
}

const Level& Version::level(unsigned number) const {
  static const Level kEmpty;
  ensure(number < kMaxLevels, "no version has so deep a level");
  return number < levels_.size() ? *levels_[number] : kEmpty;
}

const std::string& Version::cursor(unsigned level) const {
  static const std::string kNone;
  return level < cursors_.size() ? cursors_[level] : kNone;
}

uint64_t Version::weight() const {
  return sum(levels_, [](const auto& level) { return level->weight(); });
}
uint64_t Version::file_bytes() const {
  return sum(levels_, [](const auto& level) { return level->file_bytes(); });
}
uint64_t Version::entry_count() const {
  return sum(levels_, [](const auto& level) { return level->entry_count(); });
}
size_t Version::table_count() const {
  return by_number_ ? by_number_->sums.count : 0;
}
size_t Version::run_count() const {
  return sum(levels_, [](const auto& level) { return level->runs.size(); });
}

std::optional<TablePlace> Version::find(TableNumber number) const {
  const TablePlace* place = NumberIndex::first_where(
      by_number_, [&](const TablePlace& p) { return p.table->number >= number; });
  if (place == nullptr || place->table->number != number) return std::nullopt;
  return *place;
}

Version::NumberSums::NumberSums(const TablePlace&, const NumberSums* left, const NumberSums* right)
    : count(1 + (left ? left->count : 0) + (right ? right->count : 0)) {}

std::vector<TableRef> Version::met_by(std::span<const TableRef> above, const Run& run,
                                      uint32_t level) const {
  if (above.empty() || run.empty()) return {};
  if (has_keys()) return run.overlapping(above.front()->smallest.key, above.back()->largest.key);
  const size_t standing = run.table_count();
  size_t count = 0;
  const auto drawn = [&](const TableRef& table) {
    return (*overlap_draw_)(edit_count_, table->number, level, standing);
  };
  for (const TableRef& table : above) count = std::min(standing, count + drawn(table).count);
  return run.stretch(std::min(drawn(above.front()).first, standing - count), count);
}

Version Version::with_drawn_overlap(OverlapDraw draw) const {
  Version out = *this;
  out.overlap_draw_ = std::make_shared<const OverlapDraw>(std::move(draw));
  return out;
}

VersionEdit full_edit(const Version& version) {
  VersionEdit edit;
  for (unsigned n = 0; n < version.level_count(); ++n) {
    for (const Run& run : version.level(n).runs)
      run.for_each([&](const TableRef& table) { edit.added.push_back({n, run.id(), table}); });
    if (!version.cursor(n).empty()) edit.cursors[n] = version.cursor(n);
  }
  return edit;
}

}  // namespace lsmkit
