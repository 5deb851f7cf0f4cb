#include "engine.h"

#include <covey/error.h>

#include "limit_of_fix.h"

void engine_prepare(void *ctx)
{
    const engine_state *state = ctx;

    circle_restore(state->from);
}

static void begin(engine_state *state, circle *c, const circle_state *from,
                  void (*run)(void *ctx))
{
    memset(state, 0, sizeof *state);
    state->circle = c;
    state->from = from;
    engine_prepare(state);
    (void)circle_take_saves();
    run(state);
    state->saves = circle_take_saves();
}

void engine_end(engine_state *state)
{
    bare_free(&state->limit);
}

static void request(engine_state *state, test_device *who, uint64_t later_ms)
{
    static uint8_t room[1 << 17];
    covey_buffer out = {room, sizeof room, 0};
    covey_now now = state->circle->now;
    covey_request made;

    now.utc_ms += (int64_t)later_ms;
    now.mono_ms += later_ms;
    circle_must(covey_device_next_request(who->device, now, &out, &made) ==
                        COVEY_OK &&
                    made.body.len != 0,
                "no request is made");
    state->request_len = made.body.len;
}

void engine_send_run(void *ctx)
{
    engine_state *state = ctx;
    circle *c = state->circle;
    const covey_fix fix = circle_fix(c);
    const covey_content content = {.kind = COVEY_CONTENT_LOCATION,
                                   .of.location = {.fixes = &fix,
                                                   .num_fixes = 1}};

    circle_must(covey_device_send(c->watch->device, c->now, &content, NULL) ==
                    COVEY_OK,
                "a fix is refused");
    request(state, c->watch, 0);
}

static void send_begin(engine_state *state, circle *c, const circle_state *from)
{
    begin(state, c, from, engine_send_run);
    limit_message_out(&state->limit, c->watch->device->group, c->payload_len,
                      COVEY_BLOB_MIN);
    bare_add(&state->limit, BARE_HASH, COVEY_BLOB_MIN);
    limit_saves(&state->limit, &state->saves);
    limit_request(&state->limit, 1);
    bare_prepare(&state->limit);
}

void engine_send_begin(engine_state *state, circle *c)
{
    send_begin(state, c, &c->before_send);
}

void engine_spare_begin(engine_state *state, circle *c)
{
    send_begin(state, c, &c->before_spare);
}

void engine_take_run(void *ctx)
{
    const engine_state *state = ctx;
    const circle *c = state->circle;
    bool found = false;
    covey_event event;

    circle_must(covey_device_input(c->phone->device, c->now, c->request,
                                   c->answer) == COVEY_OK,
                "an answer is refused");
    do {
        circle_must(covey_device_next_event(c->phone->device, c->now, &event) ==
                        COVEY_OK,
                    "an event fails");
        found = found || event.kind == COVEY_EVENT_PAYLOAD;
    } while (event.kind != COVEY_EVENT_NONE);
    circle_must(found, "the fix is not told");
}

void engine_take_begin(engine_state *state, circle *c)
{
    begin(state, c, &c->before_take, engine_take_run);
    limit_message_in(&state->limit, c->phone->device->group, c->payload_len,
                     COVEY_BLOB_MIN);
    limit_entry(&state->limit, COVEY_BLOB_MIN);
    bare_prepare(&state->limit);
}

void engine_save_run(void *ctx)
{
    engine_state *state = ctx;

    request(state, state->circle->phone, 60000);
}

void engine_save_begin(engine_state *state, circle *c)
{
    begin(state, c, &c->before_save, engine_save_run);
    limit_saves(&state->limit, &state->saves);
    limit_request(&state->limit, 0);
    bare_prepare(&state->limit);
}
