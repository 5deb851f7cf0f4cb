#include "client_limits.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NUM_PLACES 65536u

typedef struct {
    uint32_t hour;
    uint32_t new_mailboxes;
    uint32_t waits;
} counters;

struct relay_limits {
    uint32_t new_mailboxes_hour;
    uint32_t waits;
    uint8_t key[crypto_shorthash_KEYBYTES];
    pthread_mutex_t lock;
    counters places[NUM_PLACES];
};

relay_limits *relay_limits_new(uint32_t new_mailboxes_hour, uint32_t waits)
{
    relay_limits *limits = calloc(1, sizeof *limits);

    if (limits == NULL) return NULL;
    limits->new_mailboxes_hour = new_mailboxes_hour;
    limits->waits = waits;
    randombytes_buf(limits->key, sizeof limits->key);
    pthread_mutex_init(&limits->lock, NULL);
    return limits;
}

void relay_limits_free(relay_limits *limits)
{
    if (limits == NULL) return;
    pthread_mutex_destroy(&limits->lock);
    free(limits);
}

uint32_t relay_limits_place(const relay_limits *limits, const char *address)
{
    uint64_t hash = 0;

    crypto_shorthash((uint8_t *)&hash, (const uint8_t *)address,
                     strlen(address), limits->key);
    return (uint32_t)(hash % NUM_PLACES);
}

bool relay_limits_new_mailbox(relay_limits *limits, uint32_t place,
                              uint32_t now_h)
{
    counters *c = &limits->places[place];
    bool ok = false;

    pthread_mutex_lock(&limits->lock);
    if (c->hour != now_h) {
        c->hour = now_h;
        c->new_mailboxes = 0;
    }
    ok = c->new_mailboxes < limits->new_mailboxes_hour;
    if (ok) c->new_mailboxes++;
    pthread_mutex_unlock(&limits->lock);
    return ok;
}

bool relay_limits_wait(relay_limits *limits, uint32_t place)
{
    counters *c = &limits->places[place];
    bool ok = false;

    pthread_mutex_lock(&limits->lock);
    ok = c->waits < limits->waits;
    if (ok) c->waits++;
    pthread_mutex_unlock(&limits->lock);
    return ok;
}

void relay_limits_waited(relay_limits *limits, uint32_t place)
{
    pthread_mutex_lock(&limits->lock);
    limits->places[place].waits--;
    pthread_mutex_unlock(&limits->lock);
}
