/* The order of the log: what forks it, what tears it, what mends it. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"

static home_device *anna;
static home_device *ben;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
    ben = home_add("ben", true);
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    home_run(HOME_MINUTE);
    anna->num_events = 0;
    ben->num_events = 0;
    watch->num_events = 0;
}

TestSuite(log, .init = begin);

/* Hides one entry of the log from whoever reads it later. */
static void hide(home_box *box, size_t at)
{
    static const uint8_t junk[256] = {1, 2, 3};

    box->blobs[at] = covey_bytes_of(junk, sizeof junk);
}

Test(log, T10_what_is_withheld_tears_the_log_and_is_reported)
{
    home_box *box = home_box_of(watch);
    const covey_member_id id = home_id(anna);

    watch->is_off = true;
    cr_assert_eq(home_text(ben, "lost"), COVEY_OK);
    home_run(HOME_MINUTE);
    hide(box, box->num - 1);
    cr_assert_eq(home_text(anna, "read"), COVEY_OK);
    home_run(HOME_MINUTE);
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert(home_heard(watch, COVEY_CONTENT_TEXT) >= 1);
    const home_event *torn = home_last(watch, COVEY_EVENT_TORN);
    cr_assert_eq(memcmp(&torn->by, &id, sizeof id), 0);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
}

Test(log, a_torn_log_mends_and_all_go_on)
{
    home_box *box = home_box_of(watch);

    watch->is_off = true;
    cr_assert_eq(home_text(ben, "lost"), COVEY_OK);
    home_run(HOME_MINUTE);
    hide(box, box->num - 1);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(anna, "read"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_not(watch->device->log.is_torn);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        cr_assert_eq(home_text(anna, "read"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_LOCATION), 5);
    cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}

/* Two orders of two messages: whoever hears the other's claim stops. */
Test(log, C3_another_order_is_a_fork_and_names_who_sees_it)
{
    home_box *box = home_box_of(watch);
    const covey_member_id id = home_id(ben);

    watch->is_off = true;
    anna->is_off = true;
    cr_assert_eq(home_text(ben, "one"), COVEY_OK);
    cr_assert_eq(home_text(ben, "two"), COVEY_OK);
    home_turn(ben);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_text(ben, "three"), COVEY_OK);
    home_run(HOME_MINUTE);
    covey_bytes one = box->blobs[box->num - 3];
    box->blobs[box->num - 3] = box->blobs[box->num - 2];
    box->blobs[box->num - 2] = one;
    anna->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_FORKED);
    const home_event *forked = home_last(anna, COVEY_EVENT_FORKED);
    cr_assert_eq(memcmp(&forked->by, &id, sizeof id), 0);
    home_restart(anna);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_FORKED);
}

Test(log, T14_an_empty_relay_is_no_reason_to_stop)
{
    home_box *box = home_box_of(watch);

    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    box->num = 0;
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, 2), COVEY_OK);
        cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 6);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 5);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
}

/* What one has read and the other has not is lost, the relay says that its
 * store is the same, and both go on: that looks as if it showed two logs. */
Test(log, T14_a_relay_that_lost_some_and_denies_it_forks_them)
{
    home_box *box = home_box_of(watch);

    home_run(HOME_MINUTE);
    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    box->num = 0;
    anna->is_off = false;
    cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
    cr_assert_eq(home_fix(watch, 2), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_FORKED);
}

/* ---- what has expired unread ---- */

/* A number that nobody's entry has. */
static void put_junk(home_box *box)
{
    static const uint8_t junk[256] = {1, 2, 3};

    home_box_put(box, covey_bytes_of(junk, sizeof junk));
}

/* The watch reports as it always does. */
static void report(void)
{
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(home_fix(watch, i), COVEY_OK);
        home_run(HOME_MINUTE);
    }
}

/* Nothing is asked for until the last minute of it. */
static void pass_hours(unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        home_ms += 59 * HOME_MINUTE;
        home_run(HOME_MINUTE);
    }
}

