# Run by ctest; see CMakeLists.txt. Every step must succeed.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect text)
  string(FIND "${output}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "expected \"${text}\" in:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${TEMPLATE} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)

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
