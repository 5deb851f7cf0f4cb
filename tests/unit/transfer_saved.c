#include <covey/attachment.h>
#include <criterion/criterion.h>

#include "support/guard.h"
#include "support/transfers.h"

#define NUM 6

static test_relay relay;
static test_file sent;
static test_file got;
static covey_transfer_file hooks;
static covey_transfer_file got_hooks;
static covey_transfer_config config;
static covey_transfer_config got_config;
static covey_transfer *t;
static uint64_t now_ms;

static void start(void)
{
    relay = test_relay_new();
    sent = test_file_new(1, 5000);
    got = test_file_new(0, 5000);
    hooks = test_file_hooks(&sent);
    got_hooks = test_file_hooks(&got);
    config = test_transfer_config(&hooks, 1024, 2);
    got_config = test_transfer_config(&got_hooks, 1024, 2);
    t = test_transfer_new();
    now_ms = 1000;
}

TestSuite(transfer_saved, .init = start, .fini = test_free_all, .timeout = 60);

static void begin_sending(void)
{
    const covey_attachment voice = test_voice(sent.len);
    test_random state = test_random_of(2);
    const covey_random hook = test_random_hook(&state);

    cr_assert_eq(covey_transfer_send(t, &config, &voice, 1024, &hook),
                 COVEY_OK);
}

static void begin_receiving(void)
{
    const covey_attachment what = test_transfer_sent(&relay, &sent, 1024);

    cr_assert_eq(covey_transfer_receive(t, &got_config, &what), COVEY_OK);
}

static covey_bytes saved(void)
{
    uint8_t *at = guard_end(COVEY_TRANSFER_SAVED_SIZE);

    cr_assert_eq(covey_transfer_save(t, at), COVEY_OK);
    return covey_bytes_of(at, COVEY_TRANSFER_SAVED_SIZE);
}

/* Power is lost: another object goes on with what was saved. */
static void restart(const covey_transfer_config *with, covey_bytes state)
{
    covey_transfer_close(t);
    t = test_transfer_new();
    cr_assert_eq(covey_transfer_load(t, with, state), COVEY_OK);
}

static bool is_done(void)
{
    return test_transfer_state(t) == COVEY_TRANSFER_DONE;
}

static void check_arrived(void)
{
    cr_assert_eq(test_transfer_run(t, &relay, 3000), COVEY_OK);
    cr_assert(is_done());
    check_bytes(covey_bytes_of(got.bytes, got.len),
                covey_bytes_of(sent.bytes, sent.len));
}

/* ---- restarts ---- */

Test(transfer_saved, a_sender_restarts_at_every_step)
{
    covey_attachment before, after;

    begin_sending();
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    cr_assert_eq(covey_transfer_attachment(t, &before), COVEY_OK);
    while (!is_done()) {
        restart(&config, saved());
        /* Asking, and appending. */
        for (int i = 0; i < 2 && !is_done(); i++) {
            cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        }
    }
    cr_assert_eq(relay.num_entries, NUM);
    restart(&config, saved());
    cr_assert(is_done());
    cr_assert_eq(covey_transfer_progress_of(t).chunks_done, NUM);
    cr_assert_eq(covey_transfer_attachment(t, &after), COVEY_OK);
    cr_assert_eq(memcmp(&before, &after, sizeof before), 0);
}

/* The state is from long ago, so is every request that was lost. */
Test(transfer_saved, a_sender_that_saved_once_asks_what_is_there)
{
    for (size_t steps = 0; steps < 8; steps++) {
        start();
        begin_sending();
        while (test_transfer_state(t) == COVEY_TRANSFER_PREPARING) {
            cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        }
        covey_bytes state = saved();
        for (size_t i = 0; i < steps && !is_done(); i++) {
            cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        }
        size_t there = relay.num_entries;
        relay.num_requests = 0;
        restart(&config, state);
        cr_assert_eq(test_transfer_run(t, &relay, 100), COVEY_OK);
        cr_assert(is_done());
        cr_assert_eq(relay.num_entries, NUM);
        cr_assert_eq(relay.num_requests, 1 + (NUM - there + 1) / 2);
    }
}

Test(transfer_saved, a_sender_looks_through_junk_for_its_own)
{
    test_choices choices = test_choices_of(4);
    covey_bytes state;

    begin_sending();
    while (relay.num_entries < 4) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        if (relay.num_entries != 2) continue;
        for (size_t len = 256; len <= 16384; len *= 2) {
            uint8_t *junk = test_alloc(len);

            test_fill(&choices, junk, len);
            test_relay_append(&relay, covey_bytes_of(junk, len));
        }
    }
    state = saved();
    restart(&config, state);
    sent.num_reads = 0;
    now_ms = 1000;
    while (!is_done()) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    cr_assert_eq(now_ms, 1000);
    cr_assert_eq(relay.num_entries, NUM + 7);
    /* Its chunks, and one in vain: for the junk of their size. */
    cr_assert_eq(sent.num_reads, NUM + 1);
}

