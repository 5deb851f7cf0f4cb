#include "relay/blob.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/guard.h"
#include "support/members.h"

enum { ALICE, BOB, CAROL, NUM_MEMBERS };

static test_member members[NUM_MEMBERS];
static test_random random_state;
static covey_random hook;
static covey_handshake_key key;

static void start(void)
{
    const covey_bytes no_context = {NULL, 0};

    random_state = test_random_of(11);
    hook = test_random_hook(&random_state);
    test_members_new(members, NUM_MEMBERS, &random_state);
    cr_assert_eq(covey_mls_export(members[ALICE].group, COVEY_HANDSHAKE_LABEL,
                                  no_context, key.bytes, sizeof key.bytes),
                 COVEY_OK);
}

static void stop(void)
{
    test_free_all();
}

/* ---- sending and receiving ---- */

static covey_bytes pack(const covey_buffer *message, const covey_bytes *bundled,
                        size_t num)
{
    uint8_t room[COVEY_BLOB_MAX];
    covey_writer w = covey_writer_of(room, sizeof room);

    cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(message->at, message->len),
                                 bundled, num),
                 COVEY_OK);
    return covey_bytes_of(test_copy(covey_bytes_of(room, w.len)), w.len);
}

static int protect(covey_buffer *out, size_t who, size_t len)
{
    const covey_mls_framing framing = covey_blob_framing();
    uint8_t *data = test_alloc(len);

    return covey_mls_protect(members[who].group, &hook,
                             covey_bytes_of(data, len), &framing,
                             test_members_scratch(), out);
}

/* A blob of len bytes of payload, all zero. */
static covey_bytes say(size_t who, size_t len)
{
    covey_buffer *out = test_members_output();

    cr_assert_eq(protect(out, who, len), COVEY_OK);
    return pack(out, NULL, 0);
}

static covey_sealed_header sealed_header(const covey_blob_header *header)
{
    covey_sealed_header sealed;

    cr_assert_eq(covey_blob_header_seal(&sealed, &key, &hook, header),
                 COVEY_OK);
    return sealed;
}

static covey_bytes propose_update(size_t who, covey_mls_ref *ref)
{
    const covey_blob_header header = {.seen = {.count = 5}};
    const covey_sealed_header sealed = sealed_header(&header);
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_change change = {.kind = COVEY_MLS_UPDATE};
    covey_buffer *out = test_members_output();

    cr_assert_eq(covey_mls_propose(members[who].group, &hook, &change, NULL, 0,
                                   &framing, test_members_scratch(), out, ref),
                 COVEY_OK);
    return pack(out, NULL, 0);
}

static covey_bytes commit_with(size_t who, const covey_bytes *bundled,
                               uint8_t num)
{
    covey_blob_header header = {.is_commit = true,
                                .seen = {.count = 6},
                                .num_bundled = num};
    covey_buffer *out = test_members_output();

    for (uint8_t i = 0; i < num; i++) {
        header.bundled_len[i] = (uint16_t)bundled[i].len;
    }
    const covey_sealed_header sealed = sealed_header(&header);
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_commit_options options = {.take_all = true,
                                              .framing = &framing};

    cr_assert_eq(covey_mls_commit(members[who].group, &hook, &options,
                                  members[who].staged, test_members_scratch(),
                                  out, NULL),
                 COVEY_OK);
    return pack(out, bundled, num);
}

/* Views live until the next call. */
static int open_blob(covey_blob *out, size_t who, covey_bytes blob)
{
    static uint8_t room[COVEY_BLOB_MESSAGE_MAX];
    covey_writer w = covey_writer_of(room, sizeof room);

    return covey_blob_open(out, members[who].group, &key, blob, &w);
}

