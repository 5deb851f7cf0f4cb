/* What could stop a device for ever, or keep it going without a pause. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "device/say.h"
#include "home.h"
#include "mls/group.h"
#include "relay/blob.h"

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

TestSuite(stuck, .init = begin);

/* ---- the end of the log ---- */

/* She was away for so long that all that came is gone. */
Test(stuck, a_guardian_commits_behind_entries_that_expired)
{
    home_box *box = home_box_of(anna);

    anna->is_off = true;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(ben, "gone"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    box->expired = box->num;
    ben->is_off = true;
    watch->is_off = true;
    anna->is_off = false;
    /* What she does not know of makes others skip it; here nobody else has
     * read more than she can, and says so for a day. */
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    uint64_t before = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 40, "%d requests",
              (int)(home_requests - before));
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 0);
    home_ms += 24 * 60 * HOME_MINUTE;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
}

Test(stuck, a_relay_that_always_finds_a_conflict_is_not_asked_without_end)
{
    uint64_t before = home_requests;

    ben->is_off = true;
    watch->is_off = true;
    home_relay_conflicts = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 100, "%d requests",
              (int)(home_requests - before));
    home_relay_conflicts = false;
    home_run(6 * HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
}

/* The relay hides what others say, takes what the watch says behind it, and
 * shows all of it later: a commit, too. */
Test(stuck, what_was_hidden_for_a_while_is_read_when_it_is_shown)
{
    watch->is_starved = true;
    watch->sees = home_box_of(watch)->num;
    cr_assert_eq(home_text(anna, "hidden"), COVEY_OK);
    home_turn(anna);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_SENT), 0);
    watch->is_starved = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert(home_count(watch, COVEY_EVENT_SENT) >= 1);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}

/* ---- what a friend says ---- */

static uint8_t memory[65536];
static uint8_t message[COVEY_BLOB_MESSAGE_MAX + 64];

static home_device *add_friend(void)
{
    home_device *fred = home_add("fred", false);

    home_pair(anna, fred, COVEY_ROLE_FRIEND, false);
    home_run(HOME_MINUTE);
    return fred;
}

/* A text under an id that is not the next one. */
static void say_as(home_device *device, const char *text, covey_payload_id id)
{
    const covey_mls_framing framing = covey_blob_framing();
    const covey_random random = test_random_hook(&device->random);
    const covey_seen_claim claim = covey_log_claim(&device->device->log);
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_buffer out = {message, sizeof message, 0};
    uint8_t bytes[512];
    uint8_t packed[COVEY_BLOB_MAX];
    covey_buffer encoded = {bytes, sizeof bytes, 0};
    covey_writer w = covey_writer_of(packed, sizeof packed);
    covey_payload payload = {.id = id, .seen.count = claim.count};

    payload.content.kind = COVEY_CONTENT_TEXT;
    payload.content.of.text.text = covey_bytes_of_text(text);
    memcpy(payload.seen.chain, claim.chain.bytes, sizeof payload.seen.chain);
    cr_assert_eq(covey_payload_encode(&encoded, &payload, &scratch), COVEY_OK);
    cr_assert_eq(covey_mls_protect(device->device->group, &random,
                                   covey_bytes_of(bytes, encoded.len), &framing,
                                   &scratch, &out),
                 COVEY_OK);
    cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(out.at, out.len), NULL, 0),
                 COVEY_OK);
    home_box_put(home_box_of(device), covey_bytes_of(packed, w.len));
    device->is_off = true;
}

/* Two texts at once, the second of a later incarnation and a lower number:
 * there is no range from one to the other. */
Test(stuck, T52_ids_that_run_backwards_stop_nobodys_receipts)
{
    home_device *fred = add_friend();

    anna->is_off = true;
    watch->is_off = true;
    say_as(fred, "one", (covey_payload_id){100, 0});
    say_as(fred, "two", (covey_payload_id){1, 1});
    anna->is_off = false;
    watch->is_off = false;
    home_run(HOME_MINUTE);
    anna->num_events = 0;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
}

/* What did not come was not delivered, whatever came after it. */
static covey_range told[8];
static size_t num_told;

