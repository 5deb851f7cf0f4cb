/*
 * Whole groups through <covey/mls.h>. All that the host's random hook gives is
 * secret, and so are application data and PSKs: whatever follows from them
 * stays secret unless the library marks it.
 */
#include <covey/mls.h>
#include <stdlib.h>

#include "ct.h"

enum { ALICE, BOB, CAROL, NUM };

#define ROOM 8192
#define NONE ((covey_bytes){NULL, 0})

static uint8_t fill_state;

static int fill(void *ctx, uint8_t *out, size_t len)
{
    ct_make_secret(out, len, (*(uint8_t *)ctx)++);
    return 0;
}

static const covey_random source = {&fill_state, fill};

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
    covey_mls_joiner *joiner;
} device;

static device devices[NUM];
static uint8_t *scratch_at;
static uint8_t rooms[4][ROOM];
static covey_buffer scratch;
static covey_buffer commit = {rooms[0], ROOM, 0};
static covey_buffer welcome = {rooms[1], ROOM, 0};
static covey_buffer message = {rooms[2], ROOM, 0};
static covey_buffer saved = {rooms[3], ROOM, 0};

static covey_buffer *working(void)
{
    scratch = (covey_buffer){scratch_at, covey_mls_scratch_size(), 0};
    return &scratch;
}

/* What went out: every bit of it must be public. */
static covey_bytes sent(const covey_buffer *buffer)
{
    ct_require(buffer->len != 0, "something is sent");
    ct_require(ct_is_public(buffer->at, buffer->len), "and it is public");
    return covey_bytes_of(buffer->at, buffer->len);
}

static const covey_mls_member *member_of(size_t who)
{
    static const char *const names[NUM] = {"alice", "bob", "carol"};
    static covey_mls_member member;

    member = (covey_mls_member){.identity = covey_bytes_of_text(names[who]),
                                .not_before_s = 1000,
                                .not_after_s = 2000};
    return &member;
}

static void ok(int err, const char *what)
{
    ct_require(ct_is_public(&err, sizeof err), "an error is public");
    ct_public(&err, sizeof err);
    ct_require(err == COVEY_OK, what);
}

/* Not malloc: its memory would count as secret. */
static void *zeroed(size_t size)
{
    void *at = calloc(size, 1);

    if (at == NULL) abort();
    return at;
}

static void begin(void)
{
    fill_state = 1;
    scratch_at = zeroed(covey_mls_scratch_size());
    for (size_t i = 0; i < NUM; i++) {
        size_t group = covey_mls_group_size();
        size_t staged = covey_mls_staged_size();
        size_t joiner = covey_mls_joiner_size();

        devices[i].group = covey_mls_group_at(zeroed(group), group);
        devices[i].staged = covey_mls_staged_at(zeroed(staged), staged);
        devices[i].joiner = covey_mls_joiner_at(zeroed(joiner), joiner);
    }
    ok(covey_mls_group_create(devices[ALICE].group, &source, NONE,
                              member_of(ALICE), NULL, NONE, NULL),
       "creates");

    covey_bytes id = covey_mls_group_id(devices[ALICE].group);

    ct_require(ct_is_public(id.at, id.len), "the group's id is public");
}

static void end(void)
{
    for (size_t i = 0; i < NUM; i++) {
        covey_mls_group_wipe(devices[i].group);
        covey_mls_drop(devices[i].staged);
        covey_mls_joiner_wipe(devices[i].joiner);
        ct_require(ct_is_public(devices[i].group, covey_mls_group_size()) &&
                       ct_is_public(devices[i].staged,
                                    covey_mls_staged_size()) &&
                       ct_is_public(devices[i].joiner, covey_mls_joiner_size()),
                   "nothing is left of the secrets");
        free(devices[i].group);
        free(devices[i].staged);
        free(devices[i].joiner);
    }
    free(scratch_at);
}

/* A commit, and the epoch that all members up to `num` take with it. */
static void advance(size_t committer, size_t num,
                    const covey_mls_commit_options *options)
{
    const covey_mls_psk *psks = options != NULL ? options->psks : NULL;
    size_t num_psks = options != NULL ? options->num_psks : 0;

    ok(covey_mls_commit(devices[committer].group, &source, options,
                        devices[committer].staged, working(), &commit,
                        &welcome),
       "commits");
    for (size_t i = 0; i < num; i++) {
        if (i != committer) {
            ok(covey_mls_stage(devices[i].group, devices[i].staged,
                               sent(&commit), psks, num_psks, working()),
               "stages");
        }
        ok(covey_mls_merge(devices[i].group, devices[i].staged), "merges");
    }
}

/* Alice adds the device behind those that are in already. */
static void add(size_t who)
{
    covey_mls_change change = {.kind = COVEY_MLS_ADD};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};
    device *d = &devices[who];

    ok(covey_mls_joiner_new(d->joiner, &source, member_of(who), NULL, &message),
       "makes a KeyPackage");
    change.key_package = sent(&message);
    advance(ALICE, who, &options);
    ok(covey_mls_stage_welcome(d->staged, d->joiner, sent(&welcome), NONE, NULL,
                               0, NULL, working()),
       "stages a Welcome");
    ok(covey_mls_join(d->group, d->joiner, d->staged), "joins");
}

