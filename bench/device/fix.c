#include "fix.h"

#include <covey/error.h>
#include <stdlib.h>

#include "device/log.h"
#include "limit_of_fix.h"
#include "relay/blob.h"

#define ROOM (1u << 16)

static covey_buffer buffer_of(size_t len)
{
    covey_buffer buffer = {malloc(len), len, 0};

    circle_must(buffer.at != NULL, "no memory");
    return buffer;
}

static void begin(fix_state *state, circle *c, const circle_state *from)
{
    memset(state, 0, sizeof *state);
    state->circle = c;
    circle_restore(from);
    state->group = from->device->device->group;
    state->kept = malloc(covey_mls_group_size());
    circle_must(state->kept != NULL, "no memory");
    memcpy(state->kept, state->group, covey_mls_group_size());
    state->payload = buffer_of(COVEY_CONTENT_SCRATCH_SIZE);
    state->message = buffer_of(ROOM);
    state->scratch = buffer_of(covey_mls_scratch_size());
    state->blob = buffer_of(ROOM);
}

void fix_end(fix_state *state)
{
    bare_free(&state->limit);
    free(state->kept);
    free(state->payload.at);
    free(state->message.at);
    free(state->scratch.at);
    free(state->blob.at);
}

void fix_prepare(void *ctx)
{
    const fix_state *state = ctx;

    memcpy(state->group, state->kept, covey_mls_group_size());
}

/* ---- out ---- */

void fix_out_run(void *ctx)
{
    fix_state *state = ctx;
    const covey_device *d = state->circle->watch->device;
    const covey_mls_framing framing = covey_blob_framing();
    const covey_fix fix = circle_fix(state->circle);
    const covey_payload payload = {
        .id = {100, 0},
        .sent_ms = state->circle->now.utc_ms,
        .seen = {.count = d->log.seen.count},
        .content = {.kind = COVEY_CONTENT_LOCATION,
                    .of.location = {.fixes = &fix, .num_fixes = 1}}};
    covey_writer w = covey_writer_of(state->blob.at, state->blob.cap);

    state->payload.len = 0;
    state->message.len = 0;
    int err = covey_payload_encode(&state->payload, &payload, &state->scratch);
    if (!err) {
        err = covey_mls_protect(state->group, &d->random,
                                covey_bytes_of(state->payload.at,
                                               state->payload.len),
                                &framing, &state->scratch, &state->message);
    }
    if (!err) {
        err = covey_blob_pack(
            &w, covey_bytes_of(state->message.at, state->message.len), NULL, 0);
    }
    state->blob.len = w.len;
    circle_must(!err && w.len == COVEY_BLOB_MIN, "a fix does not leave");
}

void fix_out_begin(fix_state *state, circle *c)
{
    begin(state, c, &c->before_send);
    fix_out_run(state);
    limit_message_out(&state->limit, state->group, state->payload.len,
                      state->blob.len);
    bare_prepare(&state->limit);
}

/* ---- in ---- */

void fix_in_run(void *ctx)
{
    fix_state *state = ctx;
    const covey_device *d = state->circle->phone->device;
    covey_writer w = covey_writer_of(state->message.at, state->message.cap);
    covey_mls_received received;
    covey_payload payload;
    covey_blob blob;

    int err = covey_blob_open(&blob, state->group, &d->log.handshake_key,
                              state->circle->blob, &w);
    if (!err) {
        err = covey_mls_unprotect(state->group, blob.message, &state->scratch,
                                  &received);
    }
    state->payload.len = 0;
    if (!err) {
        err = covey_payload_decode(&payload, received.data, &state->payload);
    }
    circle_must(!err && payload.content.kind == COVEY_CONTENT_LOCATION,
                "a fix does not arrive");
    state->blob.len = received.data.len;
}

void fix_in_begin(fix_state *state, circle *c)
{
    begin(state, c, &c->before_take);
    fix_in_run(state);
    limit_message_in(&state->limit, state->group, state->blob.len, c->blob.len);
    bare_prepare(&state->limit);
}
