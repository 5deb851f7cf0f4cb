/*
 * What a device has been told and has said: positions, messages, names that
 * its user gave to members. An SQLite file, "history.db", whose rows are
 * sealed: neither what a row holds nor whose it is can be read without the key.
 * How many rows there are, their order and about how long they are, can. A row
 * that was altered, or put in another's place, does not open; that rows were
 * taken away is not noticed.
 *
 * Each row is a JSON value under a name, which exists once.
 *
 * Besides them, wishes: a process that does not run the device asks the one
 * that does, and gets an answer.
 */
#ifndef DESK_HISTORY_H
#define DESK_HISTORY_H

#include <jansson.h>
#include <stdint.h>

#include "complaint.h"

#define HISTORY_KEY_SIZE 32
#define HISTORY_NAME_MAX 128

typedef struct history history;

history *history_open(const char *directory,
                      const uint8_t key[HISTORY_KEY_SIZE], complaint *error);
void history_close(history *h);

/* 1: added, and durable. 0: there is one of this name, which stays. -1: it
 * cannot be written. */
int history_add(history *h, const char *name, const json_t *value);

/* Replaces the one of this name; it is the newest then. 0, or -1. */
int history_put(history *h, const char *name, const json_t *value);

/* A new reference, or NULL. */
json_t *history_get(history *h, const char *name);

/* Each row that came behind `after`, oldest first, until visit says false. The
 * last row's number; -1 when some row does not open. */
typedef bool history_visit(void *ctx, const json_t *value);
int64_t history_each(history *h, int64_t after, history_visit *visit,
                     void *ctx);

/* The newest row's number; 0 without one. */
int64_t history_last(history *h);

/* Overwrites and forgets every row. 0, or -1. */
int history_erase(history *h);

/* ---- wishes ---- */

/* The wish's number; -1: it cannot be written. */
int64_t history_wish(history *h, const json_t *wish);

/* Takes the oldest wish, a new reference; NULL: there is none. Each is given
 * out once, then answered. */
json_t *history_next_wish(history *h, int64_t *number);
int history_answer(history *h, int64_t number, const json_t *answer);

/* Takes an answer away, a new reference; NULL: not yet. */
json_t *history_take_answer(history *h, int64_t number);

/* Forgets answers to earlier wishes: those who waited for them are gone. */
void history_forget_wishes(history *h, int64_t before);

#endif
