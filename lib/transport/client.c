#include "transport/client.h"

#include <stdlib.h>

#include <covey/error.h>

/* After a call on the device that failed: the host's storage, as a rule. */
#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS 60000

/* A line that was not used for so long closes its connection; a mailbox that
 * has moved away is not connected for longer. */
#define LINE_REST_MS 120000

/* libcurl's clock stands still while the system sleeps. This much later than
 * its own limit, a request is ended here. */
#define OVERDUE_MS 2000

static covey_now now_of(const covey_carrier *carrier)
{
    return carrier->now(carrier->now_ctx);
}

/* ---- beginning and end ---- */

covey_client *covey_client_new(covey_device *device,
                               const covey_transport_callbacks *callbacks)
{
    covey_client *client = calloc(1, sizeof *client);

    if (client == NULL) return NULL;
    client->device = device;
    client->callbacks = *callbacks;
    client->spare = malloc(covey_device_request_size());
    bool ok = client->spare != NULL;
    for (size_t i = 0; i < COVEY_DEVICE_REQUESTS; i++) {
        ok = covey_line_init(&client->lines[i], client) && ok;
    }
    if (!ok) {
        covey_client_free(client, NULL);
        client = NULL;
    }
    return client;
}

void covey_client_leave(covey_client *client, covey_carrier *carrier)
{
    covey_now now = now_of(carrier);

    client->is_gone = true;
    for (size_t i = 0; i < COVEY_DEVICE_REQUESTS; i++) {
        covey_line *line = &client->lines[i];
        if (!line->is_busy) continue;
        covey_line_end(line, carrier->multi, now.mono_ms);
        covey_device_failed(client->device, now, line->request.id);
    }
}

void covey_client_free(covey_client *client, covey_carrier *carrier)
{
    for (size_t i = 0; i < COVEY_DEVICE_REQUESTS; i++) {
        covey_line_free(&client->lines[i],
                        carrier != NULL ? carrier->multi : NULL);
    }
    free(client->spare);
    free(client);
}

/* ---- what the host hears ---- */

static void report(const covey_client *client, covey_transport_outcome outcome,
                   int status)
{
    if (client->callbacks.on_outcome == NULL) return;
    client->callbacks.on_outcome(client->callbacks.ctx, client->device, outcome,
                                 status);
}

/* A call on the device failed. Trying at once would keep failing. */
static void hold_off(covey_client *client, covey_carrier *carrier, int err)
{
    uint32_t last = client->pause_ms;

    client->pause_ms = last == 0                 ? PAUSE_FIRST_MS
                       : last < PAUSE_MAX_MS / 2 ? last * 2
                                                 : PAUSE_MAX_MS;
    client->paused_until = now_of(carrier).mono_ms + client->pause_ms;
    carrier->came = true;
    if (client->callbacks.on_error == NULL) return;
    client->callbacks.on_error(client->callbacks.ctx, client->device, err);
}

/* False: the device cannot go on for now. */
static bool hand_out_events(covey_client *client, covey_carrier *carrier)
{
    while (!client->is_gone) {
        covey_event event = {0};
        int err =
            covey_device_next_event(client->device, now_of(carrier), &event);
        if (err != COVEY_OK) {
            hold_off(client, carrier, err);
            return false;
        }
        if (event.kind == COVEY_EVENT_NONE) return true;
        carrier->came = true;
        client->callbacks.on_event(client->callbacks.ctx, client->device,
                                   &event);
    }
    return false;
}

/* ---- how a request ends ---- */

static void fail(covey_client *client, covey_carrier *carrier, uint32_t id,
                 covey_transport_outcome outcome, int status)
{
    carrier->came = true;
    covey_device_failed(client->device, now_of(carrier), id);
    report(client, outcome, status);
}

