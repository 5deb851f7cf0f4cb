/*
 * The whole life of a group, with all its members on this one board: made,
 * joined, used, renewed, saved, loaded, left. After every epoch all members
 * must hold the same secrets.
 */
#include <covey/mls.h>
#include <sodium.h>
#include <string.h>

#include "board.h"
#include "cost.h"
#include "known_answers.h"
#include "rng.h"

enum {
    MEMBERS_MAX = 16,
    MESSAGE_SIZE = 16 * 1024,
    ARENA_SIZE = 2 * 1024 * 1024,
    POSITION_SIZE = 143, /* what fits into the smallest padded message */
};

static const uint64_t now_s = 1800000000u;

static covey_mls_group *members[MEMBERS_MAX];
static covey_mls_joiner *joiners[MEMBERS_MAX];
static covey_mls_staged *staged;
static covey_mls_staged *rival; /* a second commit in the same epoch */
static covey_buffer scratch, commit, welcome, message, saved;
static covey_buffer packages[MEMBERS_MAX];
static uint32_t num_members;
static uint32_t life; /* members that this group has at its best */

/* --- helpers ------------------------------------------------------------- */

static void fail(const char *what, int err)
{
    board_log("FAILED: ");
    board_log(what);
    if (err) {
        board_log(": ");
        board_log(covey_error_name(err));
    }
    board_log(" (");
    board_log_u32(num_members);
    board_log(" members)\n");
    board_exit(1);
}

static void expect(int err, int wanted, const char *what)
{
    if (err != wanted) fail(what, err ? err : wanted);
}

static void ok(int err, const char *what)
{
    expect(err, COVEY_OK, what);
}

static uint64_t arena[ARENA_SIZE / 8];
static size_t arena_used;

static void *take(size_t size)
{
    void *at = arena + arena_used;

    arena_used += (size + 7) / 8;
    if (arena_used > sizeof arena / 8) fail("the arena is used up", 0);
    return at;
}

static covey_buffer buffer(size_t size)
{
    return (covey_buffer){.at = take(size), .cap = size, .len = 0};
}

static covey_bytes of(const covey_buffer *b)
{
    return (covey_bytes){b->at, b->len};
}

static void make_room(void)
{
    size_t group_size = covey_mls_group_size();
    size_t joiner_size = covey_mls_joiner_size();
    size_t staged_size = covey_mls_staged_size();

    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        members[i] = covey_mls_group_at(take(group_size), group_size);
        joiners[i] = covey_mls_joiner_at(take(joiner_size), joiner_size);
        packages[i] = buffer(covey_mls_key_package_size());
    }
    staged = covey_mls_staged_at(take(staged_size), staged_size);
    rival = covey_mls_staged_at(take(staged_size), staged_size);
    scratch = buffer(covey_mls_scratch_size());
    saved = buffer(covey_mls_saved_size());
    commit = buffer(MESSAGE_SIZE);
    welcome = buffer(MESSAGE_SIZE);
    message = buffer(MESSAGE_SIZE);
}

static covey_mls_member named(unsigned i)
{
    static char name[] = "member-00";

    name[7] = (char)('0' + i / 10);
    name[8] = (char)('0' + i % 10);
    return (covey_mls_member){
        .identity = {(const uint8_t *)name, sizeof name - 1},
        .not_before_s = now_s - 60,
        .not_after_s = now_s + 600,
    };
}

static void agree(void)
{
    uint8_t first[COVEY_MLS_HASH_SIZE], other[COVEY_MLS_HASH_SIZE];

    ok(covey_mls_epoch_authenticator(members[0], first), "authenticator");
    for (uint32_t i = 1; i < num_members; i++) {
        ok(covey_mls_epoch_authenticator(members[i], other), "authenticator");
        if (sodium_memcmp(first, other, sizeof first) != 0) {
            fail("members disagree about the epoch", 0);
        }
    }
}

/* --- steps --------------------------------------------------------------- */

/* `by` commits what is in options; all others follow. */
static void do_commit(uint32_t by, const covey_mls_commit_options *options,
                      const char *name, const char *process_name)
{
    cost_begin();
    int err = covey_mls_commit(members[by], &port_random, options, staged,
                               &scratch, &commit, &welcome);
    cost_end(name, life);
    ok(err, name);
    cost_begin();
    err = covey_mls_merge(members[by], staged);
    cost_end("merge", life);
    ok(err, "merge own");

    for (uint32_t i = 0; i < num_members; i++) {
        if (i == by) continue;
        cost_begin();
        err =
            covey_mls_stage(members[i], staged, of(&commit), NULL, 0, &scratch);
        cost_end(process_name, life);
        ok(err, process_name);
        ok(covey_mls_merge(members[i], staged), "merge");
    }
    agree();
}

