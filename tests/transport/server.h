/*
 * server.py as a process beside the test, and what it says that happened.
 */
#ifndef COVEY_TEST_TRANSPORT_SERVER_H
#define COVEY_TEST_TRANSPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* Starts it with these listeners, "plain tls" for instance. */
void server_start(const char *listeners);

void server_stop(void);

/* "127.0.0.1:<port><path>": a relay's name. Valid until eight others. */
const char *server_relay(const char *listener, const char *path);

unsigned server_port(const char *listener);

/* The authority's certificate. */
const char *server_ca_file(void);

/* Reads on until a line begins so; false: none did in that time. */
bool server_says(const char *beginning, unsigned timeout_ms);

/* The last line that server_says found. */
const char *server_line(void);

/* How many lines so far begin so; reads what there is. */
size_t server_count(const char *beginning);

/* The lines that begin so, one after the other, from *at on; NULL: no more. */
const char *server_next(const char *beginning, size_t *at);

#endif
