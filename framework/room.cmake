# offload_add_room(NAME SOURCES file... [BELOW room...] [LIBRARIES target...] [QUICK]): the library offload_NAME of one
# room of the framework. A room sees the headers of the rooms it names in BELOW, of theirs, and no others: each has an
# include root of its own, build/PRESET/rooms/NAME, with nothing in it but a link NAME to the room's folder. BELOW must be
# lower in floors.txt. QUICK: nothing in it runs long enough to be worth the compiler's time.
set(floors_file ${CMAKE_CURRENT_LIST_DIR}/floors.txt)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${floors_file})
file(STRINGS ${floors_file} floor_lines REGEX "^[a-z ]+$")
set(floor 0)
foreach(line IN LISTS floor_lines)
  math(EXPR floor "${floor} + 1")
  string(REPLACE " " ";" rooms "${line}")
  foreach(room IN LISTS rooms)
    set(floor_of_${room} ${floor})
    list(APPEND rooms_upwards ${room})
  endforeach()
endforeach()

# Parts of programs alone, which is a tenth quicker to compile than what may go into a shared library; the Python module
# is one.
function(offload_program_code target)
  if(OFFLOAD_PYTHON_MODULE)
    target_compile_options(${target} PRIVATE -fvisibility=hidden -fvisibility-inlines-hidden)
    return()
  endif()
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE -fPIE -fvisibility=hidden -fvisibility-inlines-hidden)
endfunction()

function(offload_add_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "QUICK" "" "SOURCES;BELOW;LIBRARIES")
  set(target offload_${name})
  set(root ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)
  add_library(${target} STATIC ${arg_SOURCES})
  target_include_directories(${target} PUBLIC ${root})
  # Debuggers, coverage and messages of the compiler's own know a header by its place in the tree.
  target_compile_options(${target} PUBLIC -ffile-prefix-map=${root}/=${PROJECT_SOURCE_DIR}/framework/)
  foreach(room IN LISTS arg_BELOW)
    if(NOT floor_of_${room} LESS floor_of_${name})
      message(FATAL_ERROR "room ${name} may not use ${room}, which is no lower in framework/floors.txt")
    endif()
    target_link_libraries(${target} PUBLIC offload_${room})
  endforeach()
  target_link_libraries(${target} PUBLIC ${arg_LIBRARIES} PRIVATE offload_options)
  offload_program_code(${target})
  # The world itself is optimised in full and needs little of what is precompiled, which has to be so for one level.
  if(NOT name STREQUAL core)
    target_precompile_headers(${target} REUSE_FROM offload_precompiled)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:$<IF:$<BOOL:${arg_QUICK}>,-Og,-O1>>)
  endif()
  set_property(GLOBAL APPEND PROPERTY OFFLOAD_ROOM_TARGETS ${target})
endfunction()

# offload_load_on_demand(TARGET MACRO FILE): the library of the system that the linker would take from FILE, by the name
# under which programs load it, as MACRO in the sources of the target (process/system_library.hpp). Not linked.
function(offload_load_on_demand target macro file)
  file(REAL_PATH "${file}" real)
  cmake_path(GET real FILENAME name)
  if(NOT name MATCHES "^(lib.+\\.so\\.[0-9]+)")
    message(FATAL_ERROR "${file} is no shared library with a version; ${target} loads it when it is needed")
  endif()
  target_compile_definitions(${target} PRIVATE ${macro}="${CMAKE_MATCH_1}")
endfunction()
