# libzstd, as found on the machine. LSMKIT_ZSTD says where to look:
#   auto     the first that works of: system, runtime
#   system   headers and library of libzstd-dev
#   runtime  the library alone (libzstd.so.1, which most systems carry), with declarations of our own
#   off      none: raw tables work, compressed ones raise NotSupported
# Gives the target lsmkit_zstd.
set(LSMKIT_ZSTD auto CACHE STRING "Where libzstd comes from: auto, system, runtime or off")
if(DEFINED ENV{LSMKIT_ZSTD})
  set(LSMKIT_ZSTD "$ENV{LSMKIT_ZSTD}")
endif()
if(NOT LSMKIT_ZSTD MATCHES "^(auto|system|runtime|off)$")
  message(FATAL_ERROR "LSMKIT_ZSTD is '${LSMKIT_ZSTD}'; it can be auto, system, runtime or off.")
endif()

add_library(lsmkit_zstd INTERFACE)
set(found "")

if(LSMKIT_ZSTD MATCHES "^(auto|system)$")
  find_package(zstd CONFIG QUIET)
  find_package(PkgConfig QUIET)
  if(TARGET zstd::libzstd_shared)
    target_link_libraries(lsmkit_zstd INTERFACE zstd::libzstd_shared)
    set(found system)
  elseif(PkgConfig_FOUND)
    pkg_check_modules(LIBZSTD QUIET IMPORTED_TARGET libzstd>=1.4)
    if(TARGET PkgConfig::LIBZSTD)
      target_link_libraries(lsmkit_zstd INTERFACE PkgConfig::LIBZSTD)
      set(found system)
    endif()
  endif()
endif()

if(NOT found AND LSMKIT_ZSTD MATCHES "^(auto|runtime)$")
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES "-l:libzstd.so.1")
  check_cxx_source_compiles(
    "extern \"C\" unsigned ZSTD_versionNumber(void);
     int main() { return static_cast<int>(ZSTD_versionNumber() == 0); }"
    LSMKIT_RUNTIME_ZSTD_LINKS)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(LSMKIT_RUNTIME_ZSTD_LINKS)
    target_link_libraries(lsmkit_zstd INTERFACE "-l:libzstd.so.1")
    set(found runtime)
  endif()
endif()

if(found)
  string(TOUPPER ${found} suffix)
  # For the one file that knows zstd, so that another way to it compiles that file alone.
  set_source_files_properties(cpp/sst/compression.cc PROPERTIES COMPILE_DEFINITIONS LSMKIT_ZSTD_${suffix})
elseif(NOT LSMKIT_ZSTD STREQUAL "off")
  message(FATAL_ERROR
    "libzstd was not found (LSMKIT_ZSTD=${LSMKIT_ZSTD}). On Debian or Ubuntu: apt-get install "
    "libzstd-dev. Or build without compression: LSMKIT_ZSTD=off pip install .")
endif()
message(STATUS "lsmkit: zstd ${LSMKIT_ZSTD} -> ${found}")
