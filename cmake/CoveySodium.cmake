# Makes the target covey::sodium. Used by the build, and installed for those
# who link the static library.
#
# COVEY_SODIUM_ROOT names a libsodium install to use (cross builds: firmware);
# otherwise pkg-config finds the system's.

if(TARGET covey::sodium)
  return()
endif()

if(COVEY_SODIUM_ROOT)
  if(NOT EXISTS "${COVEY_SODIUM_ROOT}/include/sodium.h")
    message(FATAL_ERROR
      "COVEY_SODIUM_ROOT=${COVEY_SODIUM_ROOT} has no include/sodium.h. "
      "For the firmware preset, scripts/firmware-test builds libsodium.")
  endif()
  add_library(covey::sodium INTERFACE IMPORTED)
  set_target_properties(covey::sodium PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${COVEY_SODIUM_ROOT}/include"
    INTERFACE_LINK_LIBRARIES
      "${COVEY_SODIUM_ROOT}/lib/${CMAKE_STATIC_LIBRARY_PREFIX}sodium${CMAKE_STATIC_LIBRARY_SUFFIX}")
elseif(CMAKE_SYSTEM_NAME STREQUAL "Generic")
  message(FATAL_ERROR
    "A bare-metal build needs COVEY_SODIUM_ROOT, a libsodium built for it.")
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(COVEY_SODIUM REQUIRED IMPORTED_TARGET "libsodium>=1.0.18")
  add_library(covey::sodium INTERFACE IMPORTED)
  set_target_properties(covey::sodium PROPERTIES
    INTERFACE_LINK_LIBRARIES PkgConfig::COVEY_SODIUM)
endif()
