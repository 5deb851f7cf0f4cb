/*
 * covey-relay as a process of its own with a store of its own, as an attacker
 * and its operator see it.
 */
#ifndef RELAY_PROGRAM_H
#define RELAY_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RELAY_NAME "relay.example"
#define OPTIONS_MAX 12

typedef struct {
    char directory[64];
    char database[96];
    char log[96]; /* what it says on standard error */
    char url[64];
    uint16_t port;
    pid_t pid;          /* 0: it has ended */
    unsigned files_max; /* that the system lets it open; 0: as usual */
    const char *options[OPTIONS_MAX + 1]; /* more of them, up to NULL */
} relay_program;

/* The rest is set before. */
void relay_program_make(relay_program *relay);
void relay_program_start(relay_program *relay);
/* By this signal; SIGTERM must be a success. */
void relay_program_end(relay_program *relay, int with);
/* Ends it, which must be there still, and removes its files. Call it in the
 * last line of a test, since what fails in a test's end is not counted; and in
 * its end, where it does what is left to do. */
void relay_program_remove(relay_program *relay);

/* Memory in use, in kB, and processor time so far, in ms. */
unsigned relay_program_memory(const relay_program *relay);
unsigned relay_program_time(const relay_program *relay);

/* A connection to it; below 0: none. */
int relay_program_connect(const relay_program *relay);

/* How often these bytes are in a file; the relay's files are few megabytes. */
size_t count_in_file(const char *name, const void *bytes, size_t len);

#endif
