# Run by ctest; see CMakeLists.txt. Every step must succeed.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

function(build_outside source build)  # [OPTION...]
  run(${CMAKE_COMMAND} -S ${source} -B ${build} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX}
      -DCMAKE_CXX_FLAGS=${FLAGS} ${ARGN})
  run(${CMAKE_COMMAND} --build ${build})
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
build_outside(${TEMPLATE} ${WORK}/build)

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

# What `plugin new` writes builds, here without the optimiser, and keeps the contract; an agent does below.
set(project ${WORK}/new-reward)
run(${BENCH} plugin new thrifty-reward --kind reward --out ${project})
expect("offload-bench check ${project}/build/thrifty-reward.so")
build_outside(${project} ${project}/build -DCMAKE_BUILD_TYPE=None)
run(${BENCH} describe ${project}/build/thrifty-reward.so)
expect("reward thrifty-reward 0.1.0")
run(${BENCH} check ${project}/build/thrifty-reward.so)

# The lines that it prints are run as they stand, where HOME and PATH are a user's: in a build tree, and from an
# installation, which has its SDK beside the command as a wheel does.
function(follow_next_steps bench home project)
  get_filename_component(programs ${bench} DIRECTORY)
  set(user ${CMAKE_COMMAND} -E env HOME=${home} PATH=${programs}:$ENV{PATH} CXX=${CXX} CXXFLAGS=${FLAGS}
      CMAKE_BUILD_TYPE=None COLUMNS=80)
  file(MAKE_DIRECTORY ${home})
  run(${user} offload-bench plugin new thrifty-one --out ${project})
  expect("is ready. Next:")
  string(FIND "${output}" "\n" end)
  string(SUBSTRING "${output}" ${end} -1 steps)
  run(${user} sh -ec "${steps}")
  expect("same seed, same")
  run(${BENCH} describe ${project}/build/thrifty-one.so)
  expect("agent thrifty-one 0.1.0")
  set(output "${steps}" PARENT_SCOPE)
endfunction()

follow_next_steps(${BENCH} ${WORK}/home ${WORK}/followed)
expect("--component sdk")
file(COPY ${BENCH} DESTINATION ${WORK}/prefix/bin)
follow_next_steps(${WORK}/prefix/bin/offload-bench ${WORK}/home-installed ${WORK}/followed-installed)
expect("-DCMAKE_PREFIX_PATH=${WORK}/prefix")

# Likewise with LibTorch, where it is; its headers are dear enough without the optimiser.
if(TORCH)
  run(${BENCH} plugin new thrifty-net --kind torch --out ${WORK}/new-torch)
  build_outside(${WORK}/new-torch ${WORK}/new-torch/build -DCMAKE_BUILD_TYPE=None)
  run(${BENCH} check ${WORK}/new-torch/build/thrifty-net.so)
endif()

execute_process(COMMAND ${BENCH} plugin new thrifty-agent --out ${WORK}/new-reward RESULT_VARIABLE status ERROR_VARIABLE output)
if(NOT status EQUAL 2)
  message(FATAL_ERROR "a folder that is there was not refused: ${status}")
endif()
expect("is there already")
