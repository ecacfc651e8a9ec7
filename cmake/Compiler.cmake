# Language level, warnings, sanitizers and output folders for all of runard's own code.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Static libraries (a private OpenSSL above all) keep their symbols to themselves: a plugin may bring its own.
# Not with sanitizers: clang's runtime is a static library too, and has to be seen by shared ones.
if(NOT RUNARD_SANITIZE)
  add_link_options(-Wl,--exclude-libs,ALL)
endif()

# runard_warnings is linked by runard's own targets only, never by what users build.
add_library(runard_warnings INTERFACE)
target_compile_options(runard_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # gcc 12 sees overlaps in std::string's operator+ that are not there (its bug 105329).
  target_compile_options(runard_warnings INTERFACE -Wno-restrict)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # gcc 12's std::stable_sort uses what the same library deprecates, and clang blames its caller.
  target_compile_options(runard_warnings INTERFACE -Wno-deprecated-declarations)
endif()

set(RUNARD_SANITIZE "" CACHE STRING "Sanitizers for every target, as in -fsanitize=")
option(RUNARD_FUZZ "Build the fuzz targets (clang)" OFF)
if(NOT RUNARD_SANITIZE)
  # Static libraries (a private OpenSSL above all) keep their symbols to themselves: a plugin may
  # bring its own. Not so a sanitizer's runtime: its malloc has to be everybody's.
  add_link_options(-Wl,--exclude-libs,ALL)
endif()
if(RUNARD_SANITIZE)
  add_compile_options(-fsanitize=${RUNARD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RUNARD_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # What a sanitizer adds hides from gcc that a variable is set, inside its own library too.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  if(RUNARD_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # gcc warns of every atomic_thread_fence under TSan, those inside Boost included.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(RUNARD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
