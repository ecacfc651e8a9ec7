# daemon/modules.txt is the architecture: "name: modules it may include | outside headers it owns".
# Each row becomes the static library runard_<name> (INTERFACE while it has only headers), and is
# listed in the global property RUNARD_MODULES; tests/check/modules.py checks the includes.

# An outside header's name in modules.txt -> the targets that bring it.
set(RUNARD_OUTSIDE_openssl OpenSSL::SSL OpenSSL::Crypto)
set(RUNARD_OUTSIDE_ngtcp2 runard::ngtcp2)
set(RUNARD_OUTSIDE_yaml-cpp yaml-cpp)
set(RUNARD_OUTSIDE_CLI CLI11::CLI11)
set(RUNARD_OUTSIDE_runar runar::plugin_cpp)
set(RUNARD_OUTSIDE_boost/json.hpp runard::boost_json)

# What runs at the start, for an operator or once a certificate is built for size: less than half of it, and of what an idle
# daemon has in memory most is code.
set(RUNARD_SMALL_MODULES config identity keys enroll admin ctl)

function(runard_add_module row)
  string(REGEX REPLACE "#.*" "" row "${row}")
  string(STRIP "${row}" row)
  if(row STREQUAL "")
    return()
  endif()
  string(REGEX MATCH "^([a-z_]+):([^|]*)\\|?(.*)$" _ "${row}")
  set(name ${CMAKE_MATCH_1})
  separate_arguments(uses UNIX_COMMAND "${CMAKE_MATCH_2}")
  separate_arguments(outside UNIX_COMMAND "${CMAKE_MATCH_3}")

  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/[a-z_]*main\\.cc$")
  set(scope PUBLIC)
  if(sources)
    add_library(runard_${name} STATIC ${sources})
    target_link_libraries(runard_${name} PRIVATE runard_warnings)
    if(name IN_LIST RUNARD_SMALL_MODULES)
      target_compile_options(runard_${name} PRIVATE $<$<CONFIG:Release>:-Os>)
    endif()
  else()
    add_library(runard_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  set_property(GLOBAL APPEND PROPERTY RUNARD_MODULES runard_${name})
  list(TRANSFORM uses PREPEND runard_)
  target_include_directories(runard_${name} ${scope} ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(runard_${name} ${scope} Boost::headers fmt::fmt Threads::Threads ${uses})
  foreach(header ${outside})
    if(DEFINED RUNARD_OUTSIDE_${header})
      target_link_libraries(runard_${name} ${scope} ${RUNARD_OUTSIDE_${header}})
    endif()
  endforeach()
endfunction()

function(runard_add_modules file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} rows)
  foreach(row IN LISTS rows)
    runard_add_module("${row}")
  endforeach()
endfunction()
