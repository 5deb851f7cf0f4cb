#include <covey/attachment.h>
#include <criterion/criterion.h>

#include "device/transfer_chunk.h"
#include "support/guard.h"
#include "support/transfers.h"

#define NUM 6

static test_relay relay;
static test_file sent;
static test_file got;
static covey_transfer_file hooks;
static covey_transfer_config config;
static covey_attachment what;
static covey_transfer *t;
static uint64_t now_ms;

/* 5,000 bytes in six chunks of 992. */
static void start(void)
{
    relay = test_relay_new();
    sent = test_file_new(1, 5000);
    what = test_transfer_sent(&relay, &sent, 1024);
    got = test_file_new(0, 5000);
    hooks = test_file_hooks(&got);
    config = test_transfer_config(&hooks, 1024, 1);
    t = test_transfer_new();
    now_ms = 1000;
    relay.num_requests = 0;
}

TestSuite(transfer_receive, .init = start, .fini = test_free_all,
          .timeout = 60);

static void begin(void)
{
    cr_assert_eq(covey_transfer_receive(t, &config, &what), COVEY_OK);
}

static void run_to(covey_transfer_state end)
{
    cr_assert_eq(test_transfer_run(t, &relay, 3000), COVEY_OK);
    cr_assert_eq(test_transfer_state(t), end);
}

static void check_arrived(void)
{
    run_to(COVEY_TRANSFER_DONE);
    check_bytes(covey_bytes_of(got.bytes, got.len),
                covey_bytes_of(sent.bytes, sent.len));
    cr_assert_eq(covey_transfer_progress_of(t).chunks_done, NUM);
}

/* Whatever was written is what was sent, or nothing. */
static void check_written(size_t chunks)
{
    size_t len = chunks * 992 < got.len ? chunks * 992 : got.len;

    cr_assert_eq(covey_transfer_progress_of(t).chunks_done, chunks);
    check_bytes(covey_bytes_of(got.bytes, len),
                covey_bytes_of(sent.bytes, len));
    cr_assert(test_is_zero(got.bytes + len, got.len - len));
}

/* It does not get further than this, however long it tries. */
static void check_stays(size_t chunks)
{
    cr_assert_eq(test_transfer_run(t, &relay, 300), COVEY_OK);
    cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_MOVING);
    check_written(chunks);
}

/* ---- all is well ---- */

Test(transfer_receive, what_was_sent_arrives)
{
    static const size_t sizes[] = {1,    479,  480,   481,   992,
                                   5000, 8160, 16000, 16001, 50000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint32_t blob = 512; blob <= 16384; blob *= 2) {
            relay = test_relay_new();
            sent = test_file_new(i + 1, sizes[i]);
            got = test_file_new(0, sizes[i]);
            what = test_transfer_sent(&relay, &sent, blob);
            config = test_transfer_config(&hooks, blob, 1 + i % 8);
            config.work_len = covey_transfer_blob_size(&what);
            begin();
            run_to(COVEY_TRANSFER_DONE);
            check_bytes(covey_bytes_of(got.bytes, got.len),
                        covey_bytes_of(sent.bytes, sent.len));
            test_free_all();
            t = test_transfer_new();
        }
    }
}

Test(transfer_receive, one_request_brings_as_many_as_are_asked_for)
{
    begin();
    check_arrived();
    cr_assert_eq(relay.num_requests, NUM);
    start();
    config.batch = 8;
    begin();
    check_arrived();
    cr_assert_eq(relay.num_requests, 1);
}

Test(transfer_receive, it_follows_while_it_is_still_being_sent)
{
    relay.num_shown = 0;
    config.wait_ms = 30000;
    begin();
    for (size_t shown = 0; shown <= NUM; shown++) {
        relay.num_shown = shown;
        for (int i = 0; i < 20; i++) {
            cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        }
        cr_assert_eq(covey_transfer_progress_of(t).chunks_done, shown);
        if (shown == NUM) break;
        cr_assert_eq(covey_transfer_progress_of(t).trouble,
                     COVEY_TRANSFER_WAITING);
        cr_assert_eq(relay.last.wait_ms, 30000);
    }
    check_arrived();
}

Test(transfer_receive, nothing_clear_stays_in_the_working_memory)
{
    begin();
    while (test_transfer_state(t) != COVEY_TRANSFER_DONE) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        cr_assert(test_is_zero(config.work, config.work_len));
    }
}

