# Run by the build, and by package_test.cmake: projects of plugins, written, built against the installed SDK and built again.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

function(build_outside source build)  # [OPTION...]
  run(${CMAKE_COMMAND} -S ${source} -B ${build} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX}
      -DCMAKE_CXX_FLAGS=${FLAGS} ${ARGN})
  run(${CMAKE_COMMAND} --build ${build})
endfunction()

# Has `plugin new` write the folder. Where that is what was there before, what was built of it stays; else nothing does.
function(write_project folder)  # COMMAND...
  set(before ${folder}.before)
  file(REMOVE_RECURSE ${before})
  if(EXISTS ${folder})
    file(RENAME ${folder} ${before})
  endif()
  run(${ARGN} --out ${folder})
  execute_process(COMMAND diff -r --exclude=build ${before} ${folder} RESULT_VARIABLE other OUTPUT_QUIET ERROR_QUIET)
  if(other EQUAL 0)
    file(REMOVE_RECURSE ${folder})
    file(RENAME ${before} ${folder})
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Installed files have the times of what they are copies of, so nothing is compiled anew for them.
file(REMOVE_RECURSE ${WORK}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
build_outside(${TEMPLATE} ${WORK}/build)

# What `plugin new` writes builds, here without the optimiser; an agent does below.
set(reward ${WORK}/new-reward)
write_project(${reward} ${BENCH} plugin new thrifty-reward --kind reward)
set(reward_steps "${output}")
build_outside(${reward} ${reward}/build -DCMAKE_BUILD_TYPE=None)

# The lines that it prints are run as they stand, where HOME and PATH are a user's: in a build tree, and from an
# installation, which has its SDK beside the command as a wheel does. What they are and say is in `${project}_steps` and
# `${project}_said`.
function(follow_next_steps bench home project)
  get_filename_component(programs ${bench} DIRECTORY)
  set(user ${CMAKE_COMMAND} -E env HOME=${home} PATH=${programs}:$ENV{PATH} CXX=${CXX} CXXFLAGS=${FLAGS}
      CMAKE_BUILD_TYPE=None COLUMNS=80)
  file(REMOVE_RECURSE ${home})
  file(MAKE_DIRECTORY ${home})
  write_project(${WORK}/${project} ${user} offload-bench plugin new thrifty-one)
  expect("is ready. Next:")
  string(FIND "${output}" "\n" end)
  string(SUBSTRING "${output}" ${end} -1 steps)
  set(${project}_steps "${steps}" PARENT_SCOPE)
  run(${user} sh -ec "${steps}")
  set(${project}_said "${output}" PARENT_SCOPE)
endfunction()

follow_next_steps(${BENCH} ${WORK}/home followed)
file(COPY ${BENCH} DESTINATION ${WORK}/prefix/bin)
follow_next_steps(${WORK}/prefix/bin/offload-bench ${WORK}/home-installed followed-installed)

# Likewise with LibTorch, where it is; its headers are dear enough without the optimiser.
if(TORCH)
  write_project(${WORK}/new-torch ${BENCH} plugin new thrifty-net --kind torch)
  build_outside(${WORK}/new-torch ${WORK}/new-torch/build -DCMAKE_BUILD_TYPE=None)
endif()
