#include "own_planner.h"

#include <pybind11/stl.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.h"
#include "gil.h"
#include "lsmkit/planner/plan_chosen.h"

namespace lsmkit {

namespace {

std::vector<uint64_t> plain(const std::vector<TableNumber>& numbers) {
  std::vector<uint64_t> out;
  for (const TableNumber number : numbers) out.push_back(static_cast<uint64_t>(number));
  return out;
}

// The engine may ask and let go on any thread, with the GIL or without.
class PythonPlanner {
 public:
  explicit PythonPlanner(py::object ask) : ask_(std::move(ask)) {}
  ~PythonPlanner() {
    with_gil([&] { ask_ = py::object(); });
  }
  PythonPlanner(const PythonPlanner&) = delete;
  PythonPlanner& operator=(const PythonPlanner&) = delete;

  std::optional<CompactionPlan> plan(const Version& version, const PlanContext& context,
                                     const CompactionOptions& options) const {
    std::optional<ChosenTables> chosen;
    std::optional<std::string> raised;
    with_gil([&] {
      try {
        chosen = answer(version, context);
      } catch (const std::exception& error) {
        raised = error.what();
        keep_raised(std::current_exception());
      }
    });
    if (raised)
      throw RaisedInPython("the planner raised " + raised->substr(0, raised->find("\n\n")));
    if (!chosen) return std::nullopt;
    return plan_chosen(version, context, options, *chosen);
  }

 private:
  std::optional<ChosenTables> answer(const Version& version, const PlanContext& context) const {
    std::vector<TableNumber> busy;
    for (const JobInFlight& job : context.in_flight)
      busy.insert(busy.end(), job.inputs.begin(), job.inputs.end());
    const py::object answer =
        ask_(version, static_cast<uint64_t>(context.job), context.history_floor,
             context.pinned_seqnos, context.now_us, plain(context.damaged), plain(busy));
    if (answer.is_none()) return std::nullopt;
    const auto [inputs, output_level, move, drop, new_run] =
        answer.cast<std::tuple<std::vector<uint64_t>, uint32_t, bool, bool, bool>>();
    ChosenTables chosen{{}, output_level, move, drop, new_run};
    for (const uint64_t number : inputs) chosen.inputs.push_back(TableNumber{number});
    return chosen;
  }

  py::object ask_;
};

}  // namespace

Planner planner_of(const py::object& ask) {
  return [planner = std::make_shared<const PythonPlanner>(ask)](
             const Version& version, const PlanContext& context, const CompactionOptions& options) {
    return planner->plan(version, context, options);
  };
}

}  // namespace lsmkit
