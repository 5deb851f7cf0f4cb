#include "device/transfer_answer.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

static const covey_sync_request request = {.num_appends = 2,
                                           .after = 17,
                                           .max_bytes = 8192,
                                           .max_blob = 512};

static uint8_t memory[1 << 19];

/* What the relay's codec says about it. */
static int judge(covey_sync_response *response, covey_bytes bytes)
{
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);

    int err = covey_sync_response_decode(response, &scratch, bytes);
    return err ? err : covey_sync_response_match(response, &request);
}

static void check_same_entry(const covey_sync_entry *got,
                             const covey_sync_entry *want)
{
    cr_assert_eq(got->index, want->index);
    cr_assert_eq(got->is_stub, want->is_stub);
    cr_assert_eq(got->stub_len, want->stub_len);
    check_bytes(got->blob, want->blob);
    check_bytes(covey_bytes_of(got->stub_hash.bytes, 32),
                covey_bytes_of(want->stub_hash.bytes, 32));
}

/* Both say the same of these bytes. Answers whether they are accepted. */
static bool agree(covey_bytes bytes)
{
    covey_sync_response want = {.status = COVEY_SYNC_OK};
    covey_transfer_answer answer;
    covey_sync_entry entry;
    int err = judge(&want, bytes);

    cr_assert_eq(covey_transfer_answer_of(&answer, bytes, &request), err, "%s",
                 hex_of(bytes));
    if (err) return false;
    cr_assert_eq(answer.head.status, want.status);
    cr_assert_eq(answer.head.next, want.next);
    cr_assert_eq(answer.head.num_appended, want.num_appended);
    for (size_t i = 0; i < want.num_appended; i++) {
        cr_assert_eq(answer.head.appended[i], want.appended[i]);
    }
    for (size_t i = 0; i < want.num_entries; i++) {
        cr_assert(covey_transfer_answer_next(&answer, &entry));
        check_same_entry(&entry, &want.entries[i]);
    }
    cr_assert_not(covey_transfer_answer_next(&answer, &entry));
    return true;
}

/* ---- answers ---- */

static covey_bytes encoded(const covey_sync_response *response)
{
    uint8_t room[4096];
    covey_writer w = covey_writer_of(room, sizeof room);

    cr_assert_eq(covey_sync_response_encode(&w, response,
                                            covey_scratch_of(memory,
                                                             sizeof memory)),
                 COVEY_OK);
    return guard_copy(covey_bytes_of(room, w.len));
}

static covey_bytes full_answer(void)
{
    static uint8_t blob[512];
    const covey_sync_entry entries[] = {{.index = 18, .blob = {blob, 256}},
                                        {.index = 300,
                                         .is_stub = true,
                                         .stub_len = 16384,
                                         .stub_hash = {{1, 2, 3}}},
                                        {.index = 301, .blob = {blob, 512}}};

    memset(blob, 0x5a, sizeof blob);
    return encoded(&(covey_sync_response){.status = COVEY_SYNC_OK,
                                          .next = 1ull << 40,
                                          .num_appended = 2,
                                          .appended = {5, (1ull << 40) - 1},
                                          .num_entries = 3,
                                          .entries = entries});
}

Test(transfer_answer, it_reads_what_the_codec_reads)
{
    cr_assert(agree(full_answer()));
    cr_assert(agree(encoded(&(covey_sync_response){.status = COVEY_SYNC_OK,
                                                   .next = UINT64_MAX,
                                                   .num_appended = 2,
                                                   .appended = {1, 1}})));
    cr_assert(
        agree(encoded(&(covey_sync_response){.status = COVEY_SYNC_NOT_FOUND})));
    cr_assert(agree(encoded(
        &(covey_sync_response){.status = COVEY_SYNC_QUOTA, .next = 9})));
    cr_assert_not(agree(encoded(
        &(covey_sync_response){.status = COVEY_SYNC_CONFLICT, .next = 9})));
    cr_assert_not(agree(encoded(&(covey_sync_response){.status = COVEY_SYNC_OK,
                                                       .next = 9,
                                                       .num_appended = 1,
                                                       .appended = {1}})));
}

Test(transfer_answer, each_prefix_is_refused)
{
    covey_bytes whole = full_answer();
    size_t accepted = 0;

    /* But for those that end with an entry. */
    for (size_t len = 0; len < whole.len; len++) {
        accepted += agree(guard_copy(covey_bytes_of(whole.at, len)));
        if (len % 64 == 0) guard_free_all();
        whole = full_answer();
    }
    cr_assert_eq(accepted, 3);
}

Test(transfer_answer, with_any_bit_changed_they_agree)
{
    covey_bytes whole = full_answer();
    uint8_t *bytes = test_copy(whole);

    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        test_flip(bytes, bit);
        (void)agree(covey_bytes_of(bytes, whole.len));
        test_flip(bytes, bit);
    }
}

