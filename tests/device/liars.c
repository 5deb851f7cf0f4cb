/* Members, newcomers and hosts that keep to no rule. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"
#include "mls/group.h"
#include "relay/blob.h"
#include "support/bytes.h"

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

TestSuite(liars, .init = begin);

/* ---- Anna's keys, in the hands of somebody else ---- */

static uint8_t memory[65536];
static uint8_t message[COVEY_BLOB_MESSAGE_MAX + 64];

/* Into the log, as from Anna; her phone is off from now on. */
static void put_as_anna(covey_bytes bytes)
{
    uint8_t packed[COVEY_BLOB_MAX];
    covey_writer w = covey_writer_of(packed, sizeof packed);

    anna->is_off = true;
    cr_assert_eq(covey_blob_pack(&w, bytes, NULL, 0), COVEY_OK);
    home_box_put(home_box_of(anna), covey_bytes_of(packed, w.len));
}

static void say_bytes_as_anna(covey_bytes payload)
{
    const covey_mls_framing framing = covey_blob_framing();
    const covey_random random = test_random_hook(&anna->random);
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_buffer out = {message, sizeof message, 0};

    cr_assert_eq(covey_mls_protect(anna->device->group, &random, payload,
                                   &framing, &scratch, &out),
                 COVEY_OK);
    put_as_anna(covey_bytes_of(out.at, out.len));
}

static covey_bytes encoded(const covey_content *content, uint64_t counter)
{
    static uint8_t bytes[COVEY_PAYLOAD_MAX];
    covey_seen_claim claim = covey_log_claim(&anna->device->log);
    covey_payload payload = {.id = {counter, 0},
                             .sent_ms = home_now(anna).utc_ms,
                             .seen.count = claim.count,
                             .content = *content};
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_buffer out = {bytes, sizeof bytes, 0};

    memcpy(payload.seen.chain, claim.chain.bytes, sizeof payload.seen.chain);
    cr_assert_eq(covey_payload_encode(&out, &payload, &scratch), COVEY_OK);
    return covey_bytes_of(bytes, out.len);
}

static uint64_t next_counter(void)
{
    return anna->device->self.counter + 1;
}

static void say_as_anna(const covey_content *content, uint64_t counter)
{
    say_bytes_as_anna(encoded(content, counter));
}

static covey_content command(covey_command_kind kind)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};

    content.of.command.target = home_id(watch);
    content.of.command.not_after_ms = home_now(anna).utc_ms + 3600000;
    content.of.command.kind = kind;
    if (kind == COVEY_COMMAND_RING) content.of.command.of.duration_s = 10;
    return content;
}

static void check_all_agree(void)
{
    cr_assert_eq(home_text(watch, "still here"), COVEY_OK);
    cr_assert_eq(home_text(ben, "me too"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_str_eq(home_last_heard(ben, COVEY_CONTENT_TEXT)->text,
                     "still here");
    cr_assert_str_eq(home_last_heard(watch, COVEY_CONTENT_TEXT)->text,
                     "me too");
}

Test(liars, T15_T17_a_guardian_does_not_say_where_the_watch_is)
{
    const covey_fix fix = {.time_ms = home_now(anna).utc_ms, .lat_e7 = 1};
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};

    content.of.location = (covey_location){.fixes = &fix, .num_fixes = 1};
    say_as_anna(&content, next_counter());
    home_run(HOME_MINUTE);
    cr_assert_eq(ben->num_events, 0);
    check_all_agree();
}

Test(liars, T08_the_same_id_in_a_new_message_is_not_read_again)
{
    covey_content ring = command(COVEY_COMMAND_RING);
    uint64_t counter = next_counter();

    for (unsigned i = 0; i < 20; i++) say_as_anna(&ring, counter);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_COMMAND_RECEIPT), 1);
}

