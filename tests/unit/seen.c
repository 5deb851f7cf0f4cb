#include "relay/seen.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "crypto/hkdf.h"
#include "support/bytes.h"
#include "support/guard.h"

static covey_chain chain_0(void)
{
    covey_chain chain;

    memset(chain.bytes, 0x5e, sizeof chain.bytes);
    return chain;
}

static covey_digest hash_of(uint32_t number)
{
    covey_digest digest;

    memset(digest.bytes, 0, sizeof digest.bytes);
    memcpy(digest.bytes, &number, sizeof number);
    return digest;
}

static void begin(covey_seen_log *seen)
{
    const covey_chain chain = chain_0();

    covey_seen_begin(seen, &chain);
}

static void add(covey_seen_log *seen, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const covey_digest hash = hash_of(i);

        cr_assert_eq(covey_seen_add(seen, &hash), COVEY_OK);
    }
}

static void add_one(covey_seen_log *seen, uint32_t number)
{
    add(seen, number, number + 1);
}

Test(seen, the_chain_is_that_of_the_specification)
{
    uint8_t text[12 + 16 + 32];
    const covey_chain first = chain_0();
    const covey_digest hash = hash_of(7);
    covey_digest want;
    covey_hash h;
    covey_seen_log seen;

    memcpy(text, "covey seen 1", 12);
    memcpy(text + 12, first.bytes, 16);
    memcpy(text + 28, hash.bytes, 32);
    covey_hash_begin(&h);
    covey_hash_add(&h, covey_bytes_of(text, sizeof text));
    covey_hash_end(&h, &want);

    begin(&seen);
    cr_assert_eq(covey_seen_now(&seen).count, 0);
    cr_assert_arr_eq(covey_seen_now(&seen).chain.bytes, first.bytes, 16);
    add_one(&seen, 7);
    cr_assert_eq(covey_seen_now(&seen).count, 1);
    cr_assert_arr_eq(covey_seen_now(&seen).chain.bytes, want.bytes, 16);
}

Test(seen, claims_of_the_same_log_match_as_far_back_as_is_kept)
{
    static covey_seen_claim claims[3 * COVEY_SEEN_KEPT];
    covey_seen_log seen;

    begin(&seen);
    for (uint32_t i = 0; i < 3 * COVEY_SEEN_KEPT; i++) {
        claims[i] = covey_seen_now(&seen);
        for (uint32_t back = 0; back <= i; back++) {
            cr_assert_eq(covey_seen_judge(&seen, &claims[i - back]),
                         back < COVEY_SEEN_KEPT ? COVEY_SEEN_MATCH
                                                : COVEY_SEEN_UNKNOWN);
        }
        add_one(&seen, i);
    }
}

Test(seen, another_order_another_entry_and_a_missing_one_do_not_match)
{
    covey_seen_log one, two, three;

    begin(&one);
    begin(&two);
    begin(&three);
    add(&one, 0, 10);
    add(&two, 0, 4);
    add_one(&two, 5);
    add_one(&two, 4);
    add(&two, 6, 10);
    add(&three, 1, 11);

    covey_seen_claim claim = covey_seen_now(&two);
    cr_assert_eq(covey_seen_judge(&one, &claim), COVEY_SEEN_MISMATCH);
    claim = covey_seen_now(&three);
    cr_assert_eq(covey_seen_judge(&one, &claim), COVEY_SEEN_MISMATCH);
    /* And they never come together again. */
    add(&one, 20, 30);
    add(&two, 20, 30);
    claim = covey_seen_now(&two);
    cr_assert_eq(covey_seen_judge(&one, &claim), COVEY_SEEN_MISMATCH);
}

Test(seen, each_bit_of_a_claim_counts)
{
    covey_seen_log seen;

    begin(&seen);
    add(&seen, 0, 3);
    for (size_t bit = 0; bit < 8 * COVEY_SEEN_SIZE; bit++) {
        covey_seen_claim claim = covey_seen_now(&seen);

        test_flip(claim.chain.bytes, bit);
        cr_assert_eq(covey_seen_judge(&seen, &claim), COVEY_SEEN_MISMATCH);
    }
}

Test(seen, a_claim_of_what_is_not_here_yet_is_ahead)
{
    covey_seen_log seen;

    begin(&seen);
    covey_seen_claim claim = covey_seen_now(&seen);
    claim.count = 1;
    cr_assert_eq(covey_seen_judge(&seen, &claim), COVEY_SEEN_AHEAD);
    claim.count = UINT32_MAX;
    cr_assert_eq(covey_seen_judge(&seen, &claim), COVEY_SEEN_AHEAD);
}

