/*
 * A fix with the engine around it: the watch sends it, a phone takes it and
 * saves that it has.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "bare.h"
#include "circle.h"

typedef struct {
    circle *circle;
    const circle_state *from;
    bare_plan limit;
    circle_saves saves; /* of one run */
    size_t request_len; /* of the request that was made, if one was */
} engine_state;

void engine_send_begin(engine_state *state, circle *c);
void engine_spare_begin(engine_state *state, circle *c); /* with a reserve */
void engine_take_begin(engine_state *state, circle *c);
void engine_save_begin(engine_state *state, circle *c);
void engine_end(engine_state *state);

void engine_prepare(void *ctx);
void engine_send_run(void *ctx); /* covey_device_send, then the request */
void engine_take_run(void *ctx); /* the answer, then its events */
void engine_save_run(void *ctx); /* the next request, which saves */

#endif
