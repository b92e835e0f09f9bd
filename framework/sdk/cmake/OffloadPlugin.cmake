# offload_add_plugin(NAME SOURCES file... [LIBRARIES target...])
#
# Builds the plugin NAME.so against the SDK alone, without contraction of floating point, which gives other bits on other
# machines. Every symbol is hidden but the entry, and an unresolved one
# is an error at link time rather than at load time. In the tree the library goes to the folder that
# offload-bench searches; outside it goes where CMAKE_LIBRARY_OUTPUT_DIRECTORY says.
function(offload_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "offload_add_plugin(${name}): no SOURCES given")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE OffloadBench::sdk ${arg_LIBRARIES})
  if(NOT MSVC)
    target_compile_options(${name} PRIVATE -ffp-contract=off)
  endif()
  if(TARGET offload_options)
    target_link_libraries(${name} PRIVATE offload_options)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(OFFLOAD_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${OFFLOAD_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  if(NOT OFFLOAD_SANITIZE)
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()
