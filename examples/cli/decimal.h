/*
 * Decimal numbers without floating point: value times ten to the `digits`.
 */
#ifndef DESK_DECIMAL_H
#define DESK_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_TEXT_SIZE 24

/* A decimal of XML Schema: a sign, digits and a point, no exponent. What lies
 * behind the last digit is rounded, half away from zero. At most 32
 * characters, and below 10^17 in all. */
bool decimal_read(int64_t *value, const char *text, size_t len,
                  unsigned digits);

/* Exactly so many digits behind the point. */
void decimal_write(char out[DECIMAL_TEXT_SIZE], int64_t value, unsigned digits);

#endif
