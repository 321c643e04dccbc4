// MemoryDisk: the crash kit's file systems as Python sees them. Calls keep the GIL: all is memory.
#include "disk.h"

#include <pybind11/stl.h>

#include <iterator>
#include <optional>
#include <string>

#include "bindings.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/twin/modelled_disk.h"

namespace lsmkit {

namespace {

Damage damage_of(const std::string& name) {
  std::string names;
  for (const NamedDamage& known : kDamageFamilies) {
    if (known.name == name) return known.damage;
    names += (names.empty() ? "'" : ", '") + std::string(known.name) + "'";
  }
  throw InvalidArgument("damage is one of " + names + ", not '" + name + "'");
}

std::optional<FileOperation> operation_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  std::string names;
  for (size_t i = 0; i < kFileOperationCount; ++i) {
    const auto operation = static_cast<FileOperation>(i);
    if (*name == to_string(operation)) return operation;
    names += (names.empty() ? "'" : ", '") + std::string(to_string(operation)) + "'";
  }
  throw InvalidArgument("operation is one of " + names + ", or None for any, not '" + *name + "'");
}

FaultEffect effect_of(const std::string& name) {
  if (name == "nothing") return FaultEffect::kNothing;
  if (name == "half") return FaultEffect::kHalf;
  if (name == "done") return FaultEffect::kDone;
  if (name == "un-synced lost") return FaultEffect::kUnsyncedLost;
  throw InvalidArgument("effect is one of 'nothing', 'half', 'done', 'un-synced lost', not '" +
                        name + "'");
}

void check_operation(const Disk& disk, uint64_t after) {
  const uint64_t count = disk.memory->operation_count();
  if (after <= count) return;
  throw InvalidArgument("the disk has done " + std::to_string(count) + " operations, not " +
                        std::to_string(after));
}

std::shared_ptr<Disk> crashed(const Disk& disk, uint64_t after, const std::string& damage,
                              uint64_t seed) {
  check_operation(disk, after);
  return std::make_shared<Disk>(disk.memory->crash_image(after, damage_of(damage), seed));
}

std::shared_ptr<Disk> killed(const Disk& disk, uint64_t after) {
  check_operation(disk, after);
  return std::make_shared<Disk>(disk.memory->kill_image(after));
}

void fail(Disk& disk, const std::optional<std::string>& operation, uint64_t at,
          const std::optional<uint64_t>& times, int code, const std::string& effect) {
  ensure(at >= 1, "at counts from 1, the next operation");
  disk.faulty.inject({.of = operation_of(operation),
                      .at = at,
                      .times = times.value_or(Fault::kForEver),
                      .code = code,
                      .effect = effect_of(effect)});
}

py::list names_in(Disk& disk, const std::string& directory) {
  py::list names;
  for (const std::string& name : disk.memory->list(directory)) names.append(name);
  return names;
}

py::tuple damage_names() {
  py::tuple names(std::size(kDamageFamilies));
  for (size_t i = 0; i < std::size(kDamageFamilies); ++i) {
    names[i] = py::str(kDamageFamilies[i].name.data(), kDamageFamilies[i].name.size());
  }
  return names;
}

py::tuple operation_names() {
  py::tuple names(kFileOperationCount);
  for (size_t i = 0; i < kFileOperationCount; ++i) {
    names[i] = py::str(to_string(static_cast<FileOperation>(i)));
  }
  return names;
}

}  // namespace

void set_disk(PyObject* object, Environment& environment) {
  if (!object || object == Py_None) return;
  py::detail::make_caster<std::shared_ptr<Disk>> in_memory;
  py::detail::make_caster<std::shared_ptr<ModelledDisk>> modelled;
  if (in_memory.load(object, false)) {
    const auto disk = py::detail::cast_op<std::shared_ptr<Disk>>(in_memory);
    environment.files = &disk->faulty;
    environment.owner = disk;
  } else if (modelled.load(object, false)) {
    const auto disk = py::detail::cast_op<std::shared_ptr<ModelledDisk>>(modelled);
    environment.files = disk.get();
    environment.owner = disk;
  } else {
    PyErr_Format(PyExc_TypeError, "disk must be a MemoryDisk, a ThrottledDisk or None, not %s",
                 Py_TYPE(object)->tp_name);
    throw py::error_already_set();
  }
}

void register_disk(py::module_& m) {
  m.attr("DAMAGES") = damage_names();
  m.attr("DISK_OPERATIONS") = operation_names();
  // With Python's own metaclass, so that the stub can say what it is.
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<Disk, std::shared_ptr<Disk>>(m, "MemoryDisk", plain, "A disk in memory.")
      .def(py::init<>())
      .def("operation_count", [](const Disk& d) { return d.memory->operation_count(); })
      .def("crashed", crashed, py::arg("after"), py::arg("damage"), py::arg("seed"))
      .def("killed", killed, py::arg("after"))
      .def("forget_history", [](Disk& d) { d.memory->forget_history(); })
      .def("fail", fail, py::arg("operation"), py::arg("at"), py::arg("times"), py::arg("code"),
           py::arg("effect"))
      .def("heal", [](Disk& d) { d.faulty.heal(); })
      .def("call_count", [](const Disk& d) { return d.faulty.operation_count(); })
      .def("failure_count", [](const Disk& d) { return d.faulty.failure_count(); })
      .def("limit", [](Disk& d, uint64_t bytes) { d.memory->set_capacity_bytes(bytes); })
      .def("names", names_in)
      .def("read", [](const Disk& d,
                      const std::string& path) { return py::bytes(d.memory->contents(path)); })
      .def("write", [](Disk& d, const std::string& path, const py::bytes& bytes) {
        d.memory->set_contents(path, static_cast<std::string>(bytes));
      });
  register_modelled_disk(m);
}

}  // namespace lsmkit