Test(liars, T10_a_gap_in_the_ids_is_told)
{
    covey_content text = {.kind = COVEY_CONTENT_TEXT};

    cr_assert_eq(home_text(anna, "the first sets the mark"), COVEY_OK);
    home_run(HOME_MINUTE);
    text.of.text.text = covey_bytes_of_text("hello");
    say_as_anna(&text, next_counter() + 5);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_last(watch, COVEY_EVENT_MISSING)->missing, 5);
    cr_assert_eq(home_last(ben, COVEY_EVENT_MISSING)->missing, 5);
}

Test(liars, T20_what_is_no_payload_has_no_effect)
{
    say_bytes_as_anna(covey_bytes_of_text("no payload at all"));
    home_run(HOME_MINUTE);
    cr_assert_eq(ben->num_events, 0);
    cr_assert_eq(watch->num_events, 0);
    check_all_agree();
}

/* Field 15 of a command is of a later version, or of nobody. */
Test(liars, T21_a_command_of_an_unknown_kind_is_refused_and_logged)
{
    covey_content sync = command(COVEY_COMMAND_SYNC);
    covey_bytes payload = encoded(&sync, next_counter());
    uint8_t *altered = test_copy(payload);
    covey_access_entry entry;

    cr_assert_eq(altered[payload.len - 2], 9 << 3 | 2);
    altered[payload.len - 2] = 15 << 3 | 2;
    say_bytes_as_anna(covey_bytes_of(altered, payload.len));
    home_run(HOME_MINUTE);
    cr_assert_eq(home_last_heard(ben, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_KIND);
    cr_assert_eq(home_count(watch, COVEY_EVENT_NOTICE), 0);
    cr_assert(covey_device_access(watch->device, 0, &entry));
    cr_assert_eq(entry.what, COVEY_ACCESS_REFUSED);
}

/* Not even proposed: nobody takes the watch from the child's wrist. */
Test(liars, T46_the_removal_of_the_watch_does_not_stand)
{
    const covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                                     .leaf = covey_mls_own_leaf(
                                         watch->device->group)};
    const covey_blob_header header = {.seen =
                                          covey_log_claim(&anna->device->log)};
    const covey_random random = test_random_hook(&anna->random);
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_buffer out = {message, sizeof message, 0};
    covey_sealed_header sealed;
    covey_mls_ref ref;

    cr_assert_eq(covey_blob_header_seal(&sealed,
                                        &anna->device->log.handshake_key,
                                        &random, &header),
                 COVEY_OK);
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    cr_assert_eq(covey_mls_propose(anna->device->group, &random, &change, NULL,
                                   0, &framing, &scratch, &out, &ref),
                 COVEY_OK);
    put_as_anna(covey_bytes_of(out.at, out.len));
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_REMOVAL_PROPOSED), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_EPOCH), 1);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    check_all_agree();
}

/* A commit of hers alone, which MLS would take. */
Test(liars, T46_a_commit_that_puts_a_guardian_out_is_skipped)
{
    const covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                                     .leaf = covey_mls_own_leaf(
                                         ben->device->group)};
    const covey_blob_header header = {.is_commit = true,
                                      .seen =
                                          covey_log_claim(&anna->device->log)};
    const covey_random random = test_random_hook(&anna->random);
    const size_t room = covey_mls_scratch_size();
    covey_buffer scratch = {test_alloc(room), room, 0};
    covey_buffer commit = {message, sizeof message, 0};
    covey_buffer welcome = {memory, sizeof memory, 0};
    covey_sealed_header sealed;

    cr_assert_eq(covey_blob_header_seal(&sealed,
                                        &anna->device->log.handshake_key,
                                        &random, &header),
                 COVEY_OK);
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1,
                                              .framing = &framing};
    cr_assert_eq(covey_mls_commit(anna->device->group, &random, &options,
                                  anna->device->staged, &scratch, &commit,
                                  &welcome),
                 COVEY_OK);
    put_as_anna(covey_bytes_of(commit.at, commit.len));
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_REMOVED), 0);
    cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_MEMBER);
    check_all_agree();
}

/* She claims to have read what nobody has: whoever hears it says so, and goes
 * on claiming what it has read itself. */
