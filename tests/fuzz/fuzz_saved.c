/*
 * Saved groups and joiners. What loads is saved again as the same bytes; and
 * whatever has been loaded, using it leads nowhere out of bounds. The input's
 * first byte: bit 0 a joiner instead of a group, bit 1 without room for a
 * pending commit.
 */
#include <covey/error.h>

#include "fuzz/family.h"
#include "fuzz/fuzz.h"

static covey_mls_group group;
static covey_mls_group other;
static covey_mls_staged staged;
static covey_mls_staged pending;
static covey_mls_joiner joiner;
static covey_buffer saved;
static covey_buffer sent;
static covey_buffer welcomed;
static covey_bytes text;
static covey_bytes handshake;
static covey_bytes welcome;

int LLVMFuzzerInitialize(int *argc, char ***argv);

static covey_buffer exactly(size_t len)
{
    covey_buffer buffer = {malloc(len), len, 0};

    fuzz_require(buffer.at != NULL);
    return buffer;
}

/* ---- seeds ---- */

static void write_seed(const char *directory, const char *name, uint8_t first)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s_%u", directory, name, first);
    FILE *file = fopen(path, "wb");
    fuzz_require(file != NULL && fwrite(&first, 1, 1, file) == 1);
    fuzz_require(fwrite(saved.at, 1, saved.len, file) == saved.len);
    fuzz_require(fclose(file) == 0);
}

static void seed_group(const char *directory, const char *name,
                       const covey_mls_staged *own)
{
    fuzz_require(covey_mls_group_save(&group, own, &saved) == COVEY_OK);
    write_seed(directory, name, 0);
    write_seed(directory, name, 2);
}

static void write_seeds(const char *directory)
{
    const family *all = family_get();
    covey_buffer scratch = all->scratch;
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};
    const covey_mls_change removal = {.kind = COVEY_MLS_REMOVE, .leaf = 1};
    const covey_mls_commit_options commit_all = {.take_all = true,
                                                 .psks = &all->psk,
                                                 .num_psks = 1};
    const covey_mls_commit_options remove = {.changes = &removal,
                                             .num_changes = 1};
    covey_mls_received received;

    group = all->members[EVA];
    seed_group(directory, "eva", NULL);
    /* Keys passed over, and an Update that waits. */
    other = all->members[ANNA];
    for (unsigned i = 0; i < 3; i++) text = family_make_text(&other, "hello");
    fuzz_require(covey_mls_unprotect(&group, text, &scratch, &received) ==
                 COVEY_OK);
    (void)family_make_proposal(&group, &update, false, NULL);
    seed_group(directory, "eva_skipped", NULL);
    covey_mls_forget_exporter(&group);
    (void)family_make_commit(&group, &staged, &commit_all);
    seed_group(directory, "eva_pending", &staged);
    covey_mls_drop(&staged);

    family_commit made = family_make_commit(&other, &staged, &remove);
    covey_mls_drop(&staged);
    group = all->members[BEN];
    fuzz_require(covey_mls_stage(&group, &staged, made.commit, NULL, 0,
                                 &scratch) == COVEY_OK);
    fuzz_require(covey_mls_merge(&group, &staged) == COVEY_OK);
    seed_group(directory, "ben_removed", NULL);

    fuzz_require(covey_mls_joiner_save(&all->greg, &saved) == COVEY_OK);
    write_seed(directory, "greg", 1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const family *all = family_get();
    const char *directory = getenv("COVEY_FUZZ_SEEDS");
    const covey_mls_change add = {.kind = COVEY_MLS_ADD,
                                  .key_package = all->greg_package};
    const covey_mls_commit_options options = {.changes = &add,
                                              .num_changes = 1};

    (void)argc;
    (void)argv;
    saved = exactly(covey_mls_saved_size());
    sent = exactly(covey_mls_message_size());
    welcomed = exactly(covey_mls_welcome_size());
    other = all->members[ANNA];
    text = family_make_text(&other, "hello");
    family_commit made = family_make_commit(&other, &staged, &options);
    handshake = made.commit;
    welcome = made.welcome;
    covey_mls_drop(&staged);
    if (directory != NULL) {
        write_seeds(directory);
        exit(0);
    }
    return 0;
}