static int read_blob(size_t who, covey_bytes blob, size_t *len)
{
    covey_mls_received received;
    covey_blob opened;

    int err = open_blob(&opened, who, blob);
    if (err) return err;
    cr_assert_eq(opened.kind, COVEY_MLS_MESSAGE_APPLICATION);
    err = covey_mls_unprotect(members[who].group, opened.message,
                              test_members_scratch(), &received);
    if (!err) *len = received.data.len;
    return err;
}

static int hear_proposal(size_t who, covey_bytes blob)
{
    covey_mls_change_info info;
    covey_blob opened;

    int err = open_blob(&opened, who, blob);
    if (err) return err;
    cr_assert_eq(opened.kind, COVEY_MLS_MESSAGE_PROPOSAL);
    cr_assert_eq(opened.header.seen.count, 5);
    return covey_mls_receive_proposal(members[who].group, opened.message,
                                      test_members_scratch(), &info, NULL);
}

static int follow(size_t who, covey_bytes blob)
{
    covey_blob opened;

    int err = open_blob(&opened, who, blob);
    if (err) return err;
    cr_assert_eq(opened.kind, COVEY_MLS_MESSAGE_COMMIT);
    /* The bundled ones, for whom they are new. */
    for (uint8_t i = 0; i < opened.header.num_bundled; i++) {
        covey_blob commit = opened;

        err = hear_proposal(who, commit.bundled[i]);
        cr_assert(err == COVEY_OK || err == COVEY_ERR_REPLAY ||
                  err == COVEY_ERR_SENDER);
    }
    err = open_blob(&opened, who, blob); /* its message was overwritten */
    if (!err) {
        err = covey_mls_stage(members[who].group, members[who].staged,
                              opened.message, NULL, 0, test_members_scratch());
    }
    if (!err) err = covey_mls_merge(members[who].group, members[who].staged);
    return err;
}

TestSuite(blob, .init = start, .fini = stop);

/* ---- sizes ---- */

Test(blob, there_are_seven_sizes)
{
    static const size_t sizes[] = {256, 512, 1024, 2048, 4096, 8192, 16384};
    size_t len = 0;

    for (size_t i = 0; i < 7; i++) {
        for (; len <= sizes[i]; len++) {
            cr_assert_eq(covey_blob_bucket(len), sizes[i]);
        }
    }
    cr_assert_eq(covey_blob_bucket(16385), 0);
    cr_assert_eq(covey_blob_bucket(SIZE_MAX), 0);
}

Test(blob, T34_what_is_said_in_144_bytes_takes_256_whatever_it_is)
{
    size_t len = 0;

    for (size_t size = 0; size <= 144; size++) {
        covey_bytes blob = say(ALICE, size);

        cr_assert_eq(blob.len, 256, "%zu", size);
        cr_assert_eq(read_blob(BOB, blob, &len), COVEY_OK);
        cr_assert_eq(len, size);
    }
    cr_assert_eq(say(ALICE, 145).len, 512);
}

Test(blob, T34_every_payload_takes_one_of_six_sizes)
{
    /* What a blob of each size has room for. */
    static const size_t most[] = {144, 400, 912, 1936, 3984, 8080};
    size_t got = 0;

    for (size_t i = 0; i < 6; i++) {
        covey_bytes blob = say(BOB, most[i]);

        cr_assert_eq(blob.len, (size_t)256 << i);
        cr_assert_eq(read_blob(ALICE, blob, &got), COVEY_OK);
        cr_assert_eq(got, most[i]);
        if (i < 5) cr_assert_eq(say(BOB, most[i] + 1).len, (size_t)512 << i);
    }
    cr_assert_eq(protect(test_members_output(), BOB, 8081), COVEY_ERR_ARGUMENT);
}

Test(blob, a_handshake_takes_one_of_the_same_sizes)
{
    cr_assert_eq(propose_update(BOB, NULL).len, 512);
    covey_bytes commit = commit_with(ALICE, NULL, 0);
    cr_assert_eq(covey_blob_bucket(commit.len), commit.len);
    cr_assert_leq(commit.len, 2048);
}

