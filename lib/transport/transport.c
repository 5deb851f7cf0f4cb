#include <covey/transport_curl.h>

#include <limits.h>
#include <stdlib.h>

#include <covey/error.h>

#include "transport/client.h"
#include "transport/clock.h"

/* A device that says it is due, and has just been served, is asked again after
 * this: nothing that it says makes the loop spin. */
#define BREATH_MS 10

/* So often at most what ended at once leads to something new, in one turn. */
#define ROUNDS_MAX 8u

struct covey_transport {
    covey_carrier carrier;
    covey_client *clients;
    bool is_running;
};

/* ---- beginning and end ---- */

static int set_up(covey_transport *transport,
                  const covey_transport_config *config)
{
    covey_carrier *carrier = &transport->carrier;
    int err = covey_transport_settings_of(&carrier->settings, config);

    if (err != COVEY_OK) return err;
    carrier->now = config->now != NULL ? config->now : covey_clock_now;
    carrier->now_ctx = config->now_ctx;
    carrier->multi = curl_multi_init();
    return carrier->multi != NULL ? COVEY_OK : COVEY_ERR_CAPACITY;
}

int covey_transport_new(covey_transport **transport,
                        const covey_transport_config *config)
{
    covey_transport *new = NULL;

    *transport = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return COVEY_ERR_CAPACITY;
    }
    new = calloc(1, sizeof *new);
    if (new == NULL) {
        curl_global_cleanup();
        return COVEY_ERR_CAPACITY;
    }
    int err = set_up(new, config);
    if (err != COVEY_OK) {
        covey_transport_free(new);
        return err;
    }
    *transport = new;
    return COVEY_OK;
}

/* Frees the clients that have left. */
static void sweep(covey_transport *transport)
{
    covey_client **at = &transport->clients;

    while (*at != NULL) {
        covey_client *client = *at;
        if (client->is_gone) {
            *at = client->next;
            covey_client_free(client, &transport->carrier);
        } else {
            at = &client->next;
        }
    }
}

void covey_transport_free(covey_transport *transport)
{
    if (transport == NULL) return;
    for (covey_client *c = transport->clients; c != NULL; c = c->next) {
        if (!c->is_gone) covey_client_leave(c, &transport->carrier);
    }
    sweep(transport);
    (void)curl_multi_cleanup(transport->carrier.multi);
    covey_transport_settings_free(&transport->carrier.settings);
    free(transport);
    curl_global_cleanup();
}

/* ---- the devices ---- */

static covey_client *client_of(const covey_transport *transport,
                               const covey_device *device)
{
    covey_client *client = transport->clients;

    while (client != NULL && (client->is_gone || client->device != device)) {
        client = client->next;
    }
    return client;
}

int covey_transport_add(covey_transport *transport, covey_device *device,
                        const covey_transport_callbacks *callbacks)
{
    covey_client *client = NULL;

    if (callbacks->on_event == NULL) return COVEY_ERR_ARGUMENT;
    if (client_of(transport, device) != NULL) return COVEY_ERR_STATE;
    client = covey_client_new(device, callbacks);
    if (client == NULL) return COVEY_ERR_CAPACITY;
    client->next = transport->clients;
    transport->clients = client;
    return COVEY_OK;
}

void covey_transport_remove(covey_transport *transport, covey_device *device)
{
    covey_client *client = client_of(transport, device);

    if (client == NULL) return;
    covey_client_leave(client, &transport->carrier);
    if (!transport->is_running) sweep(transport);
}

/* ---- a turn ---- */

static void serve_all(covey_transport *transport)
{
    for (covey_client *c = transport->clients; c != NULL; c = c->next) {
        covey_client_serve(c, &transport->carrier);
    }
}

/* Lets libcurl work, and takes what it has finished. False: it failed. */
static bool work(covey_transport *transport)
{
    covey_carrier *carrier = &transport->carrier;
    CURLMsg *message = NULL;
    int left = 0;

    if (curl_multi_perform(carrier->multi, &left) != CURLM_OK) return false;
    while ((message = curl_multi_info_read(carrier->multi, &left)) != NULL) {
        /* The message is gone when its handle is. */
        CURLcode result = message->data.result;
        covey_line *line = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &line);
        covey_client_finish(line->owner, carrier, line, result);
    }
    return true;
}

static int wait_ms(const covey_transport *transport, uint32_t timeout_ms)
{
    uint64_t now_ms = covey_transport_now(transport).mono_ms;
    uint64_t wait = timeout_ms;

    for (const covey_client *c = transport->clients; c != NULL; c = c->next) {
        uint64_t at = c->is_gone ? COVEY_NO_DEADLINE : covey_client_deadline(c);
        uint64_t left = at > now_ms ? at - now_ms : BREATH_MS;
        if (left < wait) wait = left;
    }
    return wait < INT_MAX ? (int)wait : INT_MAX;
}

/* What came, and what it brought about, until nothing comes: that may end at
 * once, as where nobody listens. */
static bool settle(covey_transport *transport, bool *came)
{
    covey_carrier *carrier = &transport->carrier;

    *came = false;
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        carrier->came = false;
        serve_all(transport);
        if (!work(transport)) return false;
        if (!carrier->came) break;
        *came = true;
    }
    return true;
}

/* All that there is, is gone before the host sleeps. */
static bool turn(covey_transport *transport, uint32_t timeout_ms)
{
    bool came = false;

    if (!settle(transport, &came)) return false;
    if (came) return true;
    int wait = wait_ms(transport, timeout_ms);
    return curl_multi_poll(transport->carrier.multi, NULL, 0, wait, NULL) ==
               CURLM_OK &&
           work(transport) && settle(transport, &came);
}

int covey_transport_run(covey_transport *transport, uint32_t timeout_ms)
{
    bool ok = false;

    if (transport->is_running) return COVEY_ERR_STATE;
    transport->is_running = true;
    ok = turn(transport, timeout_ms);
    transport->is_running = false;
    sweep(transport);
    return ok ? COVEY_OK : COVEY_ERR_PORT;
}

void covey_transport_wake(covey_transport *transport)
{
    (void)curl_multi_wakeup(transport->carrier.multi);
}

covey_now covey_transport_now(const covey_transport *transport)
{
    return transport->carrier.now(transport->carrier.now_ctx);
}
