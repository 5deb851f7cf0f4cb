/*
 * Rows as a device would put them into its history.
 */
#ifndef TEST_CLI_ROWS_H
#define TEST_CLI_ROWS_H

#include "history.h"
#include "track.h"

#define ROWS_WATCH "00112233445566778899aabbccddeeff"
#define ROWS_ANNA "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define ROWS_BEN "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

/* Adds one under its payload's name; takes the reference. */
void rows_add(history *h, json_t *row);

/* The head of a payload's row: sent and received at that time. */
json_t *rows_payload(const char *type, const char *sender, unsigned counter,
                     int64_t time_ms);

/* Anna's phone: the circle of three, and a zone. */
void rows_device(history *h);

/* One location of each fix, said by the watch. */
void rows_walk(history *h, const track *t, int64_t now_ms);

void rows_text(history *h, const char *sender, unsigned counter,
               int64_t time_ms, const char *text);

#endif
