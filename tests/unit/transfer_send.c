#include <covey/attachment.h>
#include <criterion/criterion.h>

#include "crypto/sign.h"
#include "relay/mailbox.h"
#include "support/guard.h"
#include "support/transfers.h"

static test_relay relay;
static test_file file;
static covey_transfer_file hooks;
static covey_transfer_config config;
static test_random state;
static covey_random hook;
static covey_transfer *t;
static uint64_t now_ms;

/* 5,000 bytes in chunks of 992: six of them, two in a request. */
static void start(void)
{
    relay = test_relay_new();
    file = test_file_new(1, 5000);
    hooks = test_file_hooks(&file);
    config = test_transfer_config(&hooks, 1024, 2);
    state = test_random_of(2);
    hook = test_random_hook(&state);
    t = test_transfer_new();
    now_ms = 1000;
}

TestSuite(transfer_send, .init = start, .fini = test_free_all, .timeout = 60);

static int begin(uint32_t max_blob)
{
    const covey_attachment voice = test_voice(file.len);

    return covey_transfer_send(t, &config, &voice, max_blob, &hook);
}

static void must_begin(void)
{
    cr_assert_eq(begin(1024), COVEY_OK);
}

/* Turns until a request is made; its bytes. */
static covey_bytes next_request(covey_transfer_request *request)
{
    static uint8_t room[1 << 18];
    covey_buffer out = {room, sizeof room, 0};

    *request = (covey_transfer_request){0};
    for (int i = 0; i < 100 && request->body.len == 0; i++) {
        cr_assert_eq(covey_transfer_next_request(t, now_ms, &out, request),
                     COVEY_OK);
        if (covey_transfer_deadline(t) != COVEY_TRANSFER_NO_DEADLINE &&
            covey_transfer_deadline(t) > now_ms) {
            now_ms = covey_transfer_deadline(t);
        }
    }
    cr_assert_neq(request->body.len, 0);
    return request->body;
}

static void run_to(covey_transfer_state end)
{
    cr_assert_eq(test_transfer_run(t, &relay, 3000), COVEY_OK);
    cr_assert_eq(test_transfer_state(t), end);
}

/* Each chunk is there once, and nothing else. */
static void check_log(size_t num)
{
    cr_assert_eq(relay.num_entries, num, "%zu entries", relay.num_entries);
    cr_assert_eq(covey_transfer_progress_of(t).chunks_done, num);
    cr_assert_eq(covey_transfer_progress_of(t).num_chunks, num);
}

Test(transfer_send, all_of_it_goes_to_a_mailbox_of_its_own)
{
    covey_mailbox mailbox;
    covey_attachment what;

    must_begin();
    cr_assert_eq(covey_transfer_attachment(t, &what), COVEY_ERR_STATE);
    cr_assert(test_is_zero(&what, sizeof what));
    run_to(COVEY_TRANSFER_DONE);
    check_log(6);
    cr_assert_eq(relay.num_requests, 3);
    cr_assert_eq(covey_transfer_attachment(t, &what), COVEY_OK);
    cr_assert_eq(what.size, 5000);
    cr_assert_eq(what.chunk_size, 992);
    covey_mailbox_of_seed(&mailbox, what.mailbox_seed);
    covey_mailbox_address address = covey_mailbox_address_of(&mailbox);
    check_bytes(covey_mailbox_address_bytes(&address),
                covey_mailbox_address_bytes(&relay.mailbox));
    for (size_t i = 0; i < 6; i++) cr_assert_eq(relay.entries[i].len, 1024);
}

Test(transfer_send, no_two_have_a_key_or_a_mailbox_in_common)
{
    covey_attachment first, second;

    must_begin();
    run_to(COVEY_TRANSFER_DONE);
    cr_assert_eq(covey_transfer_attachment(t, &first), COVEY_OK);
    relay = test_relay_new();
    must_begin();
    run_to(COVEY_TRANSFER_DONE);
    cr_assert_eq(covey_transfer_attachment(t, &second), COVEY_OK);
    check_bytes(covey_bytes_of(first.sha256, 32),
                covey_bytes_of(second.sha256, 32));
    cr_assert_neq(memcmp(first.key, second.key, 32), 0);
    cr_assert_neq(memcmp(first.mailbox_seed, second.mailbox_seed, 32), 0);
    cr_assert_neq(memcmp(first.mailbox_seed, first.key, 32), 0);
}

