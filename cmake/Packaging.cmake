# What `cmake --install` adds to the targets' own rules, and the .deb packages that `cpack` makes.

# The unit names paths of the prefix, which is known only when things are installed (cpack's is /usr).
configure_file(${CMAKE_CURRENT_LIST_DIR}/install_system.cmake.in
               ${CMAKE_CURRENT_BINARY_DIR}/install_system.cmake @ONLY)
install(SCRIPT ${CMAKE_CURRENT_BINARY_DIR}/install_system.cmake COMPONENT daemon)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT daemon OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR runard)
set(CPACK_PACKAGE_CONTACT "the runard developers <runard@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Mesh daemon for privacy-preserving services")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL daemon plugins sdk)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME runard)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION net)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_LIST_DIR}/debian/postinst ${CMAKE_CURRENT_LIST_DIR}/debian/prerm
    ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles)
set(CPACK_COMPONENT_DAEMON_DESCRIPTION "The daemon runard, its control program runarctl and its systemd unit.")

set(CPACK_DEBIAN_PLUGINS_PACKAGE_NAME runard-plugins)
set(CPACK_DEBIAN_PLUGINS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PLUGINS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PLUGINS_PACKAGE_DEPENDS runard)
set(CPACK_COMPONENT_PLUGINS_DESCRIPTION "Service plugins that come with runard.")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME runar-plugin-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_ARCHITECTURE all)
set(CPACK_COMPONENT_SDK_DESCRIPTION "Headers, CMake package and templates to write plugins for runard.")
include(CPack)