Test(liars, a_lie_about_what_was_read_is_not_passed_on)
{
    covey_content text = {.kind = COVEY_CONTENT_TEXT};
    uint32_t count = covey_log_claim(&watch->device->log).count;

    text.of.text.text = covey_bytes_of_text("hello");
    anna->device->log.seen.count += 50;
    say_as_anna(&text, next_counter());
    home_run(HOME_MINUTE);
    (void)home_last(watch, COVEY_EVENT_TORN);
    cr_assert(covey_log_claim(&watch->device->log).count <= count + 5);
    check_all_agree();
}

/* A commit that all can follow but the watch. */
Test(liars, who_cannot_follow_a_commit_stops_and_says_whose)
{
    const covey_member_id id = home_id(ben);

    watch->device->group->epoch.keys.leaf.bytes[3] ^= 1;
    for (size_t i = 0; i < COVEY_MLS_DEPTH_MAX; i++) {
        watch->device->group->epoch.keys.parents[i].bytes[3] ^= 1;
    }
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_LOCKED_OUT);
    const home_event *out = home_last(watch, COVEY_EVENT_LOCKED_OUT);
    cr_assert_eq(memcmp(&out->by, &id, sizeof id), 0);
    cr_assert_neq(out->error, COVEY_OK);
    home_restart(watch);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_LOCKED_OUT);
    cr_assert_eq(home_fix(watch, 1), COVEY_ERR_STATE);
}

/* ---- documents that the roster does not name ---- */

static void say_precision(uint32_t version, uint32_t grid_m)
{
    covey_content content = {.kind = COVEY_CONTENT_DOCUMENT};

    content.of.document.kind = COVEY_DOCUMENT_PRECISION;
    content.of.document.version = version;
    content.of.document.of.precision.grid_m = grid_m;
    say_as_anna(&content, next_counter());
    anna->device->self.counter++;
    home_run(HOME_MINUTE);
}

static uint32_t grid_of(const home_device *device)
{
    covey_document found;

    if (covey_device_policy(device->device, COVEY_DOCUMENT_PRECISION, &found,
                            NULL) != COVEY_OK) {
        return 0;
    }
    return found.of.precision.grid_m;
}

Test(liars, a_document_is_kept_only_as_the_roster_names_it)
{
    covey_document given = {.kind = COVEY_DOCUMENT_PRECISION,
                            .of.precision = {500}};

    cr_assert_eq(covey_device_set_policy(anna->device, &given, home_now(anna)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_DOCUMENT), 1);
    say_precision(2, 1000); /* another version */
    say_precision(1, 500);  /* the same once more */
    cr_assert_eq(grid_of(watch), 500);
    cr_assert_eq(grid_of(ben), 500);
    /* As if the real one had not come yet. */
    ben->device->self.held[COVEY_DOCUMENT_PRECISION] = 0;
    say_precision(1, 1000); /* another hash */
    cr_assert_eq(grid_of(ben), 0);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_DOCUMENT), 1);
    say_precision(1, 500);
    cr_assert_eq(grid_of(ben), 500);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_DOCUMENT), 1);
}

Test(liars, a_policy_of_another_hash_is_not_put_in_force)
{
    covey_document given = {.kind = COVEY_DOCUMENT_ZONES};
    size_t shown;

    cr_assert_eq(covey_device_set_policy(anna->device, &given, home_now(anna)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_POLICY), 1);
    shown = home_count(watch, COVEY_EVENT_NOTICE);
    /* Version 1, and a hash of zeros. */
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_SET_POLICY, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_REFERENCE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_NOTICE), shown);
}

/* ---- commands that name what is not there, hosts that say no ---- */

Test(liars, a_policy_that_is_not_there_is_refused_before_the_wearer_is_told)
{
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_SET_POLICY, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_REFERENCE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_NOTICE), 0);
}

Test(liars, T48_a_notice_that_could_not_be_shown_is_a_refusal_at_once)
{
    watch->shows = false;
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(40000);
    cr_assert_eq(covey_device_notice_shown(
                     watch->device, home_now(watch),
                     home_last(watch, COVEY_EVENT_NOTICE)->token, false),
                 COVEY_OK);
    home_run(40000);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 0);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_NOTICE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 0);
}

