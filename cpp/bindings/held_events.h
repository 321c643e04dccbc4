// Events as Python holds them: what a log held at one moment, which is told in arrays when asked.
#pragma once

#include <pybind11/numpy.h>

#include <utility>
#include <vector>

#include "bindings.h"
#include "lsmkit/trace/replay.h"

namespace lsmkit {

class HeldEvents {
 public:
  // `tables` stood at some moment before the last event.
  HeldEvents(EventList events, std::vector<Rectangle> tables)
      : events_(std::move(events)), tables_(std::move(tables)) {}

  size_t size() const { return events_.size(); }
  py::array numbers() const;
  py::dict columns() const;
  py::list rows() const;
  py::dict lives() const;
  py::dict moments() const;

 private:
  Replayed replayed() const;

  const EventList events_;
  const std::vector<Rectangle> tables_;
};

std::vector<Rectangle> rectangles_of(const Version& version);

void register_held_events(py::module_& m);

}  // namespace lsmkit