Test(transfer_send, a_chunk_fills_its_blob)
{
    static const struct {
        size_t size;
        uint32_t max_blob;
        uint32_t chunk;
    } cases[] = {{1, 16384, 480},       {480, 16384, 480},
                 {481, 16384, 992},     {992, 4096, 992},
                 {993, 4096, 2016},     {4064, 4096, 4064},
                 {4065, 4096, 4064},    {5000, 512, 480},
                 {8160, 16384, 8160},   {8161, 16384, 16000},
                 {90000, 16384, 16000}, {90000, 8192, 8160}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        covey_attachment what;

        relay = test_relay_new();
        file = test_file_new(i + 1, cases[i].size);
        what = test_transfer_sent(&relay, &file, cases[i].max_blob);
        cr_assert_eq(what.chunk_size, cases[i].chunk, "%zu", i);
        cr_assert_eq(covey_transfer_blob_size(&what), relay.entries[0].len);
    }
}

Test(transfer_send, T20_what_is_no_attachment_is_not_begun)
{
    covey_attachment bad[9];

    for (size_t i = 0; i < 9; i++) bad[i] = test_voice(5000);
    bad[0].media = (covey_media)0;
    bad[1].media = (covey_media)3;
    bad[2].size = 0;
    bad[3].size = COVEY_ATTACHMENT_MAX + 1;
    bad[4].duration_ms = 0;
    bad[5].duration_ms = COVEY_VOICE_MS_MAX + 1;
    bad[6].width = 1;
    bad[7].media = COVEY_MEDIA_PICTURE;
    bad[8].media = COVEY_MEDIA_PICTURE;
    bad[8].duration_ms = 0;
    bad[8].width = 8193;
    bad[8].height = 1;
    for (size_t i = 0; i < 9; i++) {
        cr_assert_eq(covey_transfer_send(t, &config, &bad[i], 1024, &hook),
                     COVEY_ERR_ARGUMENT, "%zu", i);
        cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_EMPTY);
    }
    cr_assert_eq(state.num_calls, 0);
    cr_assert_eq(file.num_reads, 0);
}

Test(transfer_send, a_configuration_is_within_its_range)
{
    static const uint32_t blobs[] = {0, 256, 511, 513, 3072, 32768, UINT32_MAX};
    const covey_transfer_config good = config;

    for (size_t i = 0; i < sizeof blobs / sizeof blobs[0]; i++) {
        cr_assert_eq(begin(blobs[i]), COVEY_ERR_ARGUMENT);
    }
    config.batch = 0;
    cr_assert_eq(begin(1024), COVEY_ERR_ARGUMENT);
    config.batch = 9;
    cr_assert_eq(begin(1024), COVEY_ERR_ARGUMENT);
    config = good;
    config.relay.len = 0;
    cr_assert_eq(begin(1024), COVEY_ERR_ARGUMENT);
    config = good;
    config.wait_ms = 300001;
    cr_assert_eq(begin(1024), COVEY_ERR_ARGUMENT);
    config = good;
    config.work_len--;
    cr_assert_eq(begin(1024), COVEY_ERR_BUFFER);
    config = good;
    cr_assert_eq(begin(2048), COVEY_ERR_BUFFER);
    cr_assert_eq(begin(1024), COVEY_OK);
}

Test(transfer_send, without_randomness_there_is_no_key)
{
    uint8_t stuck = 0x55;

    state.fail_at = 0;
    cr_assert_eq(begin(1024), COVEY_ERR_RANDOM);
    cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_EMPTY);
    hook = test_random_stuck(&stuck);
    cr_assert_eq(begin(1024), COVEY_ERR_RANDOM);
    cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_EMPTY);
}