Test(liars, T49_a_heap_of_commands_leaves_room_for_a_join)
{
    home_device *phone = home_add("phone", true);
    char uri[COVEY_URI_SIZE];

    watch->shows = false;
    for (unsigned i = 0; i < 12; i++) {
        cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 3600000),
                     COVEY_OK);
    }
    home_run(21000);
    cr_assert_eq(covey_device_invite(phone->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 0, home_now(phone), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(anna->device, uri, true, home_now(anna)),
                 COVEY_OK);
    home_run(40000);
    cr_assert_eq(home_last(watch, COVEY_EVENT_NOTICE)->notice.kind,
                 COVEY_NOTICE_JOIN);
}

Test(liars, a_command_that_is_never_answered_is_unknown_to_its_issuer)
{
    watch->runs = false;
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 3600000),
                 COVEY_OK);
    home_run(12 * HOME_MINUTE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->outcome,
                 COVEY_OUTCOME_UNKNOWN);
}

Test(liars, T10_whoever_has_seen_an_sos_has_seen_it)
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
    ack.of.sos_ack.by = COVEY_ACK_DEVICE;
    cr_assert_eq(covey_device_send(ben->device, home_now(ben), &ack, NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_SEEN);
}

/* A host fills the outbox: there is room for a call for help. */
Test(liars, T60_an_sos_stands_in_an_outbox_that_is_full)
{
    bool found = false;

    home_relay_is_away = true;
    while (home_text(watch, "again") == COVEY_OK) {
    }
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    for (size_t i = 0; i < watch->device->outbox.num; i++) {
        found =
            found || watch->device->outbox.entries[i].kind == COVEY_CONTENT_SOS;
    }
    cr_assert(found);
}

Test(liars, T25_waking_again_and_again_is_a_poll_in_ten_seconds)
{
    uint64_t before;

    watch->config.poll_ms = 3600000;
    home_restart(watch);
    home_turn(watch);
    home_run(12000);
    anna->is_off = true;
    ben->is_off = true;
    before = home_requests;
    for (unsigned i = 0; i < 300; i++) {
        covey_device_wake(watch->device, home_now(watch));
        home_turn(watch);
        home_ms += 100;
    }
    cr_assert(home_requests - before >= 2);
    cr_assert(home_requests - before <= 4);
}

/* ---- newcomers ---- */

static home_device *phone;
static char uri[COVEY_URI_SIZE];

static void invite_phone(void)
{
    phone = home_add("phone", true);
    cr_assert_eq(covey_device_invite(phone->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 0, home_now(phone), uri),
                 COVEY_OK);
}

static void accept_phone(void)
{
    cr_assert_eq(covey_device_accept(anna->device, uri, false, home_now(anna)),
                 COVEY_OK);
}

static home_box *box_of_invite(covey_invite *invite)
{
    covey_mailbox mailbox;
    covey_secret seed;

    cr_assert_eq(covey_invite_read(invite, covey_bytes_of_text(uri)), COVEY_OK);
    covey_invite_mailbox_seed(&seed, invite);
    covey_mailbox_of_seed(&mailbox, seed.bytes);
    const covey_mailbox_address address = covey_mailbox_address_of(&mailbox);
    for (size_t i = 0; i < home_num_boxes; i++) {
        if (memcmp(&home_boxes[i]->address, &address, sizeof address) == 0) {
            return home_boxes[i];
        }
    }
    cr_assert_fail("the invite has no mailbox yet");
    return NULL;
}

static covey_bytes sealed(const covey_invite *invite, covey_invite_way way,
                          covey_bytes what)
{
    const covey_random random = test_random_hook(&anna->random);
    uint8_t *out = test_alloc(COVEY_BLOB_MAX);
    size_t len = 0;

    cr_assert_eq(covey_invite_seal(out, COVEY_BLOB_MAX, &len, invite, way,
                                   &random, what),
                 COVEY_OK);
    return covey_bytes_of(out, len);
}

