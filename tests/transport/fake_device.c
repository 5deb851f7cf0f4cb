#include "fake_device.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Ids tell the devices' requests from numbers and from each other's. */
#define FIRST_ID 0x1234u

fake_request *fake_ask(covey_device *device, const char *relay,
                       unsigned mailbox)
{
    cr_assert(device->num_queued < FAKE_QUEUE);
    fake_request *request = &device->queue[device->num_queued++];
    *request =
        (fake_request){.mailbox = mailbox, .len = 200, .answer_max = 1000};
    snprintf(request->relay, sizeof request->relay, "%s", relay);
    return request;
}

void fake_body(uint8_t *out, const covey_device *device, size_t at)
{
    const fake_request *request = &device->queue[at];

    for (size_t i = 0; i < request->len; i++) {
        out[i] = (uint8_t)(i * 7 + at * 31);
    }
    /* As every request begins: its mailbox. */
    memset(out, 0, 34);
    out[0] = 0x0a;
    out[1] = 32;
    memcpy(out + 2, &request->mailbox, sizeof request->mailbox);
    if (request->wait_ms != 0) memcpy(out + request->len - 4, "wait", 4);
}

size_t fake_on_their_way(const covey_device *device)
{
    size_t num = 0;

    for (size_t i = 0; i < device->num_given; i++) {
        if (device->ended[i] == FAKE_ON_ITS_WAY) num++;
    }
    return num;
}

/* ---- the engine's functions, as the transport calls them ---- */

size_t covey_device_request_size(void)
{
    return FAKE_BODY_MAX;
}

uint64_t covey_device_deadline(const covey_device *device)
{
    cr_assert(!device->is_closed);
    return device->num_given < device->num_queued ? 0 : device->deadline;
}

int covey_device_next_event(covey_device *device, covey_now now,
                            covey_event *event)
{
    (void)now;
    cr_assert(!device->is_closed);
    device->num_asked++;
    if (device->event_error != COVEY_OK) return device->event_error;
    *event = (covey_event){.kind = COVEY_EVENT_NONE};
    if (device->events != 0) {
        device->events--;
        event->kind = COVEY_EVENT_EPOCH;
    }
    return COVEY_OK;
}

int covey_device_next_request(covey_device *device, covey_now now,
                              covey_buffer *out, covey_request *request)
{
    size_t at = device->num_given;

    (void)now;
    cr_assert(!device->is_closed);
    *request = (covey_request){0};
    if (device->request_error != COVEY_OK) return device->request_error;
    if (at == device->num_queued) return COVEY_OK;
    const fake_request *next = &device->queue[at];
    cr_assert(out->cap >= covey_device_request_size());
    cr_assert(fake_on_their_way(device) < COVEY_DEVICE_REQUESTS);
    fake_body(out->at, device, at);
    out->len = next->len;
    request->id = FIRST_ID + (uint32_t)at;
    memcpy(request->relay, next->relay, sizeof request->relay);
    request->body = (covey_bytes){out->at, next->len};
    request->wait_ms = next->wait_ms;
    request->answer_max = next->answer_max;
    device->num_given++;
    if (fake_on_their_way(device) > device->most_at_once) {
        device->most_at_once = fake_on_their_way(device);
    }
    return COVEY_OK;
}

/* Each request ends once. */
static void end(covey_device *device, uint32_t id, fake_end how)
{
    size_t at = id - FIRST_ID;

    cr_assert(!device->is_closed);
    cr_assert(at < device->num_given, "no such request: %u", id);
    cr_assert_eq(device->ended[at], FAKE_ON_ITS_WAY, "request %zu ends twice",
                 at);
    device->ended[at] = how;
}

int covey_device_input(covey_device *device, covey_now now, uint32_t id,
                       covey_bytes answer)
{
    (void)now;
    end(device, id, FAKE_ANSWERED);
    cr_assert(answer.len <= device->queue[id - FIRST_ID].answer_max);
    device->num_answered++;
    memcpy(device->answer, answer.at, answer.len);
    device->answer_len = answer.len;
    device->events++;
    return device->input_error;
}

void covey_device_failed(covey_device *device, covey_now now, uint32_t id)
{
    (void)now;
    end(device, id, FAKE_FAILED);
    device->num_failed++;
    device->events++;
}

bool covey_device_interrupts(const covey_device *device, uint32_t id)
{
    size_t at = id - FIRST_ID;

    cr_assert(!device->is_closed);
    cr_assert(at < device->num_given && device->ended[at] == FAKE_ON_ITS_WAY);
    return device->interrupts;
}
