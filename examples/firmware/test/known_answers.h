/*
 * Published answers of every primitive that MLS stands on here. A board that
 * computes one of them wrongly (a miscompiled library, memory that overlaps,
 * a trap in unaligned code) would otherwise agree with itself.
 */
#ifndef COVEY_FIRMWARE_KNOWN_ANSWERS_H
#define COVEY_FIRMWARE_KNOWN_ANSWERS_H

/* The name of the first answer that is wrong, or NULL when all are right. */
const char *known_answers(unsigned *num_checked);

#endif
