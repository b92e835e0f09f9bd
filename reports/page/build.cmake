# cmake -DNPM= -DNODE= -DSOURCE= -DWORK= -DPAGE= -P build.cmake: fetches the charting library in its locked version
# and makes the template. A registry out of reach leaves the page out and the build whole.
set(stamp ${WORK}/node_modules/.locked)
file(SHA256 ${SOURCE}/package-lock.json wanted)
set(have "")
if(EXISTS ${stamp})
  file(READ ${stamp} have)
endif()
if(NOT have STREQUAL wanted)
  file(REMOVE ${PAGE})
  file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${WORK})
  execute_process(
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000
    WORKING_DIRECTORY ${WORK} TIMEOUT 90 RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(REGEX MATCH "npm (ERR!|error) [^\n]*" reason "${output}")
    message("report page left out: npm ci failed (${reason}); everything else is built, and the next build tries again")
    return()
  endif()
  file(WRITE ${stamp} ${wanted})
endif()
get_filename_component(folder ${PAGE} DIRECTORY)
file(MAKE_DIRECTORY ${folder})
execute_process(COMMAND ${NODE} ${SOURCE}/build.mjs ${WORK}/node_modules/echarts ${PAGE} COMMAND_ERROR_IS_FATAL ANY)
