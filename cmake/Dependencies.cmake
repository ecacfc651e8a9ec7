# Finds what runard is built on. OpenSSL >= 3.5, ngtcp2 >= 1.22 and Catch2 >= 3.4 come from the system
# or, where it lacks one, from the private prefix that cmake/setup built (RUNARD_DEPS, found without
# being named). The prefix holds only what the system lacks, as static libraries.

find_package(Threads REQUIRED)

set(RUNARD_DEPS "" CACHE PATH "Prefix of the dependencies that cmake/setup built")
if(NOT RUNARD_DEPS)
  execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cmake/setup --print-prefix
                  OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(found AND IS_DIRECTORY "${found}")
    set(RUNARD_DEPS ${found})
  endif()
endif()
# What an earlier run found in another prefix must not stay in the cache.
if(DEFINED RUNARD_DEPS_OF_CACHE AND NOT RUNARD_DEPS_OF_CACHE STREQUAL "${RUNARD_DEPS}")
  get_cmake_property(cached CACHE_VARIABLES)
  list(FILTER cached INCLUDE REGEX "^(_?OPENSSL_|NGTCP2_|__pkg_config|pkgcfg_lib_|Catch2_DIR)")
  foreach(entry IN LISTS cached)
    unset(${entry} CACHE)
  endforeach()
endif()
set(RUNARD_DEPS_OF_CACHE "${RUNARD_DEPS}" CACHE INTERNAL "The prefix that the cache's entries are from")

if(RUNARD_DEPS)
  list(PREPEND CMAKE_PREFIX_PATH ${RUNARD_DEPS})
  set(ENV{PKG_CONFIG_PATH} "${RUNARD_DEPS}/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  if(EXISTS ${RUNARD_DEPS}/lib/libssl.a)
    set(OPENSSL_ROOT_DIR ${RUNARD_DEPS})
    set(OPENSSL_USE_STATIC_LIBS ON)
  endif()
endif()

find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL 3.5 REQUIRED)
find_package(PkgConfig REQUIRED)

pkg_check_modules(NGTCP2 REQUIRED libngtcp2>=1.22 libngtcp2_crypto_ossl>=1.22)
add_library(runard_ngtcp2 INTERFACE)
add_library(runard::ngtcp2 ALIAS runard_ngtcp2)
target_include_directories(runard_ngtcp2 SYSTEM INTERFACE ${NGTCP2_INCLUDE_DIRS})
if(RUNARD_DEPS AND EXISTS ${RUNARD_DEPS}/lib/libngtcp2.a)
  # Imported targets, not paths: CMake has to know that the archive needs OpenSSL behind it.
  foreach(archive ngtcp2 ngtcp2_crypto_ossl)
    add_library(runard_archive_${archive} STATIC IMPORTED GLOBAL)
    set_target_properties(runard_archive_${archive} PROPERTIES IMPORTED_LOCATION ${RUNARD_DEPS}/lib/lib${archive}.a)
  endforeach()
  target_link_libraries(runard_archive_ngtcp2_crypto_ossl INTERFACE runard_archive_ngtcp2 OpenSSL::SSL OpenSSL::Crypto)
  target_link_libraries(runard_ngtcp2 INTERFACE runard_archive_ngtcp2_crypto_ossl)
else()
  target_link_libraries(runard_ngtcp2 INTERFACE ${NGTCP2_LINK_LIBRARIES} OpenSSL::SSL OpenSSL::Crypto)
endif()

# Boost.JSON is compiled once into one object of ours, so no boost_json library is needed.
add_library(runard_boost_json STATIC ${CMAKE_CURRENT_SOURCE_DIR}/cmake/boost_json.cc)
add_library(runard::boost_json ALIAS runard_boost_json)
target_link_libraries(runard_boost_json PUBLIC Boost::headers)
