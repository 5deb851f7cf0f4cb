#include "family.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/writer.h"

/* A host's hook that costs next to nothing, so that neither side of the
 * comparison measures the system's generator. */
static int fill(void *ctx, uint8_t *out, size_t len)
{
    uint64_t *state = ctx;

    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0) *state = *state * 6364136223846793005u + 1442695041u;
        out[i] = (uint8_t)(*state >> (8 * (i % 8)) ^ *state >> 59);
    }
    return 0;
}

static uint64_t fill_state = 1;
static const covey_random source = {&fill_state, fill};

static void ok(int err, const char *what)
{
    if (err != COVEY_OK) {
        fprintf(stderr, "bench: %s: %s\n", what, covey_error_name(err));
        exit(2);
    }
}

static void *memory(size_t size)
{
    void *at = calloc(size, 1);

    if (at == NULL) abort();
    return at;
}

covey_buffer family_buffer(size_t cap)
{
    return (covey_buffer){memory(cap), cap, 0};
}

covey_bytes family_view(const covey_buffer *buffer)
{
    return covey_bytes_of(buffer->at, buffer->len);
}

static covey_buffer *scratch(void)
{
    static covey_buffer buffer;

    if (buffer.at == NULL) buffer = family_buffer(covey_mls_scratch_size());
    return &buffer;
}

family_device family_device_new(void)
{
    size_t group = covey_mls_group_size();
    size_t staged = covey_mls_staged_size();
    size_t joiner = covey_mls_joiner_size();

    return (family_device){
        .group = covey_mls_group_at(memory(group), group),
        .staged = covey_mls_staged_at(memory(staged), staged),
        .joiner = covey_mls_joiner_at(memory(joiner), joiner),
    };
}

void family_device_wipe(family_device *device)
{
    covey_mls_group_wipe(device->group);
    covey_mls_drop(device->staged);
    covey_mls_joiner_wipe(device->joiner);
}

void family_device_free(family_device *device)
{
    free(device->group);
    free(device->staged);
    free(device->joiner);
    *device = (family_device){.group = NULL};
}

/* Identities are of 32 bytes, as the keys that name devices are. */
static const covey_mls_member *member_of(size_t number)
{
    static uint8_t identity[32];
    static covey_mls_member member;

    memset(identity, 'x', sizeof identity);
    identity[0] = (uint8_t)number;
    member = (covey_mls_member){
        .identity = covey_bytes_of(identity, sizeof identity),
        .not_before_s = 1000,
        .not_after_s = 2000,
    };
    return &member;
}

void family_key_package(family_device *device, size_t number, covey_buffer *out)
{
    uint8_t seed[COVEY_MLS_SIGN_SEED_SIZE];

    memset(seed, (int)number + 1, sizeof seed);
    ok(covey_mls_joiner_new(device->joiner, &source, member_of(number), seed,
                            out),
       "key package");
}

void family_commit(family_device *device, const covey_bytes *key_package,
                   covey_buffer *commit, covey_buffer *welcome)
{
    covey_mls_change add = {.kind = COVEY_MLS_ADD};
    covey_mls_commit_options options = {.num_changes = 0};

    if (key_package != NULL) {
        add.key_package = *key_package;
        options.changes = &add;
        options.num_changes = 1;
    }
    ok(covey_mls_commit(device->group, &source, &options, device->staged,
                        scratch(), commit, welcome),
       "commit");
    ok(covey_mls_merge(device->group, device->staged), "merge");
}

void family_process(family_device *device, covey_bytes commit)
{
    ok(covey_mls_stage(device->group, device->staged, commit, NULL, 0,
                       scratch()),
       "stage");
    ok(covey_mls_merge(device->group, device->staged), "merge");
}

void family_join(family_device *device, covey_bytes welcome)
{
    ok(covey_mls_stage_welcome(device->staged, device->joiner, welcome,
                               covey_bytes_of(NULL, 0), NULL, 0, NULL,
                               scratch()),
       "stage the welcome");
    ok(covey_mls_join(device->group, device->joiner, device->staged), "join");
}

void family_protect(family_device *device, covey_bytes data, covey_buffer *out)
{
    ok(covey_mls_protect(device->group, &source, data, NULL, scratch(), out),
       "protect");
}

void family_unprotect(family_device *device, covey_bytes message)
{
    covey_mls_received received;

    ok(covey_mls_unprotect(device->group, message, scratch(), &received),
       "unprotect");
}

void family_save(family_device *device, covey_buffer *out)
{
    ok(covey_mls_group_save(device->group, NULL, out), "save");
}

void family_load(family_device *device, covey_bytes saved)
{
    ok(covey_mls_group_load(device->group, NULL, saved), "load");
}

/* The device commits; all others but `absent` follow. */
static void commit_round(family *f, size_t who, const covey_bytes *key_package,
                         covey_buffer *commit, covey_buffer *welcome)
{
    family_commit(&f->devices[who], key_package, commit, welcome);
    for (size_t i = 0; i < f->num; i++) {
        if (i != who) family_process(&f->devices[i], family_view(commit));
    }
}

void family_make(family *f, size_t num, family_shape shape)
{
    covey_buffer package = family_buffer(covey_mls_key_package_size());
    covey_buffer commit = family_buffer(covey_mls_message_size());
    covey_buffer welcome = family_buffer(covey_mls_welcome_size());
    uint8_t seed[COVEY_MLS_SIGN_SEED_SIZE] = {1};

    f->num = 1;
    f->devices[0] = family_device_new();
    ok(covey_mls_group_create(f->devices[0].group, &source,
                              covey_bytes_of(NULL, 0), member_of(0), seed,
                              covey_bytes_of(NULL, 0), NULL),
       "create");
    while (f->num < num) {
        family_device *device = &f->devices[f->num];

        *device = family_device_new();
        family_key_package(device, f->num, &package);

        const covey_bytes view = family_view(&package);
        commit_round(f, 0, &view, &commit, &welcome);
        family_join(device, family_view(&welcome));
        f->num++;
    }
    for (size_t i = 0; shape == FAMILY_FULL && i < num; i++) {
        commit_round(f, i, NULL, &commit, NULL);
    }
    free(package.at);
    free(commit.at);
    free(welcome.at);
}

void family_free(family *f)
{
    for (size_t i = 0; i < f->num; i++) family_device_free(&f->devices[i]);
    f->num = 0;
}
