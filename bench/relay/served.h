/*
 * A server under measurement: a process of its own, its processor time, and
 * its memory.
 */
#ifndef BENCH_RELAY_SERVED_H
#define BENCH_RELAY_SERVED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define SERVED_NAME "relay.example"

typedef struct {
    pid_t pid;
    uint16_t port;
    uint16_t metrics_port; /* 0: none */
    clockid_t clock;       /* its processor time, all threads */
} served;

/* A directory of this run, removed with what is in it at the end. */
const char *served_directory(void);
void served_remove_directory(void);

/* The relay, with a store in that directory of this name, and limits out of
 * the way. Over TLS with the files that served_make_certificate made. Ends the
 * program when it does not come up. */
served served_relay(const char *store, bool tls, unsigned num_workers);

/* libevent's HTTP alone: reads requests and answers with an empty 200, with
 * one thread for each processor. */
served served_evhttp(void);

void served_end(served *s);

double served_cpu_s(const served *s);
uint64_t served_memory(const served *s); /* private, resident bytes */

/* A figure of the relay's own. */
uint64_t served_figure(const served *s, const char *name);

/* False: there is no openssl. */
bool served_make_certificate(void);

/* A connection to it, from 127.0.0.`client`. Ends the program on failure. */
int served_connect(const served *s, unsigned client);

unsigned served_num_cores(void);
double served_now_s(void);

/* Ends the program. */
_Noreturn void served_give_up(const char *why);

#endif
