// The event log of a database.
#include <vector>

#include "bindings.h"
#include "db_argument.h"
#include "event_columns.h"
#include "gil.h"

namespace lsmkit {

namespace {

py::dict events(DbArgument db) {
  Db& engine = *db;
  const std::vector<Event> all = without_gil([&] { return engine.events(); });
  return event_columns(all);
}

}  // namespace

void register_events(py::module_& m) {
  m.def("events", events, py::arg("db"), "What happened, oldest first.");
}

}  // namespace lsmkit
