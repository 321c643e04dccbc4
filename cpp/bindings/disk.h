// A disk in memory that a test can crash, fill up and make fail.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <utility>

#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"

namespace lsmkit {

struct Disk {
  Disk() : Disk(std::make_unique<MemoryFileSystem>()) {}
  explicit Disk(std::unique_ptr<MemoryFileSystem> m) : memory(std::move(m)), faulty(*memory) {}

  const std::unique_ptr<MemoryFileSystem> memory;
  FaultFileSystem faulty;  // what databases are opened on
};

// The disk behind a `disk=` argument, null for None. Throws Python's TypeError.
std::shared_ptr<Disk> disk_of(PyObject* disk_object);

}  // namespace lsmkit
