#include "operations.h"

#include <stdio.h>
#include <stdlib.h>

#include "limit.h"

#define DATA_SIZE 100

static const uint8_t data[DATA_SIZE] = {1};

/* ---- beginning and ending ---- */

static void free_buffers(operation_state *state)
{
    covey_buffer *const buffers[] = {&state->saved,   &state->saved_joiner,
                                     &state->package, &state->commit,
                                     &state->welcome, &state->message,
                                     &state->out[0],  &state->out[1]};

    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        free(buffers[i]->at);
    }
}

void operation_begin(operation_state *state, const operation *op,
                     size_t members, family_shape shape)
{
    size_t large = covey_mls_welcome_size() > covey_mls_saved_size()
                       ? covey_mls_welcome_size()
                       : covey_mls_saved_size();

    memset(state, 0, sizeof *state);
    state->shape = shape;
    state->members = members;
    state->saved = family_buffer(covey_mls_saved_size());
    state->saved_joiner = family_buffer(covey_mls_joiner_size());
    state->package = family_buffer(covey_mls_key_package_size());
    state->commit = family_buffer(covey_mls_message_size());
    state->welcome = family_buffer(covey_mls_welcome_size());
    state->message = family_buffer(covey_mls_message_size());
    for (size_t i = 0; i < 2; i++) state->out[i] = family_buffer(large);
    state->work = family_device_new();
    family_make(&state->f, members - (op->adds ? 1 : 0), shape);
    op->setup(state);
    bare_prepare(&state->limit);
}

void operation_end(operation_state *state)
{
    bare_free(&state->limit);
    family_free(&state->f);
    family_device_free(&state->work);
    free_buffers(state);
}

/* ---- how runs are prepared ---- */

static void nothing(void *ctx)
{
    (void)ctx;
}

static void empty(void *ctx)
{
    operation_state *state = ctx;

    family_device_wipe(&state->work);
}

static void reload(void *ctx)
{
    operation_state *state = ctx;

    family_device_wipe(&state->work);
    family_load(&state->work, family_view(&state->saved));
}

static void reload_joiner(void *ctx)
{
    operation_state *state = ctx;

    family_device_wipe(&state->work);
    if (covey_mls_joiner_load(state->work.joiner,
                              family_view(&state->saved_joiner)) != COVEY_OK) {
        abort();
    }
}

/* The work device goes on from where this member stands. */
static void start_from(operation_state *state, size_t member)
{
    family_save(&state->f.devices[member], &state->saved);
    reload(state);
}

/* ---- key package ---- */

static void run_key_package(void *ctx)
{
    operation_state *state = ctx;

    family_key_package(&state->work, state->members, &state->out[0]);
}

static void setup_key_package(operation_state *state)
{
    family_key_package(&state->work, state->members, &state->package);
    limit_key_package(&state->limit, family_view(&state->package));
}

/* ---- commits ---- */

/* What the limits need to know of the commit that the work device made; its
 * present epoch is the one after it. */
static limit_commit describe(const operation_state *state)
{
    const covey_epoch *epoch = &state->work.group->epoch;
    covey_writer w = covey_writer_counting();

    covey_write_group_context(&w, &epoch->context);
    return (limit_commit){
        .tree = &epoch->tree,
        .width_before = state->f.devices[0].group->epoch.tree.width,
        .context_len = w.len,
        .committer = {0},
        .message = family_view(&state->commit),
        .key_package = family_view(&state->package),
        .added = {(uint32_t)state->members - 1},
        .welcome = family_view(&state->welcome),
    };
}

static void setup_commit(operation_state *state)
{
    start_from(state, 0);
    family_commit(&state->work, NULL, &state->commit, NULL);

    const limit_commit commit = describe(state);
    limit_make_commit(&state->limit, &commit);
}

static void run_commit(void *ctx)
{
    operation_state *state = ctx;

    family_commit(&state->work, NULL, &state->out[0], NULL);
}

/* Half of the members share one renewed node with a committer, a quarter
 * two, and so on: two on the average, as this one. */
static size_t receiver(const operation_state *state)
{
    return state->members <= 2 ? state->members - 1 : state->members / 2 - 1;
}

static void setup_process(operation_state *state)
{
    start_from(state, 0);
    family_commit(&state->work, NULL, &state->commit, NULL);

    const limit_commit commit = describe(state);
    limit_process_commit(&state->limit, &commit,
                         (covey_leaf_index){(uint32_t)receiver(state)});
    start_from(state, receiver(state));
}

static void run_process(void *ctx)
{
    operation_state *state = ctx;

    family_process(&state->work, family_view(&state->commit));
}

/* ---- adding and joining ---- */

static void commit_add(operation_state *state)
{
    family_device newcomer = family_device_new();

    family_key_package(&newcomer, state->members - 1, &state->package);
    if (covey_mls_joiner_save(newcomer.joiner, &state->saved_joiner) !=
        COVEY_OK) {
        abort();
    }
    family_device_free(&newcomer);
    start_from(state, 0);

    const covey_bytes package = family_view(&state->package);
    family_commit(&state->work, &package, &state->commit, &state->welcome);
}

