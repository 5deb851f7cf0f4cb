/*
 * A watch with 64 kB of RAM and no operating system, as an example of how
 * firmware uses Covey's MLS.
 *
 * It makes its keys, joins the group that a phone made, follows the group's
 * commits, proposes fresh keys of its own once in each epoch, reads messages,
 * answers with its position, and goes on after a restart. It never commits:
 * phones do. desk/phone.c is the other end of the line.
 *
 * Three habits to take from here:
 *   - State is saved before anything that used it leaves, or is shown.
 *   - What is staged is looked at before it is merged.
 *   - One's own random source is seeded before anything else happens, and a
 *     watch that has none does not start.
 */
#include <covey/mls.h>
#include <sodium.h>
#include <string.h>

#include "board.h"
#include "frame.h"
#include "rng.h"

/* --- memory: all that the watch needs beside its stack ------------------- */

enum {
    GROUP_SIZE = 16 * 1024,
    STAGED_SIZE = 13 * 1024,
    JOINER_SIZE = 640,
    WORK_SIZE = 10752,
    OUT_SIZE = 2048,
};

static uint64_t group_memory[GROUP_SIZE / 8];
static uint64_t staged_memory[STAGED_SIZE / 8];
static uint64_t joiner_memory[JOINER_SIZE / 8];
static uint8_t work[WORK_SIZE]; /* the library's scratch */
static uint8_t in[FRAME_MAX];
static uint8_t out[OUT_SIZE];

static covey_mls_group *group;
static covey_mls_staged *staged;
static covey_mls_joiner *joiner;

static covey_buffer scratch = {.at = work, .cap = sizeof work};

/* --- small things -------------------------------------------------------- */

static void note(const char *what, int err)
{
    board_log(what);
    if (err) {
        board_log(": ");
        board_log(covey_error_name(err));
    }
    board_log("\n");
}

static void send(uint8_t kind, covey_bytes bytes)
{
    uint8_t head[FRAME_HEAD_SIZE] = {kind, (uint8_t)(bytes.len >> 8),
                                     (uint8_t)bytes.len};

    board_modem_write(head, sizeof head);
    board_modem_write(bytes.at, bytes.len);
}

static void send_buffer(uint8_t kind, const covey_buffer *buffer)
{
    send(kind, (covey_bytes){buffer->at, buffer->len});
}

/* A product seals the record under a key of its own before it writes it:
 * it holds the group's secrets in clear. */
static int save(void)
{
    covey_buffer flash = board_flash_begin();
    int err = covey_mls_group_save(group, NULL, &flash);

    if (!err) board_flash_commit(flash.len);
    return err;
}

/* 2027-01-15. A watch without a clock it can trust gives 0 instead, and takes
 * KeyPackages of any time. */
static uint64_t now_s(void)
{
    return 1800000000u;
}

/* --- what the watch says ------------------------------------------------- */

static int send_package(void)
{
    static const char name[] = "watch";
    covey_mls_member self = {
        .identity = {(const uint8_t *)name, sizeof name - 1},
        .not_before_s = now_s() - 3600,
        .not_after_s = now_s() + 24 * 3600,
    };
    covey_buffer package = {.at = out, .cap = sizeof out};
    int err = covey_mls_joiner_new(joiner, &port_random, &self, NULL, &package);

    if (!err) send_buffer(FRAME_PACKAGE, &package);
    return err;
}

/* A position, a text and an alarm all leave with the same length. */
static size_t to_smallest_bucket(size_t len)
{
    return len < 228 ? 228 : len;
}

static int send_position(void)
{
    static const char position[] = "51.5007 N 0.1246 W +-5 m";
    covey_mls_framing framing = {.pad = to_smallest_bucket};
    covey_buffer message = {.at = out, .cap = sizeof out};
    int err = covey_mls_protect(group, &port_random,
                                (covey_bytes){(const uint8_t *)position,
                                              sizeof position - 1},
                                &framing, &scratch, &message);

    if (!err) err = save();
    if (!err) send_buffer(FRAME_MESSAGE, &message);
    return err;
}

/* New keys, so that who copied the old ones reads nothing more. A phone puts
 * the proposal into its next commit. */
static int send_update(void)
{
    covey_mls_change change = {.kind = COVEY_MLS_UPDATE};
    covey_buffer message = {.at = out, .cap = sizeof out};
    int err = covey_mls_propose(group, &port_random, &change, NULL, now_s(),
                                NULL, &scratch, &message, NULL);

    if (!err) err = save();
    if (!err) send_buffer(FRAME_MESSAGE, &message);
    return err;
}

/* --- what the watch is told ---------------------------------------------- */

static int on_welcome(covey_bytes bytes)
{
    covey_mls_member_info member;
    int err =
        covey_mls_stage_welcome(staged, joiner, bytes, (covey_bytes){NULL, 0},
                                NULL, 0, NULL, &scratch);

    if (err) return err;

    /* Here a product compares the members with those that its wearer has just
     * paired with, and drops the Welcome when there are others. */
    board_log("invited by a group of:");
    member.leaf = COVEY_MLS_NO_LEAF;
    while (covey_mls_staged_next_member(staged, member.leaf, &member)) {
        board_log(" ");
        for (size_t i = 0; i < member.identity.len; i++) {
            char text[2] = {(char)member.identity.at[i], 0};
            board_log(text);
        }
    }
    board_log("\n");

    err = covey_mls_join(group, joiner, staged);
    if (!err) err = save();
    if (!err) err = send_update();
    if (!err) err = send_position();
    return err;
}