static void note_receipts(const home_device *client,
                          const covey_request *request)
{
    const covey_outbox *outbox = &client->device->outbox;

    (void)request;
    for (size_t i = 0; client == anna && i < outbox->num; i++) {
        covey_buffer out = {memory, sizeof memory, 0};
        covey_payload payload;

        if (outbox->entries[i].kind != COVEY_CONTENT_RECEIPT) continue;
        cr_assert_eq(covey_payload_decode(&payload,
                                          covey_outbox_payload(outbox, i),
                                          &out),
                     COVEY_OK);
        cr_assert_eq(payload.content.of.receipt.num_ranges, 1);
        cr_assert(num_told < 8);
        told[num_told++] = payload.content.of.receipt.ranges[0];
    }
}

Test(stuck, T10_a_receipt_does_not_cover_what_is_missing)
{
    home_device *fred = add_friend();

    anna->is_off = true;
    say_as(fred, "one", (covey_payload_id){10, 0});
    say_as(fred, "two", (covey_payload_id){11, 0});
    say_as(fred, "four", (covey_payload_id){13, 0});
    anna->is_off = false;
    home_on_request = note_receipts;
    home_run(20000);
    cr_assert_eq(num_told, 2);
    cr_assert_eq(told[0].first, 10);
    cr_assert_eq(told[0].last, 11);
    cr_assert_eq(told[1].first, 13);
    cr_assert_eq(told[1].last, 13);
}

/* ---- joining ---- */

/* Somebody else comes in between the Welcome and the newcomer's word: the
 * newcomer is not confirmed, so it is shown nothing, and speaks all the same. */
Test(stuck, a_newcomer_says_its_word_although_another_came_in_between)
{
    home_device *first = home_add("first", true);
    home_device *second = home_add("second", true);
    char uri[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(first->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 600, home_now(first), uri),
                 COVEY_OK);
    home_turn(first);
    cr_assert_eq(covey_device_accept(anna->device, uri, true, home_now(anna)),
                 COVEY_OK);
    first->is_off = true;
    home_run(20000);
    /* Ben takes another phone in: an epoch, and a change to be shown. */
    home_pair(ben, second, COVEY_ROLE_GUARDIAN, true);
    first->is_off = false;
    home_run(30000);
    cr_assert_eq(covey_device_state_of(first->device), COVEY_DEVICE_JOINED);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 1);
    cr_assert_eq(covey_device_enter_digits(
                     anna->device,
                     home_last(first, COVEY_EVENT_SHOW_DIGITS)->digits,
                     home_now(anna), NULL),
                 COVEY_OK);
    cr_assert_eq(covey_device_confirm(first->device, home_now(first)),
                 COVEY_OK);
    home_run(30000);
    cr_assert(home_count(first, COVEY_EVENT_NOTICE) >= 1);
}

/* ---- a relay that takes no more than it must ---- */

Test(stuck, no_more_is_appended_at_once_than_any_relay_takes)
{
    static char text[4001];

    memset(text, 'x', sizeof text - 1);
    home_relay_is_small = true;
    while (home_text(anna, text) == COVEY_OK) {
    }
    size_t num = covey_device_num_waiting(anna->device);
    cr_assert(num >= 3);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), num);
}

/* ---- what cannot leave ---- */

/* A commit is due, and a proposal of one's own has to leave before it, which
 * waits until a change was shown. */
Test(stuck, what_is_held_back_is_not_asked_about_without_end)
{
    home_device *more = home_add("more", true);

    ben->shows = false;
    home_pair(anna, more, COVEY_ROLE_GUARDIAN, true);
    cr_assert_eq(covey_device_leave(ben->device, home_now(ben)), COVEY_OK);
    cr_assert_eq(covey_device_leave(watch->device, home_now(watch)), COVEY_OK);
    more->is_off = true;
    anna->is_off = true;
    home_run(30000);
    uint64_t before = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 60, "%d requests",
              (int)(home_requests - before));
}

/* A watch starts with an outbox that is full, and may send nothing yet. */
Test(stuck, a_boot_that_has_no_room_is_not_asked_about_without_end)
{
    covey_content content = {.kind = COVEY_CONTENT_TEXT};

    content.of.text.text = covey_bytes_of_text("so much to say");
    watch->shows = false;
    home_pair(anna, home_add("more", true), COVEY_ROLE_GUARDIAN, true);
    while (covey_say(watch->device, &content, true, NULL) == COVEY_OK) {
    }
    cr_assert_eq(covey_device_end(watch->device, COVEY_OK), COVEY_OK);
    home_restart(watch);
    home_run(5000);
    uint64_t before = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 100, "%d requests",
              (int)(home_requests - before));
    watch->shows = true;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_BOOT), 1);
}