Test(blob, H9_the_largest_commit_is_read_and_a_larger_blob_is_not)
{
    covey_bytes blob = say(ALICE, 8080);
    uint8_t *larger = test_alloc(16384);
    size_t len;

    cr_assert_eq(blob.len, COVEY_BLOB_EPOCH_MAX);
    cr_assert_eq(read_blob(BOB, blob, &len), COVEY_OK);
    memcpy(larger, blob.at, blob.len);
    covey_blob opened;
    cr_assert_eq(open_blob(&opened, BOB, covey_bytes_of(larger, 16384)),
                 COVEY_ERR_PROFILE);
}

/* ---- round trips ---- */

Test(blob, the_message_comes_out_as_it_was_made)
{
    covey_buffer *out = test_members_output();
    covey_blob opened;

    cr_assert_eq(protect(out, ALICE, 100), COVEY_OK);
    covey_bytes message = test_members_copy(out);
    covey_bytes blob = pack(out, NULL, 0);
    cr_assert_eq(open_blob(&opened, BOB, blob), COVEY_OK);
    check_bytes(opened.message, message);
    cr_assert_eq(message.len, blob.len + 2 + 2 + 33 + 8 + 1 + 1 + 1 + 2);
}

static size_t to_the_largest(size_t len)
{
    return len > COVEY_BLOB_EPOCH_MAX ? 0 : COVEY_BLOB_EPOCH_MAX;
}

Test(blob, the_largest_handshake_that_a_blob_holds_is_read)
{
    const covey_blob_header header = {.seen = {.count = 5}};
    const covey_sealed_header sealed = sealed_header(&header);
    covey_mls_framing framing = covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_change change = {.kind = COVEY_MLS_REMOVE, .leaf = 2};
    covey_buffer *out = test_members_output();

    cr_assert_eq(framing.pad(8192), 8192);
    cr_assert_eq(framing.pad(8193), 0);
    framing.pad = to_the_largest;
    cr_assert_eq(covey_mls_propose(members[ALICE].group, &hook, &change, NULL,
                                   0, &framing, test_members_scratch(), out,
                                   NULL),
                 COVEY_OK);
    cr_assert_eq(out->len, 8192 + 51);
    cr_assert_leq(out->len, COVEY_BLOB_MESSAGE_MAX);
    cr_assert_eq(hear_proposal(BOB, pack(out, NULL, 0)), COVEY_OK);
}

Test(blob, H2_a_commit_brings_the_proposals_that_it_refers_to)
{
    covey_bytes proposals[2];
    uint8_t one[32], two[32];

    proposals[0] = propose_update(BOB, NULL);
    proposals[1] = propose_update(CAROL, NULL);
    cr_assert_eq(hear_proposal(ALICE, proposals[0]), COVEY_OK);
    cr_assert_eq(hear_proposal(ALICE, proposals[1]), COVEY_OK);
    covey_bytes commit = commit_with(ALICE, proposals, 2);
    cr_assert_eq(covey_blob_bucket(commit.len), commit.len);

    /* Bob never heard of Carol's, which has expired; Carol knows Bob's. */
    cr_assert_eq(hear_proposal(CAROL, proposals[0]), COVEY_OK);
    cr_assert_eq(follow(BOB, commit), COVEY_OK);
    cr_assert_eq(follow(CAROL, commit), COVEY_OK);
    cr_assert_eq(covey_mls_merge(members[ALICE].group, members[ALICE].staged),
                 COVEY_OK);
    cr_assert_eq(covey_mls_epoch_authenticator(members[BOB].group, one),
                 COVEY_OK);
    cr_assert_eq(covey_mls_epoch_authenticator(members[ALICE].group, two),
                 COVEY_OK);
    cr_assert_arr_eq(one, two, 32);
    cr_assert_eq(covey_mls_epoch_authenticator(members[CAROL].group, two),
                 COVEY_OK);
    cr_assert_arr_eq(one, two, 32);
}

