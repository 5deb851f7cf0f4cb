/*
 * Where a subscription's endpoint leads: bytes sealed to the gateway go there
 * as they are; an https address of a host that the operator lists is asked
 * itself (RFC 8030). Everything else leads nowhere.
 */
#ifndef RELAY_ENDPOINT_H
#define RELAY_ENDPOINT_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define RELAY_HOSTS_MAX 32u
#define RELAY_TARGETS_MAX (1 + RELAY_HOSTS_MAX) /* the gateway, the hosts */
#define RELAY_NO_TARGET RELAY_TARGETS_MAX

typedef struct {
    char *name;
    char *port;
} relay_host;

typedef struct {
    const relay_config *config;
    size_t num_hosts;
    relay_host hosts[RELAY_HOSTS_MAX];
    struct curl_slist *gateway_headers;
    struct curl_slist *push_headers;
} relay_endpoints;

/* False, with a sentence in error, when the configuration makes no sense. */
bool relay_endpoints_init(relay_endpoints *endpoints,
                          const relay_config *config, const char **error);
void relay_endpoints_free(relay_endpoints *endpoints);

/* 0: the gateway; from 1: a host; RELAY_NO_TARGET. From any thread. */
size_t relay_endpoint_target(const relay_endpoints *endpoints,
                             const uint8_t *endpoint, size_t len);

/* A request that wakes, which says nothing but the endpoint. The endpoint
 * stays where it is until the handle is gone. NULL without memory. */
CURL *relay_endpoint_request(const relay_endpoints *endpoints, size_t target,
                             const uint8_t *endpoint, size_t len);

/* Whether this status of HTTP says that the endpoint is no more. A gateway
 * says so by 410 alone: a wrong address of the gateway gives 404. */
bool relay_endpoint_is_gone(size_t target, long status);

#endif