/* Who photographed the code offers keys of his own, before the newcomer's. */
Test(liars, T30_another_key_under_the_code_is_passed_over)
{
    home_device *eve = home_add("eve", true);
    char another[COVEY_URI_SIZE];
    covey_invite invite;
    covey_bytes package;

    invite_phone();
    home_turn(phone);
    home_box *box = box_of_invite(&invite);
    cr_assert_eq(covey_device_invite(eve->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 0, home_now(eve), another),
                 COVEY_OK);
    cr_assert_eq(covey_invite_open(memory, &package,
                                   &eve->device->pairing.invite,
                                   COVEY_INVITE_KEY_PACKAGE,
                                   covey_outbox_blob(&eve->device->outbox, 0)),
                 COVEY_OK);
    home_box_put(box, box->blobs[0]);
    box->blobs[0] = sealed(&invite, COVEY_INVITE_KEY_PACKAGE, package);
    accept_phone();
    home_run(30000);
    const covey_member_id id = home_id(phone);
    const home_event *asked = home_last(anna, COVEY_EVENT_ENTER_DIGITS);
    cr_assert_eq(memcmp(&asked->member, &id, sizeof id), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_ADDED), 1);
}

Test(liars, T30_the_first_welcome_that_is_none_ends_the_invite)
{
    covey_invite invite;

    invite_phone();
    home_turn(phone);
    home_box *box = box_of_invite(&invite);
    home_box_put(box, sealed(&invite, COVEY_INVITE_WELCOME,
                             covey_bytes_of_text("come in")));
    accept_phone();
    home_run(30000);
    cr_assert_eq(home_count(phone, COVEY_EVENT_INVITE_ENDED), 1);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_EMPTY);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 0);
}

Test(liars, T05_a_welcome_into_another_role_is_refused)
{
    invite_phone();
    accept_phone();
    anna->device->operation.invite.role = COVEY_ROLE_FRIEND;
    home_run(30000);
    cr_assert_eq(home_last(phone, COVEY_EVENT_INVITE_ENDED)->error,
                 COVEY_ERR_ROSTER);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_EMPTY);
}

/* What the newcomer says of itself is altered before it leaves. */
static uint8_t looked_for[32];
static size_t looked_for_len;

static void alter_joined(const home_device *client,
                         const covey_request *request)
{
    covey_outbox *outbox = &client->device->outbox;

    (void)request;
    if (client != phone || outbox->num != 1 ||
        outbox->entries[0].kind != COVEY_CONTENT_JOINED ||
        outbox->entries[0].blob_len != 0) {
        return;
    }
    if (looked_for_len == 32) {
        cr_assert_eq(covey_mls_epoch_authenticator(client->device->group,
                                                   looked_for),
                     COVEY_OK);
    }
    for (size_t i = 0; i + looked_for_len <= outbox->used; i++) {
        if (memcmp(outbox->bytes + i, looked_for, looked_for_len) == 0) {
            outbox->bytes[i] ^= 1;
            return;
        }
    }
    cr_assert_fail("nothing to alter");
}

static void check_not_asked(void)
{
    home_on_request = alter_joined;
    accept_phone();
    home_run(30000);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_JOINED);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 0);
    home_run(11 * HOME_MINUTE);
    cr_assert_eq(home_last(anna, COVEY_EVENT_FAILED)->error, COVEY_ERR_INVITE);
}

Test(liars, T30_who_is_in_another_epoch_is_not_asked_for)
{
    invite_phone();
    looked_for_len = 32;
    check_not_asked();
}

Test(liars, T30_who_says_that_it_is_somebody_else_is_not_asked_for)
{
    invite_phone();
    const covey_member_id id = home_id(phone);
    looked_for_len = sizeof id.bytes;
    memcpy(looked_for, id.bytes, sizeof id.bytes);
    check_not_asked();
}