Test(blob, bundled_blobs_are_views_of_exactly_what_was_sent)
{
    covey_bytes proposals[2];
    covey_blob opened;

    proposals[0] = propose_update(BOB, NULL);
    proposals[1] = propose_update(CAROL, NULL);
    cr_assert_eq(hear_proposal(ALICE, proposals[0]), COVEY_OK);
    cr_assert_eq(hear_proposal(ALICE, proposals[1]), COVEY_OK);
    cr_assert_eq(open_blob(&opened, BOB, commit_with(ALICE, proposals, 2)),
                 COVEY_OK);
    cr_assert_eq(opened.header.num_bundled, 2);
    cr_assert_eq(opened.header.seen.count, 6);
    check_bytes(opened.bundled[0], proposals[0]);
    check_bytes(opened.bundled[1], proposals[1]);
}

Test(blob, packing_refuses_what_is_no_blob)
{
    static const covey_mls_framing padded_only = {0};
    covey_buffer *out = test_members_output();
    uint8_t room[COVEY_BLOB_MAX];
    covey_writer w = covey_writer_of(room, sizeof room);
    covey_bytes extra = say(ALICE, 1);
    const uint8_t data[1] = {0};

    /* Of no blob's size. */
    cr_assert_eq(covey_mls_protect(members[ALICE].group, &hook,
                                   covey_bytes_of(data, 1), &padded_only,
                                   test_members_scratch(), out),
                 COVEY_OK);
    covey_bytes message = covey_bytes_of(out->at, out->len);
    cr_assert_eq(covey_blob_pack(&w, message, NULL, 0), COVEY_ERR_ARGUMENT);
    cr_assert_eq(w.len, 0);
    /* With authenticated data; with something behind it. */
    covey_mls_framing framing = covey_blob_framing();
    framing.authenticated_data = covey_bytes_of_text("x");
    out = test_members_output();
    cr_assert_eq(covey_mls_protect(members[ALICE].group, &hook,
                                   covey_bytes_of(data, 1), &framing,
                                   test_members_scratch(), out),
                 COVEY_OK);
    message = covey_bytes_of(out->at, out->len);
    cr_assert_eq(covey_blob_pack(&w, message, NULL, 0), COVEY_ERR_ARGUMENT);
    out = test_members_output();
    cr_assert_eq(protect(out, ALICE, 1), COVEY_OK);
    message = covey_bytes_of(out->at, out->len);
    cr_assert_eq(covey_blob_pack(&w, message, &extra, 1), COVEY_ERR_ARGUMENT);
    /* Not a PrivateMessage. */
    cr_assert_eq(covey_blob_pack(&w, extra, NULL, 0), COVEY_ERR_ARGUMENT);
    w = covey_writer_of(room, 255);
    cr_assert_eq(covey_blob_pack(&w, message, NULL, 0), COVEY_ERR_BUFFER);
}

/* ---- refusals ---- */

Test(blob, every_flipped_bit_is_refused)
{
    covey_bytes blobs[3];
    size_t len;

    blobs[0] = say(ALICE, 20);
    blobs[1] = propose_update(ALICE, NULL);
    blobs[2] = commit_with(ALICE, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        uint8_t *copy = guard_end(blobs[i].len);

        memcpy(copy, blobs[i].at, blobs[i].len);
        for (size_t bit = 0; bit < 8 * blobs[i].len; bit++) {
            covey_bytes bad = covey_bytes_of(copy, blobs[i].len);
            int err;

            test_flip(copy, bit);
            if (i == 0) err = read_blob(BOB, bad, &len);
            if (i == 1) err = hear_proposal(BOB, bad);
            if (i == 2) err = follow(BOB, bad);
            cr_assert_eq(err, COVEY_ERR_AUTH, "%zu %zu: %s", i, bit,
                         covey_error_name(err));
            test_flip(copy, bit);
        }
    }
    cr_assert_eq(read_blob(BOB, blobs[0], &len), COVEY_OK);
    cr_assert_eq(hear_proposal(BOB, blobs[1]), COVEY_OK);
}

