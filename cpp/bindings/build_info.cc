// What this build is made of, for bug reports and benchmarks.
#include "bindings.h"

namespace lsmkit {

namespace {

using namespace py::literals;

py::dict cpu_features() {
#if defined(__x86_64__)
  return py::dict("sse4_2"_a = __builtin_cpu_supports("sse4.2") != 0,
                  "pclmul"_a = __builtin_cpu_supports("pclmul") != 0,
                  "avx2"_a = __builtin_cpu_supports("avx2") != 0);
#else
  return py::dict();
#endif
}

py::dict build_info() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  return py::dict("version"_a = LSMKIT_VERSION, "compiler"_a = compiler,
                  "build_type"_a = LSMKIT_BUILD_TYPE,
                  "pybind11"_a = PYBIND11_TOSTRING(PYBIND11_VERSION_MAJOR) "." PYBIND11_TOSTRING(
                      PYBIND11_VERSION_MINOR) "." PYBIND11_TOSTRING(PYBIND11_VERSION_PATCH),
                  "cpu"_a = cpu_features());
}

}  // namespace

void register_build_info(py::module_& m) {
  m.def("build_info", build_info, "Version, compiler, libraries and CPU features.");
}

}  // namespace lsmkit
