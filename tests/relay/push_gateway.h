/*
 * A gateway or push service as a process (push_gateway.py), and clients that
 * want to be woken by it.
 */
#ifndef TESTS_RELAY_PUSH_GATEWAY_H
#define TESTS_RELAY_PUSH_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

extern unsigned gateway_port;

/* With these words behind its name, up to NULL. */
void start_gateway(const char *const *words);
void end_gateway(void);

/* A gateway that answers so, and a relay that has a pace of one second. */
void start_at_gateway(const char *const *answers);
void stop_at_gateway(void);
#define START(...) start_at_gateway((const char *const[]){__VA_ARGS__, NULL})

/* The next request as it came, with a zero behind it; NULL: none came. */
const char *next_wake(void);
/* The same, for one that need not come soon. */
const char *late_wake(void);
void expect_wake(void);
void expect_quiet(void);

void subscribe(unsigned mailbox, const char *endpoint, uint32_t expiry_s);
/* Appends the blob of that number. */
void append_flagged(unsigned mailbox, unsigned number, bool wake);

void sleep_ms(long ms);

/* A figure of the relay's, by its name. */
unsigned long figure(const char *name);

#endif