/* ---- */

static void look(void)
{
    uint8_t secret[32];
    covey_mls_member_info member;
    covey_mls_change_info change;
    covey_mls_staged_info_data info;
    uint32_t leaf = COVEY_MLS_NO_LEAF;
    const covey_bytes none = {NULL, 0};

    while (covey_mls_next_member(&group, leaf, &member)) leaf = member.leaf;
    for (size_t i = 0; i < covey_mls_num_proposals(&group); i++) {
        fuzz_require(covey_mls_proposal(&group, i, &change) == COVEY_OK);
    }
    fuzz_either_way(
        covey_mls_export(&group, "label", none, secret, sizeof secret));
    fuzz_either_way(covey_mls_epoch_authenticator(&group, secret));
    if (covey_mls_staged_info(&pending, &info) != COVEY_OK) return;
    for (size_t i = 0; i < info.num_changes; i++) {
        fuzz_require(covey_mls_staged_change(&group, &pending, i, &change) ==
                     COVEY_OK);
    }
}

/* One state, used in each way from the start. */
static void use_group(void)
{
    const family *all = family_get();
    covey_buffer scratch = all->scratch;
    covey_random random = family_random();
    const covey_mls_commit_options options = {.take_all = true,
                                              .psks = &all->psk,
                                              .num_psks = 1};
    covey_mls_received received;
    covey_mls_change_info change;

    look();
    fuzz_either_way(covey_mls_unprotect(&group, text, &scratch, &received));
    fuzz_either_way(
        covey_mls_receive_proposal(&group, handshake, &scratch, &change, NULL));
    fuzz_either_way(
        covey_mls_stage(&group, &staged, handshake, &all->psk, 1, &scratch));
    covey_mls_drop(&staged);
    fuzz_either_way(covey_mls_protect(&group, &random,
                                      covey_bytes_of_text("here"), NULL,
                                      &scratch, &sent));
    fuzz_either_way(covey_mls_commit(&group, &random, &options, &staged,
                                     &scratch, &sent, &welcomed));
    covey_mls_drop(&staged);
    if (covey_mls_merge(&group, &pending) == COVEY_OK) {
        look();
        fuzz_either_way(covey_mls_protect(&group, &random,
                                          covey_bytes_of_text("here"), NULL,
                                          &scratch, &sent));
    }
}

static void load_group(covey_bytes input, bool with_pending)
{
    covey_mls_staged_info_data info;

    covey_mls_group_wipe(&group);
    covey_mls_drop(&pending);
    if (covey_mls_group_load(&group, with_pending ? &pending : NULL, input) !=
        COVEY_OK) {
        fuzz_require(test_is_zero(&group, sizeof group));
        fuzz_require(test_is_zero(&pending, sizeof pending));
        return;
    }
    bool has_pending = covey_mls_staged_info(&pending, &info) == COVEY_OK;
    fuzz_require(covey_mls_group_save(&group, has_pending ? &pending : NULL,
                                      &saved) == COVEY_OK);
    fuzz_require(!with_pending ||
                 covey_bytes_same(covey_bytes_of(saved.at, saved.len), input));
    use_group();
}

static void load_joiner(covey_bytes input)
{
    covey_buffer scratch = family_get()->scratch;
    const covey_bytes none = {NULL, 0};

    covey_mls_joiner_wipe(&joiner);
    if (covey_mls_joiner_load(&joiner, input) != COVEY_OK) {
        fuzz_require(test_is_zero(&joiner, sizeof joiner));
        return;
    }
    fuzz_require(covey_mls_joiner_save(&joiner, &saved) == COVEY_OK);
    fuzz_require(covey_bytes_same(covey_bytes_of(saved.at, saved.len), input));
    fuzz_either_way(covey_mls_stage_welcome(&staged, &joiner, welcome, none,
                                            NULL, 0, NULL, &scratch));
    covey_mls_drop(&staged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    uint8_t first = fuzz_byte(&input);

    if ((first & 1) != 0) {
        load_joiner(input);
    } else {
        load_group(input, (first & 2) == 0);
    }
    test_free_all();
    return 0;
}
