/*
 * The other end of the watch's serial line, on a desk: two guardians' phones in
 * one program, on stdin and stdout. It makes the group, invites the watch, and
 * takes it through a day: texts, key refreshes, a phone that leaves, a forged
 * message, a restart. Both sides must agree about every epoch.
 *
 * Ends with 0 when all went as it should; says on stderr what did not.
 */
#include <covey/mls.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { OBJECT_SIZE = 64 * 1024, MESSAGE_SIZE = 16 * 1024 };

typedef struct {
    const char *name;
    covey_mls_group *group;
    uint64_t memory[OBJECT_SIZE / 8];
} phone;

static phone mother = {.name = "mother"};
static phone father = {.name = "father"};

static uint64_t staged_memory[OBJECT_SIZE / 8];
static uint64_t joiner_memory[OBJECT_SIZE / 8];
static covey_mls_staged *staged;
static covey_mls_joiner *joiner;

static uint8_t work[4 * OBJECT_SIZE];
static uint8_t commit_bytes[MESSAGE_SIZE], welcome_bytes[MESSAGE_SIZE];
static uint8_t message_bytes[MESSAGE_SIZE], package_bytes[MESSAGE_SIZE];
static covey_buffer scratch = {.at = work, .cap = sizeof work};
static covey_buffer commit = {.at = commit_bytes, .cap = MESSAGE_SIZE};
static covey_buffer welcome = {.at = welcome_bytes, .cap = MESSAGE_SIZE};
static covey_buffer message = {.at = message_bytes, .cap = MESSAGE_SIZE};

static const uint64_t now_s = 1800000000u; /* the watch's */
static int num_positions;

static void must(int holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "phone: FAILED: %s\n", what);
    exit(1);
}

static void ok(int err, const char *what)
{
    if (!err) return;
    fprintf(stderr, "phone: FAILED: %s: %s\n", what, covey_error_name(err));
    exit(1);
}

static int fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    randombytes_buf(out, len);
    return 0;
}

static const covey_random host_random = {.fill = fill};

static covey_bytes of(const covey_buffer *b)
{
    return (covey_bytes){b->at, b->len};
}

/* --- the line ------------------------------------------------------------ */

static void send(uint8_t kind, covey_bytes bytes)
{
    uint8_t head[FRAME_HEAD_SIZE] = {kind, (uint8_t)(bytes.len >> 8),
                                     (uint8_t)bytes.len};

    must(bytes.len <= FRAME_MAX, "the frame is short enough");
    must(fwrite(head, 1, sizeof head, stdout) == sizeof head &&
             fwrite(bytes.at, 1, bytes.len, stdout) == bytes.len &&
             fflush(stdout) == 0,
         "the line takes a frame");
}

static uint8_t receive(covey_buffer *to)
{
    uint8_t head[FRAME_HEAD_SIZE];

    must(fread(head, 1, sizeof head, stdin) == sizeof head,
         "the watch answers");
    to->len = (size_t)head[1] << 8 | head[2];
    must(to->len <= to->cap, "the watch's frame is short enough");
    must(fread(to->at, 1, to->len, stdin) == to->len,
         "the watch's frame is whole");
    return head[0];
}

/* --- the phones ---------------------------------------------------------- */

static covey_mls_member named(const char *name)
{
    return (covey_mls_member){
        .identity = {(const uint8_t *)name, strlen(name)},
        .not_before_s = now_s - 3600,
        .not_after_s = now_s + 3600,
    };
}

static void merge_at(phone *p, covey_bytes bytes)
{
    ok(covey_mls_stage(p->group, staged, bytes, NULL, 0, &scratch), p->name);
    ok(covey_mls_merge(p->group, staged), p->name);
}

/* What the watch sends: a position, or a proposal of new keys. */
static void take(covey_bytes bytes)
{
    covey_mls_message_kind kind;

    ok(covey_mls_message_peek(bytes, &kind, NULL), "peek");
    for (phone *const *p = (phone *[]){&mother, &father, NULL}; *p; p++) {
        if (!covey_mls_is_open((*p)->group)) continue;
        if (kind == COVEY_MLS_MESSAGE_APPLICATION) {
            covey_mls_received got;

            ok(covey_mls_unprotect((*p)->group, bytes, &scratch, &got),
               "the watch's position");
            must(got.identity.len == 5 &&
                     memcmp(got.identity.at, "watch", 5) == 0,
                 "it is the watch's");
            if (*p == &mother) {
                num_positions++;
                fprintf(stderr, "phone: position: %.*s\n", (int)got.data.len,
                        (const char *)got.data.at);
            }
        } else {
            covey_mls_change_info info;

            ok(covey_mls_receive_proposal((*p)->group, bytes, &scratch, &info,
                                          NULL),
               "the watch's proposal");
            must(info.kind == COVEY_MLS_UPDATE, "it proposes an update");
        }
    }
}

/* Sends a frame and takes all that the watch answers. Whether it accepted. */
static int exchange(uint8_t kind, covey_bytes bytes)
{
    static uint8_t bytes_in[FRAME_MAX];
    covey_buffer in = {.at = bytes_in, .cap = sizeof bytes_in};
    uint8_t mine[COVEY_MLS_HASH_SIZE];

    send(kind, bytes);
    while (receive(&in) != FRAME_DONE) take(of(&in));
    if (in.len == 0) return 0;

    ok(covey_mls_epoch_authenticator(mother.group, mine), "authenticator");
    must(in.len == sizeof mine && memcmp(in.at, mine, sizeof mine) == 0,
         "both sides hold the same epoch");
    return 1;
}