static void make_package(uint32_t i)
{
    covey_mls_member member = named(i);

    cost_begin();
    int err = covey_mls_joiner_new(joiners[i], &port_random, &member, NULL,
                                   &packages[i]);
    cost_end("key_package", life);
    ok(err, "key package");
}

static void do_join(uint32_t i)
{
    cost_begin();
    int err = covey_mls_stage_welcome(staged, joiners[i], of(&welcome),
                                      (covey_bytes){NULL, 0}, NULL, 0, NULL,
                                      &scratch);
    if (!err) err = covey_mls_join(members[i], joiners[i], staged);
    cost_end("join", life);
    ok(err, "join");
}

/* Adds members until there are `wanted`, all in one commit. */
static void add_until(uint32_t wanted, const char *name)
{
    covey_mls_change changes[MEMBERS_MAX] = {{.kind = COVEY_MLS_ADD}};
    covey_mls_commit_options options = {.changes = changes, .now_s = now_s};
    uint32_t old = num_members;
    int err;

    for (uint32_t i = old; i < wanted; i++) {
        make_package(i);
        changes[i - old].kind = COVEY_MLS_ADD;
        changes[i - old].key_package = of(&packages[i]);
    }
    options.num_changes = wanted - old;

    num_members = wanted;
    cost_begin();
    err = covey_mls_commit(members[0], &port_random, &options, staged, &scratch,
                           &commit, &welcome);
    cost_end(name, life);
    ok(err, name);
    ok(covey_mls_merge(members[0], staged), "merge own");
    for (uint32_t i = 1; i < old; i++) {
        cost_begin();
        err =
            covey_mls_stage(members[i], staged, of(&commit), NULL, 0, &scratch);
        cost_end("process_add", life);
        ok(err, "process add");
        ok(covey_mls_merge(members[i], staged), "merge");
    }
    for (uint32_t i = old; i < wanted; i++) do_join(i);
    agree();
}

/* Every member renews its path, so that no parent is blank. */
static void renew_all(void)
{
    for (uint32_t i = num_members; i-- > 0;) {
        do_commit(i, NULL, "commit_first", "process_first");
    }
}

static size_t to_smallest_bucket(size_t len)
{
    return len < 228 ? 228 : len;
}

static void exchange(uint32_t from)
{
    static const uint8_t position[POSITION_SIZE] = "51.5007 N, 0.1246 W";
    covey_mls_framing framing = {.pad = to_smallest_bucket};
    covey_mls_received received;

    cost_begin();
    int err = covey_mls_protect(members[from], &port_random,
                                (covey_bytes){position, sizeof position},
                                &framing, &scratch, &message);
    cost_end("protect", life);
    ok(err, "protect");

    for (uint32_t i = 0; i < num_members; i++) {
        if (i == from) continue;

        /* A forged message changes nothing: the true one still opens. */
        message.at[message.len - 1] ^= 1;
        err =
            covey_mls_unprotect(members[i], of(&message), &scratch, &received);
        expect(err, COVEY_ERR_AUTH, "a forged message");
        message.at[message.len - 1] ^= 1;

        cost_begin();
        err =
            covey_mls_unprotect(members[i], of(&message), &scratch, &received);
        cost_end("unprotect", life);
        ok(err, "unprotect");
        if (received.sender != covey_mls_own_leaf(members[from]) ||
            received.data.len != sizeof position ||
            memcmp(received.data.at, position, sizeof position) != 0) {
            fail("another message came out", 0);
        }
        err =
            covey_mls_unprotect(members[i], of(&message), &scratch, &received);
        expect(err, COVEY_ERR_REPLAY, "a replayed message");
    }
}

static void save_and_load(uint32_t i)
{
    cost_begin();
    int err = covey_mls_group_save(members[i], NULL, &saved);
    cost_end("save", life);
    ok(err, "save");

    covey_mls_group_wipe(members[i]);
    cost_begin();
    err = covey_mls_group_load(members[i], NULL, of(&saved));
    cost_end("load", life);
    ok(err, "load");
    agree();
}

/* A member proposes new keys, the first commits it. */
static void propose_update(uint32_t by)
{
    covey_mls_change change = {.kind = COVEY_MLS_UPDATE};
    covey_mls_commit_options options = {.take_all = true, .now_s = now_s};
    covey_mls_change_info info;

    cost_begin();
    int err = covey_mls_propose(members[by], &port_random, &change, NULL, now_s,
                                NULL, &scratch, &message, NULL);
    cost_end("propose_update", life);
    ok(err, "propose");
    for (uint32_t i = 0; i < num_members; i++) {
        if (i == by) continue;
        cost_begin();
        err = covey_mls_receive_proposal(members[i], of(&message), &scratch,
                                         &info, NULL);
        cost_end("receive_proposal", life);
        ok(err, "receive proposal");
        if (info.kind != COVEY_MLS_UPDATE ||
            info.proposer != covey_mls_own_leaf(members[by])) {
            fail("another proposal came out", 0);
        }
    }
    /* Its new private keys must survive a restart. */
    save_and_load(by);
    do_commit(0, &options, "commit_update", "process_update");
}

