# A floor of the house: a library, the headers it offers, and the floors it may stand on.
#
#   lsmkit_floor(<name> USES <floors...> [LINKS <libraries...>] [HIDES <libraries...>] [SOURCES <files...>]
#                [REPRODUCIBLE])
#
# LINKS: libraries whose headers the floor's own headers show; HIDES: those that only its .cc files see.
# REPRODUCIBLE: what the floor computes with doubles has the same bits on every machine, so products
# and sums are not fused where the processor could.
#
# Without SOURCES a floor is every .cc file of its folder; with none at all it is headers only.
# Every floor gets its own include door, a folder in the build tree that holds nothing but a link
# lsmkit/<name> to cpp/<name>. A floor sees its own door and the doors of the floors it uses (and of
# theirs), so including a floor that is not named under USES does not compile.
function(lsmkit_floor name)
  cmake_parse_arguments(FLOOR "REPRODUCIBLE" "" "USES;SOURCES;LINKS;HIDES" ${ARGN})
  set(door "${CMAKE_BINARY_DIR}/doors/${name}")
  file(MAKE_DIRECTORY "${door}/lsmkit")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/cpp/${name}" "${door}/lsmkit/${name}" SYMBOLIC)

  if(NOT FLOOR_SOURCES)
    file(GLOB FLOOR_SOURCES CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}/cpp/${name}"
         "${CMAKE_SOURCE_DIR}/cpp/${name}/*.cc")
  endif()
  set(sources "")
  foreach(source IN LISTS FLOOR_SOURCES)
    list(APPEND sources "${CMAKE_SOURCE_DIR}/cpp/${name}/${source}")
  endforeach()
  if(sources)
    add_library(lsmkit_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_compile_options(lsmkit_${name} PRIVATE ${LSMKIT_WARNINGS})
    if(FLOOR_REPRODUCIBLE)
      target_compile_options(lsmkit_${name} PRIVATE -ffp-contract=off)
    endif()
  else()
    add_library(lsmkit_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(lsmkit_${name} ${scope} "${door}")
  foreach(used IN LISTS FLOOR_USES)
    target_link_libraries(lsmkit_${name} ${scope} lsmkit_${used})
  endforeach()
  target_link_libraries(lsmkit_${name} ${scope} ${FLOOR_LINKS})
  if(FLOOR_HIDES)
    target_link_libraries(lsmkit_${name} PRIVATE ${FLOOR_HIDES})
  endif()
endfunction()