static void expect_sure(const home_device *device, uint64_t epoch)
{
    cr_assert_eq(covey_device_state_of(device->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_mls_epoch(device->device->group), epoch, "%s",
                 device->name);
    cr_assert(covey_log_is_sure(&device->device->log), "%s", device->name);
}

/* A day later at the latest somebody has made fresh keys, for all. */
static void expect_one_circle(void)
{
    uint64_t before = covey_mls_epoch(watch->device->group);

    for (unsigned hour = 0; hour < 26; hour++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        pass_hours(1);
    }
    uint64_t epoch = covey_mls_epoch(watch->device->group);
    cr_assert(epoch > before);
    expect_sure(watch, epoch);
    expect_sure(anna, epoch);
    expect_sure(ben, epoch);
}

/* The watch was off while somebody wrote, for longer than the relay keeps it,
 * and is the first to speak again: what it claims must not stop the others. */
Test(log, C3_what_expired_unread_is_no_fork)
{
    home_box *box = home_box_of(watch);

    watch->is_off = true;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(anna, "gone before it was read"), COVEY_OK);
        home_run(10000);
    }
    anna->is_off = true;
    ben->is_off = true;
    box->expired = box->num;
    watch->is_off = false;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(watch, "back"), COVEY_OK);
        home_run(10000);
    }
    anna->is_off = false;
    ben->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 3);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_TEXT), 6);
    report();
    expect_one_circle();
}

/* The other way round: who has not read it all would make a commit that the
 * watch skips, and be in an epoch without it. */
Test(log, C5_who_may_have_missed_something_makes_no_commit)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(watch->device->group);

    anna->is_off = true;
    ben->is_off = true;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(10000);
    }
    watch->is_off = true;
    box->expired = box->num;
    anna->is_off = false;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_text(anna, "is there nobody?"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch);
    watch->is_off = false;
    ben->is_off = false;
    report();
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch + 1);
    expect_one_circle();
}

/* Anna's phone did not save that her words were in the log before they
 * expired, and says them again. The watch has read them, Ben has not: as the
 * same bytes, they would stand in the log for one of them only. */
Test(log, C3_what_expired_before_its_sender_knew_is_said_anew)
{
    home_box *box = home_box_of(watch);

    ben->is_off = true;
    cr_assert_eq(home_text(anna, "one"), COVEY_OK);
    cr_assert_eq(home_text(anna, "two"), COVEY_OK);
    home_turn(anna);
    anna->is_off = true;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    box->expired = box->num;
    report();
    anna->num_events = 0;
    home_restart(anna);
    anna->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SENT), 2);
    report();
    ben->is_off = false;
    report();
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(home_text(anna, "three"), COVEY_OK);
    cr_assert_eq(home_text(ben, "four"), COVEY_OK);
    expect_one_circle();
}

/* The same with the watch's Update, that Anna has read and Ben has not. It is
 * taken up all the same. */
Test(log, C3_M8_an_update_that_expired_is_not_proposed_again)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(watch->device->group);

    pass_hours(19);
    size_t before = box->num;
    ben->is_off = true;
    watch->is_off = true;
    while (box->num == before) {
        home_ms += 5 * HOME_MINUTE;
        home_ask(watch);
    }
    cr_assert_eq(covey_mls_epoch(watch->device->group), epoch);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_mls_num_proposals(anna->device->group), 1);
    box->expired = box->num;
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(home_text(anna, "where are you?"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    home_restart(watch);
    cr_assert_eq(watch->device->outbox.entries[0].counter, 0);
    watch->is_off = false;
    home_run(HOME_MINUTE);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(home_text(anna, "there you are"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    ben->is_off = false;
    report();
    uint64_t requests = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests <= requests + 27, "%u requests",
              (unsigned)(home_requests - requests));
    expect_one_circle();
    cr_assert(watch->device->self.update_taken != 0);
}

/* The watch has started, and does not know where in the log: what was said
 * before, and counts more entries than it has, is not behind its start. */
Test(log, T08_T56_behind_a_gap_no_command_covers_a_start)
{
    home_box *box = home_box_of(watch);

    watch->is_off = true;
    ben->is_off = true;
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(home_text(anna, "gone before it was read"), COVEY_OK);
        home_run(10000);
    }
    anna->is_off = true;
    box->expired = box->num;
    watch->is_off = false;
    home_restart(watch);
    home_run(30000);
    ben->is_off = false;
    cr_assert_eq(home_text(ben, "of before all that"), COVEY_OK);
    home_run(30000);
    anna->is_off = false;
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 300000),
                 COVEY_OK);
    home_run(30000);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 0);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->outcome,
                 COVEY_OUTCOME_UNKNOWN);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(ben, "hello"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 300000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
}

