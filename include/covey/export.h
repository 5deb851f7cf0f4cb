/*
 * Marks for public declarations: what is exported, and which results a
 * caller may not ignore.
 */
#ifndef COVEY_EXPORT_H
#define COVEY_EXPORT_H

#if defined(__GNUC__) || defined(__clang__)
#define COVEY_API __attribute__((visibility("default")))
#define COVEY_MUST_CHECK __attribute__((warn_unused_result))
#else
#define COVEY_API
#define COVEY_MUST_CHECK
#endif

#endif