/* A relay that does not hold requests, or only says that it does. */
Test(stuck, a_poll_that_is_answered_at_once_is_not_repeated_at_once)
{
    ben->config.wait_ms = 60000;
    home_restart(ben);
    home_turn(ben);
    anna->is_off = true;
    watch->is_off = true;
    uint64_t before = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 100, "%d requests",
              (int)(home_requests - before));
}

/* ---- clocks ---- */

/* A host whose count of time wrapped, or begins again after it slept. */
Test(stuck, a_count_of_time_that_begins_again_stops_nobody)
{
    home_ms += (uint64_t)49 * 24 * 60 * HOME_MINUTE;
    home_run(HOME_MINUTE);
    home_ms = 5000;
    anna->clock_ms = 0;
    anna->num_events = 0;
    cr_assert_eq(home_text(watch, "still here"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 1);
    cr_assert(covey_device_deadline(anna->device) < home_ms + HOME_MINUTE);
}

/* Two threads that asked for the time in another order: nothing passes twice. */
Test(stuck, a_time_that_was_asked_for_a_little_earlier_counts_once)
{
    covey_clock clock = {0};
    covey_now now = {0, 1000000};

    covey_clock_set(&clock, now);
    for (unsigned i = 0; i < 100; i++) {
        now.mono_ms = i % 2 == 0 ? now.mono_ms + 50 : now.mono_ms - 40;
        covey_clock_set(&clock, now);
    }
    cr_assert_eq(clock.count_ms, 540);
}

/* A count that is none: centuries do not pass, and it never wraps. */
Test(stuck, a_count_of_time_out_of_all_reason_counts_nothing)
{
    covey_clock clock = {0};

    covey_clock_set(&clock, (covey_now){0, 5000});
    covey_clock_set(&clock, (covey_now){0, UINT64_MAX});
    covey_clock_set(&clock, (covey_now){0, 6000});
    covey_clock_set(&clock, (covey_now){0, UINT64_MAX - 1});
    cr_assert_eq(clock.count_ms, 0);
    covey_clock_set(&clock, (covey_now){0, 7000});
    covey_clock_set(&clock, (covey_now){0, 8000});
    cr_assert_eq(clock.count_ms, 1000);
}

/* ---- calls that are refused ---- */

/* They change nothing: what was told is not told again. */
static void check_told_once(home_device *device)
{
    home_turn(device);
    cr_assert_eq(home_heard(device, COVEY_CONTENT_TEXT), 1, "%zu by %s",
                 home_heard(device, COVEY_CONTENT_TEXT), device->name);
}

/* The text is told, and not stored as told before the next request. */
static void tell(home_device *device)
{
    home_device *others[] = {anna, ben, watch};

    home_run(HOME_MINUTE);
    for (size_t i = 0; i < 3; i++) others[i]->num_events = 0;
    cr_assert_eq(home_text(device == ben ? anna : ben, "hello"), COVEY_OK);
    home_turn(device == ben ? anna : ben);
    for (unsigned i = 0; i < 60 && home_heard(device, COVEY_CONTENT_TEXT) == 0;
         i++) {
        home_ms += 1000;
        home_turn(device);
    }
}

Test(stuck, a_call_that_is_refused_tells_nothing_again)
{
    const covey_fix nowhere = {.lat_e7 = INT32_MAX};
    const covey_location where = {.fixes = &nowhere, .num_fixes = 1};
    covey_content content = {.kind = COVEY_CONTENT_TEXT};

    cr_assert_eq(covey_device_leave(ben->device, home_now(ben)), COVEY_OK);
    home_run(HOME_MINUTE);
    ben = home_add("friend", false);
    home_pair(anna, ben, COVEY_ROLE_FRIEND, false);
    home_run(HOME_MINUTE);
    tell(anna);
    cr_assert_eq(covey_device_leave(anna->device, home_now(anna)),
                 COVEY_ERR_PERMISSION);
    check_told_once(anna);
    tell(watch);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), &where),
                 COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_OFF);
    check_told_once(watch);
    tell(watch);
    content.of.text.text = covey_bytes_of_text("so much to say");
    while (covey_say(watch->device, &content, true, NULL) == COVEY_OK) {
    }
    cr_assert_eq(covey_device_pause(watch->device, home_now(watch),
                                    home_now(watch).utc_ms + 600000),
                 COVEY_ERR_CAPACITY);
    check_told_once(watch);
}