/* Anna's keys are in wrong hands, and speak for Ben's newcomer. */
Test(liars, T30_who_speaks_for_a_newcomer_is_not_believed)
{
    covey_content content = {.kind = COVEY_CONTENT_JOINED};

    invite_phone();
    home_turn(phone);
    phone->is_off = true;
    cr_assert_eq(covey_device_accept(ben->device, uri, false, home_now(ben)),
                 COVEY_OK);
    home_run(30000);
    content.of.joined.member = home_id(phone);
    cr_assert_eq(covey_mls_epoch_authenticator(anna->device->group,
                                               content.of.joined.authenticator),
                 COVEY_OK);
    say_as_anna(&content, next_counter());
    content.of.joined.member = home_id(anna);
    say_as_anna(&content, next_counter() + 1);
    home_run(30000);
    cr_assert_eq(home_count(ben, COVEY_EVENT_ENTER_DIGITS), 0);
    phone->is_off = false;
    home_run(30000);
    cr_assert_eq(home_count(ben, COVEY_EVENT_ENTER_DIGITS), 1);
}

/* What waits in its first epoch is read, and not shown. */
Test(liars, T30_nobody_speaks_to_a_newcomer_before_it_is_confirmed)
{
    invite_phone();
    home_turn(phone);
    phone->is_off = true;
    accept_phone();
    home_run(30000);
    cr_assert_eq(home_text(anna, "come outside"), COVEY_OK);
    home_run(30000);
    phone->is_off = false;
    home_run(30000);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_JOINED);
    cr_assert_eq(home_count(phone, COVEY_EVENT_PAYLOAD), 0);
}

/* ---- held back ---- */

Test(liars, T10_an_sos_leaves_although_a_join_was_not_shown)
{
    watch->shows = false;
    invite_phone();
    accept_phone();
    home_run(40000);
    (void)home_last(watch, COVEY_EVENT_NOTICE);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(40000);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 0);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(40000);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
}

/* A member asks for more than is ever run: each refusal is logged and told,
 * and there still is room for a call for help. */
static void read_and_lose_the_relay(const home_device *client,
                                    const covey_request *request)
{
    (void)request;
    if (client == watch && watch->device->outbox.num != 0) {
        home_relay_is_away = true;
    }
}

Test(liars, T60_an_sos_stands_although_commands_have_filled_the_outbox)
{
    bool found = false;

    watch->is_off = true;
    for (unsigned i = 0; i < 8; i++) {
        while (home_command(anna, watch, COVEY_COMMAND_RING, 3600000) ==
               COVEY_OK) {
        }
        home_turn(anna);
    }
    watch->is_off = false;
    home_on_request = read_and_lose_the_relay;
    home_run(30000);
    cr_assert(watch->device->outbox.num > 25);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    for (size_t i = 0; i < watch->device->outbox.num; i++) {
        found =
            found || watch->device->outbox.entries[i].kind == COVEY_CONTENT_SOS;
    }
    cr_assert(found, "%d in the outbox", watch->device->outbox.num);
}

/* While nothing is shown, more comes than waits for the host at once. */
Test(liars, T06_each_join_is_shown_however_many_wait)
{
    home_device *phones[3];
    bool is_shown[3] = {false, false, false};

    watch->shows = false;
    for (unsigned i = 0; i < 12; i++) {
        cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING, 3600000),
                     COVEY_OK);
    }
    home_run(21000);
    for (unsigned i = 0; i < 3; i++) {
        phones[i] = home_add("phone", true);
        home_pair(anna, phones[i], COVEY_ROLE_GUARDIAN, true);
    }
    home_restart(watch);
    watch->shows = true;
    home_run(5 * HOME_MINUTE);
    for (size_t i = 0; i < watch->num_events; i++) {
        const home_event *event = &watch->events[i];

        for (unsigned k = 0; k < 3; k++) {
            const covey_member_id id = home_id(phones[k]);

            if (event->kind == COVEY_EVENT_NOTICE &&
                event->notice.kind == COVEY_NOTICE_JOIN &&
                memcmp(&event->notice.subject, &id, sizeof id) == 0) {
                is_shown[k] = true;
            }
        }
    }
    cr_assert(is_shown[0] && is_shown[1] && is_shown[2]);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
}
