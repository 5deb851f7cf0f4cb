/*
 * What an operator can set: flags, or lines of a file with the same names.
 */
#ifndef RELAY_CONFIG_H
#define RELAY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char name[256]; /* the host name that clients sign for */
    char address[64];
    uint16_t port;
    char metrics_address[64];
    uint16_t metrics_port; /* 0: none */
    char database[512];
    char certificate[512]; /* PEM; empty: no TLS */
    char key[512];
    uint32_t workers;
    uint32_t wait_max_s;
    uint32_t expiry_h;
    uint32_t keep_h;
    uint32_t mailbox_blobs_max;
    uint32_t hour_blobs_max;
    uint32_t new_mailboxes_hour; /* of one client address */
    uint32_t waits_max;          /* of one client address */
    uint32_t connections_max;    /* 0: as many as there are files */
    uint32_t request_s;          /* for a request to come in */
    uint32_t disk_max_mb;        /* 0: no limit */
    char wake_gateway[512];      /* an address; empty: none */
    char wake_hosts[512];        /* names, or name:port, that may be asked */
    char wake_ca[512];           /* PEM; empty: the system's */
    uint32_t wake_private;       /* 1: those hosts may be in a private net */
    uint32_t wake_pace_s;        /* between two wakes of one endpoint */
    uint32_t wake_subscriptions_max;
} relay_config;

/* What to do with the arguments: 0 run; 1 help was asked for and given; 2
 * something is wrong, and has been said; 3 the version is asked for. */
int relay_config_read(relay_config *config, int argc, char **argv);

#endif
