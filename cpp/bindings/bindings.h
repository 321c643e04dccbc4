// What the module is put together from: one function per area, each in the file of its name.
#pragma once

#include <pybind11/pybind11.h>

namespace lsmkit {

namespace py = pybind11;

void register_errors(py::module_& m);       // errors.cc
void register_write_batch(py::module_& m);  // write_batch_type.cc
void register_cursor(py::module_& m);       // cursor_type.cc
void register_iterator(py::module_& m);     // iterator_type.cc
void register_snapshot(py::module_& m);     // snapshot_type.cc
void register_db(py::module_& m);           // db_type.cc
void register_memory(py::module_& m);       // memory_type.cc
void register_arrays(py::module_& m);       // arrays.cc
void register_arrow_out(py::module_& m);    // arrow_out.cc
void register_scan(py::module_& m);         // scan.cc
void register_disk(py::module_& m);         // disk.cc
void register_long_calls(py::module_& m);   // long_calls.cc
void register_inspection(py::module_& m);   // inspection.cc
void register_planning(py::module_& m);     // planning.cc
void register_events(py::module_& m);       // events.cc
void register_workloads(py::module_& m);    // workloads.cc
void register_starts(py::module_& m);       // start_type.cc
void register_simulation(py::module_& m);   // simulation.cc
void register_layered(py::module_& m);      // layered.cc
void register_options(py::module_& m);      // option_texts.cc
void register_dump(py::module_& m);         // dump.cc
void register_build_info(py::module_& m);   // build_info.cc

}  // namespace lsmkit
