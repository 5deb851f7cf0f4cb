# Makes the target covey::curl where pkg-config finds libcurl. Used by the
# build, and installed for those who link the static transport.
#
# From 7.78 on, "localhost" is the loopback whatever a resolver says.

if(TARGET covey::curl)
  return()
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(COVEY_CURL IMPORTED_TARGET "libcurl>=7.78")
endif()
if(COVEY_CURL_FOUND)
  add_library(covey::curl INTERFACE IMPORTED)
  set_target_properties(covey::curl PROPERTIES
    INTERFACE_LINK_LIBRARIES PkgConfig::COVEY_CURL)
endif()