static void create(void)
{
    covey_mls_member self = named(mother.name);

    ok(covey_mls_group_create(mother.group, &host_random,
                              (covey_bytes){NULL, 0}, &self, NULL,
                              (covey_bytes){NULL, 0}, NULL),
       "create");
}

static void add(covey_bytes package)
{
    covey_mls_change change = {.kind = COVEY_MLS_ADD, .key_package = package};
    covey_mls_commit_options options = {.changes = &change,
                                        .num_changes = 1,
                                        .now_s = now_s};

    ok(covey_mls_commit(mother.group, &host_random, &options, staged, &scratch,
                        &commit, &welcome),
       "add");
    ok(covey_mls_merge(mother.group, staged), "merge");
}

static void invite_father(void)
{
    covey_buffer package = {.at = package_bytes, .cap = MESSAGE_SIZE};
    covey_mls_member self = named(father.name);

    ok(covey_mls_joiner_new(joiner, &host_random, &self, NULL, &package),
       "father's package");
    add(of(&package));
    ok(covey_mls_stage_welcome(staged, joiner, of(&welcome),
                               (covey_bytes){NULL, 0}, NULL, 0, NULL, &scratch),
       "father's welcome");
    ok(covey_mls_join(father.group, joiner, staged), "father joins");
}

static void invite_watch(void)
{
    covey_buffer package = {.at = package_bytes, .cap = MESSAGE_SIZE};
    covey_buffer done = {.at = message_bytes, .cap = MESSAGE_SIZE};

    send(FRAME_HELLO, (covey_bytes){NULL, 0});
    must(receive(&package) == FRAME_PACKAGE, "the watch sends its package");
    must(receive(&done) == FRAME_DONE, "the watch is done");
    add(of(&package));
    merge_at(&father, of(&commit));
    must(exchange(FRAME_WELCOME, of(&welcome)), "the watch joins");
}

static void text(phone *from, const char *words)
{
    phone *other = from == &mother ? &father : &mother;
    covey_mls_received got;

    ok(covey_mls_protect(from->group, &host_random,
                         (covey_bytes){(const uint8_t *)words, strlen(words)},
                         NULL, &scratch, &message),
       "protect");
    if (covey_mls_is_open(other->group)) {
        ok(covey_mls_unprotect(other->group, of(&message), &scratch, &got),
           other->name);
    }

    message.at[message.len / 2] ^= 1;
    must(!exchange(FRAME_MESSAGE, of(&message)),
         "the watch refuses a forged message");
    message.at[message.len / 2] ^= 1;
    must(exchange(FRAME_MESSAGE, of(&message)), "the watch reads");
    must(!exchange(FRAME_MESSAGE, of(&message)),
         "the watch refuses a replayed message");
}

/* A commit that takes in whatever was proposed. */
static void refresh(phone *by, const covey_mls_change *changes, size_t num)
{
    covey_mls_commit_options options = {.changes = changes,
                                        .num_changes = num,
                                        .take_all = true,
                                        .now_s = now_s};
    phone *other = by == &mother ? &father : &mother;

    must(covey_mls_num_proposals(by->group) > 0,
         "the watch has proposed new keys");
    ok(covey_mls_commit(by->group, &host_random, &options, staged, &scratch,
                        &commit, NULL),
       "commit");
    ok(covey_mls_merge(by->group, staged), "merge");
    if (covey_mls_is_open(other->group)) merge_at(other, of(&commit));
    must(exchange(FRAME_MESSAGE, of(&commit)), "the watch follows");
}

static void remove_father(void)
{
    covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                               .leaf = covey_mls_own_leaf(father.group)};

    refresh(&mother, &change, 1);
    must(!covey_mls_is_open(father.group), "father's phone is out");
}

int main(void)
{
    must(sodium_init() >= 0, "sodium_init");
    must(covey_mls_scratch_size() <= sizeof work, "enough scratch");
    mother.group = covey_mls_group_at(mother.memory, sizeof mother.memory);
    father.group = covey_mls_group_at(father.memory, sizeof father.memory);
    staged = covey_mls_staged_at(staged_memory, sizeof staged_memory);
    joiner = covey_mls_joiner_at(joiner_memory, sizeof joiner_memory);
    must(mother.group && father.group && staged && joiner, "enough memory");

    create();
    invite_father();
    invite_watch();
    text(&mother, "Where are you?");
    refresh(&father, NULL, 0);
    text(&father, "Dinner is at six.");
    must(exchange(FRAME_RESTART, (covey_bytes){NULL, 0}),
         "the watch comes back");
    text(&mother, "Are you there again?");
    refresh(&mother, NULL, 0);
    remove_father();
    text(&mother, "Just the two of us.");
    must(num_positions == 5, "five positions came");
    send(FRAME_END, (covey_bytes){NULL, 0});
    fprintf(stderr, "phone: done, in epoch %u\n",
            (unsigned)covey_mls_epoch(mother.group));
    return 0;
}