static void setup_add(operation_state *state)
{
    commit_add(state);

    const limit_commit commit = describe(state);
    limit_make_commit(&state->limit, &commit);
}

static void run_add(void *ctx)
{
    operation_state *state = ctx;
    const covey_bytes package = family_view(&state->package);

    family_commit(&state->work, &package, &state->out[0], &state->out[1]);
}

static void setup_join(operation_state *state)
{
    commit_add(state);

    const limit_commit commit = describe(state);
    limit_join(&state->limit, &commit);
}

static void run_join(void *ctx)
{
    operation_state *state = ctx;

    family_join(&state->work, family_view(&state->welcome));
}

/* ---- messages ---- */

/* Member 1 sends, the last one receives: in a group of two, member 0. */
static family_device *sender(operation_state *state)
{
    return &state->f.devices[1];
}

static size_t reader(const operation_state *state)
{
    return state->members == 2 ? 0 : state->members - 1;
}

static void send_message(operation_state *state, covey_buffer *out)
{
    family_protect(sender(state), covey_bytes_of(data, sizeof data), out);
}

static void setup_protect(operation_state *state)
{
    send_message(state, &state->message);
    limit_protect(&state->limit, &state->f.devices[1].group->epoch,
                  family_view(&state->message), false);
}

static void run_protect(void *ctx)
{
    operation_state *state = ctx;

    send_message(state, &state->out[0]);
}

static void setup_unprotect(operation_state *state)
{
    start_from(state, reader(state));
    send_message(state, &state->message);
    family_unprotect(&state->work, family_view(&state->message));
    limit_unprotect(&state->limit, &state->work.group->epoch,
                    family_view(&state->message), false);
}

static void next_message(void *ctx)
{
    operation_state *state = ctx;

    send_message(state, &state->message);
}

static void run_unprotect(void *ctx)
{
    operation_state *state = ctx;

    family_unprotect(&state->work, family_view(&state->message));
}

static void setup_first_protect(operation_state *state)
{
    start_from(state, 1);
    family_protect(&state->work, covey_bytes_of(data, sizeof data),
                   &state->message);
    limit_protect(&state->limit, &state->work.group->epoch,
                  family_view(&state->message), true);
}

static void run_first_protect(void *ctx)
{
    operation_state *state = ctx;

    family_protect(&state->work, covey_bytes_of(data, sizeof data),
                   &state->out[0]);
}

static void setup_first_unprotect(operation_state *state)
{
    start_from(state, reader(state));
    send_message(state, &state->message);
    limit_unprotect(&state->limit, &state->work.group->epoch,
                    family_view(&state->message), true);
}

/* ---- keeping ---- */

static void setup_keeping(operation_state *state)
{
    start_from(state, 0);
}

static void run_save(void *ctx)
{
    operation_state *state = ctx;

    family_save(&state->work, &state->out[0]);
}

static void run_load(void *ctx)
{
    operation_state *state = ctx;

    family_load(&state->work, family_view(&state->saved));
}

const operation operations[NUM_OPERATIONS] = {
    {"key package", 1.5, false, false, setup_key_package, empty,
     run_key_package},
    {"commit", 1.5, true, false, setup_commit, reload, run_commit},
    {"process commit", 1.5, true, false, setup_process, reload, run_process},
    {"add + welcome", 1.5, true, true, setup_add, reload, run_add},
    {"join", 1.5, true, true, setup_join, reload_joiner, run_join},
    {"protect", 1.3, false, false, setup_protect, nothing, run_protect},
    {"unprotect", 1.3, false, false, setup_unprotect, next_message,
     run_unprotect},
    {"first protect", 1.3, false, false, setup_first_protect, reload,
     run_first_protect},
    {"first unprotect", 1.3, false, false, setup_first_unprotect, reload,
     run_unprotect},
    {"save", 0, false, false, setup_keeping, reload, run_save},
    {"load", 0, false, false, setup_keeping, empty, run_load},
};

/* ---- bytes ---- */

operation_bytes operation_bytes_of(size_t members, family_shape shape)
{
    static const operation refresh = {.setup = setup_commit};
    static const operation add = {.adds = true, .setup = setup_add};
    static operation_state state;
    operation_bytes bytes;

    operation_begin(&state, &refresh, members, shape);
    send_message(&state, &state.message);
    bytes = (operation_bytes){
        .commit = state.commit.len,
        .message = state.message.len,
        .saved = state.saved.len,
    };
    operation_end(&state);

    operation_begin(&state, &add, members, shape);
    bytes.key_package = state.package.len;
    bytes.add = state.commit.len;
    bytes.welcome = state.welcome.len;
    operation_end(&state);
    return bytes;
}
