#include "acts.h"

static const covey_bytes nothing;

/* What prepare leaves for run; each program runs one act at a time. */
static covey_bytes incoming;
static covey_bytes incoming_welcome;

static size_t pad(size_t len)
{
    return len < 512 ? 512 : len;
}

static const covey_mls_framing padded = {.pad = pad};
static const covey_mls_framing in_public = {.as_public = true};

/* ---- beginnings ---- */

static void empty_bob(family *f)
{
    covey_mls_group_wipe(f->devices[BOB].group);
}

static int run_joiner_new(family *f, const act_call *call)
{
    const covey_mls_member member = family_member(BOB);

    return covey_mls_joiner_new(f->devices[BOB].joiner, call->random, &member,
                                NULL, call->out);
}

static int run_group_create(family *f, const act_call *call)
{
    const covey_mls_member member = family_member(BOB);

    return covey_mls_group_create(f->devices[BOB].group, call->random, nothing,
                                  &member, NULL, nothing, NULL);
}

/* ---- proposals ---- */

static int propose(family *f, const act_call *call,
                   const covey_mls_change *change,
                   const covey_mls_framing *framing)
{
    covey_mls_ref ref;

    return covey_mls_propose(f->devices[BOB].group, call->random, change, NULL,
                             1500, framing, call->scratch, call->out, &ref);
}

static int run_propose_add(family *f, const act_call *call)
{
    const covey_mls_change change = family_add(f, DAVE);

    return propose(f, call, &change, &padded);
}

static int run_propose_update(family *f, const act_call *call)
{
    return propose(f, call, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                   NULL);
}

static int run_propose_update_in_public(family *f, const act_call *call)
{
    return propose(f, call, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                   &in_public);
}

static int run_propose_remove(family *f, const act_call *call)
{
    const covey_mls_change change = family_remove(f, CAROL);

    return propose(f, call, &change, NULL);
}

static int run_propose_psk(family *f, const act_call *call)
{
    const covey_mls_change change = family_use_psk(f);

    return propose(f, call, &change, NULL);
}

static int run_propose_policy(family *f, const act_call *call)
{
    const covey_mls_change change = family_set_policy();

    return propose(f, call, &change, NULL);
}

static void prepare_proposal(family *f)
{
    incoming =
        family_propose(f, ALICE, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                       NULL);
}

static int run_receive_proposal(family *f, const act_call *call)
{
    covey_mls_change_info info;

    return covey_mls_receive_proposal(f->devices[BOB].group, incoming,
                                      call->scratch, &info, NULL);
}

/* ---- commits ---- */

static int commit(family *f, const act_call *call,
                  covey_mls_commit_options *options)
{
    options->psks = &f->psk;
    options->num_psks = 1;
    return covey_mls_commit(f->devices[BOB].group, call->random, options,
                            f->devices[BOB].staged, call->scratch, call->out,
                            call->welcome);
}

static int run_commit_refresh(family *f, const act_call *call)
{
    covey_mls_commit_options options = {.framing = &padded};

    return commit(f, call, &options);
}

static int run_commit_in_public(family *f, const act_call *call)
{
    covey_mls_commit_options options = {.framing = &in_public};

    return commit(f, call, &options);
}

static int run_commit_add(family *f, const act_call *call)
{
    const covey_mls_change changes[] = {family_add(f, DAVE),
                                        family_add(f, EVE)};
    covey_mls_commit_options options = {.changes = changes, .num_changes = 2};

    return commit(f, call, &options);
}

static int run_commit_add_without_path(family *f, const act_call *call)
{
    const covey_mls_change change = family_add(f, DAVE);
    covey_mls_commit_options options = {.changes = &change,
                                        .num_changes = 1,
                                        .without_path = true};

    return commit(f, call, &options);
}

static int run_commit_much(family *f, const act_call *call)
{
    const covey_mls_change changes[] = {family_remove(f, CAROL),
                                        family_use_psk(f), family_set_policy(),
                                        family_add(f, EVE)};
    covey_mls_commit_options options = {.changes = changes, .num_changes = 4};

    return commit(f, call, &options);
}

static void prepare_proposals(family *f)
{
    const covey_mls_change change = family_add(f, DAVE);

    prepare_proposal(f);
    check_ok(family_hear(f, BOB, incoming));
    incoming = family_propose(f, CAROL, &change, NULL);
    check_ok(family_hear(f, BOB, incoming));
}

static int run_commit_all(family *f, const act_call *call)
{
    covey_mls_commit_options options = {.take_all = true};

    return commit(f, call, &options);
}

static void prepare_commit(family *f)
{
    const covey_mls_change changes[] = {family_add(f, DAVE), family_use_psk(f)};
    const covey_mls_commit_options options = {.changes = changes,
                                              .num_changes = 2,
                                              .psks = &f->psk,
                                              .num_psks = 1};

    incoming = family_commit(f, ALICE, &options);
    incoming_welcome = family_send(&f->welcome);
}

