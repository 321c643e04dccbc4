// Explanations as conversations (testdata/planner_why), and over grown trees: they tell what the
// planner does, whatever it does.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "lsmkit/planner/explanation.h"
#include "support/datadriven.h"

using namespace lsmkit;

namespace {

// define, add: a version; world: damaged=#7 slots=0 free_bytes=5 pins=3; busy: the plan is being
// carried out from now on; why: the explanation.
class Conversation {
 public:
  std::string answer(const Directive& d) {
    if (d.command == "define") {
      version_ = version_from_text(d.input);
      world_ = {};
      world_.job = JobNumber{100};
      world_.history_floor = 1'000'000;
      return "";
    }
    if (d.command == "add") {
      version_ = apply(version_, full_edit(version_from_text(d.input)));
      return "";
    }
    if (d.command == "options") return set_options(d);
    if (d.command == "world") return set_world(d);
    if (d.command == "why") return to_text(explain_decision(version_, world_, options_));
    if (d.command == "busy") {
      world_.in_flight.push_back(job_in_flight(*plan_compaction(version_, world_, options_)));
      world_.job = JobNumber{static_cast<uint64_t>(world_.job) + 1};
      return "";
    }
    throw std::runtime_error("no such command: " + d.command);
  }

 private:
  std::string set_options(const Directive& d) {
    options_ = {};
    options_.base_weight = d.number("base_weight", options_.base_weight);
    options_.table_weight = d.number("table_weight", options_.table_weight);
    options_.memtable_weight = d.number("memtable_weight", options_.memtable_weight);
    options_.max_compaction_weight =
        d.number("max_compaction_weight", options_.max_compaction_weight);
    if (d.has("hybrid")) options_.layout = Layout::kHybrid;
    if (d.has("tiered")) options_.layout = Layout::kTiered;
    if (d.has("lazy_leveled")) options_.layout = Layout::kLazyLeveled;
    if (d.has("fifo")) options_.layout = Layout::kFifo;
    options_.fifo_weight = d.number("fifo_weight", options_.fifo_weight);
    if (d.has("static")) options_.sizing = LevelSizing::kStatic;
    if (d.has("round_robin")) options_.picker = Picker::kRoundRobin;
    return "";
  }

  std::string set_world(const Directive& d) {
    world_.free_slots = static_cast<unsigned>(d.number("slots", world_.free_slots));
    world_.free_bytes = d.number("free_bytes", world_.free_bytes);
    if (const uint64_t pin = d.number("pins", 0)) world_.pinned_seqnos.push_back(pin);
    const std::string damaged = d.value("damaged");
    if (!damaged.empty()) world_.damaged.push_back(table_from_text(damaged + " a..a").number);
    return "";
  }

  Version version_;
  PlanContext world_;
  CompactionOptions options_;
};

std::string key_of(unsigned number) {
  char text[16];
  std::snprintf(text, sizeof text, "k%05u", number);
  return text;
}

// Three levels below a few runs of L0; every level may be due.
Version random_version(std::mt19937& random) {
  std::string text;
  unsigned job = 1;
  const auto chance = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
  for (unsigned level = 1; level <= 3; ++level) {
    for (unsigned at = chance(50); at < 2000;) {
      const unsigned width = 1 + chance(level == 1 ? 200 : 60);
      text += "L" + std::to_string(level) + " #" + std::to_string(job++) + " " + key_of(at) + ".." +
              key_of(at + width) + " weight=" + std::to_string(50 + chance(200)) + " seqnos=1.." +
              std::to_string(1 + chance(900)) + "\n";
      at += width + 1 + chance(30);
    }
  }
  for (unsigned run = 0, runs = chance(7); run < runs; ++run) {
    const unsigned seqno = 1000 + run * 10;
    text += "L0 #" + std::to_string(job++) + " " + key_of(chance(900)) + ".." +
            key_of(1000 + chance(900)) + " weight=200 seqnos=" + std::to_string(seqno) + ".." +
            std::to_string(seqno + 9) + "\n";
  }
  return version_from_text(text);
}

}  // namespace

TEST_CASE("W4.3: an explanation tells scores, losers and bounds, also where nothing is done") {
  Conversation conversation;
  run_datadriven("planner_why/levels", [&](const Directive& d) { return conversation.answer(d); });
}

TEST_CASE("the first candidate that nothing blocks is the one that the planner picks") {
  std::mt19937 random(20);
  unsigned checked = 0;
  for (unsigned round = 0; round < 400; ++round) {
    const Version version = random_version(random);
    CompactionOptions options;
    options.base_weight = 1000 + random() % 3000;
    options.table_weight = 200;
    options.sizing = random() % 2 == 0 ? LevelSizing::kStatic : LevelSizing::kDynamic;
    options.picker = Picker(random() % 4);
    options.layout = Layout(random() % 10 < 6 ? 0 : random() % 5);
    PlanContext world;
    world.job = JobNumber{5000};
    for (unsigned jobs = random() % 4; jobs > 0; --jobs) {
      const auto plan = plan_compaction(version, world, options);
      if (!plan) break;
      world.in_flight.push_back(job_in_flight(*plan));
      world.job = JobNumber{static_cast<uint64_t>(world.job) + 1};
    }
    for_each_table(version, [&](const TableRef& table) {
      if (random() % 20 == 0) world.damaged.push_back(table->number);
    });

    const auto plan = plan_compaction(version, world, options);
    const Explanation why = explain_decision(version, world, options);
    REQUIRE(why.plan.has_value() == plan.has_value());
    CHECK(!to_text(why).empty());
    for (const LevelVerdict& verdict : why.levels) CHECK(!verdict.why.empty());
    if (!plan) continue;
    CHECK(explain(*why.plan) == explain(*plan));
    if (options.layout != Layout::kLeveled && options.layout != Layout::kHybrid) continue;
    if (plan->reason != EditReason::kLevelFull && plan->reason != EditReason::kLevelDrain) continue;
    const auto first = std::find_if(why.candidates.begin(), why.candidates.end(),
                                    [](const Candidate& c) { return c.chosen; });
    REQUIRE(first != why.candidates.end());
    for (auto before = why.candidates.begin(); before != first; ++before)
      CHECK(before->why != "passed over");
    const size_t chosen = static_cast<size_t>(std::count_if(
        why.candidates.begin(), why.candidates.end(), [](const Candidate& c) { return c.chosen; }));
    CHECK(chosen == plan->inputs.front().tables.size());
    ++checked;
  }
  CHECK(checked > 50);
}