/* ---- hooks ---- */

Test(transfer_receive, each_write_and_each_reading_back_may_fail_once)
{
    for (size_t nth = 0; nth < NUM; nth++) {
        start();
        config.batch = 8;
        got.fail_write = nth;
        begin();
        cr_assert_eq(test_transfer_run(t, &relay, 3000), COVEY_ERR_PORT);
        check_written(nth);
        cr_assert(test_is_zero(config.work, config.work_len));
        check_arrived();
        cr_assert_eq(got.num_writes, NUM + 1);
    }
    for (size_t nth = 0; nth < 5; nth++) {
        start();
        got.fail_read = nth;
        begin();
        cr_assert_eq(test_transfer_run(t, &relay, 3000), COVEY_ERR_PORT);
        cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_CHECKING);
        cr_assert(test_is_zero(config.work, config.work_len));
        check_arrived();
        cr_assert_eq(got.num_reads, 6);
    }
}

/* What cannot be written is asked for again after a pause that grows. */
Test(transfer_receive, a_file_that_is_full_costs_little)
{
    unsigned num_failed = 0;

    start();
    begin();
    while (now_ms < 600000) {
        got.fail_write = got.num_writes;
        if (test_transfer_step(t, &relay, &now_ms) == COVEY_ERR_PORT) {
            num_failed++;
            cr_assert(covey_transfer_deadline(t) >= now_ms + 1000);
        }
    }
    cr_assert(num_failed >= 3);
    cr_assert(num_failed <= 12);
    got.fail_write = TEST_NEVER;
    check_arrived();
}

Test(transfer_receive, what_the_file_did_not_keep_is_noticed)
{
    begin();
    while (test_transfer_state(t) != COVEY_TRANSFER_CHECKING) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    got.bytes[4999] ^= 1;
    run_to(COVEY_TRANSFER_BROKEN);
}

/* ---- descriptors ---- */

Test(transfer_receive, T20_what_is_no_attachment_is_dropped_before_anything)
{
    covey_attachment bad[10];

    for (size_t i = 0; i < 10; i++) bad[i] = what;
    bad[0].media = (covey_media)0;
    bad[1].media = (covey_media)3;
    bad[2].size = 0;
    bad[3].size = COVEY_ATTACHMENT_MAX + 1;
    bad[4].size = UINT32_MAX;
    bad[5].chunk_size = COVEY_CHUNK_MIN - 1;
    bad[6].chunk_size = COVEY_CHUNK_MAX + 1;
    bad[7].chunk_size = 0;
    bad[8].duration_ms = 0;
    bad[9].media = COVEY_MEDIA_PICTURE;
    for (size_t i = 0; i < 10; i++) {
        cr_assert_eq(covey_transfer_blob_size(&bad[i]), 0);
        cr_assert_eq(covey_transfer_receive(t, &config, &bad[i]),
                     COVEY_ERR_ARGUMENT, "%zu", i);
        cr_assert(test_is_zero(t, covey_transfer_size()));
    }
    cr_assert_eq(got.num_reads + got.num_writes + relay.num_requests, 0);
}

Test(transfer_receive, it_needs_a_blob_of_memory_and_a_place_to_write)
{
    config.work_len = 1023;
    cr_assert_eq(covey_transfer_receive(t, &config, &what), COVEY_ERR_BUFFER);
    config.work_len = 1024;
    hooks.write = NULL;
    cr_assert_eq(covey_transfer_receive(t, &config, &what), COVEY_ERR_ARGUMENT);
    cr_assert(test_is_zero(t, covey_transfer_size()));
}

/* Nothing of another attachment opens, so nothing is written. */
static void check_nothing(const char *which)
{
    got = test_file_new(0, 5000 + 16);
    begin();
    cr_assert_eq(test_transfer_run(t, &relay, 200), COVEY_OK);
    cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_MOVING, "%s", which);
    cr_assert_eq(got.num_writes, 0, "%s", which);
}

Test(transfer_receive, a_wrong_descriptor_opens_nothing)
{
    const covey_attachment right = what;

    what.size++;
    check_nothing("size");
    what = right;
    what.chunk_size--;
    check_nothing("chunk_size");
    what = right;
    what.chunk_size = 480;
    check_nothing("a smaller blob");
    what = right;
    what.sha256[0] ^= 0x80;
    check_nothing("sha256");
    what = right;
    what.key[31] ^= 1;
    check_nothing("key");
}