static int refusal_of_length(size_t len)
{
    if (len == 16384) return COVEY_ERR_PROFILE;
    if (len != 0 && covey_blob_bucket(len) == len) return COVEY_ERR_AUTH;
    return COVEY_ERR_MALFORMED;
}

Test(blob, every_other_length_is_refused)
{
    covey_bytes blob = say(ALICE, 300);
    uint8_t *longer = test_alloc(2 * COVEY_BLOB_MAX + 1);
    size_t got;

    cr_assert_eq(blob.len, 512);
    memcpy(longer, blob.at, blob.len);
    for (size_t len = 0; len <= 2 * COVEY_BLOB_MAX; len++) {
        if (len == blob.len) continue;
        cr_assert_eq(read_blob(BOB, covey_bytes_of(longer, len), &got),
                     refusal_of_length(len), "%zu", len);
    }
}

Test(blob, a_header_that_leaves_no_message_is_malformed)
{
    /* By a member: everybody must refuse it alike. */
    uint8_t *blob = test_alloc(512);
    covey_blob_header header = {.is_commit = true, .num_bundled = 2};
    covey_blob opened;

    header.bundled_len[0] = 256;
    header.bundled_len[1] = 256;
    covey_sealed_header sealed = sealed_header(&header);
    memcpy(blob, sealed.bytes, sizeof sealed.bytes);
    cr_assert_eq(open_blob(&opened, BOB, covey_bytes_of(blob, 512)),
                 COVEY_ERR_MALFORMED);
    header.num_bundled = 1;
    sealed = sealed_header(&header);
    memcpy(blob, sealed.bytes, sizeof sealed.bytes);
    cr_assert_eq(open_blob(&opened, BOB, covey_bytes_of(blob, 512)), COVEY_OK);
    cr_assert_eq(opened.bundled[0].at, blob + 256);
    cr_assert_eq(opened.bundled[0].len, 256);
}

Test(blob, of_another_epoch_or_group_it_does_not_open)
{
    covey_bytes blob = say(ALICE, 3);
    covey_bytes commit = commit_with(BOB, NULL, 0);
    test_member strangers[2];
    covey_blob opened;
    size_t len;

    test_members_new(strangers, 2, &random_state);
    covey_mls_group *own = members[CAROL].group;
    members[CAROL].group = strangers[1].group;
    cr_assert_eq(read_blob(CAROL, blob, &len), COVEY_ERR_AUTH);
    members[CAROL].group = own;

    cr_assert_eq(follow(CAROL, commit), COVEY_OK);
    cr_assert_eq(read_blob(CAROL, blob, &len), COVEY_ERR_AUTH);
    /* The header's key is exported anew in each epoch. */
    const covey_bytes no_context = {NULL, 0};
    cr_assert_eq(covey_mls_export(own, COVEY_HANDSHAKE_LABEL, no_context,
                                  key.bytes, sizeof key.bytes),
                 COVEY_OK);
    cr_assert_eq(open_blob(&opened, CAROL, commit), COVEY_ERR_AUTH);
}

Test(blob, a_buffer_that_is_too_small_is_told)
{
    covey_bytes blob = say(ALICE, 3);
    covey_blob opened;

    for (size_t cap = 0; cap <= 306; cap++) {
        covey_writer w = covey_writer_of(guard_end(cap), cap);
        int err = covey_blob_open(&opened, members[BOB].group, &key, blob, &w);

        cr_assert_eq(err, cap < 306 ? COVEY_ERR_BUFFER : COVEY_OK, "%zu", cap);
        guard_free_all();
    }
}

/* ---- T11, T12, T32: nothing to see ---- */