void covey_client_finish(covey_client *client, covey_carrier *carrier,
                         covey_line *line, CURLcode result)
{
    covey_now now = now_of(carrier);
    uint32_t id = line->request.id;
    int status = 0;
    covey_transport_outcome outcome = covey_line_outcome(line, result, &status);

    carrier->came = true;
    covey_line_end(line, carrier->multi, now.mono_ms);
    if (outcome != COVEY_TRANSPORT_ANSWERED) {
        fail(client, carrier, id, outcome, status);
        return;
    }
    int err =
        covey_device_input(client->device, now, id,
                           (covey_bytes){line->answer.at, line->answer.len});
    if (err == COVEY_OK) {
        report(client, outcome, status);
    } else if (err == COVEY_ERR_MALFORMED) {
        /* The device counts it as failed itself. */
        report(client, COVEY_TRANSPORT_GARBAGE, status);
    } else {
        hold_off(client, carrier, err);
    }
}

/* Ends a request before its time. */
static void end_early(covey_client *client, covey_carrier *carrier,
                      covey_line *line, covey_transport_outcome outcome)
{
    covey_line_end(line, carrier->multi, now_of(carrier).mono_ms);
    fail(client, carrier, line->request.id, outcome, 0);
}

/* Long polls in the way of something to send, and what the system slept
 * through. */
static void look_after_lines(covey_client *client, covey_carrier *carrier)
{
    uint64_t now_ms = now_of(carrier).mono_ms;

    for (size_t i = 0; i < COVEY_DEVICE_REQUESTS && !client->is_gone; i++) {
        covey_line *line = &client->lines[i];
        if (!line->is_busy) {
            if (line->easy != NULL && now_ms > line->used_ms + LINE_REST_MS) {
                covey_line_close(line);
            }
        } else if (line->request.wait_ms != 0 &&
                   covey_device_interrupts(client->device, line->request.id)) {
            end_early(client, carrier, line, COVEY_TRANSPORT_GIVEN_UP);
        } else if (now_ms > line->begun_ms + line->limit_ms + OVERDUE_MS) {
            end_early(client, carrier, line, COVEY_TRANSPORT_TIMEOUT);
        }
    }
}

/* ---- how a request begins ---- */

/* The mailbox's own line, else the one that rests longest. NULL: all are
 * busy. */
static covey_line *line_for(covey_client *client, const covey_request *request)
{
    covey_line *found = NULL;

    for (size_t i = 0; i < COVEY_DEVICE_REQUESTS; i++) {
        covey_line *line = &client->lines[i];
        if (line->is_busy) continue;
        if (request != NULL && covey_line_is_of(line, request)) return line;
        if (found == NULL || line->used_ms < found->used_ms) found = line;
    }
    return found;
}

static void send_requests(covey_client *client, covey_carrier *carrier)
{
    while (!client->is_gone && line_for(client, NULL) != NULL) {
        covey_now now = now_of(carrier);
        covey_buffer out = {client->spare, covey_device_request_size(), 0};
        covey_request request = {0};
        int err =
            covey_device_next_request(client->device, now, &out, &request);
        if (err != COVEY_OK) {
            hold_off(client, carrier, err);
            return;
        }
        client->pause_ms = 0;
        if (request.body.len == 0) return;
        covey_transport_outcome outcome =
            covey_line_begin(line_for(client, &request), carrier->multi,
                             &carrier->settings, &request, &client->spare,
                             now.mono_ms);
        if (outcome != COVEY_TRANSPORT_ANSWERED) {
            fail(client, carrier, request.id, outcome, 0);
        }
    }
}

void covey_client_serve(covey_client *client, covey_carrier *carrier)
{
    if (client->is_gone || now_of(carrier).mono_ms < client->paused_until) {
        return;
    }
    if (!hand_out_events(client, carrier)) return;
    look_after_lines(client, carrier);
    send_requests(client, carrier);
}

uint64_t covey_client_deadline(const covey_client *client)
{
    uint64_t at = covey_device_deadline(client->device);

    return at > client->paused_until ? at : client->paused_until;
}
