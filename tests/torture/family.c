#include "family.h"

static const covey_bytes nothing;

static const char *const names[FAMILY_SIZE] = {"alice", "bob", "carol", "dave",
                                               "eve"};

static const uint16_t extension_types[] = {0xf0c1};

covey_mls_group *family_group_memory(void)
{
    size_t size = covey_mls_group_size();

    return covey_mls_group_at(test_alloc(size), size);
}

covey_mls_staged *family_staged_memory(void)
{
    size_t size = covey_mls_staged_size();

    return covey_mls_staged_at(test_alloc(size), size);
}

covey_mls_joiner *family_joiner_memory(void)
{
    size_t size = covey_mls_joiner_size();

    return covey_mls_joiner_at(test_alloc(size), size);
}

covey_mls_member family_member(size_t who)
{
    return (covey_mls_member){
        .identity = covey_bytes_of_text(names[who]),
        .extension_types = extension_types,
        .num_extension_types = 1,
        .not_before_s = 1000,
        .not_after_s = 2000,
    };
}

static covey_buffer room(size_t cap)
{
    return (covey_buffer){test_alloc(cap), cap, 0};
}

covey_buffer *family_scratch(family *f)
{
    f->scratch.len = 0;
    return &f->scratch;
}

covey_bytes family_send(const covey_buffer *buffer)
{
    cr_assert(buffer->len != 0);
    return covey_bytes_of(test_copy(family_view(buffer)), buffer->len);
}

/* ---- changes ---- */

covey_mls_change family_add(const family *f, size_t who)
{
    return (covey_mls_change){.kind = COVEY_MLS_ADD,
                              .key_package =
                                  family_view(&f->devices[who].key_package)};
}

covey_mls_change family_remove(const family *f, size_t who)
{
    return (covey_mls_change){.kind = COVEY_MLS_REMOVE,
                              .leaf =
                                  covey_mls_own_leaf(f->devices[who].group)};
}

covey_mls_change family_use_psk(const family *f)
{
    return (covey_mls_change){.kind = COVEY_MLS_PSK, .psk_id = f->psk.id};
}

covey_mls_change family_set_policy(void)
{
    static const uint8_t policy[] = {0xf0, 0xc1, 3, 1, 2, 3};

    return (covey_mls_change){.kind = COVEY_MLS_EXTENSIONS,
                              .extensions =
                                  covey_bytes_of(policy, sizeof policy)};
}

/* ---- talking ---- */

covey_bytes family_say(family *f, size_t who, const char *text)
{
    check_ok(covey_mls_protect(f->devices[who].group, &f->hook,
                               covey_bytes_of_text(text), NULL,
                               family_scratch(f), &f->message));
    return family_send(&f->message);
}

covey_bytes family_propose(family *f, size_t who,
                           const covey_mls_change *change, covey_mls_ref *ref)
{
    check_ok(covey_mls_propose(f->devices[who].group, &f->hook, change, NULL, 0,
                               NULL, family_scratch(f), &f->message, ref));
    return family_send(&f->message);
}

covey_bytes family_commit(family *f, size_t who,
                          const covey_mls_commit_options *options)
{
    check_ok(covey_mls_commit(f->devices[who].group, &f->hook, options,
                              f->devices[who].staged, family_scratch(f),
                              &f->commit, &f->welcome));
    return family_send(&f->commit);
}

int family_read(family *f, size_t who, covey_bytes message, const char *text)
{
    covey_mls_received received;
    int err = covey_mls_unprotect(f->devices[who].group, message,
                                  family_scratch(f), &received);

    if (!err) check_bytes(received.data, covey_bytes_of_text(text));
    return err;
}

int family_hear(family *f, size_t who, covey_bytes proposal)
{
    covey_mls_change_info info;

    return covey_mls_receive_proposal(f->devices[who].group, proposal,
                                      family_scratch(f), &info, NULL);
}

