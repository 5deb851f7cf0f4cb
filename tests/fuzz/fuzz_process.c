/*
 * A member reads whatever comes. The input is up to four messages, each
 * a byte that says how it comes, two bytes of length, and that many bytes:
 *
 *   0  an MLSMessage as it stands
 *   1  what a member seals: SenderData, content type, authenticated data and
 *      the plaintext of a PrivateMessage are the fuzzer's
 *   2  a Welcome for Greg whose GroupSecrets and GroupInfo are the fuzzer's
 *   3  a proposal or a commit that is made as the bytes decide: generate.h
 *
 * and of the input's first byte the lowest bits choose who reads. Keys that a
 * fuzzer cannot have are made superfluous (lenient.h), so that everything
 * behind them is reached: the rules of proposals, commits, trees, joining. A
 * failure changes nothing; a success leaves a group that a newcomer would
 * accept, that comes back from being saved, and that can go on.
 */
#include <covey/error.h>

#include "base/writer.h"
#include "fuzz/family.h"
#include "fuzz/fuzz.h"
#include "fuzz/generate.h"
#include "fuzz/lenient.h"
#include "fuzz/process_seeds.h"
#include "mls/advance.h"
#include "mls/framing.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/tree_validate.h"
#include "mls/types.h"
#include "mls/welcome.h"

#define MESSAGES_MAX 4
#define MESSAGE_ROOM 16384

static covey_mls_group group;
static covey_mls_group before;
static covey_mls_staged staged;
static covey_mls_joiner joiner;
static covey_buffer scratch;
static covey_buffer saved;
static covey_buffer saved_again;
static covey_buffer sent;
static covey_buffer welcomed;

int LLVMFuzzerInitialize(int *argc, char ***argv);

static covey_buffer exactly(size_t len)
{
    covey_buffer buffer = {malloc(len), len, 0};

    fuzz_require(buffer.at != NULL);
    return buffer;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *directory = getenv("COVEY_FUZZ_SEEDS");

    (void)argc;
    (void)argv;
    (void)family_get();
    scratch = exactly(covey_mls_scratch_size());
    saved = exactly(covey_mls_saved_size());
    saved_again = exactly(covey_mls_saved_size());
    sent = exactly(covey_mls_message_size());
    welcomed = exactly(covey_mls_welcome_size());
    if (directory != NULL) {
        process_seeds_write(directory);
        exit(0);
    }
    return 0;
}

/* ---- what holds of a group whatever it has accepted ---- */

static void check_saves(const covey_mls_staged *pending)
{
    static covey_mls_group loaded;
    static covey_mls_staged loaded_pending;

    fuzz_require(covey_mls_group_save(&group, pending, &saved) == COVEY_OK);
    covey_mls_group_wipe(&loaded);
    covey_mls_drop(&loaded_pending);
    fuzz_lenient = true; /* proposals are looked at again */
    fuzz_require(covey_mls_group_load(&loaded, &loaded_pending,
                                      covey_bytes_of(saved.at, saved.len)) ==
                 COVEY_OK);
    fuzz_lenient = false;
    fuzz_require(covey_mls_group_save(&loaded,
                                      pending != NULL ? &loaded_pending : NULL,
                                      &saved_again) == COVEY_OK);
    fuzz_require(
        covey_bytes_same(covey_bytes_of(saved.at, saved.len),
                         covey_bytes_of(saved_again.at, saved_again.len)));
}

static void check_members(const covey_mls_group *at)
{
    covey_mls_member_info info;
    uint32_t leaf = COVEY_MLS_NO_LEAF;
    uint32_t num = 0;
    bool self = false;

    for (; covey_mls_next_member(at, leaf, &info); leaf = info.leaf) {
        self = self || info.leaf == covey_mls_own_leaf(at);
        num++;
    }
    fuzz_require(num == covey_mls_num_members(at));
    fuzz_require(self == covey_mls_is_open(at));
}

static void check_group(void)
{
    const covey_epoch *epoch = &group.epoch;
    const covey_group_context *context = &epoch->context;
    covey_digest hash;

    check_members(&group);
    check_saves(NULL);
    covey_tree_hash(&hash, &epoch->tree, covey_tree_root(epoch->tree.width),
                    NULL);
    fuzz_require(covey_bytes_same(covey_digest_bytes(&hash),
                                  covey_digest_bytes(&context->tree_hash)));
    fuzz_lenient = true;
    fuzz_require(covey_tree_validate(&epoch->tree, context->suite,
                                     covey_group_id(context),
                                     covey_group_extensions(context),
                                     group.limits.lifetime_max_s) == COVEY_OK);
    fuzz_lenient = false;
}

static void inspect(void)
{
    covey_mls_staged_info_data info;
    covey_mls_change_info change;
    covey_mls_member_info member;
    uint32_t leaf = COVEY_MLS_NO_LEAF;

    fuzz_require(covey_mls_staged_info(&staged, &info) == COVEY_OK);
    for (size_t i = 0; i < info.num_changes; i++) {
        fuzz_require(covey_mls_staged_change(&group, &staged, i, &change) ==
                     COVEY_OK);
    }
    while (covey_mls_staged_next_member(&staged, leaf, &member)) {
        leaf = member.leaf;
    }
}

/* The member says something, and commits all that it has. */
static void go_on(void)
{
    const family *all = family_get();
    covey_random random = family_random();
    const covey_mls_commit_options options = {.take_all = true,
                                              .psks = &all->psk,
                                              .num_psks = 1};

    if (!covey_mls_is_open(&group)) return;
    fuzz_either_way(covey_mls_protect(&group, &random,
                                      covey_bytes_of_text("here"), NULL,
                                      &scratch, &sent));
    if (covey_mls_commit(&group, &random, &options, &staged, &scratch, &sent,
                         &welcomed) == COVEY_OK) {
        inspect();
        check_saves(&staged);
        fuzz_require(covey_mls_merge(&group, &staged) == COVEY_OK);
        check_group();
    }
    covey_mls_drop(&staged);
}

