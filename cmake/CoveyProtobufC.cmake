# Makes the target covey::protobuf_c, the runtime of protobuf-c. Used by the
# build, and installed for those who link the static library.
#
# COVEY_PROTOBUF_C_ROOT names an install to use (cross builds: firmware);
# otherwise pkg-config finds the system's. scripts/build-cross puts it beside
# libsodium, so COVEY_SODIUM_ROOT names it as well.

if(TARGET covey::protobuf_c)
  return()
endif()

set(covey_protobuf_c_root "${COVEY_PROTOBUF_C_ROOT}")
if(NOT covey_protobuf_c_root AND COVEY_SODIUM_ROOT AND
    EXISTS "${COVEY_SODIUM_ROOT}/include/protobuf-c/protobuf-c.h")
  set(covey_protobuf_c_root "${COVEY_SODIUM_ROOT}")
endif()

if(covey_protobuf_c_root)
  if(NOT EXISTS "${covey_protobuf_c_root}/include/protobuf-c/protobuf-c.h")
    message(FATAL_ERROR "COVEY_PROTOBUF_C_ROOT=${covey_protobuf_c_root} "
      "has no include/protobuf-c/protobuf-c.h")
  endif()
  add_library(covey::protobuf_c INTERFACE IMPORTED)
  set_target_properties(covey::protobuf_c PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${covey_protobuf_c_root}/include"
    INTERFACE_LINK_LIBRARIES
      "${covey_protobuf_c_root}/lib/${CMAKE_STATIC_LIBRARY_PREFIX}protobuf-c${CMAKE_STATIC_LIBRARY_SUFFIX}")
elseif(CMAKE_SYSTEM_NAME STREQUAL "Generic")
  message(FATAL_ERROR "A bare-metal build needs COVEY_PROTOBUF_C_ROOT, a "
    "protobuf-c built for it; scripts/build-cross makes one.")
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(COVEY_PROTOBUF_C REQUIRED IMPORTED_TARGET
    "libprotobuf-c>=1.3.0")
  add_library(covey::protobuf_c INTERFACE IMPORTED)
  set_target_properties(covey::protobuf_c PROPERTIES
    INTERFACE_LINK_LIBRARIES PkgConfig::COVEY_PROTOBUF_C)
endif()