int family_stage(family *f, size_t who, covey_bytes commit)
{
    return covey_mls_stage(f->devices[who].group, f->devices[who].staged,
                           commit, &f->psk, 1, family_scratch(f));
}

void family_merge(family *f, size_t who)
{
    check_ok(covey_mls_merge(f->devices[who].group, f->devices[who].staged));
}

void family_follow(family *f, size_t who, covey_bytes commit)
{
    check_ok(family_stage(f, who, commit));
    family_merge(f, who);
}

void family_check_pair(family *f, size_t a, size_t b)
{
    uint8_t left[COVEY_MLS_HASH_SIZE];
    uint8_t right[COVEY_MLS_HASH_SIZE];

    check_ok(covey_mls_epoch_authenticator(f->devices[a].group, left));
    check_ok(covey_mls_epoch_authenticator(f->devices[b].group, right));
    cr_assert(memcmp(left, right, sizeof left) == 0, "one epoch");
    check_ok(family_read(f, b, family_say(f, a, "to and"), "to and"));
    check_ok(family_read(f, a, family_say(f, b, "fro"), "fro"));
}

/* ---- power ---- */

covey_bytes family_save(family *f, size_t who, bool with_pending)
{
    family_device *device = &f->devices[who];

    check_ok(covey_mls_group_save(device->group,
                                  with_pending ? device->staged : NULL,
                                  &f->saved));
    return family_send(&f->saved);
}

void family_restart(family *f, size_t who, covey_bytes saved)
{
    family_device *device = &f->devices[who];

    covey_mls_group_wipe(device->group);
    covey_mls_drop(device->staged);
    check_ok(covey_mls_group_load(device->group, device->staged, saved));
}

/* ---- beginning ---- */

static void add(family *f, size_t who)
{
    family_device *device = &f->devices[who];
    const covey_mls_change change = family_add(f, who);
    covey_bytes commit =
        family_commit(f, ALICE,
                      &(covey_mls_commit_options){.changes = &change,
                                                  .num_changes = 1});

    for (size_t i = ALICE + 1; i < who; i++) family_follow(f, i, commit);
    family_merge(f, ALICE);
    check_ok(covey_mls_stage_welcome(device->staged, device->joiner,
                                     family_view(&f->welcome), nothing, NULL, 0,
                                     NULL, family_scratch(f)));
    check_ok(covey_mls_join(device->group, device->joiner, device->staged));
}

static void refresh(family *f, size_t who)
{
    covey_bytes commit = family_commit(f, who, NULL);

    for (size_t i = ALICE; i <= CAROL; i++) {
        if (i != who) family_follow(f, i, commit);
    }
    family_merge(f, who);
}

family *family_new(uint64_t seed)
{
    family *f = (family *)(void *)test_alloc(sizeof *f);

    f->random = test_random_of(seed);
    f->hook = test_random_hook(&f->random);
    f->psk = (covey_mls_psk){covey_bytes_of_text("psk"),
                             covey_bytes_of_text("a secret of the family")};
    f->scratch = room(covey_mls_scratch_size());
    f->message = room(FAMILY_ROOM);
    f->commit = room(FAMILY_ROOM);
    f->welcome = room(covey_mls_welcome_size());
    f->saved = room(covey_mls_saved_size());
    for (size_t i = 0; i < FAMILY_SIZE; i++) {
        const covey_mls_member member = family_member(i);

        f->devices[i] =
            (family_device){family_group_memory(), family_staged_memory(),
                            family_joiner_memory(),
                            room(covey_mls_key_package_size())};
        if (i == ALICE) {
            check_ok(covey_mls_group_create(f->devices[i].group, &f->hook,
                                            nothing, &member, NULL, nothing,
                                            NULL));
        } else {
            check_ok(covey_mls_joiner_new(f->devices[i].joiner, &f->hook,
                                          &member, NULL,
                                          &f->devices[i].key_package));
        }
    }
    add(f, BOB);
    add(f, CAROL);
    for (size_t i = ALICE; i <= CAROL; i++) refresh(f, i);
    return f;
}