/* A relay could show a log that goes on for ever. */
Test(transfer_saved, endless_junk_costs_a_sender_little)
{
    uint8_t *junk = test_alloc(2048);

    begin_sending();
    while (test_transfer_state(t) == COVEY_TRANSFER_PREPARING) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    restart(&config, saved());
    for (size_t i = 0; i < TEST_RELAY_ENTRIES - NUM; i++) {
        junk[0] = (uint8_t)i;
        junk[1] = (uint8_t)(i >> 8);
        test_relay_append(&relay, covey_bytes_of(junk, 2048));
    }
    for (int i = 0; i < 100 && now_ms == 1000; i++) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    cr_assert_gt(relay.last.after, 200);
    cr_assert_lt(relay.last.after, 300);
    cr_assert_eq(covey_transfer_progress_of(t).trouble, COVEY_TRANSFER_WRONG);
    cr_assert_eq(test_transfer_run(t, &relay, 200), COVEY_OK);
    cr_assert(is_done());
}

Test(transfer_saved, a_sender_sends_again_what_has_expired)
{
    for (size_t expired = 1; expired <= NUM; expired++) {
        start();
        begin_sending();
        cr_assert_eq(test_transfer_run(t, &relay, 7), COVEY_OK);
        covey_bytes state = saved();
        while (!is_done()) {
            cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        }
        for (size_t i = 0; i < expired; i++) relay.entries[i].at = NULL;
        uint8_t *moving = test_copy(state);
        moving[2] = COVEY_TRANSFER_MOVING;
        restart(&config, covey_bytes_of(moving, state.len));
        cr_assert_eq(test_transfer_run(t, &relay, 100), COVEY_OK);
        cr_assert(is_done());
        cr_assert_eq(relay.num_entries, NUM + expired);
    }
}

Test(transfer_saved, a_read_that_fails_while_asking_is_repeated)
{
    begin_sending();
    while (relay.num_entries < 4) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    covey_bytes state = saved();
    for (size_t nth = 0; nth < 4; nth++) {
        restart(&config, state);
        sent.num_reads = 0;
        sent.fail_read = nth;
        cr_assert_eq(test_transfer_run(t, &relay, 2), COVEY_ERR_PORT);
        cr_assert_eq(covey_transfer_progress_of(t).chunks_done, nth);
    }
    cr_assert_eq(test_transfer_run(t, &relay, 100), COVEY_OK);
    cr_assert(is_done());
    cr_assert_eq(relay.num_entries, NUM);
}

Test(transfer_saved, a_file_that_changed_over_a_restart_is_noticed)
{
    begin_sending();
    while (relay.num_entries < 4) {
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    covey_bytes state = saved();
    sent.bytes[1000] ^= 1;
    restart(&config, state);
    cr_assert_eq(test_transfer_run(t, &relay, 100), COVEY_OK);
    cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_BROKEN);
}

Test(transfer_saved, a_receiver_restarts_at_every_step)
{
    begin_receiving();
    relay.num_requests = 0;
    while (!is_done()) {
        restart(&got_config, saved());
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        if (test_transfer_state(t) == COVEY_TRANSFER_CHECKING) break;
    }
    cr_assert_eq(relay.num_requests, NUM / 2);
    cr_assert_eq(got.num_writes, NUM);
    restart(&got_config, saved());
    cr_assert_eq(test_transfer_state(t), COVEY_TRANSFER_CHECKING);
    check_arrived();
    restart(&got_config, saved());
    cr_assert(is_done());
}

/* A state that is older than the file does no harm. */
Test(transfer_saved, a_receiver_goes_on_from_any_state_it_had)
{
    uint8_t *states = test_alloc((size_t)8 * COVEY_TRANSFER_SAVED_SIZE);
    size_t num = 0;

    begin_receiving();
    while (!is_done()) {
        uint8_t *at = states + num * COVEY_TRANSFER_SAVED_SIZE;

        memcpy(at, saved().at, COVEY_TRANSFER_SAVED_SIZE);
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        num += num < 7;
    }
    cr_assert_geq(num, 4);
    for (size_t i = 0; i < num; i++) {
        restart(&got_config,
                covey_bytes_of(states + i * COVEY_TRANSFER_SAVED_SIZE,
                               COVEY_TRANSFER_SAVED_SIZE));
        check_arrived();
    }
}

