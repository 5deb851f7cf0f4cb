/*
 * Numbers that people compare: the six digits of an invite, and the safety
 * number of a circle. SPEC.md section 2.7.
 */
#ifndef COVEY_CIRCLE_NUMBERS_H
#define COVEY_CIRCLE_NUMBERS_H

#include <covey/circle.h>
#include <covey/mls.h>

/* Six digits of this epoch, for a newcomer and who added it. Needs the
 * exporter. COVEY_ERR_STATE. */
int covey_digits_of(char digits[COVEY_DIGITS_SIZE],
                    const covey_mls_group *group);

/* Six groups of five digits: the same on all devices that agree about the
 * epoch, its members and its whole history. COVEY_ERR_STATE. */
int covey_safety_number_of(char number[COVEY_SAFETY_NUMBER_SIZE],
                           const covey_mls_group *group);

#endif
