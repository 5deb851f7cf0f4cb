#include <stdio.h>
#include <stdlib.h>

#include "desk_inside.h"
#include "file_store.h"

covey_now desk_now(const desk *d)
{
    return covey_transport_now(d->transport);
}

static void on_error(void *ctx, covey_device *device, int error)
{
    desk *d = ctx;

    (void)device;
    d->error = error;
}

static void on_outcome(void *ctx, covey_device *device,
                       covey_transport_outcome outcome, int http_status)
{
    desk *d = ctx;

    (void)device;
    d->is_dirty = true;
    if (outcome == COVEY_TRANSPORT_GIVEN_UP) return;
    d->trouble.outcome = outcome;
    d->trouble.http_status = http_status;
    if (outcome == COVEY_TRANSPORT_ANSWERED) {
        d->has_answered = true;
        d->num_answers++;
        d->num_failed = 0;
    } else {
        d->num_failed++;
    }
}

static const char *hint_of(int err)
{
    switch (err) {
    case COVEY_ERR_AUTH:
        return "host.key is not the one that it was stored with, or a file was "
               "altered";
    case COVEY_ERR_ROLLBACK:
        return "an older copy was put back: begin anew, and let a guardian "
               "remove the old device";
    case COVEY_ERR_MALFORMED:
    case COVEY_ERR_CAPACITY:
        return "another version of covey stored it: use that one";
    default: return "is the disk full, or read-only?";
    }
}

static bool open_device(desk *d, complaint *error)
{
    size_t size = covey_device_size(true);
    const covey_device_config config = {.port = file_store_port(d->store),
                                        .host_key = d->home.host_key,
                                        .poll_ms = d->options.poll_ms,
                                        .wait_ms = d->options.wait_ms};

    d->memory = calloc(1, size);
    d->device = d->memory != NULL ? covey_device_at(d->memory, size) : NULL;
    if (d->device == NULL) return complain(error, "no memory");
    int err = covey_device_open(d->device, &config, desk_now(d));
    if (err) {
        return complain(error, "%s does not open: %s; %s", d->home.path,
                        covey_error_text(err), hint_of(err));
    }
    return true;
}

static bool open_transport(desk *d, complaint *error)
{
    json_t *kept = history_get(d->rows, "settings");
    const covey_transport_config config = {
        .ca_file = json_string_value(json_object_get(kept, "ca_file")),
        .proxy = json_string_value(json_object_get(kept, "proxy")),
        .plain_loopback =
            json_is_true(json_object_get(kept, "plain_loopback"))};

    int err = covey_transport_new(&d->transport, &config);
    json_decref(kept);
    return !err || complain(error, "no transport: %s; is --ca-file readable?",
                            covey_error_text(err));
}

bool desk_start(desk *d, complaint *error)
{
    const covey_transport_callbacks callbacks = {.ctx = d,
                                                 .on_event = desk_on_event,
                                                 .on_error = on_error,
                                                 .on_outcome = on_outcome};

    d->store = file_store_open(d->home.path);
    if (d->store == NULL) {
        return complain(error,
                        "cannot use %s: is it writable, with a file "
                        "system that knows hard links and locks?",
                        d->home.path);
    }
    if (!open_transport(d, error) || !open_device(d, error)) return false;
    int err = covey_transport_add(d->transport, d->device, &callbacks);
    d->is_dirty = true;
    d->has_answered = false;
    d->num_failed = 0;
    d->trouble = (trouble){.outcome = COVEY_TRANSPORT_ANSWERED};
    return !err || complain(error, "%s", covey_error_text(err));
}

void desk_stop(desk *d)
{
    covey_transport_remove(d->transport, d->device);
    /* Nobody is to read from the files what was read and shown. */
    int err = covey_device_keep(d->device, desk_now(d));
    if (err != COVEY_OK && err != COVEY_ERR_STATE) {
        fprintf(stderr, "covey: cannot write to %s\n", d->home.path);
    }
    covey_device_close(d->device);
    covey_transport_free(d->transport);
    file_store_close(d->store);
    free(d->memory);
    d->device = NULL;
    d->memory = NULL;
}
