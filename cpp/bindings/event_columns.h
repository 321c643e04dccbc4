// Events as columns, the same for a database and a simulation.
#pragma once

#include <span>

#include "bindings.h"
#include "lsmkit/trace/event.h"

namespace lsmkit {

py::dict event_columns(std::span<const Event> events);

}  // namespace lsmkit