/* What it skipped before the restart may be what it needs after it. */
Test(transfer_saved, a_receiver_remembers_that_it_skipped)
{
    begin_receiving();
    covey_bytes first = relay.entries[0];
    relay.entries[0] = relay.entries[5];
    relay.entries[5] = first;
    while (!is_done()) {
        restart(&got_config, saved());
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
        if (test_transfer_state(t) == COVEY_TRANSFER_CHECKING) break;
        cr_assert_lt(relay.num_requests, 100);
    }
    check_arrived();
}

/* ---- bytes ---- */

Test(transfer_saved, it_loads_to_the_same_bytes)
{
    begin_receiving();
    for (int i = 0; i < 12; i++) {
        covey_bytes state = saved();

        restart(&got_config, state);
        check_bytes(saved(), state);
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
    start();
    begin_sending();
    for (int i = 0; i < 12; i++) {
        covey_bytes state = saved();

        restart(&config, state);
        check_bytes(saved(), state);
        cr_assert_eq(test_transfer_step(t, &relay, &now_ms), COVEY_OK);
    }
}

Test(transfer_saved, another_length_is_refused)
{
    begin_receiving();
    covey_bytes state = saved();
    uint8_t *longer = test_alloc(state.len + 1);

    memcpy(longer, state.at, state.len);
    t = test_transfer_new();
    for (size_t len = 0; len <= state.len + 1; len++) {
        if (len == state.len) continue;
        cr_assert_eq(covey_transfer_load(t, &got_config,
                                         guard_copy(
                                             covey_bytes_of(longer, len))),
                     COVEY_ERR_MALFORMED);
        cr_assert(test_is_zero(t, covey_transfer_size()));
    }
}

/* Every bit: refused, or loaded as what is saved again as the same. */
Test(transfer_saved, with_any_bit_changed_it_is_refused_or_taken_as_it_is)
{
    size_t refused = 0;

    for (int sends = 0; sends < 2; sends++) {
        start();
        if (sends) {
            begin_sending();
        } else {
            begin_receiving();
        }
        uint8_t *state = test_copy(saved());
        for (size_t bit = 0; bit < (size_t)8 * COVEY_TRANSFER_SAVED_SIZE;
             bit++) {
            t = test_transfer_new();
            test_flip(state, bit);
            covey_bytes view = covey_bytes_of(state, COVEY_TRANSFER_SAVED_SIZE);
            int err = covey_transfer_load(t, &got_config, view);
            if (!err) check_bytes(saved(), view);
            cr_assert(!err || err == COVEY_ERR_MALFORMED ||
                      err == COVEY_ERR_BUFFER);
            refused += err != COVEY_OK;
            test_flip(state, bit);
            guard_free_all();
        }
    }
    cr_assert_gt(refused, 200, "%zu", refused);
}

Test(transfer_saved, what_cannot_be_is_refused)
{
    static const struct {
        size_t at;
        uint8_t value;
    } cases[] = {{0, 0}, {0, 2}, {1, 8}, {1, 3},  {2, 0},   {2, 1},    {2, 3},
                 {2, 6}, {3, 0}, {3, 3}, {12, 1}, {123, 7}, {124, 255}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start();
        begin_receiving();
        uint8_t *state = test_copy(saved());
        t = test_transfer_new();
        state[cases[i].at] = cases[i].value;
        if (cases[i].at == 124) memset(state + 124, 255, 8);
        cr_assert_eq(covey_transfer_load(
                         t, &got_config,
                         covey_bytes_of(state, COVEY_TRANSFER_SAVED_SIZE)),
                     COVEY_ERR_MALFORMED, "%zu", i);
    }
}

Test(transfer_saved, loading_needs_the_memory_that_it_takes)
{
    begin_receiving();
    covey_bytes state = saved();

    t = test_transfer_new();
    got_config.work_len = 1023;
    cr_assert_eq(covey_transfer_load(t, &got_config, state), COVEY_ERR_BUFFER);
    got_config.work_len = 1024;
    cr_assert_eq(covey_transfer_load(t, &got_config, state), COVEY_OK);
    got_config.batch = 9;
    cr_assert_eq(covey_transfer_load(t, &got_config, state),
                 COVEY_ERR_ARGUMENT);
}

Test(transfer_saved, there_is_nothing_to_save_of_a_closed_one)
{
    uint8_t state[COVEY_TRANSFER_SAVED_SIZE];

    memset(state, 1, sizeof state);
    cr_assert_eq(covey_transfer_save(t, state), COVEY_ERR_STATE);
    cr_assert(test_is_zero(state, sizeof state));
}
