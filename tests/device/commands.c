/* Commands: once, in time, announced, and their issuer always learns. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "home.h"

static home_device *anna;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
}

/* Appends every blob of the log once more, as another index. */
static void replay_all(home_box *box, size_t num)
{
    for (size_t i = 0; i < num; i++) home_box_put(box, box->blobs[i]);
}

static void send(covey_command_kind kind)
{
    cr_assert_eq(home_command(anna, watch, kind, 3600000), COVEY_OK);
    home_run(HOME_MINUTE);
}

TestSuite(commands, .init = begin);

/* ---- T08: once ---- */

Test(commands, T08_a_command_that_is_replayed_runs_once)
{
    send(COVEY_COMMAND_RING);
    home_box *box = home_box_of(watch);
    size_t num = box->num;

    for (unsigned i = 0; i < 100; i++) replay_all(box, num);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT), 1);
}

Test(commands, T08_nor_after_a_restart)
{
    send(COVEY_COMMAND_RING);
    home_box *box = home_box_of(watch);
    size_t num = box->num;

    home_restart(watch);
    replay_all(box, num);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
}

Test(commands, T08_nor_in_the_next_epoch)
{
    send(COVEY_COMMAND_RING);
    home_box *old = home_box_of(watch);

    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(HOME_MINUTE);
    home_box *box = home_box_of(watch);
    cr_assert_neq(box, old);
    for (size_t i = 0; i < old->num; i++) home_box_put(box, old->blobs[i]);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
}

/* The flash of the watch is put back to before the command, and the relay
 * shows it the same log up to there. */
Test(commands, T08_nor_after_the_storage_was_rolled_back)
{
    covey_bytes records[HOME_SLOTS];
    uint64_t version = watch->version;

    memcpy(records, watch->records, sizeof records);
    send(COVEY_COMMAND_RING);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    memcpy(watch->records, records, sizeof records);
    watch->version = version;
    home_restart(watch);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    cr_assert_eq(covey_device_state_of(watch->device),
                 COVEY_DEVICE_ROLLED_BACK);
    cr_assert_eq(home_count(watch, COVEY_EVENT_ROLLED_BACK), 1);
}

/* The relay hides what the watch said meanwhile, so that it does not notice:
 * what was asked before its new start is not run either. */
Test(commands, T08_nor_when_the_relay_hides_that_it_was_rolled_back)
{
    covey_bytes records[HOME_SLOTS];
    uint64_t version = watch->version;
    home_box *box = home_box_of(watch);

    memcpy(records, watch->records, sizeof records);
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 3600000),
                 COVEY_OK);
    home_turn(anna);
    size_t with_command = box->num;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    box->num = with_command;
    memcpy(watch->records, records, sizeof records);
    watch->version = version;
    home_restart(watch);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
}

Test(commands, T08_what_ran_when_power_failed_is_reported_as_unknown)
{
    watch->runs = false;
    send(COVEY_COMMAND_RING);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    home_restart(watch);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->outcome,
                 COVEY_OUTCOME_UNKNOWN);
}

/* ---- T09, T57: in time ---- */

static void check_expired(void)
{
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 0);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->outcome,
                 COVEY_OUTCOME_EXPIRED);
}

Test(commands, T09_a_command_that_was_held_back_expires)
{
    watch->is_off = true;
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 600000),
                 COVEY_OK);
    home_run(11 * HOME_MINUTE);
    watch->is_off = false;
    home_run(2 * HOME_MINUTE);
    check_expired();
}

/* The network sets the watch's clock back, and the relay holds the command
 * back: by what the watch has heard of Anna's clock, it is late. */
Test(commands, T57_setting_the_clock_back_revives_no_command)
{
    cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
    home_run(HOME_MINUTE);
    watch->is_off = true;
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 600000),
                 COVEY_OK);
    home_run(60 * HOME_MINUTE);
    watch->is_off = false;
    watch->clock_ms = -10ll * 365 * 24 * 3600 * 1000;
    home_run(2 * HOME_MINUTE);
    check_expired();
}

/* Not even when an old message of the issuer comes first. */
Test(commands, T57_nor_does_an_old_message_before_it)
{
    cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
    home_run(HOME_MINUTE);
    watch->is_off = true;
    cr_assert_eq(home_text(anna, "come home"), COVEY_OK);
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 600000),
                 COVEY_OK);
    home_run(60 * HOME_MINUTE);
    watch->is_off = false;
    watch->clock_ms = INT64_MIN;
    home_run(2 * HOME_MINUTE);
    check_expired();
}