/* An entry of one's own has a number of its own there: nobody who claims as
 * many entries is known to have seen it (SPEC.md 6.3). */
Test(log, T57_behind_a_gap_nothing_proves_an_age)
{
    home_box *box = home_box_of(watch);
    uint64_t made = 0;

    watch->is_off = true;
    put_junk(box);
    box->expired = box->num;
    watch->is_off = false;
    uint64_t begun = covey_count(watch->device);
    report();
    cr_assert_not(covey_log_is_sure(&watch->device->log));
    cr_assert(covey_log_made_after(&watch->device->log, UINT32_MAX, &made));
    cr_assert(made <= begun);
}

/* What the relay has just placed behind it is in the log. */
Test(log, behind_a_gap_nothing_is_said_twice)
{
    home_box *box = home_box_of(watch);
    size_t before = box->num;

    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(10000);
    watch->is_off = true;
    ben->is_off = true;
    box->expired = box->num;
    cr_assert_eq(home_text(anna, "one"), COVEY_OK);
    cr_assert_eq(home_text(anna, "two"), COVEY_OK);
    anna->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(box->num, before + 3);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
}

/* Nothing has come yet behind what expired: a text leaves nonetheless. */
Test(log, what_expired_last_keeps_nobody_from_speaking)
{
    home_box *box = home_box_of(watch);

    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(10000);
    watch->is_off = true;
    ben->is_off = true;
    box->expired = box->num;
    anna->is_off = false;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(10000);
    uint64_t requests = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests <= requests + 14, "it asks all the time");
    cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
    home_run(10000);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
}

/* Nobody has read it, and whoever wrote it is not there: a day is enough. */
Test(log, a_gap_that_nobody_closes_ends_with_the_next_keys)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(watch->device->group);

    pass_hours(20);
    put_junk(box);
    box->expired = box->num;
    report();
    cr_assert_not(covey_log_is_sure(&watch->device->log));
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    pass_hours(23);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch);
    pass_hours(2);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch + 1);
    cr_assert(covey_log_is_sure(&watch->device->log));
    expect_one_circle();
}

/* ---- a gap and claims, one by one ---- */

static covey_digest number(uint8_t value)
{
    return (covey_digest){{value}};
}

/* Two logs alike for two entries, then the first has a gap and an entry. */
static void begin_gap(covey_log *log, covey_seen_log *others)
{
    const covey_chain chain = {{7}};

    *log = (covey_log){.num_own = 0};
    covey_seen_begin(&log->seen, &chain);
    covey_seen_begin(others, &chain);
    for (uint8_t i = 0; i < 2; i++) {
        const covey_digest hash = number(i);

        covey_log_accept(log, &hash);
        cr_assert_eq(covey_seen_add(others, &hash), COVEY_OK);
    }
    covey_log_miss(log, 5);
    const covey_digest hash = number(9);
    covey_log_accept(log, &hash);
}

Test(log_gap, one_claims_what_stood_before_it)
{
    covey_seen_log others;
    covey_log log;

    begin_gap(&log, &others);
    covey_log_miss(&log, 6);
    const covey_seen_claim claim = covey_log_claim(&log);
    const covey_seen_claim before = covey_seen_now(&others);
    cr_assert_eq(claim.count, 2);
    cr_assert_eq(memcmp(&claim.chain, &before.chain, sizeof claim.chain), 0);
}

Test(log_gap, C3_a_fork_before_it_stays_one)
{
    covey_seen_log others;
    covey_log log;

    begin_gap(&log, &others);
    covey_seen_claim claim = covey_seen_now(&others);
    cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_AGREES);
    cr_assert_not(covey_log_is_sure(&log), "that says nothing of the gap");
    claim.chain.bytes[0] ^= 1;
    cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_FORKED);
}

/* What is said again behind a gap stands for what was before it in a log that
 * goes on: agreement about it does not say that nothing is missing. */
Test(log_gap, nobody_closes_it_by_agreeing)
{
    const covey_digest hash = number(9);
    covey_seen_log others;
    covey_log log;

    begin_gap(&log, &others);
    cr_assert_eq(covey_seen_add(&others, &hash), COVEY_OK);
    covey_seen_claim claim = covey_seen_now(&others);
    cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_AGREES);
    cr_assert_not(covey_log_is_sure(&log));
}

