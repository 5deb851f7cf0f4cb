/*
 * A relay without keys: nothing that differs in one bit from what a member
 * made is accepted, nor fails in a way that only an authentic message can.
 * The input is one MLSMessage; the seeds are the honest ones. All cryptography
 * is real here.
 */
#include <covey/error.h>

#include "fuzz/family.h"
#include "fuzz/fuzz.h"

#define HONEST_MAX 64

static covey_bytes honest[HONEST_MAX];
static size_t num_honest;
static covey_digest joins[HONEST_MAX]; /* authenticators of honest Welcomes */
static size_t num_joins;

static covey_mls_group group;
static covey_mls_group before;
static covey_mls_staged staged;

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void note(covey_bytes message)
{
    fuzz_require(num_honest < HONEST_MAX);
    honest[num_honest++] = message;
}

static bool is_honest(covey_bytes message)
{
    for (size_t i = 0; i < num_honest; i++) {
        if (covey_bytes_same(honest[i], message)) return true;
    }
    return false;
}

static void note_commit(const covey_mls_commit_options *options)
{
    static covey_mls_group anna;
    static covey_mls_staged own;

    anna = family_get()->members[ANNA];
    family_commit made = family_make_commit(&anna, &own, options);
    note(made.commit);
    if (made.welcome.len != 0) {
        note(made.welcome);
        fuzz_require(covey_mls_merge(&anna, &own) == COVEY_OK);
        fuzz_require(
            covey_mls_epoch_authenticator(&anna, joins[num_joins++].bytes) ==
            COVEY_OK);
    }
    covey_mls_drop(&own);
}

static void make_honest(void)
{
    static covey_mls_group anna;
    const family *all = family_get();
    const covey_mls_change changes[] = {
        {.kind = COVEY_MLS_ADD, .key_package = all->greg_package},
        {.kind = COVEY_MLS_REMOVE, .leaf = 4},
        {.kind = COVEY_MLS_UPDATE},
    };

    for (unsigned as_public = 0; as_public < 2; as_public++) {
        const covey_mls_framing framing = {.authenticated_data =
                                               covey_bytes_of_text("seen"),
                                           .as_public = as_public != 0};

        for (size_t i = 0; i < 3; i++) {
            anna = all->members[ANNA];
            note(
                family_make_proposal(&anna, &changes[i], as_public != 0, NULL));
        }
        note_commit(&(covey_mls_commit_options){.framing = &framing});
        note_commit(&(covey_mls_commit_options){.changes = changes,
                                                .num_changes = 2,
                                                .framing = &framing});
        note_commit(&(covey_mls_commit_options){.take_all = true,
                                                .psks = &all->psk,
                                                .num_psks = 1,
                                                .framing = &framing});
    }
    anna = all->members[ANNA];
    note(family_make_text(&anna, "one"));
    note(family_make_text(&anna, "two"));
}

static void write_seeds(const char *directory)
{
    for (size_t i = 0; i < num_honest; i++) {
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/honest_%02zu", directory, i);
        FILE *file = fopen(path, "wb");
        fuzz_require(file != NULL && fwrite(honest[i].at, 1, honest[i].len,
                                            file) == honest[i].len);
        fuzz_require(fclose(file) == 0);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *directory = getenv("COVEY_FUZZ_SEEDS");

    (void)argc;
    (void)argv;
    make_honest();
    if (directory != NULL) {
        write_seeds(directory);
        exit(0);
    }
    return 0;
}

/* An answer that somebody without keys may get. */
static bool is_refused(int err)
{
    return err == COVEY_ERR_MALFORMED || err == COVEY_ERR_PROFILE ||
           err == COVEY_ERR_AUTH || err == COVEY_ERR_EPOCH ||
           err == COVEY_ERR_SENDER;
}

static bool is_honest_join(void)
{
    const covey_secret *got = &staged.next.epoch_authenticator.secret;

    for (size_t i = 0; i < num_joins; i++) {
        if (covey_bytes_same(covey_digest_bytes(&joins[i]),
                             covey_secret_bytes(got))) {
            return true;
        }
    }
    return false;
}

static void read_message(covey_bytes message)
{
    covey_buffer scratch = family_get()->scratch;
    const covey_mls_psk *psk = &family_get()->psk;
    covey_mls_received received;
    covey_mls_change_info change;

    group = family_get()->members[BEN];
    before = group;
    int err = covey_mls_unprotect(&group, message, &scratch, &received);
    fuzz_require(is_refused(err) || is_honest(message));
    fuzz_require(err == COVEY_OK || memcmp(&group, &before, sizeof group) == 0);

    group = before;
    err = covey_mls_receive_proposal(&group, message, &scratch, &change, NULL);
    fuzz_require(is_refused(err) || is_honest(message));
    fuzz_require(err == COVEY_OK || memcmp(&group, &before, sizeof group) == 0);

    group = before;
    err = covey_mls_stage(&group, &staged, message, psk, 1, &scratch);
    fuzz_require(is_refused(err) || is_honest(message));
    covey_mls_drop(&staged);
}

/* The entries for others in a Welcome are nobody's concern; what is joined
 * must be what was meant. */
static void read_welcome(covey_bytes message)
{
    static covey_mls_joiner joiner;
    covey_buffer scratch = family_get()->scratch;
    const covey_bytes none = {NULL, 0};

    joiner = family_get()->greg;
    int err = covey_mls_stage_welcome(&staged, &joiner, message, none,
                                      &family_get()->psk, 1, NULL, &scratch);
    fuzz_require(err == COVEY_OK
                     ? is_honest_join()
                     : is_refused(err) || err == COVEY_ERR_REFERENCE ||
                           is_honest(message));
    covey_mls_drop(&staged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes message = covey_bytes_of(data, size);

    read_message(message);
    read_welcome(message);
    test_free_all();
    return 0;
}
