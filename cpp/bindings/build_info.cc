// What this build is made of, for bug reports and benchmarks.
#include "bindings.h"
#include "lsmkit/sst/compression.h"

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

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

py::dict zstd() {
  const ZstdBuildInfo info = zstd_build_info();
  const py::object version = info.version.empty() ? py::object(py::none()) : py::str(info.version);
  return py::dict("source"_a = info.source, "version"_a = version);
}

py::dict build_info() {
  return py::dict("version"_a = LSMKIT_VERSION, "compiler"_a = kCompiler,
                  "build_type"_a = LSMKIT_BUILD_TYPE, "pybind11"_a = LSMKIT_PYBIND11_VERSION,
                  "zstd"_a = zstd(), "cpu"_a = cpu_features());
}

}  // namespace

void register_build_info(py::module_& m) {
  m.def("build_info", build_info, "Version, compiler, libraries and CPU features.");
}

}  // namespace lsmkit
