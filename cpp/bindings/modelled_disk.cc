// ThrottledDisk: the system's files, as slow as a device of the simulator's.
#include "lsmkit/twin/modelled_disk.h"

#include <memory>

#include "bindings.h"
#include "disk.h"
#include "lsmkit/sim/timed_options.h"

namespace lsmkit {
namespace {

std::shared_ptr<ModelledDisk> make_disk(double read_bytes_per_s, double write_bytes_per_s,
                                        double transfer_bytes_per_s, double requests_per_s,
                                        double latency_us, uint64_t request_bytes) {
  Device device;
  device.read_bytes_per_s = read_bytes_per_s;
  device.write_bytes_per_s = write_bytes_per_s;
  device.transfer_bytes_per_s = transfer_bytes_per_s;
  device.requests_per_s = requests_per_s;
  device.latency_us = latency_us;
  device.request_bytes = request_bytes;
  return std::make_shared<ModelledDisk>(posix_file_system(), device, TimedOptions{}.log_ahead_us);
}

}  // namespace

void register_modelled_disk(py::module_& m) {
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<ModelledDisk, std::shared_ptr<ModelledDisk>>(m, "ThrottledDisk", plain,
                                                          "Files on a slow device.")
      .def(py::init(&make_disk), py::kw_only(), py::arg("read_bytes_per_s"),
           py::arg("write_bytes_per_s"), py::arg("transfer_bytes_per_s"), py::arg("requests_per_s"),
           py::arg("latency_us"), py::arg("request_bytes"))
      .def("passed_bytes", [](const ModelledDisk& disk) { return disk.device().passed_bytes(); });
}

}  // namespace lsmkit