/* Neither of the file nor of what a failing hook wrote. */
static void check_nothing_clear(void)
{
    uint8_t failed[16];

    memset(failed, 0xee, sizeof failed);
    cr_assert_null(memmem(config.work, config.work_len, failed, 16));
    for (size_t i = 0; i + 16 <= file.len; i++) {
        cr_assert_null(
            memmem(config.work, config.work_len, file.bytes + i, 16));
    }
}

Test(transfer_send, each_read_may_fail_once)
{
    size_t nth = 0;

    for (;; nth++) {
        start();
        file.fail_read = nth;
        must_begin();
        int err = test_transfer_run(t, &relay, 3000);
        if (file.num_reads <= nth) break;
        cr_assert_eq(err, COVEY_ERR_PORT);
        check_nothing_clear();
        run_to(COVEY_TRANSFER_DONE);
        check_log(6);
    }
    cr_assert_eq(nth, 3 + 6);
}

Test(transfer_send, nothing_clear_stays_in_the_working_memory)
{
    must_begin();
    while (test_transfer_state(t) != COVEY_TRANSFER_DONE) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        check_nothing_clear();
    }
}

Test(transfer_send, too_small_a_buffer_is_refused_and_it_goes_on)
{
    size_t size = covey_transfer_request_size(1024, 2);
    covey_transfer_request request;
    covey_bytes body;

    must_begin();
    body = next_request(&request);
    cr_assert_leq(body.len, size);
    start();
    for (size_t cap = 0; cap < body.len; cap += 41) {
        covey_buffer out = {guard_end(cap), cap, 0};
        int err = COVEY_OK;

        must_begin();
        for (int i = 0; i < 4; i++) {
            err = covey_transfer_next_request(t, now_ms, &out, &request);
        }
        cr_assert_eq(err, COVEY_ERR_BUFFER);
        cr_assert_eq(request.body.len, 0);
        cr_assert_eq(out.len, 0);
    }
    run_to(COVEY_TRANSFER_DONE);
    check_log(6);
}

Test(transfer_send, the_longest_request_has_the_size_that_is_said)
{
    covey_transfer_request request;

    file = test_file_new(3, 130000);
    config = test_transfer_config(&hooks, 16384, 8);
    cr_assert_eq(begin(16384), COVEY_OK);
    size_t len = next_request(&request).len;
    cr_assert_leq(len, covey_transfer_request_size(16384, 8));
    cr_assert_gt(len + 32, covey_transfer_request_size(16384, 8));
}

/* ---- the relay ---- */

Test(transfer_send, a_lost_answer_is_asked_for_again)
{
    for (size_t lost = 0; lost < 3; lost++) {
        covey_transfer_request request;

        start();
        must_begin();
        for (size_t i = 0; i < lost; i++) {
            covey_bytes answer =
                test_relay_answer(&relay, next_request(&request));
            cr_assert_eq(covey_transfer_input(t, now_ms, request.id, answer),
                         COVEY_OK);
        }
        covey_bytes late = test_relay_answer(&relay, next_request(&request));
        covey_transfer_failed(t, now_ms, request.id);
        cr_assert_eq(covey_transfer_progress_of(t).trouble,
                     COVEY_TRANSFER_AWAY);
        cr_assert_eq(covey_transfer_deadline(t), now_ms + 1000);
        cr_assert_eq(covey_transfer_input(t, now_ms, request.id, late),
                     COVEY_OK);
        run_to(COVEY_TRANSFER_DONE);
        check_log(6);
    }
}

Test(transfer_send, it_waits_longer_each_time_and_not_above_five_minutes)
{
    static const uint32_t pauses[] = {1000,   2000,   4000,  8000,
                                      16000,  32000,  64000, 128000,
                                      256000, 300000, 300000};
    covey_transfer_request request;

    must_begin();
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        covey_buffer out = {guard_end(4096), 4096, 0};

        (void)next_request(&request);
        covey_transfer_failed(t, now_ms, request.id);
        cr_assert_eq(covey_transfer_deadline(t), now_ms + pauses[i], "%zu", i);
        cr_assert_eq(covey_transfer_next_request(t, now_ms + pauses[i] - 1,
                                                 &out, &request),
                     COVEY_OK);
        cr_assert_eq(request.body.len, 0);
    }
    run_to(COVEY_TRANSFER_DONE);
}