static int on_text(covey_bytes bytes)
{
    covey_mls_received received;
    int err = covey_mls_unprotect(group, bytes, &scratch, &received);

    if (!err) err = save();
    if (err) return err;
    board_log("a message of ");
    board_log_u32((uint32_t)received.data.len);
    board_log(" bytes from member ");
    board_log_u32(received.sender);
    board_log("\n");
    return send_position();
}

static int on_proposal(covey_bytes bytes)
{
    covey_mls_change_info info;
    int err = covey_mls_receive_proposal(group, bytes, &scratch, &info, NULL);

    return err ? err : save();
}

/* The wearer has a right to know who joins and who leaves. */
static void show_changes(const covey_mls_staged_info_data *info)
{
    covey_mls_change_info change;

    for (size_t i = 0; i < info->num_changes; i++) {
        if (covey_mls_staged_change(group, staged, i, &change) != 0) continue;
        board_log(change.kind == COVEY_MLS_ADD      ? "joins: member "
                  : change.kind == COVEY_MLS_REMOVE ? "leaves: member "
                                                    : "renewed: member ");
        board_log_u32(change.leaf);
        board_log(", by member ");
        board_log_u32(info->committer);
        board_log("\n");
    }
}

static int on_commit(covey_bytes bytes)
{
    covey_mls_staged_info_data info;
    int err = covey_mls_stage(group, staged, bytes, NULL, 0, &scratch);

    if (!err) err = covey_mls_staged_info(staged, &info);
    if (err) {
        /* A public error: no member takes this commit, go on without it. A
         * private one: the others may take it, so this watch is locked out
         * and has to say so. covey_error_is_public tells them apart. */
        covey_mls_drop(staged);
        return err;
    }
    show_changes(&info);
    err = covey_mls_merge(group, staged);
    if (!err) err = save();
    if (!err && covey_mls_is_open(group)) err = send_update();
    return err;
}

static int on_message(covey_bytes bytes)
{
    covey_mls_message_kind kind;
    int err = covey_mls_message_peek(bytes, &kind, NULL);

    if (err) return err;
    switch (kind) {
    case COVEY_MLS_MESSAGE_APPLICATION: return on_text(bytes);
    case COVEY_MLS_MESSAGE_PROPOSAL: return on_proposal(bytes);
    case COVEY_MLS_MESSAGE_COMMIT: return on_commit(bytes);
    default: return COVEY_ERR_PROFILE;
    }
}

/* As after a new battery: the RAM is empty, the flash is not. */
static int on_restart(void)
{
    covey_mls_group_wipe(group);
    covey_mls_drop(staged);
    memset(work, 0, sizeof work);
    return covey_mls_group_load(group, staged, board_flash_read());
}

/* --- main ---------------------------------------------------------------- */

static void answer(int err)
{
    uint8_t authenticator[COVEY_MLS_HASH_SIZE];
    size_t len = 0;

    if (err) {
        note("refused", err);
    } else if (covey_mls_epoch_authenticator(group, authenticator) == 0) {
        len = sizeof authenticator;
    }
    send(FRAME_DONE, (covey_bytes){authenticator, len});
}

static int handle(uint8_t kind, covey_bytes bytes)
{
    switch (kind) {
    case FRAME_HELLO: return send_package();
    case FRAME_WELCOME: return on_welcome(bytes);
    case FRAME_MESSAGE: return on_message(bytes);
    case FRAME_RESTART: return on_restart();
    default: return COVEY_ERR_ARGUMENT;
    }
}

static bool start(void)
{
    uint8_t entropy[32];

    switch (board_entropy(entropy)) {
    case 0: break;
    case 1: note("TEST SEED: nothing made here is secret", 0); break;
    default: note("no entropy: the watch does not start", 0); return false;
    }
    port_rng_seed(entropy);
    sodium_memzero(entropy, sizeof entropy);
    if (sodium_init() < 0) return false;

    group = covey_mls_group_at(group_memory, sizeof group_memory);
    staged = covey_mls_staged_at(staged_memory, sizeof staged_memory);
    joiner = covey_mls_joiner_at(joiner_memory, sizeof joiner_memory);
    if (!group || !staged || !joiner ||
        sizeof work < covey_mls_member_scratch_size()) {
        note("too little memory is set aside", 0);
        return false;
    }
    return true;
}

int main(void)
{
    uint8_t head[FRAME_HEAD_SIZE];

    if (!start()) return 1;
    for (;;) {
        board_modem_read(head, sizeof head);

        size_t len = (size_t)head[1] << 8 | head[2];

        if (len > sizeof in) {
            note("a frame is too long", 0);
            return 1;
        }
        board_modem_read(in, len);
        if (head[0] == FRAME_END) break;
        answer(handle(head[0], (covey_bytes){in, len}));
    }
    board_log("the watch is in epoch ");
    board_log_u32((uint32_t)covey_mls_epoch(group));
    board_log("; its stack was ");
    board_log_u32(board_stack_used());
    board_log(" bytes deep\n");
    return 0;
}