Test(log_gap, T10_who_has_read_more_is_named_and_believed)
{
    covey_seen_log others;
    covey_log log;

    for (uint8_t num = 1; num <= 2; num++) { /* as many as here, and more */
        begin_gap(&log, &others);
        for (uint8_t i = 0; i < num; i++) {
            const covey_digest hash = number((uint8_t)(20 + i));
            cr_assert_eq(covey_seen_add(&others, &hash), COVEY_OK);
        }
        covey_seen_claim claim = covey_seen_now(&others);
        cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_TORE);
        cr_assert(log.is_torn);
        cr_assert_eq(covey_log_claim(&log).count, 2);
        const covey_digest next = number(30);
        covey_log_accept(&log, &next);
        cr_assert_eq(covey_seen_add(&others, &next), COVEY_OK);
        claim = covey_seen_now(&others);
        cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_AGREES);
        cr_assert(covey_log_is_sure(&log));
    }
}

/* Mending takes somebody who agrees about what came behind the last gap. */
Test(log_gap, one_more_in_a_torn_log_is_not_passed_over)
{
    covey_seen_log others;
    covey_log log;
    const covey_digest next = number(30);

    begin_gap(&log, &others);
    const covey_digest missed = number(20);
    cr_assert_eq(covey_seen_add(&others, &missed), COVEY_OK);
    cr_assert_eq(covey_seen_add(&others, &missed), COVEY_OK);
    covey_seen_claim claim = covey_seen_now(&others);
    cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_TORE);
    covey_log_accept(&log, &next);
    cr_assert_eq(covey_seen_add(&others, &next), COVEY_OK);
    claim = covey_seen_now(&others); /* of before the gap that comes now */
    covey_log_miss(&log, 6);
    cr_assert_eq(covey_log_judge(&log, &claim), COVEY_LOG_AGREES);
    cr_assert_not(covey_log_is_sure(&log));
}

/* ---- commits ---- */

/* The relay hides the last entries from Anna, and takes her commit even so:
 * nobody else can take it, and she does not either. */
Test(log, a_commit_over_what_was_not_read_is_not_adopted)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(anna->device->group);

    anna->is_starved = true;
    anna->sees = box->num;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    uint64_t requests = home_requests;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch);
    /* Nor does that keep her phone busy. */
    cr_assert(home_requests - requests < 200, "%d requests",
              (int)(home_requests - requests));
    anna->is_starved = false;
    home_run(10 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(anna->device->group),
                 covey_mls_epoch(watch->device->group));
    cr_assert(covey_mls_epoch(anna->device->group) > epoch);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
}

/* The relay takes a commit although something came in between, and shows it:
 * all skip that commit, its maker too. */
Test(log, a_commit_that_came_too_late_is_none_for_anybody)
{
    uint64_t epoch = covey_mls_epoch(anna->device->group);

    home_relay_takes_all = true;
    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_turn(watch);
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    anna->is_off = false;
    home_turn(anna);
    home_relay_takes_all = false;
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch);
    home_run(5 * HOME_MINUTE);
    cr_assert(covey_mls_epoch(anna->device->group) > epoch);
    cr_assert_eq(covey_mls_epoch(anna->device->group),
                 covey_mls_epoch(watch->device->group));
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
}

static void swap_last(home_box *box)
{
    covey_bytes last = box->blobs[box->num - 1];

    box->blobs[box->num - 1] = box->blobs[box->num - 2];
    box->blobs[box->num - 2] = last;
}

/* Ben did not see the commit, and spoke in the old epoch; the watch is shown
 * his word first. */
Test(log, a_commit_that_claims_less_than_was_read_is_skipped)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(watch->device->group);

    watch->is_off = true;
    ben->is_off = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(10000);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch + 1);
    ben->is_starved = true;
    ben->sees = box->num - 1;
    cr_assert_eq(home_text(ben, "one"), COVEY_OK);
    ben->is_off = false;
    home_turn(ben);
    ben->is_off = true;
    swap_last(box);
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(covey_mls_epoch(watch->device->group), epoch);
}