Test(transfer_send, after_an_answer_it_waits_as_short_as_at_first)
{
    covey_transfer_request request;

    must_begin();
    for (int i = 0; i < 4; i++) {
        (void)next_request(&request);
        covey_transfer_failed(t, now_ms, request.id);
    }
    covey_bytes answer = test_relay_answer(&relay, next_request(&request));
    cr_assert_eq(covey_transfer_input(t, now_ms, request.id, answer), COVEY_OK);
    cr_assert_eq(covey_transfer_progress_of(t).trouble, COVEY_TRANSFER_WELL);
    (void)next_request(&request);
    covey_transfer_failed(t, now_ms, request.id);
    cr_assert_eq(covey_transfer_deadline(t), now_ms + 1000);
    /* Said twice, it failed once. */
    covey_transfer_failed(t, now_ms + 500, request.id);
    cr_assert_eq(covey_transfer_deadline(t), now_ms + 1000);
}

/* What was under way when another began is not taken for its answer. */
Test(transfer_send, an_answer_of_before_is_not_for_the_next_transfer)
{
    covey_transfer_request first, second;

    must_begin();
    covey_bytes answer = test_relay_answer(&relay, next_request(&first));
    must_begin();
    (void)next_request(&second);
    cr_assert_neq(first.id, second.id);
    cr_assert_eq(covey_transfer_input(t, now_ms, first.id, answer), COVEY_OK);
    cr_assert_eq(covey_transfer_progress_of(t).chunks_done, 0);
}

Test(transfer_send, one_request_is_under_way_at_a_time)
{
    covey_transfer_request request, other;
    covey_buffer out = {test_alloc(4096), 4096, 0};

    must_begin();
    (void)next_request(&request);
    cr_assert_eq(covey_transfer_deadline(t), COVEY_TRANSFER_NO_DEADLINE);
    cr_assert_eq(covey_transfer_next_request(t, UINT64_MAX, &out, &other),
                 COVEY_OK);
    cr_assert_eq(other.body.len, 0);
    covey_transfer_failed(t, now_ms, request.id + 1);
    cr_assert_eq(covey_transfer_deadline(t), COVEY_TRANSFER_NO_DEADLINE);
}

Test(transfer_send, what_the_relay_refuses_is_said_and_tried_again)
{
    static const struct {
        covey_sync_status status;
        covey_transfer_trouble trouble;
    } cases[] = {{COVEY_SYNC_BAD_REQUEST, COVEY_TRANSFER_REFUSED},
                 {COVEY_SYNC_RETRY_LATER, COVEY_TRANSFER_REFUSED},
                 {COVEY_SYNC_NOT_FOUND, COVEY_TRANSFER_REFUSED},
                 {COVEY_SYNC_QUOTA, COVEY_TRANSFER_FULL}};

    for (size_t i = 0; i < 4; i++) {
        start();
        must_begin();
        relay.is = cases[i].status;
        cr_assert_eq(test_transfer_run(t, &relay, 20), COVEY_OK);
        cr_assert_eq(covey_transfer_progress_of(t).trouble, cases[i].trouble);
        cr_assert_eq(relay.num_entries, 0);
        cr_assert_eq(covey_transfer_progress_of(t).chunks_done, 0);
        relay.is = COVEY_SYNC_OK;
        run_to(COVEY_TRANSFER_DONE);
        check_log(6);
    }
}

Test(transfer_send, a_relay_that_takes_less_at_once_gets_less)
{
    config = test_transfer_config(&hooks, 1024, 8);
    relay.max_appends = 1;
    must_begin();
    run_to(COVEY_TRANSFER_DONE);
    check_log(6);
}

Test(transfer_send, a_full_mailbox_takes_the_rest_later)
{
    relay.quota = 4;
    must_begin();
    cr_assert_eq(test_transfer_run(t, &relay, 50), COVEY_OK);
    cr_assert_eq(covey_transfer_progress_of(t).trouble, COVEY_TRANSFER_FULL);
    cr_assert_eq(covey_transfer_progress_of(t).chunks_done, 4);
    relay.quota = 100;
    run_to(COVEY_TRANSFER_DONE);
    check_log(6);
}

