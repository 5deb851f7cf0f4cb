/*
 * The operations, each set up for a number of members and a shape of tree.
 */
#ifndef BENCH_OPERATIONS_H
#define BENCH_OPERATIONS_H

#include "family.h"
#include "measure.h"

typedef struct {
    family_shape shape;
    size_t members; /* with the newcomer, where there is one */
    family f;
    family_device work; /* what is measured happens to this one */
    covey_buffer saved; /* what it starts from */
    covey_buffer saved_joiner;
    covey_buffer package;
    covey_buffer commit;
    covey_buffer welcome;
    covey_buffer message;
    covey_buffer out[2]; /* what a measured call writes */
    bare_plan limit;
} operation_state;

typedef struct {
    const char *name;
    double aim;           /* times the limit; 0: none */
    bool depends_on_tree; /* worth measuring on a fresh tree too */
    bool adds;            /* the group is one smaller before it */
    void (*setup)(operation_state *state);
    void (*prepare)(void *state);
    void (*run)(void *state);
} operation;

#define NUM_OPERATIONS 11
extern const operation operations[NUM_OPERATIONS];

void operation_begin(operation_state *state, const operation *op,
                     size_t members, family_shape shape);
void operation_end(operation_state *state);

/* Lengths of what goes over the air and into storage. */
typedef struct {
    size_t key_package;
    size_t commit; /* a key refresh */
    size_t add;    /* a commit that adds one */
    size_t welcome;
    size_t message; /* of 100 bytes of data */
    size_t saved;
} operation_bytes;

operation_bytes operation_bytes_of(size_t members, family_shape shape);

#endif
