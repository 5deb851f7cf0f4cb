# Linux on IBM Z: 64-bit, big-endian, unsigned char
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_AR s390x-linux-gnu-ar CACHE FILEPATH "")
set(CMAKE_RANLIB s390x-linux-gnu-ranlib CACHE FILEPATH "")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x)
# Headers and libraries come from scripts/build-cross, programs from here.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH ${CMAKE_CURRENT_LIST_DIR}/../build/cross/s390x)
