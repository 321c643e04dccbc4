find_package(PkgConfig QUIET)
add_library(lsmkit_zstd INTERFACE)
target_link_libraries(lsmkit_zstd INTERFACE zstd)
