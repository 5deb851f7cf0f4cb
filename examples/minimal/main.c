/*
 * The least that a host does: a watch that shows its invite, is confirmed with
 * the Enter key, and prints what it is told.
 *
 *   covey-minimal relay.example
 *   covey-minimal 127.0.0.1:8470     in clear, for a relay on this machine
 */
#include <covey/transport_curl.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory_port.h"

static covey_transport *transport;
static atomic_bool pressed;

static void check(int err)
{
    if (err != COVEY_OK) fprintf(stderr, "%s\n", covey_error_name(err));
}

static void on_event(void *ctx, covey_device *watch, const covey_event *event)
{
    const covey_payload *said = event->of.said.payload;

    (void)ctx;
    if (event->kind == COVEY_EVENT_SHOW_DIGITS) {
        printf("Digits: %s. Enter, when they were typed in.\n",
               event->of.digits);
    } else if (event->kind == COVEY_EVENT_NOTICE) {
        uint32_t token = event->of.notice.token;
        puts("A notice to the wearer.");
        check(covey_device_notice_shown(watch, covey_transport_now(transport),
                                        token, true));
    } else if (event->kind == COVEY_EVENT_PAYLOAD &&
               said->content.kind == COVEY_CONTENT_TEXT) {
        covey_bytes text = said->content.of.text.text;
        printf("Text: %.*s\n", (int)text.len, (const char *)text.at);
    }
}

/* Another thread never touches the watch: it says something, and wakes. */
static void *wait_for_enter(void *unused)
{
    while (getchar() != EOF) {
        atomic_store(&pressed, true);
        covey_transport_wake(transport);
    }
    return unused;
}

int main(int argc, char **argv)
{
    const covey_port port = memory_port();
    const uint8_t host_key[COVEY_STORE_HOST_KEY_SIZE] = {1}; /* hardware's */
    const covey_device_config config = {.port = &port,
                                        .host_key = host_key,
                                        .wait_ms = 30000};
    const covey_transport_config carried = {.plain_loopback = true};
    const covey_transport_callbacks callbacks = {.on_event = on_event};
    size_t size = covey_device_size(false);
    covey_device *watch = covey_device_at(malloc(size), size);
    char uri[COVEY_URI_SIZE];
    pthread_t thread;

    if (argc != 2 || watch == NULL ||
        covey_transport_new(&transport, &carried) != COVEY_OK ||
        covey_device_open(watch, &config, covey_transport_now(transport)) ||
        covey_device_invite(watch, COVEY_ROLE_WEARER, argv[1], 0,
                            covey_transport_now(transport), uri) ||
        covey_transport_add(transport, watch, &callbacks) ||
        pthread_create(&thread, NULL, wait_for_enter, NULL) != 0) {
        fputs("usage: covey-minimal RELAY\n", stderr);
        return 1;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Scan this within two minutes:\n%s\n", uri);
    while (covey_transport_run(transport, 60000) == COVEY_OK) {
        if (atomic_exchange(&pressed, false)) {
            check(covey_device_confirm(watch, covey_transport_now(transport)));
        }
    }
    return 1;
}
