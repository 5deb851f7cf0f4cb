/*
 * How all requests of one transport are made: what the host asked for, in
 * libcurl's words.
 */
#ifndef COVEY_TRANSPORT_SETTINGS_H
#define COVEY_TRANSPORT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include <covey/transport_curl.h>

typedef struct {
    char *ca_file; /* NULL: the system's */
    char *proxy;   /* "": none */
    struct curl_slist *headers;
    bool plain_loopback;
    uint32_t connect_ms;
    uint32_t answer_ms;
} covey_transport_settings;

/* COVEY_ERR_ARGUMENT, COVEY_ERR_CAPACITY; to be freed in any case. */
int covey_transport_settings_of(covey_transport_settings *settings,
                                const covey_transport_config *config);

void covey_transport_settings_free(covey_transport_settings *settings);

/* What is the same for every request. False: this libcurl does not know
 * something of it, so that nothing may be sent. */
bool covey_transport_settings_apply(const covey_transport_settings *settings,
                                    CURL *easy);

#endif
