#include "week_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MINUTES 1440

static const char days[7][4] = {"Mon", "Tue", "Wed", "Thu",
                                "Fri", "Sat", "Sun"};

/* The day that the text begins with, past which it goes; -1: none. */
static int take_day(const char **text)
{
    for (int i = 0; i < 7; i++) {
        if (strncmp(*text, days[i], 3) == 0) {
            *text += 3;
            return i;
        }
    }
    return -1;
}

static bool take_digits(const char **text, unsigned *value, size_t most)
{
    size_t num = 0;

    *value = 0;
    for (; num < most && **text >= '0' && **text <= '9'; num++) {
        *value = *value * 10 + (unsigned)(*(*text)++ - '0');
    }
    return num > 0;
}

/* Up to 24:00, which is the next day's beginning. */
static bool take_time(const char **text, unsigned *minutes)
{
    unsigned hour = 0;
    unsigned minute = 0;

    if (!take_digits(text, &hour, 2) || *(*text)++ != ':' ||
        !take_digits(text, &minute, 2) || minute > 59) {
        return false;
    }
    *minutes = hour * 60 + minute;
    return *minutes <= DAY_MINUTES;
}

bool week_read(covey_span *spans, size_t *num, const char *text)
{
    unsigned begin = 0;
    unsigned end = 0;
    int first = take_day(&text);
    int last = first;

    if (first >= 0 && *text == '-') {
        text++;
        last = take_day(&text);
    }
    if (first < 0 || last < first || *text++ != ' ' ||
        !take_time(&text, &begin) || *text++ != '-' ||
        !take_time(&text, &end) || *text != 0 || end <= begin) {
        return false;
    }
    for (int day = first; day <= last; day++) {
        uint32_t midnight = (uint32_t)day * DAY_MINUTES;
        if (*num == COVEY_SPANS_MAX) return false;
        spans[(*num)++] = (covey_span){midnight + begin, midnight + end};
    }
    return true;
}

static int order(const void *left, const void *right)
{
    const covey_span *a = left;
    const covey_span *b = right;

    return (a->begin > b->begin) - (a->begin < b->begin);
}

void week_sort(covey_span *spans, size_t num)
{
    qsort(spans, num, sizeof *spans, order);
}

void week_write(char out[WEEK_TEXT_SIZE], const covey_span *span)
{
    unsigned begin = span->begin % DAY_MINUTES;
    unsigned end = span->end - (span->begin - begin);

    snprintf(out, WEEK_TEXT_SIZE, "%s %02u:%02u-%02u:%02u",
             days[span->begin / DAY_MINUTES % 7], begin / 60, begin % 60,
             end / 60, end % 60);
}
