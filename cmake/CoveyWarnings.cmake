# Warnings for our own code: library, tests, examples, benchmarks.

add_library(covey_warnings INTERFACE)
target_compile_options(covey_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual -Wvla -Wformat=2
  -Wimplicit-fallthrough -Wpointer-arith -Wdouble-promotion
  $<$<BOOL:${COVEY_WERROR}>:-Werror>)