Test(transfer_send, an_answer_that_is_none_changes_nothing)
{
    covey_transfer_request request;

    must_begin();
    covey_bytes answer = test_relay_answer(&relay, next_request(&request));
    cr_assert_gt(answer.len, 4);
    for (size_t len = 0; len < answer.len; len++) {
        const covey_bytes prefix = covey_bytes_of(answer.at, len);

        cr_assert_eq(covey_transfer_input(t, now_ms, request.id, prefix),
                     COVEY_ERR_MALFORMED);
        cr_assert_eq(covey_transfer_progress_of(t).chunks_done, 0);
        cr_assert_eq(covey_transfer_progress_of(t).trouble,
                     COVEY_TRANSFER_WRONG);
        relay.num_entries = 0;
        answer = test_relay_answer(&relay, next_request(&request));
    }
    const covey_bytes longer = {test_alloc(5000), 5000};
    cr_assert_eq(covey_transfer_input(t, now_ms, request.id, longer),
                 COVEY_ERR_MALFORMED);
    run_to(COVEY_TRANSFER_DONE);
    check_log(6);
}

Test(transfer_send, when_the_relay_lost_its_log_all_of_it_goes_again)
{
    must_begin();
    while (covey_transfer_progress_of(t).chunks_done < 4) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    relay.num_entries = 0;
    run_to(COVEY_TRANSFER_DONE);
    check_log(6);
}

/* A lying relay could have it begin again for ever: not often. */
Test(transfer_send, losing_the_log_again_and_again_is_slow)
{
    size_t turns = 0;

    must_begin();
    for (; turns < 400; turns++) {
        if (covey_transfer_progress_of(t).chunks_done >= 4) {
            relay.num_entries = 0;
        }
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    cr_assert_gt(now_ms, (uint64_t)60 * 300000);
}

/* ---- the file ---- */

Test(transfer_send, a_file_that_changes_meanwhile_is_not_sent_as_another)
{
    for (size_t at = 0; at < 5000; at += 499) {
        covey_attachment what;

        start();
        must_begin();
        while (test_transfer_state(t) == COVEY_TRANSFER_PREPARING) {
            cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        }
        cr_assert_eq(covey_transfer_attachment(t, &what), COVEY_OK);
        file.bytes[at] ^= 0x10;
        run_to(COVEY_TRANSFER_BROKEN);
        cr_assert_eq(covey_transfer_attachment(t, &what), COVEY_ERR_STATE);
        cr_assert_eq(covey_transfer_deadline(t), COVEY_TRANSFER_NO_DEADLINE);
    }
}

Test(transfer_send, closing_wipes_it)
{
    must_begin();
    run_to(COVEY_TRANSFER_DONE);
    covey_transfer_close(t);
    cr_assert(test_is_zero(t, covey_transfer_size()));
    cr_assert_eq(covey_transfer_deadline(t), COVEY_TRANSFER_NO_DEADLINE);
    covey_transfer_request request;
    covey_buffer out = {test_alloc(4096), 4096, 0};
    cr_assert_eq(covey_transfer_next_request(t, 0, &out, &request),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_transfer_input(t, 0, 1, covey_bytes_of(NULL, 0)),
                 COVEY_ERR_STATE);
}

Test(transfer_send, memory_is_as_large_and_aligned_as_is_said)
{
    uint8_t *memory = test_alloc(covey_transfer_size() + 8);

    cr_assert_lt(covey_transfer_size(), 1024);
    cr_assert_null(covey_transfer_at(memory, covey_transfer_size() - 1));
    cr_assert_null(covey_transfer_at(memory + 1, covey_transfer_size()));
    cr_assert_not_null(covey_transfer_at(memory, covey_transfer_size()));
    cr_assert_eq(covey_transfer_saved_size(), COVEY_TRANSFER_SAVED_SIZE);
}