static int run_stage(family *f, const act_call *call)
{
    return covey_mls_stage(f->devices[BOB].group, f->devices[BOB].staged,
                           incoming, &f->psk, 1, call->scratch);
}

static int run_stage_welcome(family *f, const act_call *call)
{
    family_device *dave = &f->devices[DAVE];

    return covey_mls_stage_welcome(dave->staged, dave->joiner, incoming_welcome,
                                   nothing, &f->psk, 1, NULL, call->scratch);
}

/* ---- messages and keeping ---- */

static int run_protect(family *f, const act_call *call)
{
    return covey_mls_protect(f->devices[BOB].group, call->random,
                             covey_bytes_of_text("where are you?"), &padded,
                             call->scratch, call->out);
}

static void prepare_message(family *f)
{
    incoming = family_say(f, ALICE, "at the lake");
}

static int run_unprotect(family *f, const act_call *call)
{
    covey_mls_received received;

    return covey_mls_unprotect(f->devices[BOB].group, incoming, call->scratch,
                               &received);
}

static int run_group_save(family *f, const act_call *call)
{
    return covey_mls_group_save(f->devices[BOB].group, NULL, call->out);
}

static void prepare_pending(family *f)
{
    const covey_mls_change changes[] = {family_add(f, DAVE), family_use_psk(f)};
    const covey_mls_commit_options options = {.changes = changes,
                                              .num_changes = 2,
                                              .psks = &f->psk,
                                              .num_psks = 1};

    prepare_proposals(f);
    (void)family_propose(f, BOB, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                         NULL);
    (void)family_commit(f, BOB, &options);
}

static int run_group_save_pending(family *f, const act_call *call)
{
    return covey_mls_group_save(f->devices[BOB].group, f->devices[BOB].staged,
                                call->out);
}

static int run_joiner_save(family *f, const act_call *call)
{
    return covey_mls_joiner_save(f->devices[DAVE].joiner, call->out);
}

/* ---- all of them ---- */

#define R .takes_random = true
#define S .takes_scratch = true
#define O .gives_out = true
#define W .gives_welcome = true

const act acts[] = {
    {"joiner_new", BOB, R, O, .prepare = empty_bob, .run = run_joiner_new},
    {"group_create", BOB, R, .prepare = empty_bob, .run = run_group_create},
    {"propose an add", BOB, R, S, O, .run = run_propose_add},
    {"propose an update", BOB, R, S, O, .run = run_propose_update},
    {"propose an update in public", BOB, R, S, O,
     .run = run_propose_update_in_public},
    {"propose a remove", BOB, R, S, O, .run = run_propose_remove},
    {"propose a PSK", BOB, R, S, O, .run = run_propose_psk},
    {"propose a policy", BOB, R, S, O, .run = run_propose_policy},
    {"receive_proposal", BOB, S, .prepare = prepare_proposal,
     .run = run_receive_proposal},
    {"commit a refresh", BOB, R, S, O, .run = run_commit_refresh},
    {"commit in public", BOB, R, S, O, .run = run_commit_in_public},
    {"commit two adds", BOB, R, S, O, W, .run = run_commit_add},
    {"commit an add without path", BOB, R, S, O, W,
     .run = run_commit_add_without_path},
    {"commit much", BOB, R, S, O, W, .run = run_commit_much},
    {"commit all", BOB, R, S, O, W, .prepare = prepare_proposals,
     .run = run_commit_all},
    {"stage", BOB, S, .prepare = prepare_commit, .run = run_stage},
    {"stage_welcome", DAVE, S, .prepare = prepare_commit,
     .run = run_stage_welcome},
    {"protect", BOB, R, S, O, .run = run_protect},
    {"unprotect", BOB, S, .prepare = prepare_message, .run = run_unprotect},
    {"group_save", BOB, O, .run = run_group_save},
    {"group_save with a pending commit", BOB, O, .prepare = prepare_pending,
     .run = run_group_save_pending},
    {"joiner_save", DAVE, O, .run = run_joiner_save},
};

const size_t num_acts = sizeof acts / sizeof acts[0];

/* ---- images ---- */

act_image act_image_of(const family_device *device)
{
    return (act_image){
        test_copy(covey_bytes_of(device->group, covey_mls_group_size())),
        test_copy(covey_bytes_of(device->staged, covey_mls_staged_size())),
        test_copy(covey_bytes_of(device->joiner, covey_mls_joiner_size()))};
}

void act_image_restore(const act_image *image, family_device *device)
{
    memcpy(device->group, image->group, covey_mls_group_size());
    memcpy(device->staged, image->staged, covey_mls_staged_size());
    memcpy(device->joiner, image->joiner, covey_mls_joiner_size());
}

bool act_image_same(const act_image *image, const family_device *device)
{
    return memcmp(device->group, image->group, covey_mls_group_size()) == 0 &&
           memcmp(device->staged, image->staged, covey_mls_staged_size()) ==
               0 &&
           memcmp(device->joiner, image->joiner, covey_mls_joiner_size()) == 0;
}
