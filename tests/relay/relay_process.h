/*
 * The relay as a process of its own, with a store of its own that goes when
 * the test ends. One at a time.
 */
#ifndef TESTS_RELAY_PROCESS_H
#define TESTS_RELAY_PROCESS_H

#include <stdint.h>

#define RELAY_NAME "relay.example"

extern uint16_t relay_port;
extern uint16_t relay_metrics_port;

/* Makes the store and starts the relay; `more` are further arguments, up to
 * NULL, that live as long as the relay. */
void relay_process_make(const char *const *more);
/* Ends it by SIGTERM, which must be a success, and removes the store. */
void relay_process_remove(void);

/* In between: the same relay, again. */
void relay_process_start(void);
void relay_process_end(int with);

const char *relay_process_database(void);

/* A port that nobody listens at, for now. */
uint16_t relay_free_port(void);

#endif