Test(seen, another_epoch_has_another_chain)
{
    covey_chain other = chain_0();
    covey_seen_log one, two;

    other.bytes[15] ^= 1;
    begin(&one);
    covey_seen_begin(&two, &other);
    add(&one, 0, 3);
    add(&two, 0, 3);
    const covey_seen_claim claim = covey_seen_now(&two);
    cr_assert_eq(covey_seen_judge(&one, &claim), COVEY_SEEN_MISMATCH);
}

Test(seen, the_last_count_is_the_last)
{
    covey_seen_log seen;
    const covey_digest hash = hash_of(1);

    begin(&seen);
    seen.count = UINT32_MAX - 1;
    cr_assert_eq(covey_seen_add(&seen, &hash), COVEY_OK);
    const covey_seen_claim claim = covey_seen_now(&seen);
    cr_assert_eq(covey_seen_add(&seen, &hash), COVEY_ERR_EXHAUSTED);
    cr_assert_eq(covey_seen_judge(&seen, &claim), COVEY_SEEN_MATCH);
}

/* ---- another's word ---- */

Test(seen, what_begins_with_anothers_word_knows_nothing_before_it)
{
    covey_seen_log one, two;

    begin(&one);
    begin(&two);
    add(&one, 0, 10);
    const covey_seen_claim ninth = {9, one.kept[9]};
    const covey_seen_claim tenth = covey_seen_now(&one);

    covey_seen_rebase(&two, &tenth);
    cr_assert_eq(covey_seen_judge(&two, &tenth), COVEY_SEEN_MATCH);
    cr_assert_eq(covey_seen_judge(&two, &ninth), COVEY_SEEN_UNKNOWN);
    add(&one, 10, 90);
    add(&two, 10, 90);
    const covey_seen_claim last = covey_seen_now(&one);
    cr_assert_eq(covey_seen_judge(&two, &last), COVEY_SEEN_MATCH);
    cr_assert_eq(two.first, one.first);
}

Test(seen, what_began_with_anothers_word_is_saved_as_it_is)
{
    uint8_t bytes[4 + 2 + COVEY_SEEN_KEPT * COVEY_SEEN_SIZE];
    covey_writer w = covey_writer_of(bytes, sizeof bytes);
    covey_seen_log seen, found;

    begin(&seen);
    add(&seen, 0, 10);
    const covey_seen_claim claim = covey_seen_now(&seen);
    covey_seen_rebase(&seen, &claim);
    add(&seen, 10, 12);
    covey_seen_write(&w, &seen);
    cr_assert_eq(w.len, 4 + 2 + 3 * COVEY_SEEN_SIZE);
    covey_reader r = covey_reader_of(covey_bytes_of(bytes, w.len));
    cr_assert_eq(covey_seen_read(&found, &r), COVEY_OK);
    cr_assert_eq(memcmp(&found, &seen, sizeof seen), 0);
}

/* ---- saved ---- */

Test(seen, what_is_saved_goes_on_where_it_stood)
{
    for (uint32_t num = 0; num < 3 * COVEY_SEEN_KEPT; num += 7) {
        uint8_t bytes[4 + 2 + COVEY_SEEN_KEPT * COVEY_SEEN_SIZE];
        covey_writer w = covey_writer_of(bytes, sizeof bytes);
        covey_seen_log seen, found;

        begin(&seen);
        add(&seen, 0, num);
        covey_seen_write(&w, &seen);
        cr_assert_eq(covey_writer_finish(&w), COVEY_OK);

        covey_reader r =
            covey_reader_of(guard_copy(covey_bytes_of(bytes, w.len)));
        cr_assert_eq(covey_seen_read(&found, &r), COVEY_OK);
        cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
        cr_assert_eq(memcmp(&found, &seen, sizeof seen), 0);
        guard_free_all();
    }
}

Test(seen, every_cut_of_what_was_saved_is_malformed)
{
    uint8_t bytes[4 + 2 + 6 * COVEY_SEEN_SIZE];
    covey_writer w = covey_writer_of(bytes, sizeof bytes);
    covey_seen_log seen, found = {.count = 77};

    begin(&seen);
    add(&seen, 0, 5);
    covey_seen_write(&w, &seen);
    cr_assert_eq(w.len, sizeof bytes);
    for (size_t len = 0; len < sizeof bytes; len++) {
        covey_reader r =
            covey_reader_of(guard_copy(covey_bytes_of(bytes, len)));

        cr_assert_eq(covey_seen_read(&found, &r), COVEY_ERR_MALFORMED);
        cr_assert_eq(found.count, 77);
        guard_free_all();
    }
    bytes[3] = 4; /* six values for four entries */
    covey_reader r = covey_reader_of(covey_bytes_of(bytes, sizeof bytes));
    cr_assert_eq(covey_seen_read(&found, &r), COVEY_ERR_MALFORMED);
}
