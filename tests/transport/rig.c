#include "rig.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "server.h"

uint64_t rig_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

rig *rig_new(void)
{
    rig *r = calloc(1, sizeof *r);

    cr_assert_not_null(r);
    r->device.deadline = COVEY_NO_DEADLINE;
    return r;
}

static covey_now still(void *ctx)
{
    return ((const rig *)ctx)->now;
}

covey_transport_config rig_config(void)
{
    return (covey_transport_config){.plain_loopback = true};
}

covey_transport_config rig_still_config(rig *r)
{
    r->now = (covey_now){1700000000000, 5000000};
    return (covey_transport_config){.plain_loopback = true,
                                    .now = still,
                                    .now_ctx = r};
}

/* ---- what the host hears ---- */

static void on_event(void *ctx, covey_device *device, const covey_event *event)
{
    rig *r = ctx;

    cr_assert_eq(device, &r->device);
    cr_assert_eq(event->kind, COVEY_EVENT_EPOCH);
    r->num_events++;
    cr_assert_eq(covey_transport_run(r->transport, 0), COVEY_ERR_STATE);
    if (r->leaves_at_event) {
        covey_transport_remove(r->transport, device);
        device->is_closed = true;
    }
}

static void on_error(void *ctx, covey_device *device, int error)
{
    rig *r = ctx;

    cr_assert_eq(device, &r->device);
    r->num_errors++;
    r->error = error;
}

static void on_outcome(void *ctx, covey_device *device,
                       covey_transport_outcome outcome, int status)
{
    rig *r = ctx;

    cr_assert_eq(device, &r->device);
    r->num_outcomes++;
    r->outcome = outcome;
    r->status = status;
    if (r->leaves_at_outcome) {
        covey_transport_remove(r->transport, device);
        device->is_closed = true;
    }
}

/* ---- running ---- */

void rig_join(rig *r, covey_transport *transport)
{
    const covey_transport_callbacks callbacks = {.ctx = r,
                                                 .on_event = on_event,
                                                 .on_error = on_error,
                                                 .on_outcome = on_outcome};

    r->transport = transport;
    cr_assert_eq(covey_transport_add(transport, &r->device, &callbacks),
                 COVEY_OK);
    cr_assert_eq(covey_transport_add(transport, &r->device, &callbacks),
                 COVEY_ERR_STATE);
}

void rig_start(rig *r, const covey_transport_config *config)
{
    covey_transport *transport = NULL;

    cr_assert_eq(covey_transport_new(&transport, config), COVEY_OK);
    rig_join(r, transport);
}

void rig_stop(rig *r)
{
    covey_transport_free(r->transport);
    cr_assert_eq(fake_on_their_way(&r->device), 0,
                 "a request was never said to have ended");
    free(r);
}

bool rig_run(rig *r, size_t num_ended, unsigned timeout_ms)
{
    uint64_t end = rig_ms() + timeout_ms;

    while (r->device.num_answered + r->device.num_failed < num_ended) {
        uint64_t now = rig_ms();
        if (now >= end) return false;
        cr_assert_eq(covey_transport_run(r->transport, (uint32_t)(end - now)),
                     COVEY_OK);
    }
    return true;
}

void rig_run_until(rig *r, const char *line)
{
    uint64_t end = rig_ms() + 20000;

    while (!server_says(line, 0)) {
        cr_assert(rig_ms() < end, "the server never said: %s", line);
        cr_assert_eq(covey_transport_run(r->transport, 20), COVEY_OK);
    }
}

void rig_run_for(rig *r, unsigned ms)
{
    uint64_t end = rig_ms() + ms;

    for (uint64_t now = rig_ms(); now < end; now = rig_ms()) {
        cr_assert_eq(covey_transport_run(r->transport, (uint32_t)(end - now)),
                     COVEY_OK);
    }
}

covey_transport_outcome rig_outcome(rig *r, const char *relay)
{
    size_t ended = r->device.num_answered + r->device.num_failed;

    (void)fake_ask(&r->device, relay, 1);
    cr_assert(rig_run(r, ended + 1, 20000), "no outcome: %s", relay);
    cr_assert_eq(r->num_outcomes, ended + 1, "the host was not told");
    return r->outcome;
}