/* Nobody says anything behind the two but the commit itself. */
Test(log, C3_a_commit_tells_of_another_order_too)
{
    home_box *box = home_box_of(watch);
    const covey_member_id id = home_id(anna);

    watch->is_off = true;
    cr_assert_eq(home_command(ben, anna, COVEY_COMMAND_RING, 60000), COVEY_OK);
    cr_assert_eq(home_command(ben, anna, COVEY_COMMAND_RING, 60000), COVEY_OK);
    home_run(20000);
    covey_bytes last = box->blobs[box->num - 1];
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(20000);
    cr_assert(covey_bytes_same(box->blobs[box->num - 2], last));
    box->num--; /* the commit stays where it is */
    swap_last(box);
    box->num++;
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_FORKED);
    const home_event *forked = home_last(watch, COVEY_EVENT_FORKED);
    cr_assert_eq(memcmp(&forked->by, &id, sizeof id), 0);
}

Test(log, two_guardians_who_commit_at_once_agree)
{
    for (unsigned i = 0; i < 20; i++) {
        uint64_t epoch = covey_mls_epoch(watch->device->group);

        cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)),
                     COVEY_OK);
        cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)),
                     COVEY_OK);
        home_run(2 * HOME_MINUTE);
        cr_assert(covey_mls_epoch(watch->device->group) > epoch);
        cr_assert_eq(covey_mls_epoch(anna->device->group),
                     covey_mls_epoch(ben->device->group));
        cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
        cr_assert_eq(covey_device_busy(ben->device), COVEY_OPERATION_NONE);
    }
}

/* T25, T33: a push or a text message has one effect, a poll. */
Test(log, T25_a_wake_is_a_poll_and_not_more_than_one_in_ten_seconds)
{
    uint64_t before = home_requests;
    covey_event event;

    home_run(1000);
    before = home_requests;
    for (unsigned i = 0; i < 100000; i++) {
        covey_device_wake(watch->device, home_now(watch));
    }
    home_turn(watch);
    cr_assert(home_requests <= before + 1);
    cr_assert_eq(covey_device_next_event(watch->device, home_now(watch),
                                         &event),
                 COVEY_OK);
    cr_assert_eq(event.kind, COVEY_EVENT_NONE);
}

/* A friend's device lies about what it has read, and about its order: it may
 * write to the family, not stop it. */
Test(log, T52_a_friend_neither_tears_nor_forks_the_log)
{
    home_device *one = home_add("one friend", false);
    home_device *two = home_add("another", false);

    home_pair(anna, one, COVEY_ROLE_FRIEND, false);
    home_pair(anna, two, COVEY_ROLE_FRIEND, false);
    home_run(HOME_MINUTE);
    one->device->log.seen.count += 50;
    cr_assert_eq(home_text(one, "ahead"), COVEY_OK);
    covey_seen_log *seen = &two->device->log.seen;
    seen->kept[seen->count % COVEY_SEEN_KEPT].bytes[0] ^= 1;
    cr_assert_eq(home_text(two, "in another order"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(home_count(watch, COVEY_EVENT_TORN), 0);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}

/* ---- a relay that lets nobody rest ---- */

static const uint8_t noise[256] = {5, 4, 3, 2, 1};

/* As much as fits, from far behind the end; the next answer is from before. */
static void begin_anew(const home_device *client,
                       const covey_sync_request *request,
                       covey_sync_response *response, covey_sync_entry *entries)
{
    (void)client;
    if (request->after > 100000) return;
    response->num_entries = request->max_bytes / (sizeof noise + 24);
    for (size_t i = 0; i < response->num_entries; i++) {
        entries[i] =
            (covey_sync_entry){.index = 200000 + i,
                               .blob = covey_bytes_of(noise, sizeof noise)};
    }
    response->next = 200000 + response->num_entries;
}

Test(log, T60_a_relay_that_loses_its_log_all_the_time_is_asked_in_peace)
{
    anna->is_off = true;
    ben->is_off = true;
    home_on_response = begin_anew;
    uint64_t before = home_requests;

    home_run(10 * HOME_MINUTE);
    /* Two for each beginning, which are ten seconds apart. */
    cr_assert(home_requests - before > 100);
    cr_assert(home_requests - before < 140);
    home_on_response = NULL;
    anna->is_off = false;
    cr_assert_eq(home_text(anna, "it has come to its senses"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
}