#define BLOBS 3000

/* Whether no value at a place is more frequent than chance allows: of 3,000
 * random bytes some value comes 40 times once in ten million places. */
static void check_places(const uint8_t *blobs, size_t num, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        unsigned counts[256] = {0};

        for (size_t i = 0; i < num; i++) counts[blobs[i * len + at]]++;
        for (unsigned value = 0; value < 256; value++) {
            cr_assert_lt(counts[value], 40, "byte %zu is often %02x", at,
                         value);
        }
    }
}

static int by_number(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a;
    uint64_t two = *(const uint64_t *)b;

    return one < two ? -1 : one > two;
}

/* Whether no six bytes come twice, wherever they stand: in 768,000 random
 * ones that happens once in a thousand runs, and not with this seed. What
 * nothing repeats in, nothing compresses. */
static void check_no_repeats(const uint8_t *bytes, size_t len)
{
    size_t num = len - 5;
    uint64_t *found = malloc(num * sizeof *found);

    for (size_t i = 0; i < num; i++) {
        found[i] = 0;
        for (size_t j = 0; j < 6; j++) found[i] = found[i] << 8 | bytes[i + j];
    }
    qsort(found, num, sizeof *found, by_number);
    for (size_t i = 1; i < num; i++) cr_assert_neq(found[i], found[i - 1]);
    free(found);
}

Test(blob, T32_application_blobs_look_like_noise)
{
    uint8_t *all = malloc((size_t)BLOBS * 256);
    test_choices choices = test_choices_of(3);

    for (size_t i = 0; i < BLOBS; i++) {
        test_member *sender = &members[test_below(&choices, 2)];
        const covey_mls_framing framing = covey_blob_framing();
        covey_writer w = covey_writer_of(all + 256 * i, 256);
        covey_buffer *out = test_members_output();
        uint8_t data[144] = {0};

        /* The same words again and again. */
        cr_assert_eq(covey_mls_protect(sender->group, &hook,
                                       covey_bytes_of(data, 1 + i % 144),
                                       &framing, test_members_scratch(), out),
                     COVEY_OK);
        cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(out->at, out->len),
                                     NULL, 0),
                     COVEY_OK);
        cr_assert_eq(w.len, 256);
    }
    check_places(all, BLOBS, 256);
    check_no_repeats(all, (size_t)BLOBS * 256);
    free(all);
}

Test(blob, T32_handshake_blobs_look_like_noise)
{
    enum { NUM = 400, SIZE = 256 };
    uint8_t *all = malloc((size_t)NUM * SIZE);

    for (size_t i = 0; i < NUM; i++) {
        const covey_blob_header header = {.seen = {.count = 1}};
        const covey_sealed_header sealed = sealed_header(&header);
        const covey_mls_framing framing =
            covey_blob_handshake_framing(&sealed, &header);
        const covey_mls_change change = {.kind = COVEY_MLS_REMOVE, .leaf = 1};
        covey_writer w = covey_writer_of(all + SIZE * i, SIZE);
        covey_buffer *out = test_members_output();
        covey_mls_ref ref;

        cr_assert_eq(covey_mls_propose(members[ALICE].group, &hook, &change,
                                       NULL, 0, &framing,
                                       test_members_scratch(), out, &ref),
                     COVEY_OK);
        cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(out->at, out->len),
                                     NULL, 0),
                     COVEY_OK);
        cr_assert_eq(w.len, SIZE);
        (void)covey_mls_forget_proposal(members[ALICE].group, &ref);
    }
    for (size_t at = 0; at < SIZE; at++) {
        unsigned counts[256] = {0};

        for (size_t i = 0; i < NUM; i++) counts[all[i * SIZE + at]]++;
        for (unsigned value = 0; value < 256; value++) {
            cr_assert_lt(counts[value], 16);
        }
    }
    check_no_repeats(all, (size_t)NUM * SIZE);
    free(all);
}
