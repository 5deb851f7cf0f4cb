/*
 * The version of the headers, and of the library that was linked.
 */
#ifndef COVEY_VERSION_H
#define COVEY_VERSION_H

#include <covey/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COVEY_VERSION "0.1.0"

/**
 * The version of the linked library.
 *
 * @return A static string such as "0.1.0". Never NULL.
 */
COVEY_API const char *covey_version(void);

#ifdef __cplusplus
}
#endif

#endif
