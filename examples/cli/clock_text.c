#include "clock_text.h"

#include <covey/content.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000

/* Days from 1970-01-01 to a day of the Gregorian calendar. Years are counted
 * from March, so that the leap day is a year's last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return year >= 1970 && year <= 9999 && month >= 1 && month <= 12 &&
           day >= 1 && day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool clock_from_date(int64_t *time_ms, int year, int month, int day,
                     int64_t ms_of_day)
{
    if (!is_date(year, month, day)) return false;
    int64_t value = days_of(year, month, day) * DAY_MS + ms_of_day;
    if (value < 1 || value > COVEY_TIME_MS_MAX) return false;
    *time_ms = value;
    return true;
}

/* A text that is read from its front; failure stays. */
typedef struct {
    const char *at;
    size_t left;
    bool failed;
} text_view;

static int take_number(text_view *text, size_t digits)
{
    int value = 0;

    for (size_t i = 0; i < digits; i++) {
        if (text->failed || text->left <= i || text->at[i] < '0' ||
            text->at[i] > '9') {
            text->failed = true;
            return 0;
        }
        value = value * 10 + (text->at[i] - '0');
    }
    text->at += digits;
    text->left -= digits;
    return value;
}

static bool take_char(text_view *text, char c)
{
    if (text->failed || text->left == 0 || *text->at != c) return false;
    text->at++;
    text->left--;
    return true;
}

static void need_char(text_view *text, char c)
{
    if (!take_char(text, c)) text->failed = true;
}

/* At most nine digits; what is less than a millisecond is dropped. */
static int take_fraction_ms(text_view *text)
{
    int value = 0;
    size_t num = 0;

    if (!take_char(text, '.')) return 0;
    for (; text->left > 0 && *text->at >= '0' && *text->at <= '9'; num++) {
        int digit = take_number(text, 1);
        if (num < 3) value = value * 10 + digit;
    }
    if (num == 0 || num > 9) text->failed = true;
    for (; num < 3; num++) value *= 10;
    return value;
}

/* Milliseconds east of Greenwich. */
static int64_t take_zone(text_view *text)
{
    if (text->left == 0 || take_char(text, 'Z')) return 0;
    bool west = take_char(text, '-');
    if (!west) need_char(text, '+');
    int hours = take_number(text, 2);
    need_char(text, ':');
    int minutes = take_number(text, 2);
    if (hours > 14 || minutes > 59) text->failed = true;
    int64_t offset = (hours * 60 + minutes) * (int64_t)60000;
    return west ? -offset : offset;
}

bool clock_read(int64_t *time_ms, const char *at, size_t len)
{
    text_view text = {at, len, false};

    int year = take_number(&text, 4);
    need_char(&text, '-');
    int month = take_number(&text, 2);
    need_char(&text, '-');
    int day = take_number(&text, 2);
    need_char(&text, 'T');
    int hour = take_number(&text, 2);
    need_char(&text, ':');
    int minute = take_number(&text, 2);
    need_char(&text, ':');
    int second = take_number(&text, 2);
    int ms = take_fraction_ms(&text);
    int64_t zone = take_zone(&text);
    if (text.failed || text.left > 0 || hour > 23 || minute > 59 ||
        second > 59) {
        return false;
    }
    int64_t of_day = ((hour * 60 + minute) * 60 + second) * (int64_t)1000 + ms;
    return clock_from_date(time_ms, year, month, day, of_day - zone);
}

void clock_write(char out[CLOCK_TEXT_SIZE], int64_t time_ms)
{
    struct tm tm;
    time_t seconds = (time_t)(time_ms / 1000);
    int ms = (int)(time_ms % 1000);

    memset(&tm, 0, sizeof tm);
    (void)gmtime_r(&seconds, &tm);
    size_t len = strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    if (ms != 0) {
        snprintf(out + len, CLOCK_TEXT_SIZE - len, ".%03dZ", ms);
    } else {
        snprintf(out + len, CLOCK_TEXT_SIZE - len, "Z");
    }
}