/* ---- a relay that cheats ---- */

static void swap(size_t i, size_t j)
{
    covey_bytes one = relay.entries[i];

    relay.entries[i] = relay.entries[j];
    relay.entries[j] = one;
}

Test(transfer_receive, in_another_order_it_arrives_later)
{
    for (size_t i = 0; i < NUM; i++) {
        for (size_t j = i + 1; j < NUM; j++) {
            start();
            config.batch = 1 + (i + j) % 8;
            swap(i, j);
            begin();
            check_arrived();
            cr_assert_eq(got.num_writes, NUM);
        }
    }
    start();
    for (size_t i = 0; i < NUM / 2; i++) swap(i, NUM - 1 - i);
    begin();
    check_arrived();
}

/* The log with one entry put in at a place. */
static void insert(size_t at, covey_bytes blob)
{
    test_relay_append(&relay, blob);
    for (size_t i = relay.num_entries - 1; i > at; i--) swap(i, i - 1);
}

Test(transfer_receive, repeats_and_junk_are_skipped)
{
    test_choices choices = test_choices_of(4);

    for (size_t at = 0; at <= NUM; at++) {
        for (size_t len = 256; len <= 16384; len *= 2) {
            uint8_t *junk = test_alloc(len);

            start();
            config.batch = 1 + at % 8;
            test_fill(&choices, junk, len);
            insert(at, covey_bytes_of(junk, len));
            begin();
            check_arrived();
        }
        for (size_t again = 0; again < NUM; again++) {
            start();
            insert(at, relay.entries[again]);
            begin();
            check_arrived();
            cr_assert_eq(got.num_writes, NUM);
        }
        test_free_all();
    }
}

Test(transfer_receive, stubs_do_not_stop_it)
{
    uint8_t *junk = test_alloc(16384);

    for (size_t i = 0; i < 300; i++) {
        junk[0] = (uint8_t)i;
        junk[1] = (uint8_t)(i >> 8);
        insert(3, covey_bytes_of(junk, (size_t)2048 << i % 3));
    }
    begin();
    check_arrived();
}

Test(transfer_receive, what_is_withheld_is_not_written_and_is_seen)
{
    for (size_t shown = 0; shown < NUM; shown++) {
        start();
        relay.num_shown = shown;
        begin();
        check_stays(shown);
        cr_assert_eq(covey_transfer_progress_of(t).trouble,
                     COVEY_TRANSFER_WAITING);
        cr_assert_eq(covey_transfer_deadline(t) - now_ms > 200000, true);
        relay.num_shown = SIZE_MAX;
        check_arrived();
    }
}

Test(transfer_receive, what_has_expired_comes_when_it_is_sent_again)
{
    covey_bytes first = relay.entries[0];
    covey_bytes second = relay.entries[1];

    relay.entries[0].at = NULL;
    relay.entries[1].at = NULL;
    begin();
    check_stays(0);
    test_relay_append(&relay, first);
    test_relay_append(&relay, second);
    check_arrived();
}

Test(transfer_receive, a_log_that_expired_whole_is_waited_for)
{
    for (size_t i = 0; i < NUM; i++) relay.entries[i].at = NULL;
    begin();
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    check_written(0);
    cr_assert_gt(now_ms, 5 * 300000);
    cr_assert_eq(covey_transfer_progress_of(t).trouble, COVEY_TRANSFER_WAITING);
}

/* Of a relay that lost its log there are new indices. */
Test(transfer_receive, a_log_that_was_lost_is_read_anew)
{
    covey_bytes rest[3];

    begin();
    while (covey_transfer_progress_of(t).chunks_done < 3) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    for (size_t i = 0; i < 3; i++) rest[i] = relay.entries[3 + i];
    relay.num_entries = 0;
    check_stays(3);
    for (size_t i = 0; i < 3; i++) test_relay_append(&relay, rest[i]);
    check_arrived();
}