Test(commands, T57_a_clock_that_was_years_ahead_is_forgiven)
{
    anna->clock_ms = 10ll * 365 * 24 * 3600 * 1000;
    cr_assert_eq(home_text(anna, "from the future"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    anna->clock_ms = 0;
    cr_assert_eq(home_text(anna, "from now"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(HOME_MINUTE);
        cr_assert_eq(home_text(anna, "still now"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    send(COVEY_COMMAND_RING);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
}

/* ---- T48: announced ---- */

Test(commands, T48_what_was_not_shown_is_not_done)
{
    watch->shows = false;
    for (int kind = COVEY_COMMAND_LOCATE; kind < COVEY_COMMAND_SYNC; kind++) {
        if (kind == COVEY_COMMAND_SET_POLICY) continue;
        cr_assert_eq(home_command(anna, watch, (covey_command_kind)kind,
                                  3600000),
                     COVEY_OK);
        home_run(4 * HOME_MINUTE);
        const home_event *receipt =
            home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT);
        cr_assert_eq(receipt->outcome, COVEY_OUTCOME_REFUSED);
        cr_assert_eq(receipt->reason, COVEY_REFUSED_NOTICE);
    }
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 0);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 0);
}

Test(commands, T48_the_notice_names_who_asked)
{
    const covey_member_id by = home_id(anna);

    send(COVEY_COMMAND_LOCATE);
    const home_event *notice = home_last(watch, COVEY_EVENT_NOTICE);
    cr_assert_eq(notice->notice.kind, COVEY_NOTICE_LOCATE);
    cr_assert_eq(memcmp(&notice->notice.by, &by, sizeof by), 0);
    send(COVEY_COMMAND_RING);
    cr_assert_eq(home_last(watch, COVEY_EVENT_NOTICE)->notice.kind,
                 COVEY_NOTICE_COMMAND);
}

/* ---- T49: not too many ---- */

Test(commands, T49_only_so_many_locates_in_an_hour)
{
    for (unsigned i = 0; i < 40; i++) {
        cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_LOCATE, 3600000),
                     COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 20);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_QUOTA);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
    home_run(30 * HOME_MINUTE);
    send(COVEY_COMMAND_LOCATE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 21);
}

Test(commands, T49_below_its_reserve_the_battery_is_for_an_sos)
{
    covey_document reporting = {.kind = COVEY_DOCUMENT_REPORTING,
                                .of.reporting = {60, 30, 50, 15}};

    cr_assert_eq(covey_device_set_policy(anna->device, &reporting,
                                         home_now(anna)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    covey_device_battery(watch->device, 14);
    send(COVEY_COMMAND_LOCATE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_BATTERY);
    cr_assert_eq(home_fix(watch, 1), COVEY_ERR_STATE);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    covey_device_battery(watch->device, 15);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
}

/* ---- who may, and what there is ---- */

Test(commands, T52_a_friend_may_command_nothing)
{
    home_device *friend = home_add("friend", false);

    home_pair(anna, friend, COVEY_ROLE_FRIEND, false);
    for (int kind = COVEY_COMMAND_LOCATE; kind <= COVEY_COMMAND_SYNC; kind++) {
        cr_assert_eq(home_command(friend, watch, (covey_command_kind)kind,
                                  3600000),
                     COVEY_ERR_PERMISSION);
    }
}

Test(commands, S29_a_carers_time_ends)
{
    home_device *carer = home_add("carer", false);

    home_pair(anna, carer, COVEY_ROLE_CARER, false);
    cr_assert_eq(home_command(carer, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(carer, COVEY_CONTENT_LOCATION), 1);
    home_ms += 31ull * 24 * 3600 * 1000;
    cr_assert_eq(home_command(carer, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_last_heard(carer, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_PERMISSION);
}

/* T21, T22, T23, T24: among all that a host can be asked to do there is
 * nothing that listens, looks, calls or hides. */
Test(commands, T21_T22_T23_T24_the_list_of_commands_is_closed)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};

    content.of.command.target = home_id(watch);
    content.of.command.not_after_ms = HOME_UTC_MS + 3600000;
    for (int kind = -2; kind < 64; kind++) {
        content.of.command.kind = (covey_command_kind)kind;
        int err =
            covey_device_send(anna->device, home_now(anna), &content, NULL);

        if (kind < COVEY_COMMAND_LOCATE || kind > COVEY_COMMAND_SYNC) {
            cr_assert_eq(err, COVEY_ERR_ARGUMENT);
        }
    }
    home_run(20 * HOME_MINUTE);
    for (size_t i = 0; i < watch->num_events; i++) {
        if (watch->events[i].kind != COVEY_EVENT_COMMAND) continue;
        cr_assert(watch->events[i].command >= COVEY_COMMAND_LOCATE &&
                  watch->events[i].command <= COVEY_COMMAND_POWER_OFF);
    }
}

Test(commands, what_is_asked_of_another_is_nothing_to_the_watch)
{
    cr_assert_eq(home_command(anna, anna, COVEY_COMMAND_RING, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_NOTICE), 0);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_COMMAND), 1);
}

Test(commands, S28_while_the_wearer_pauses_nobody_locates)
{
    int64_t until = home_now(watch).utc_ms + 3600000;

    cr_assert_eq(covey_device_pause(watch->device, home_now(watch), until),
                 COVEY_OK);
    cr_assert_eq(home_fix(watch, 1), COVEY_ERR_STATE);
    send(COVEY_COMMAND_LOCATE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_PAUSED);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_PAUSE), 1);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    watch->clock_ms = -24ll * 3600 * 1000; /* extends nothing */
    home_run(61 * HOME_MINUTE);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
}
