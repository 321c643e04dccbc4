// The event log of a database.
#include <memory>
#include <utility>

#include "bindings.h"
#include "db_argument.h"
#include "gil.h"
#include "held_events.h"

namespace lsmkit {

namespace {

HeldEvents events(DbArgument db) {
  Db& engine = *db;
  return without_gil([&] {
    // Tables first, so that the events know of all that comes after.
    std::vector<Rectangle> tables = rectangles_of(engine.tree().version);
    EventList shared;
    for (Event& event : engine.events())
      shared.push_back(std::make_shared<const Event>(std::move(event)));
    return HeldEvents(std::move(shared), std::move(tables));
  });
}

}  // namespace

void register_events(py::module_& m) {
  register_held_events(m);
  m.def("events", events, py::arg("db"), "What happened, oldest first.");
}

}  // namespace lsmkit