Test(transfer_answer, with_bytes_put_in_or_left_out_they_agree)
{
    test_choices choices = test_choices_of(3);
    covey_bytes whole = full_answer();

    for (int turn = 0; turn < 30000; turn++) {
        uint8_t bytes[1200];
        size_t at = test_below(&choices, turn % 2 ? 60 : (uint32_t)whole.len);
        size_t cut = test_below(&choices, 4);
        size_t put = test_below(&choices, 4);

        if (cut > whole.len - at) cut = whole.len - at;
        memcpy(bytes, whole.at, at);
        test_fill(&choices, bytes + at, put);
        memcpy(bytes + at + put, whole.at + at + cut, whole.len - at - cut);
        (void)agree(covey_bytes_of(bytes, whole.len - cut + put));
    }
}

Test(transfer_answer, the_256th_entry_is_the_last)
{
    static covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
    static uint8_t room[20000];
    covey_writer w = covey_writer_of(room, sizeof room);

    for (size_t i = 0; i < COVEY_SYNC_ENTRIES_MAX; i++) {
        entries[i] = (covey_sync_entry){.index = 1000 + i,
                                        .is_stub = true,
                                        .stub_len = 1024};
    }
    const covey_sync_response response = {.status = COVEY_SYNC_OK,
                                          .next = 5000,
                                          .num_appended = 2,
                                          .appended = {1, 2},
                                          .num_entries = COVEY_SYNC_ENTRIES_MAX,
                                          .entries = entries};

    cr_assert_eq(covey_sync_response_encode(&w, &response,
                                            covey_scratch_of(memory,
                                                             sizeof memory)),
                 COVEY_OK);
    cr_assert(agree(covey_bytes_of(room, w.len)));
    covey_write_fixed(&w, hex("2a2a 08e809 1a25 088008 1220"));
    covey_write_zeros(&w, 31);
    covey_write_u8(&w, 1);
    cr_assert_not(agree(covey_bytes_of(room, w.len)));
}

/* Each is right but for one thing, or but for nothing. */
Test(transfer_answer, what_a_codec_refuses_is_refused)
{
    static const char *const right[] = {
        "0801 10ffffffffffffffffff01 22020101",
        "0801 1009 18ffffffffffffffffff01 22020101", /* with an origin */
        "0807 1009",
        "0805 1000",
    };
    static const char *const wrong[] = {
        "0801 10ffffffffffffffffff02 22020101", /* more than 64 bits */
        "0801 10ffffffffffffffffff8101 22020101",
        "0801 108900 22020101",    /* not the shortest */
        "0801 1009 22020100",      /* an index of 0 */
        "0801 1009 22020109",      /* one that is not there yet */
        "0801 1009 2203010101",    /* three of two */
        "0801 1009 220101",        /* one of two */
        "0801 1009 22020101 2200", /* twice */
        "0801 1009 220a01010101010101010101",
        "0801 1009",          /* none of two */
        "0801 1000 22020101", /* no next */
        "0807 1009 220101",   /* a quota with an index */
        "0807 1009 22020101",
        "0801 1009 1800 22020101", /* an origin that is none */
        "0801 1009 22020101 1801", /* in another order */
        "0805 1000 1801",          /* not found, with origin */
        "0805 1009",               /* not found, with next */
        "0800 1000",               /* no status */
        "0808 1000",               /* none that there is */
        "1009 0801 22020101",      /* in another order */
    };

    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        cr_assert(agree(hex(right[i])), "%s", right[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_assert_not(agree(hex(wrong[i])), "%s", wrong[i]);
    }
}

/* An answer with one entry, of this head and so many zeros. */
static bool agree_on_entry(const char *head, size_t zeros, const char *tail)
{
    uint8_t *room = test_alloc(2048);
    covey_writer w = covey_writer_of(room, 2048);

    covey_write_fixed(&w, hex("0801 10ff01 22020101"));
    covey_write_fixed(&w, hex(head));
    covey_write_zeros(&w, zeros);
    covey_write_fixed(&w, hex(tail));
    return agree(covey_bytes_of(room, w.len));
}

Test(transfer_answer, an_entry_is_whole_and_was_asked_for)
{
    cr_assert(agree_on_entry("2a8502 0812 128002", 256, ""));
    cr_assert(agree_on_entry("2a2a 0812 1a26 08808001 1220", 32, ""));
    cr_assert_not(agree_on_entry("2a8502 0811 128002", 256, ""), "before");
    cr_assert_not(agree_on_entry("2a8602 08ff01 128002", 256, ""), "behind");
    cr_assert_not(agree_on_entry("2a8402 0812 12ff01", 255, ""), "no blob's");
    cr_assert_not(agree_on_entry("2a04 0812 1200", 0, ""), "empty");
    cr_assert_not(agree_on_entry("2a02 0812", 0, ""), "neither");
    cr_assert_not(agree_on_entry("2a8702 0812 128002", 256, "1801"), "more");
    cr_assert_not(agree_on_entry("2a8508 0812 128008", 1024, ""), "large");
    cr_assert_not(agree_on_entry("2a29 0812 1a25 088004 1220", 32, ""),
                  "a stub of what is small enough");
    cr_assert_not(agree_on_entry("2a29 0812 1a25 08808001 121f", 31, ""),
                  "a short hash");
    cr_assert_not(agree_on_entry("2a2c 0812 1a28 08808001 1220", 32, "1801"),
                  "more in a stub");
    cr_assert_not(agree_on_entry("2a2b 0812 1a27 0880808001 1220", 32, ""),
                  "a stub larger than a blob can be");
}
