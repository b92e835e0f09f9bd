# Run by ctest; see CMakeLists.txt. Every step must succeed.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/projects.cmake)

run(${BENCH} describe ${WORK}/build/my-agent.so)
expect("agent my-agent 0.1.0: best mean reward so far")
expect("epsilon = 0.1  (number, [0, 1])")
expect("capabilities  trained")
run(${BENCH} describe my-reward --plugin-dir ${WORK}/build)
expect("reward my-reward 0.1.0: quality less cost in cents")

# The guide shows this code; what it shows has just been built.
file(READ ${README} output)
foreach(source my_agent.cpp my_reward.cpp)
  file(READ ${TEMPLATE}/${source} code)
  expect("${code}")
endforeach()

# What `plugin new` writes keeps the contract.
set(output "${reward_steps}")
expect("offload-bench check ${reward}/build/thrifty-reward.so")
run(${BENCH} describe ${reward}/build/thrifty-reward.so)
expect("reward thrifty-reward 0.1.0")
run(${BENCH} check ${reward}/build/thrifty-reward.so)
if(TORCH)
  run(${BENCH} check ${WORK}/new-torch/build/thrifty-net.so)
endif()

# What it prints was followed.
foreach(project followed followed-installed)
  set(output "${${project}_said}")
  expect("same seed, same")
  run(${BENCH} describe ${WORK}/${project}/build/thrifty-one.so)
  expect("agent thrifty-one 0.1.0")
endforeach()
set(output "${followed_steps}")
expect("--component sdk")
set(output "${followed-installed_steps}")
expect("-DCMAKE_PREFIX_PATH=${WORK}/prefix")

execute_process(COMMAND ${BENCH} plugin new thrifty-agent --out ${reward} RESULT_VARIABLE status ERROR_VARIABLE output)
if(NOT status EQUAL 2)
  message(FATAL_ERROR "a folder that is there was not refused: ${status}")
endif()
expect("is there already")