/* All devices up to `num` are in one epoch. */
static void check_agreement(size_t num)
{
    uint8_t first[COVEY_MLS_HASH_SIZE];
    uint8_t other[COVEY_MLS_HASH_SIZE];

    ok(covey_mls_epoch_authenticator(devices[0].group, first), "authenticates");
    ct_require(ct_is_secret(first, sizeof first), "that is secret");
    ct_public(first, sizeof first);
    for (size_t i = 1; i < num; i++) {
        ok(covey_mls_epoch_authenticator(devices[i].group, other),
           "authenticates");
        ct_public(other, sizeof other);
        ct_require(memcmp(first, other, sizeof first) == 0, "all agree");
    }
}

static size_t pad(size_t len)
{
    return (len + 255) / 256 * 256;
}

/* `len` secret bytes from one to the other, and what a forger gets. */
static void talk(size_t from, size_t to, size_t len)
{
    static const covey_mls_framing padded = {.pad = pad};
    uint8_t data[600];
    covey_mls_received received;

    ct_make_secret(data, sizeof data, 3);
    ok(covey_mls_protect(devices[from].group, &source,
                         covey_bytes_of(data, len), &padded, working(),
                         &message),
       "protects");
    message.at[message.len - 1] ^= 1;
    ct_require(covey_mls_unprotect(devices[to].group, sent(&message), working(),
                                   &received) == COVEY_ERR_AUTH,
               "a forged message is refused");
    message.at[message.len - 1] ^= 1;
    ok(covey_mls_unprotect(devices[to].group, sent(&message), working(),
                           &received),
       "unprotects");
    ct_require(received.data.len == len, "the length is public");
    ct_require(ct_is_secret(received.data.at, len), "the data is not");
    ct_public(received.data.at, len);
    ct_public(data, sizeof data);
    ct_require(len == 0 || memcmp(received.data.at, data, len) == 0,
               "it is the data that was sent");
}

static void members_come(void)
{
    begin();
    for (size_t who = BOB; who < NUM; who++) {
        add(who);
        check_agreement(who + 1);
    }
    end();
}

static void messages(void)
{
    static const size_t lens[] = {0, 1, 63, 64, 143, 300, 600};

    begin();
    add(BOB);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        talk(ALICE, BOB, lens[i]);
        talk(BOB, ALICE, lens[i]);
    }
    end();
}

static void keys_are_renewed(void)
{
    covey_mls_change update = {.kind = COVEY_MLS_UPDATE};
    const covey_mls_commit_options all = {.take_all = true};
    covey_mls_change_info info;

    begin();
    add(BOB);
    add(CAROL);
    advance(BOB, NUM, NULL);
    advance(ALICE, NUM, NULL);
    check_agreement(NUM);

    ok(covey_mls_propose(devices[CAROL].group, &source, &update, NULL, 0, NULL,
                         working(), &message, NULL),
       "proposes an Update");
    for (size_t i = ALICE; i < CAROL; i++) {
        ok(covey_mls_receive_proposal(devices[i].group, sent(&message),
                                      working(), &info, NULL),
           "reads it");
    }
    advance(BOB, NUM, &all);
    check_agreement(NUM);
    end();
}

static void a_psk_is_mixed_in(void)
{
    uint8_t secret[32];
    const covey_mls_psk psk = {covey_bytes_of_text("id"),
                               covey_bytes_of(secret, sizeof secret)};
    const covey_mls_change change = {.kind = COVEY_MLS_PSK, .psk_id = psk.id};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1,
                                              .psks = &psk,
                                              .num_psks = 1};

    ct_make_secret(secret, sizeof secret, 9);
    begin();
    add(BOB);
    advance(ALICE, CAROL, &options);
    check_agreement(CAROL);
    end();
}

static void handshakes_in_public_messages(void)
{
    static const covey_mls_framing in_public = {.as_public = true};
    const covey_mls_commit_options options = {.framing = &in_public};

    begin();
    add(BOB);
    advance(BOB, CAROL, &options);
    check_agreement(CAROL);
    end();
}

static void secrets_are_exported(void)
{
    uint8_t out[64];

    begin();
    ok(covey_mls_export(devices[ALICE].group, "label", NONE, out, sizeof out),
       "exports");
    ct_require(ct_is_secret(out, sizeof out), "a secret");
    end();
}

static void state_is_kept(void)
{
    device *bob = &devices[BOB];

    begin();
    add(BOB);
    talk(ALICE, BOB, 10);
    ok(covey_mls_commit(bob->group, &source, NULL, bob->staged, working(),
                        &commit, NULL),
       "has a commit pending");
    ok(covey_mls_group_save(bob->group, bob->staged, &saved), "saves");
    covey_mls_group_wipe(bob->group);
    covey_mls_drop(bob->staged);
    ok(covey_mls_group_load(bob->group, bob->staged,
                            covey_bytes_of(saved.at, saved.len)),
       "loads");
    talk(BOB, ALICE, 10);
    ok(covey_mls_stage(devices[ALICE].group, devices[ALICE].staged,
                       sent(&commit), NULL, 0, working()),
       "stages");
    ok(covey_mls_merge(devices[ALICE].group, devices[ALICE].staged), "merges");
    ok(covey_mls_merge(bob->group, bob->staged), "merges");
    check_agreement(CAROL);
    end();
}

static const ct_case cases[] = {
    {"members come", members_come},
    {"messages", messages},
    {"keys are renewed", keys_are_renewed},
    {"a PSK is mixed in", a_psk_is_mixed_in},
    {"handshakes in public messages", handshakes_in_public_messages},
    {"secrets are exported", secrets_are_exported},
    {"state is kept", state_is_kept},
};

CT_LIST(ct_group, "group", cases);