/* ---- memory ---- */

/* There is too little memory to save in, but for the inbox, and a request is
 * out that was not made there. */
Test(stuck, an_sos_is_taken_while_a_request_waits)
{
    static uint8_t out[COVEY_REQUEST_BYTES];
    covey_buffer body = {out, sizeof out, 0};
    covey_request request;

    home_ms += 10 * HOME_MINUTE;
    cr_assert_eq(covey_device_next_request(watch->device, home_now(watch),
                                           &body, &request),
                 COVEY_OK);
    cr_assert_neq(request.body.len, 0);
    watch->device->work.cap = 300;
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_CALLING);
}

/* Whoever has lent it for an answer keeps it. */
Test(stuck, memory_that_was_lent_is_left_alone)
{
    covey_request request;

    home_ms += 10 * HOME_MINUTE;
    covey_buffer room = covey_device_room(watch->device);
    cr_assert_eq(covey_device_next_request(watch->device, home_now(watch),
                                           &room, &request),
                 COVEY_OK);
    cr_assert_neq(request.body.len, 0);
    watch->device->work.cap = 300;
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_ERR_BUFFER);
}

/* ---- a guardian whose clock is lost after it asked for something ---- */

Test(stuck, a_policy_holds_although_the_clock_was_lost_meanwhile)
{
    covey_document given = {.kind = COVEY_DOCUMENT_PRECISION,
                            .of.precision = {500}};

    cr_assert_eq(covey_device_set_policy(anna->device, &given, home_now(anna)),
                 COVEY_OK);
    anna->clock_ms = INT64_MIN;
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_POLICY), 1);
}

Test(stuck, a_clock_at_the_end_of_all_time_stops_no_guardian)
{
    covey_document given = {.kind = COVEY_DOCUMENT_PRECISION,
                            .of.precision = {500}};

    anna->clock_ms =
        COVEY_TIME_MS_MAX - HOME_UTC_MS - (int64_t)home_ms - 3600000;
    cr_assert_eq(covey_device_set_policy(anna->device, &given, home_now(anna)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
    cr_assert_eq(home_text(anna, "still here"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_TEXT), 1);
}

Test(stuck, a_carers_time_is_counted_from_a_clock_that_is_known)
{
    home_device *carer = home_add("carer", false);
    char uri[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(carer->device, COVEY_ROLE_CARER,
                                     HOME_RELAY, 0, home_now(carer), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(anna->device, uri, false, home_now(anna)),
                 COVEY_OK);
    anna->clock_ms = INT64_MIN;
    home_run(20000);
    anna->clock_ms = 0;
    home_run(20000);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 1);
    for (size_t i = 0; i < anna->device->roster.num_members; i++) {
        const covey_roster_member *entry = &anna->device->roster.members[i];

        if (entry->role != COVEY_ROLE_CARER) continue;
        cr_assert(entry->expires_h > HOME_UTC_MS / 3600000);
    }
}

/* ---- the reserve ---- */

/* A save that fails goes back to what is stored, and passes over what may have
 * been sent since: that is told like a start. */
Test(stuck, a_save_that_fails_reports_nothing_missing)
{
    watch->config.reserve = 8;
    home_restart(watch);
    home_run(HOME_MINUTE);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(30000);
    }
    watch->fails_at = 1;
    (void)home_text(watch, "this one fails");
    watch->fails_at = 0;
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(30000);
    }
    cr_assert_eq(home_text(watch, "still here"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(home_count(anna, COVEY_EVENT_MISSING), 0);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}

/* The same after a start: what the host says first comes behind the boot. */
Test(stuck, a_start_explains_its_gap_before_the_host_says_anything)
{
    watch->config.reserve = 8;
    home_restart(watch);
    home_run(HOME_MINUTE);
    home_restart(watch);
    cr_assert_eq(home_text(watch, "good morning"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(home_count(anna, COVEY_EVENT_MISSING), 0);
}

/* Where there is no relay, one boot waits for all starts. */
Test(stuck, starts_without_a_relay_do_not_fill_the_outbox)
{
    home_relay_is_away = true;
    for (unsigned i = 0; i < 40; i++) {
        home_restart(watch);
        cr_assert_eq(home_fix(watch, (int32_t)i), COVEY_OK);
        home_run(1000);
    }
    home_relay_is_away = false;
    anna->num_events = 0;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_BOOT), 1);
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
}

/* ---- calling for help again ---- */

/* What was seen hours ago, or was never seen for an hour, is another call. */
Test(stuck, T10_who_calls_for_help_again_is_heard_again)
{
    covey_content ack = {.kind = COVEY_CONTENT_SOS_ACK};

    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    ack.of.sos_ack.id = watch->device->self.sos.id;
    ack.of.sos_ack.by = COVEY_ACK_PERSON;
    cr_assert_eq(covey_device_send(anna->device, home_now(anna), &ack, NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_SEEN);
    home_run(2 * HOME_MINUTE);
    anna->num_events = 0;
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_CALLING);
    home_run(62 * HOME_MINUTE);
    anna->num_events = 0;
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_SOS), 0);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
}