Test(transfer_receive, a_flipped_bit_is_never_written)
{
    for (size_t bit = 0; bit < (size_t)8 * 1024; bit += 61) {
        size_t which = bit % NUM;
        uint8_t *changed;

        start();
        changed = test_copy(relay.entries[which]);
        test_flip(changed, bit);
        relay.entries[which].at = changed;
        begin();
        cr_assert_eq(test_transfer_run(t, &relay, 30), COVEY_OK);
        check_written(which);
        test_free_all();
    }
}

Test(transfer_receive, a_truncated_answer_brings_no_truncated_chunk)
{
    covey_transfer_request request;
    covey_buffer out = {test_alloc(4096), 4096, 0};
    size_t done = 0;

    config.batch = 2;
    begin();
    for (size_t len = 0; done == 0; len++) {
        now_ms += 300000;
        cr_assert_eq(covey_transfer_next_request(t, now_ms, &out, &request),
                     COVEY_OK);
        covey_bytes answer = test_relay_answer(&relay, request.body);
        int err =
            covey_transfer_input(t, now_ms, request.id,
                                 guard_copy(covey_bytes_of(answer.at, len)));
        done = covey_transfer_progress_of(t).chunks_done;
        /* Status and next alone are an answer, and so are they with an
         * entry. */
        cr_assert_eq(err,
                     len == 4 || done == 1 ? COVEY_OK : COVEY_ERR_MALFORMED);
        check_written(done);
        guard_free_all();
    }
    check_arrived();
}

Test(transfer_receive, an_answer_is_no_longer_than_was_asked_for)
{
    covey_transfer_request request, wider;
    covey_buffer out = {test_alloc(4096), 4096, 0};
    covey_transfer *other = test_transfer_new();

    begin();
    config.batch = 8;
    cr_assert_eq(covey_transfer_receive(other, &config, &what), COVEY_OK);
    cr_assert_eq(covey_transfer_next_request(t, now_ms, &out, &request),
                 COVEY_OK);
    cr_assert_eq(covey_transfer_next_request(other, now_ms, &out, &wider),
                 COVEY_OK);
    covey_bytes answer = test_relay_answer(&relay, wider.body);
    cr_assert_gt(answer.len, request.answer_max);
    cr_assert_eq(covey_transfer_input(t, now_ms, request.id, answer),
                 COVEY_ERR_MALFORMED);
    check_written(0);
    cr_assert_eq(covey_transfer_input(other, now_ms, wider.id, answer),
                 COVEY_OK);
}

/* A relay could show a log that goes on for ever. */
Test(transfer_receive, endless_junk_costs_little)
{
    test_choices choices = test_choices_of(9);
    uint64_t begun = now_ms;
    size_t num = 0;

    relay.num_entries = 0;
    begin();
    for (size_t i = 0; i < TEST_RELAY_ENTRIES; i++) {
        uint8_t junk[1024];

        test_fill(&choices, junk, sizeof junk);
        test_relay_append(&relay, covey_bytes_of(junk, sizeof junk));
    }
    for (; now_ms == begun && num < 560; num++) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    cr_assert_eq(num, NUM + 256 + 2);
    for (; num < 560; num++) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    /* Again, and twice as long. */
    cr_assert_eq(now_ms - begun, 3000);
    cr_assert_eq(covey_transfer_progress_of(t).trouble, COVEY_TRANSFER_WRONG);
    check_written(0);
}

/* ---- a member that cheats: it has the keys ---- */

/* The chunk with its first byte changed, sealed as it should be. */
static covey_bytes forged(uint32_t number)
{
    covey_transfer_chunks chunks;
    uint8_t *blob = test_alloc(1024);
    size_t at = (size_t)number * 992;

    covey_transfer_chunks_of(&chunks, &what);
    memcpy(covey_transfer_chunk_at(blob), sent.bytes + at,
           covey_transfer_chunk_len(&chunks, number));
    *covey_transfer_chunk_at(blob) ^= 1;
    covey_transfer_chunk_seal(&chunks, number, blob);
    return covey_bytes_of(blob, 1024);
}

Test(transfer_receive, another_members_chunk_does_not_pass_for_the_senders)
{
    for (uint32_t i = 0; i < NUM; i++) {
        start();
        insert(i, forged(i));
        begin();
        run_to(COVEY_TRANSFER_BROKEN);
        /* Behind the sender's it has no effect. */
        start();
        insert(i + 1, forged(i));
        begin();
        check_arrived();
    }
}
