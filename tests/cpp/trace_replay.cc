// Replays of events: tables older than the first that is kept, and events that no engine wrote.
#include "lsmkit/trace/replay.h"

#include <doctest/doctest.h>

namespace lsmkit {
namespace {

Rectangle table(uint64_t number, uint32_t level, uint64_t weight = 10) {
  Rectangle out;
  out.number = number;
  out.level = level;
  out.weight = weight;
  return out;
}

std::shared_ptr<const Event> event(uint64_t number, std::vector<Rectangle> removed,
                                   std::vector<Rectangle> added) {
  Event out;
  out.number = number;
  out.removed = std::move(removed);
  out.added = std::move(added);
  return std::make_shared<const Event>(std::move(out));
}

TEST_CASE("tables that no kept event put there are older than the first") {
  const EventList events = {event(7, {}, {table(3, 0)}), event(8, {table(1, 0)}, {table(1, 1)}),
                            event(9, {}, {})};
  const std::vector<Rectangle> standing = {table(2, 6), table(3, 0), table(1, 1)};
  const Replayed replayed = replay(events, standing);
  REQUIRE(replayed.lives.size() == 4);
  CHECK(replayed.lives[0].table->number == 1);  // moved down by event 8
  CHECK(replayed.lives[0].born == nullptr);
  CHECK(replayed.lives[0].died == events[1].get());
  CHECK(replayed.lives[1].table->number == 2);
  CHECK(replayed.lives[1].died == nullptr);
  CHECK(replayed.lives[3].table->level == 1);
  CHECK(replayed.lives[3].born == events[1].get());
  REQUIRE(replayed.moments.size() == 2);
  CHECK(replayed.moments[0].table_count == 3);
  CHECK(replayed.moments[0].l0_run_count == 1);
  CHECK(replayed.moments[1].table_count == 3);
  CHECK(replayed.moments[1].run_count == 3);
  CHECK(replayed.moments[1].weight == 30);
}

TEST_CASE("events that no engine wrote are told as they stand") {
  const EventList events = {event(1, {}, {table(5, 0), table(5, 0)}),
                            event(2, {table(5, 0), table(5, 0), table(5, 2)}, {}),
                            event(3, {table(5, 0)}, {table(6, 3)})};
  const Replayed replayed = replay(events, {});
  CHECK(replayed.moments.size() == 3);
  CHECK(replayed.lives.back().table->number == 6);
  CHECK(replayed.lives.back().died == nullptr);
  CHECK(replay({}, {}).lives.empty());
}

}  // namespace
}  // namespace lsmkit