/* That an earlier call is over does not stand for a new one. */
Test(stuck, T10_a_new_call_does_not_wait_for_the_end_of_the_old_one)
{
    size_t num = 0;

    home_relay_is_away = true;
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    cr_assert_eq(covey_device_sos_over(watch->device, home_now(watch)),
                 COVEY_OK);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    for (size_t i = 0; i < watch->device->outbox.num; i++) {
        if (watch->device->outbox.entries[i].kind == COVEY_CONTENT_SOS) num++;
    }
    cr_assert_eq(num, 3);
    /* It waits once. */
    home_run(5 * HOME_MINUTE);
    cr_assert(watch->device->outbox.num <= num + 1);
}

/* ---- a relay that leaves numbers out, which none may ---- */

Test(stuck, a_relay_that_leaves_out_numbers_stops_nobody)
{
    covey_document given = {.kind = COVEY_DOCUMENT_PRECISION,
                            .of.precision = {500}};

    home_relay_step = 7;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    uint64_t before = home_requests;
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
        cr_assert_eq(home_text(ben, "hello"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert(home_requests - before < 5 * 60);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 10);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 5);
    cr_assert_eq(covey_device_set_policy(ben->device, &given, home_now(ben)),
                 COVEY_OK);
    /* For all that they know, they have missed something: a day per commit. */
    for (unsigned i = 0; i < 4; i++) {
        home_ms += 24 * 60 * HOME_MINUTE;
        home_run(2 * HOME_MINUTE);
    }
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
    cr_assert_eq(home_count(watch, COVEY_EVENT_POLICY), 1);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
}

static const home_device *whose_word;

static void lose_the_word_of(const home_device *client,
                             const covey_request *request)
{
    (void)request;
    home_relay_is_away =
        client == whose_word &&
        covey_device_state_of(client->device) == COVEY_DEVICE_JOINED;
}

/* The user was quick, and confirmed a newcomer whose word was not in the log:
 * another epoch begins, and it says the word of that one. */
Test(stuck, who_is_confirmed_early_still_says_where_it_is)
{
    home_device *first = home_add("first", true);
    char uri[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(first->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 600, home_now(first), uri),
                 COVEY_OK);
    home_turn(first);
    cr_assert_eq(covey_device_accept(anna->device, uri, true, home_now(anna)),
                 COVEY_OK);
    first->is_off = true;
    home_run(20000);
    first->is_off = false;
    while (covey_device_state_of(first->device) != COVEY_DEVICE_JOINED) {
        home_on_request = lose_the_word_of;
        whose_word = first;
        home_ms += 1000;
        home_turn(first);
    }
    cr_assert_eq(covey_device_confirm(first->device, home_now(first)),
                 COVEY_OK);
    first->is_off = true;
    home_on_request = NULL;
    home_relay_is_away = false;
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_run(20000);
    first->is_off = false;
    home_run(30000);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 1);
    cr_assert_eq(covey_device_enter_digits(
                     anna->device,
                     home_last(first, COVEY_EVENT_SHOW_DIGITS)->digits,
                     home_now(anna), NULL),
                 COVEY_OK);
}