/* Two commit at once; the second's is taken. The first has saved its own with
 * its state, restarts, and gives it up. */
static void lose_race(void)
{
    ok(covey_mls_commit(members[0], &port_random, NULL, staged, &scratch,
                        &commit, NULL),
       "commit that loses");
    ok(covey_mls_commit(members[1], &port_random, NULL, rival, &scratch,
                        &commit, NULL),
       "commit that wins");
    ok(covey_mls_merge(members[1], rival), "merge the winner's");

    cost_begin();
    int err = covey_mls_group_save(members[0], staged, &saved);
    cost_end("save_pending", life);
    ok(err, "save with a pending commit");
    covey_mls_drop(staged);
    covey_mls_group_wipe(members[0]);
    ok(covey_mls_group_load(members[0], staged, of(&saved)),
       "load with a pending commit");
    covey_mls_drop(staged);

    for (uint32_t i = 0; i < num_members; i++) {
        if (i == 1) continue;
        ok(covey_mls_stage(members[i], staged, of(&commit), NULL, 0, &scratch),
           "stage the winner's");
        ok(covey_mls_merge(members[i], staged), "merge the winner's");
    }
    agree();
}

static void remove_last(void)
{
    uint32_t gone = num_members - 1;
    covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                               .leaf = covey_mls_own_leaf(members[gone])};
    covey_mls_commit_options options = {.changes = &change, .num_changes = 1};
    covey_mls_staged_info_data info;

    num_members--;
    do_commit(0, &options, "commit_remove", "process_remove");

    ok(covey_mls_stage(members[gone], staged, of(&commit), NULL, 0, &scratch),
       "one's own removal");
    ok(covey_mls_staged_info(staged, &info), "staged info");
    if (!info.removes_self) fail("the removed member is not told", 0);
    ok(covey_mls_merge(members[gone], staged), "merge one's own removal");
    if (covey_mls_is_open(members[gone])) fail("a removed member goes on", 0);
}

static void whole_life(uint32_t size)
{
    covey_mls_member creator = named(0);

    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        covey_mls_group_wipe(members[i]);
        covey_mls_joiner_wipe(joiners[i]);
    }

    life = size;
    num_members = 1;
    cost_begin();
    int err =
        covey_mls_group_create(members[0], &port_random, (covey_bytes){NULL, 0},
                               &creator, NULL, (covey_bytes){NULL, 0}, NULL);
    cost_end("create", life);
    ok(err, "create");

    if (size > 2) {
        add_until(size - 1, "commit_add_all");
        renew_all();
    }
    add_until(size, "commit_add");
    renew_all();

    do_commit(0, NULL, "commit", "process_commit");
    exchange(size - 1);
    exchange(0);
    propose_update(size - 1);
    save_and_load(size - 1);
    exchange(size - 1);
    do_commit(size - 1, NULL, "commit", "process_commit");
    lose_race();
    exchange(1);
    remove_last();
    if (num_members > 1) exchange(0);
}

static void print_size(const char *what, size_t size)
{
    board_log("size ");
    board_log(what);
    board_log(" ");
    board_log_u32((uint32_t)size);
    board_log("\n");
}

int main(void)
{
    uint8_t entropy[32];
    unsigned num_answers;
    const char *wrong;

    if (board_entropy(entropy) != 0) {
        board_log("TEST SEED: nothing made here is secret\n");
    }
    port_rng_seed(entropy);
    if (sodium_init() < 0) fail("sodium_init", 0);
    wrong = known_answers(&num_answers);
    if (wrong) fail(wrong, 0);

    print_size("group", covey_mls_group_size());
    print_size("staged_epoch", covey_mls_staged_size());
    print_size("joiner", covey_mls_joiner_size());
    print_size("scratch", covey_mls_scratch_size());
    print_size("scratch_of_a_watch", covey_mls_member_scratch_size());
    print_size("saved_group", covey_mls_saved_size());
    print_size("longest_handshake", covey_mls_message_size());
    print_size("longest_welcome", covey_mls_welcome_size());
    print_size("longest_key_package", covey_mls_key_package_size());

    make_room();
    whole_life(2);
    whole_life(8);
    whole_life(16);
    cost_print();
    board_log("groups of 2, 8 and 16 members lived\n");
    return 0;
}
