#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>

#define LENGTH_MAX 32
#define LIMIT 100000000000000000 /* 10^17 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits before or behind the point, so many of them at most. */
static size_t take(int64_t *value, const char *text, size_t len, unsigned most,
                   bool *too_large)
{
    size_t at = 0;

    while (at < len && at < most && is_digit(text[at])) {
        *value = *value * 10 + (text[at++] - '0');
        if (*value >= LIMIT) {
            *too_large = true;
            *value = 0;
        }
    }
    return at;
}

/* Digits that are too many: only the first one counts, for the rounding. */
static size_t round_off(int64_t *value, const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && is_digit(text[at])) at++;
    if (at > 0 && text[0] >= '5') (*value)++;
    return at;
}

bool decimal_read(int64_t *value, const char *text, size_t len, unsigned digits)
{
    int64_t read = 0;
    bool too_large = false;
    bool negative = len > 0 && text[0] == '-';
    size_t at = negative || (len > 0 && text[0] == '+') ? 1 : 0;
    size_t num = 0;
    size_t behind = 0;

    if (len > LENGTH_MAX) return false;
    num = take(&read, text + at, len - at, LENGTH_MAX, &too_large);
    at += num;
    if (at < len && text[at] == '.') {
        at++;
        behind = take(&read, text + at, len - at, digits, &too_large);
        at += behind;
    }
    for (size_t i = behind; i < digits; i++) {
        read *= 10;
        if (read >= LIMIT) return false;
    }
    size_t rest = behind == digits ? round_off(&read, text + at, len - at) : 0;
    if (at + rest != len || too_large || num + behind + rest == 0) return false;
    *value = negative ? -read : read;
    return true;
}

void decimal_write(char out[DECIMAL_TEXT_SIZE], int64_t value, unsigned digits)
{
    int64_t scale = 1;
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    for (unsigned i = 0; i < digits; i++) scale *= 10;
    uint64_t whole = size / (uint64_t)scale;
    uint64_t rest = size % (uint64_t)scale;
    if (digits == 0) {
        snprintf(out, DECIMAL_TEXT_SIZE, "%s%" PRIu64, value < 0 ? "-" : "",
                 whole);
    } else {
        snprintf(out, DECIMAL_TEXT_SIZE, "%s%" PRIu64 ".%0*" PRIu64,
                 value < 0 ? "-" : "", whole, (int)digits, rest);
    }
}
