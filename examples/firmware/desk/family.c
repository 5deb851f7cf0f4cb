#include "family.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay.h"

enum { MESSAGE_SIZE = 1 << 18 };

void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "desk: FAILED: %s\n", what);
    exit(1);
}

static void ok(int err, const phone *p, const char *what)
{
    if (!err) return;
    fprintf(stderr, "desk: FAILED: %s: %s: %s\n", p->name, what,
            covey_error_name(err));
    exit(1);
}

/* ---- its host ---- */

static int fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    randombytes_buf(out, len);
    return 0;
}

static int load(void *ctx, uint32_t slot, uint8_t *out, size_t cap, size_t *len)
{
    const phone *p = ctx;

    *len = p->lens[slot];
    if (*len != 0 && *len <= cap) memcpy(out, p->records[slot], *len);
    return 0;
}

static int save(void *ctx, uint64_t version, const covey_record *records,
                size_t num_records)
{
    phone *p = ctx;

    if (version != p->version) return COVEY_PORT_CONFLICT;
    for (size_t i = 0; i < num_records; i++) {
        uint32_t slot = records[i].slot;
        size_t len = records[i].bytes.len;

        free(p->records[slot]);
        p->records[slot] = malloc(len + 1);
        must(p->records[slot] != NULL, "there is memory");
        if (len != 0) memcpy(p->records[slot], records[i].bytes.at, len);
        p->lens[slot] = len;
    }
    p->version++;
    return 0;
}

phone *family_phone(const char *name, covey_now now)
{
    static const uint8_t host_key[COVEY_STORE_HOST_KEY_SIZE] = {2};
    size_t size = covey_device_size(true);
    phone *p = calloc(1, sizeof *p);

    must(p != NULL, "there is memory");
    p->name = name;
    p->port =
        (covey_port){.ctx = p, .random = fill, .load = load, .save = save};
    p->device = covey_device_at(malloc(size), size);
    must(p->device != NULL, "there is memory");
    const covey_device_config config = {.port = &p->port, .host_key = host_key};
    ok(covey_device_open(p->device, &config, now), p, "open");
    return p;
}

/* ---- its user ---- */

static void acknowledge(phone *p, covey_now now, const covey_sos *sos)
{
    const covey_content content = {.kind = COVEY_CONTENT_SOS_ACK,
                                   .of.sos_ack = {.id = sos->id,
                                                  .by = COVEY_ACK_PERSON}};

    int err = covey_device_send(p->device, now, &content, NULL);

    /* A friend may not. */
    if (err != COVEY_ERR_PERMISSION) ok(err, p, "acknowledge");
}

static void on_payload(phone *p, covey_now now, const covey_payload *payload)
{
    covey_content_kind kind = payload->content.kind;

    if ((unsigned)kind < CONTENTS_MAX) p->num_heard[kind]++;
    if (kind == COVEY_CONTENT_SOS && !payload->content.of.sos.over) {
        const covey_sos sos = payload->content.of.sos;

        acknowledge(p, now, &sos);
    }
}

static void on_event(phone *p, covey_now now, const covey_event *event)
{
    if ((unsigned)event->kind < EVENTS_MAX) p->num_events[event->kind]++;
    switch (event->kind) {
    case COVEY_EVENT_PAYLOAD: on_payload(p, now, event->of.said.payload); break;
    case COVEY_EVENT_NOTICE:
        ok(covey_device_notice_shown(p->device, now, event->of.notice.token,
                                     true),
           p, "notice");
        break;
    case COVEY_EVENT_SHOW_DIGITS:
        memcpy(p->digits, event->of.digits, sizeof p->digits);
        break;
    case COVEY_EVENT_FAILED: ok(event->of.failed.error, p, "operation"); break;
    case COVEY_EVENT_FORKED:
    case COVEY_EVENT_LOCKED_OUT:
    case COVEY_EVENT_ROLLED_BACK: must(false, p->name); break;
    default: break;
    }
}

static void take_events(phone *p, covey_now now)
{
    covey_event event;

    do {
        ok(covey_device_next_event(p->device, now, &event), p, "event");
        on_event(p, now, &event);
    } while (event.kind != COVEY_EVENT_NONE);
}

void family_turn(phone *p, covey_now now)
{
    static uint8_t request_bytes[MESSAGE_SIZE], answer[MESSAGE_SIZE];
    covey_request request;

    do {
        covey_buffer out = {request_bytes, sizeof request_bytes, 0};

        take_events(p, now);
        ok(covey_device_next_request(p->device, now, &out, &request), p,
           "request");
        if (request.body.len == 0) break;
        size_t len = relay_answer(request.body, answer, sizeof answer);
        must(len <= request.answer_max, "the relay's answer is short enough");
        ok(covey_device_input(p->device, now, request.id,
                              (covey_bytes){answer, len}),
           p, "answer");
    } while (request.body.len != 0);
}

void family_join(phone *from, phone *newcomer, covey_role role, bool own_person,
                 covey_now (*turn)(unsigned seconds))
{
    char uri[COVEY_URI_SIZE];
    covey_now now = turn(1);

    ok(covey_device_invite(newcomer->device, role, "relay.test", 0, now, uri),
       newcomer, "invite");
    ok(covey_device_accept(from->device, uri, own_person, now), from, "accept");
    now = turn(30);
    ok(covey_device_enter_digits(from->device, newcomer->digits, now, NULL),
       from, "digits");
    ok(covey_device_confirm(newcomer->device, now), newcomer, "confirm");
    (void)turn(30);
    must(covey_device_state_of(newcomer->device) == COVEY_DEVICE_MEMBER,
         "the newcomer is a member");
    fprintf(stderr, "desk: %s has joined\n", newcomer->name);
}
