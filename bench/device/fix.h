/*
 * A fix without the engine around it: encode, protect and pack; open,
 * unprotect and decode.
 */
#ifndef BENCH_FIX_H
#define BENCH_FIX_H

#include "bare.h"
#include "circle.h"

typedef struct {
    circle *circle;
    covey_mls_group *group; /* of who does it, restored before each run */
    covey_mls_group *kept;
    bare_plan limit;
    covey_buffer payload;
    covey_buffer message;
    covey_buffer scratch;
    covey_buffer blob;
} fix_state;

void fix_out_begin(fix_state *state, circle *c);
void fix_in_begin(fix_state *state, circle *c);
void fix_end(fix_state *state);

void fix_prepare(void *ctx);
void fix_out_run(void *ctx);
void fix_in_run(void *ctx);

#endif