/* ---- messages ---- */

static void read_handshake(covey_bytes message)
{
    const family *all = family_get();
    covey_mls_change_info change;
    covey_bytes data;

    before = group;
    fuzz_lenient = true;
    int err =
        covey_mls_receive_proposal(&group, message, &scratch, &change, &data);
    fuzz_lenient = false;
    if (err == COVEY_OK) {
        for (size_t i = 0; i < covey_mls_num_proposals(&group); i++) {
            fuzz_require(covey_mls_proposal(&group, i, &change) == COVEY_OK);
        }
        check_saves(NULL);
        return;
    }
    fuzz_require(memcmp(&group, &before, sizeof group) == 0);

    fuzz_lenient = true;
    err = covey_mls_stage(&group, &staged, message, &all->psk, 1, &scratch);
    fuzz_lenient = false;
    fuzz_require(memcmp(&group, &before, sizeof group) == 0);
    if (staged.state != COVEY_STAGED_EMPTY) inspect();
    if (err == COVEY_OK) {
        fuzz_require(covey_mls_merge(&group, &staged) == COVEY_OK);
        check_group();
    } else {
        fuzz_require(covey_mls_merge(&group, &staged) == COVEY_ERR_STATE);
        fuzz_require((staged.state == COVEY_STAGED_FAILED) ==
                     (staged.state != COVEY_STAGED_EMPTY));
        fuzz_require(staged.state == COVEY_STAGED_EMPTY ||
                     !covey_error_is_public(err));
    }
    covey_mls_drop(&staged);
}

static void read_text(covey_bytes message)
{
    covey_mls_received received;

    before = group;
    fuzz_lenient = true;
    int err = covey_mls_unprotect(&group, message, &scratch, &received);
    fuzz_lenient = false;
    if (err != COVEY_OK) {
        fuzz_require(memcmp(&group, &before, sizeof group) == 0);
        return;
    }
    check_saves(NULL);
    fuzz_lenient = true;
    fuzz_require(covey_mls_unprotect(&group, message, &scratch, &received) !=
                 COVEY_OK);
    fuzz_lenient = false;
}

static void read_welcome(covey_bytes message)
{
    const family *all = family_get();
    const covey_bytes none = {NULL, 0};

    joiner = all->greg;
    fuzz_lenient = true;
    int err = covey_mls_stage_welcome(&staged, &joiner, message, none,
                                      &all->psk, 1, NULL, &scratch);
    fuzz_lenient = false;
    fuzz_require(memcmp(&joiner, &all->greg, sizeof joiner) == 0);
    if (err == COVEY_OK) {
        inspect();
        covey_mls_group_wipe(&group);
        fuzz_require(covey_mls_join(&group, &joiner, &staged) == COVEY_OK);
        check_group();
    }
    fuzz_require(staged.state == COVEY_STAGED_EMPTY);
}

static void read_message(covey_bytes message)
{
    covey_mls_message_kind kind;
    uint64_t epoch;

    if (covey_mls_message_peek(message, &kind, &epoch) == COVEY_OK) {
        bool is_framed = message.at[3] == COVEY_WIRE_PUBLIC_MESSAGE ||
                         message.at[3] == COVEY_WIRE_PRIVATE_MESSAGE;

        fuzz_require(kind >= COVEY_MLS_MESSAGE_APPLICATION &&
                     kind <= COVEY_MLS_MESSAGE_KEY_PACKAGE);
        fuzz_require(is_framed == (kind <= COVEY_MLS_MESSAGE_COMMIT));
    }
    read_text(message);
    read_handshake(message);
    read_welcome(message);
}

/* ---- sealing what the fuzzer says ---- */

/* See process_seeds.c for the form of the input. */
static covey_bytes seal_private(covey_bytes input)
{
    const covey_epoch *epoch = &group.epoch;
    covey_reader r = covey_reader_of(input);
    uint8_t type = covey_read_u8(&r);
    covey_bytes sender = covey_read_fixed(&r, COVEY_SENDER_DATA_SIZE);
    covey_bytes data = covey_read_vec(&r);

    if (r.failed || !covey_mls_is_open(&group)) return covey_bytes_of(NULL, 0);
    return process_seal_private(epoch, type, sender, data,
                                covey_bytes_of(r.at, r.left));
}

static void read_one(uint8_t form, covey_bytes input)
{
    covey_bytes message = input;

    if (form == 1) message = seal_private(input);
    if (form == 2) {
        message = process_seal_welcome(&family_get()->greg, input);
    }
    if (form == 3) message = generate_message(&group, input);
    read_message(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const family_name readers[] = {BEN, EVA, FRED};
    covey_bytes input = covey_bytes_of(data, size);
    uint8_t first = fuzz_byte(&input);
    covey_reader r = covey_reader_of(input);

    group = family_get()->members[readers[first % 3]];
    for (size_t i = 0; i < MESSAGES_MAX && covey_reader_more(&r); i++) {
        uint8_t form = covey_read_u8(&r);
        uint16_t len = covey_read_u16(&r);

        if (r.failed) break;
        if (len > r.left) len = (uint16_t)r.left;
        /* In a buffer of its own: what lies behind is out of bounds. */
        covey_bytes message = covey_read_fixed(&r, len);
        message = covey_bytes_of(test_copy(message), len);
        read_one(form % 4, message);
    }
    if ((first & 0x80) != 0) go_on();
    test_free_all();
    return 0;
}
