# runar_add_plugin(NAME SOURCES file... [LINK target...] [STATIC_RUNTIME])
#
# Builds NAME.so, a plugin that runard can load. Nothing but the entry symbol leaves the file: two
# plugins that share an inline variable or a template's static would otherwise share its memory,
# and g++ would make the file impossible to unmap.
#   LINK            other targets that the plugin needs
#   STATIC_RUNTIME  carries the C++ runtime inside, so that the file runs on other distributions
# RUNAR_PLUGIN_OUTPUT_DIR says where NAME.so is put (default: the current build folder), and
# `cmake --install` puts it into RUNAR_PLUGINDIR (default: lib/runar/plugins below the prefix; "": it
# is not installed).

function(runar_add_plugin name)
  cmake_parse_arguments(PLUGIN "STATIC_RUNTIME" "" "SOURCES;LINK" ${ARGN})
  if(NOT PLUGIN_SOURCES OR PLUGIN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "runar_add_plugin(${name}): write runar_add_plugin(NAME SOURCES file... [LINK target...] [STATIC_RUNTIME])")
  endif()
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/runar-plugin.map)
  add_library(${name} MODULE ${PLUGIN_SOURCES})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(sdk runar::plugin)
  if(CXX IN_LIST languages)
    set(sdk runar::plugin_cpp)
  endif()
  target_link_libraries(${name} PRIVATE ${sdk} ${PLUGIN_LINK})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  if(RUNAR_PLUGIN_OUTPUT_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${RUNAR_PLUGIN_OUTPUT_DIR})
  endif()
  target_link_options(${name} PRIVATE "LINKER:--version-script=${map}")

  # Sanitized plugins find the sanitizer's symbols in the program that loads them.
  get_directory_property(options COMPILE_OPTIONS)
  if(NOT "${options} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
    target_link_options(${name} PRIVATE "LINKER:-z,defs")
  endif()
  # runard loads no file that others may write, and with a umask of 002 the linker makes such.
  add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}> VERBATIM)
  if(PLUGIN_STATIC_RUNTIME)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()

  if(NOT DEFINED RUNAR_PLUGINDIR)
    set(RUNAR_PLUGINDIR lib/runar/plugins)
  endif()
  if(RUNAR_PLUGINDIR)
    install(TARGETS ${name} LIBRARY DESTINATION ${RUNAR_PLUGINDIR} COMPONENT plugins)
  endif()
endfunction()
