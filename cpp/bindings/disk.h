// Disks that a database can be opened on instead of the system's files: one in memory that a test
// can crash, fill up and make fail, and one as slow as a device of the simulator's.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <utility>

#include "lsmkit/db/db.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"

namespace lsmkit {

struct Disk {
  Disk() : Disk(std::make_unique<MemoryFileSystem>()) {}
  explicit Disk(std::unique_ptr<MemoryFileSystem> m) : memory(std::move(m)), faulty(*memory) {}

  const std::unique_ptr<MemoryFileSystem> memory;
  FaultFileSystem faulty;  // what databases are opened on
};

// Puts what is behind a `disk=` argument, unless it is None, into the environment. Throws Python's
// TypeError.
void set_disk(PyObject* disk_object, Environment& environment);

void register_modelled_disk(pybind11::module_& m);

}  // namespace lsmkit
