# Run by ctest; see CMakeLists.txt: a plugin in Rust keeps the contract.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

if(NOT PLUGIN)
  message("SKIPPED: no rustc here")
  return()
endif()
run(${BENCH} describe ${PLUGIN})
expect("agent rust-agent 1.0.0: first and last allowed action in turn")
run(${BENCH} check ${PLUGIN})
expect("independent of batching          ok")
