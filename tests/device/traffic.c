/* What a relay and whoever listens can see, and what they can do with it. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "device/device.h"
#include "device/work.h"
#include "home.h"
#include "relay/blob.h"
#include "support/bytes.h"

#define SEEN 40000

static home_device *anna;
static home_device *watch;
static home_device *carla; /* of another family, like her watch */
static home_device *other;
static size_t first_of_others; /* mailbox */

/* All bytes that ever left a device, and all that were ever stored. */
static covey_bytes seen[SEEN];
static size_t num_seen;
static covey_bytes asked[SEEN]; /* bodies of requests among them */
static size_t num_asked;

static void see(covey_bytes bytes)
{
    cr_assert(num_seen < SEEN);
    seen[num_seen++] = covey_bytes_of(test_copy(bytes), bytes.len);
}

static void see_request(const home_device *client, const covey_request *request)
{
    (void)client;
    see(request->body);
    asked[num_asked++] = seen[num_seen - 1];
    cr_assert_str_eq(request->relay, HOME_RELAY);
}

static int (*save)(void *ctx, uint64_t expected, const covey_record *records,
                   size_t num);

static int see_records(void *ctx, uint64_t expected,
                       const covey_record *records, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (records[i].bytes.len != 0) see(records[i].bytes);
    }
    return save(ctx, expected, records, num);
}

static void begin(void)
{
    num_seen = 0;
    num_asked = 0;
    home_two(&anna, &watch);
    first_of_others = home_num_boxes;
    carla = home_add("carla", true);
    other = home_add("other", false);
    cr_assert_eq(covey_device_create(carla->device, HOME_RELAY,
                                     home_now(carla)),
                 COVEY_OK);
    home_pair(carla, other, COVEY_ROLE_WEARER, false);
    home_on_request = see_request;
    save = anna->port.save;
    anna->port.save = see_records;
    watch->port.save = see_records;
    carla->port.save = see_records;
    other->port.save = see_records;
}

TestSuite(traffic, .init = begin);

/* ---- what is planted ---- */

#define NAME "Mia Sonnenschein"
#define NUMBER "+491701234567"
#define IMEI "356938035643809"
#define LAT_E7 525200066
#define LON_E7 134049540

static covey_bytes planted[128];
static size_t num_planted;

static void plant(const void *at, size_t len)
{
    const covey_bytes bytes = covey_bytes_of(at, len);

    cr_assert(num_planted < 128);
    planted[num_planted++] = covey_bytes_of(test_copy(bytes), len);
}

static void plant_both_ways(const void *at, size_t len)
{
    uint8_t back[8];
    const uint8_t *bytes = at;

    for (size_t i = 0; i < len; i++) back[i] = bytes[len - 1 - i];
    plant(at, len);
    plant(back, len);
}

/* Whole groups of four, wherever in a group the bytes begin. */
static void plant_base64(const void *at, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
                                  "pqrstuvwxyz0123456789+/";
    const uint8_t *bytes = at;

    for (size_t shift = 0; shift < 3 && shift + 6 <= len; shift++) {
        char text[64];
        size_t num = 0;

        for (size_t i = shift; i + 3 <= len; i += 3) {
            unsigned group = (unsigned)bytes[i] << 16 |
                             (unsigned)bytes[i + 1] << 8 | bytes[i + 2];

            for (unsigned j = 4; j-- > 0;) {
                text[num++] = letters[group >> (6 * j) & 63];
            }
        }
        plant(text, num);
    }
}

static void plant_text(const char *text)
{
    plant(text, strlen(text));
    plant_base64(text, strlen(text));
    plant(hex_of(covey_bytes_of_text(text)), 2 * strlen(text));
}

static void plant_degrees(int32_t e7, const char *text)
{
    double degrees = (double)e7 / 1e7;
    float less = (float)degrees;
    uint32_t zigzag = (uint32_t)e7 << 1;
    uint8_t varint[5];
    size_t len = 0;

    for (; zigzag >= 128; zigzag >>= 7) varint[len++] = (uint8_t)(zigzag | 128);
    varint[len++] = (uint8_t)zigzag;
    plant(varint, len);
    plant_both_ways(&e7, sizeof e7);
    plant_both_ways(&degrees, sizeof degrees);
    plant_both_ways(&less, sizeof less);
    plant_base64(&degrees, sizeof degrees);
    plant_text(text);
}

static void plant_all(void)
{
    static const uint8_t bcd[] = {0x49, 0x17, 0x01, 0x23, 0x45, 0x67};
    const covey_member_id ids[] = {home_id(anna), home_id(watch)};

    num_planted = 0;
    plant_text(NAME);
    plant_text(NUMBER);
    plant_text(IMEI);
    plant(bcd, sizeof bcd);
    plant_degrees(LAT_E7, "52.5200");
    plant_degrees(LON_E7, "13.4049");
    plant("u33dc1", 6); /* the same as a geohash */
    plant(&ids[0], sizeof ids[0]);
    plant(&ids[1], sizeof ids[1]);
}

static bool has(covey_bytes in, covey_bytes what)
{
    for (size_t i = 0; i + what.len <= in.len; i++) {
        if (in.at[i] == what.at[0] &&
            memcmp(in.at + i, what.at, what.len) == 0) {
            return true;
        }
    }
    return false;
}

static size_t hits(covey_bytes in)
{
    size_t num = 0;

    for (size_t i = 0; i < num_planted; i++) num += has(in, planted[i]);
    return num;
}

/* ---- a day ---- */

static void say_where(home_device *device)
{
    const covey_fix fix = {.time_ms = home_now(device).utc_ms,
                           .lat_e7 = LAT_E7,
                           .lon_e7 = LON_E7};
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};

    content.of.location = (covey_location){.fixes = &fix, .num_fixes = 1};
    cr_assert_eq(covey_device_send(device->device, home_now(device), &content,
                                   NULL),
                 COVEY_OK);
}

static void say_status(home_device *device)
{
    covey_content content = {.kind = COVEY_CONTENT_STATUS};

    content.of.status.firmware = covey_bytes_of_text(IMEI);
    cr_assert_eq(covey_device_send(device->device, home_now(device), &content,
                                   NULL),
                 COVEY_OK);
}

static void give_zones(home_device *guardian)
{
    const covey_zone zone = {.id = 1,
                             .lat_e7 = LAT_E7,
                             .lon_e7 = LON_E7,
                             .radius_m = 100,
                             .name = covey_bytes_of_text(NAME)};
    covey_document document = {.kind = COVEY_DOCUMENT_ZONES,
                               .of.zones = {&zone, 1}};

    cr_assert_eq(covey_device_set_policy(guardian->device, &document,
                                         home_now(guardian)),
                 COVEY_OK);
}

static void live_an_hour(home_device *guardian, home_device *child)
{
    cr_assert_eq(home_text(guardian, NAME ", call " NUMBER), COVEY_OK);
    cr_assert_eq(home_text(child, NAME " is here"), COVEY_OK);
    say_where(child);
    say_status(child);
    cr_assert_eq(home_command(guardian, child, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    give_zones(guardian);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_sos(child->device, home_now(child), NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_sos_over(child->device, home_now(child)),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(guardian->device, home_now(guardian)),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    home_ms += 54ull * HOME_MINUTE;
}

/* ---- T01, T11, T12, T33: what was said ---- */

Test(traffic, T01_T11_T12_T33_nothing_that_was_said_is_anywhere_in_clear)
{
    const covey_outbox *outbox = &watch->device->outbox;

    plant_all();
    /* The search finds it where it is. */
    cr_assert_eq(home_text(watch, NAME NUMBER), COVEY_OK);
    say_where(watch);
    cr_assert(hits(covey_bytes_of(outbox->bytes, outbox->used)) >= 4);
    for (unsigned i = 0; i < 6; i++) {
        live_an_hour(anna, watch);
        live_an_hour(carla, other);
    }
    home_restart(anna);
    home_restart(watch);
    live_an_hour(anna, watch);
    cr_assert(home_heard(anna, COVEY_CONTENT_TEXT) >= 8);
    cr_assert(num_seen > 300);
    for (size_t i = 0; i < num_seen; i++) cr_assert_eq(hits(seen[i]), 0);
    for (size_t i = 0; i < home_num_boxes; i++) {
        for (size_t at = 0; at < home_boxes[i]->num; at++) {
            cr_assert_eq(hits(home_boxes[i]->blobs[at]), 0);
        }
    }
}

/* ---- T01, T12, T32: what links ---- */

static covey_sync_request request_of(covey_bytes body)
{
    static uint8_t memory[65536];
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_sync_request request;

    cr_assert_eq(covey_sync_request_decode(&request, &scratch, body), COVEY_OK);
    return request;
}

/* Six bytes from somewhere, and the number of their mailbox below them. */
static uint64_t *windows;
static size_t num_windows;

static void add_windows(covey_bytes bytes, size_t box)
{
    windows =
        realloc(windows, (num_windows + bytes.len + 1) * sizeof windows[0]);
    for (size_t i = 0; i + 6 <= bytes.len; i++) {
        uint64_t window = 0;

        for (size_t j = 0; j < 6; j++) window = window << 8 | bytes.at[i + j];
        windows[num_windows++] = window << 16 | box;
    }
}

static int compare(const void *one, const void *two)
{
    const uint64_t *a = one;
    const uint64_t *b = two;

    return *a < *b ? -1 : *a > *b;
}

static size_t shared_between_mailboxes(void)
{
    size_t num = 0;

    qsort(windows, num_windows, sizeof windows[0], compare);
    for (size_t i = 1; i < num_windows; i++) {
        if (windows[i] >> 16 == windows[i - 1] >> 16 &&
            windows[i] != windows[i - 1]) {
            num++;
        }
    }
    return num;
}

static size_t box_of(const covey_mailbox_address *address)
{
    for (size_t i = 0; i < home_num_boxes; i++) {
        if (memcmp(&home_boxes[i]->address, address, sizeof *address) == 0) {
            return i;
        }
    }
    cr_assert_fail("a request for a mailbox that nobody has");
    return 0;
}

/* All that is not framing: addresses, signatures, blobs. */
Test(traffic, T01_T12_T32_no_six_bytes_are_alike_in_two_mailboxes)
{
    num_windows = 0;
    for (unsigned i = 0; i < 6; i++) {
        live_an_hour(anna, watch);
        live_an_hour(carla, other);
    }
    for (size_t i = 0; i < home_num_boxes; i++) {
        const home_box *box = home_boxes[i];

        add_windows(covey_bytes_of(&box->address, sizeof box->address), i);
        for (size_t at = 0; at < box->num; at++) add_windows(box->blobs[at], i);
    }
    for (size_t i = 0; i < num_asked; i++) {
        covey_sync_request request = request_of(asked[i]);

        add_windows(covey_bytes_of(request.signature, sizeof request.signature),
                    box_of(&request.mailbox));
    }
    cr_assert(home_num_boxes >= 16 && num_windows > 50000);
    cr_assert_eq(shared_between_mailboxes(), 0);
    free(windows);
    windows = NULL;
}

/* Framing is what SPEC.md 4.5 has besides: each request is exactly that, and
 * its numbers are the same for all families. */
Test(traffic, T32_a_request_has_nothing_else_in_it)
{
    uint8_t again[COVEY_REQUEST_BYTES];

    for (unsigned i = 0; i < 3; i++) {
        live_an_hour(anna, watch);
        live_an_hour(carla, other);
    }
    cr_assert(num_asked > 100);
    for (size_t i = 0; i < num_asked; i++) {
        covey_sync_request request = request_of(asked[i]);
        covey_writer w = covey_writer_of(again, sizeof again);

        cr_assert_eq(covey_sync_request_encode(&w, &request), COVEY_OK);
        check_bytes(covey_bytes_of(again, w.len), asked[i]);
        cr_assert_not(request.has_wake);
        cr_assert_eq(request.token.len, 0);
        cr_assert_eq(request.wait_ms, 0);
        cr_assert_eq(request.max_blob, COVEY_INBOX_BLOB);
        cr_assert_eq(request.max_bytes, COVEY_ANSWER_BYTES);
        cr_assert(request.after <= home_boxes[box_of(&request.mailbox)]->num);
    }
}

/* ---- T34: sizes and flags ---- */

Test(traffic, T34_sizes_are_few_and_flags_are_not_only_where_they_must_be)
{
    size_t num = 0;
    size_t num_kept = 0;
    size_t num_waking = 0;

    for (unsigned i = 0; i < 400; i++) {
        cr_assert_eq(home_fix(watch, (int32_t)i), COVEY_OK);
        home_turn(watch);
        home_ms += 1000;
    }
    for (size_t i = 0; i < num_asked; i++) {
        covey_sync_request request = request_of(asked[i]);

        for (size_t at = 0; at < request.num_appends; at++) {
            cr_assert_eq(request.appends[at].blob.len, 256);
            num++;
            num_kept += request.appends[at].keep;
            num_waking += request.appends[at].wake;
        }
    }
    cr_assert_eq(num, 400);
    cr_assert(num_kept >= 10 && num_kept <= 50);
    cr_assert(num_waking >= 4 && num_waking <= 30);
}

Test(traffic, T34_all_that_is_short_is_of_one_size)
{
    static const covey_command_kind kinds[] = {COVEY_COMMAND_LOCATE,
                                               COVEY_COMMAND_RING,
                                               COVEY_COMMAND_READ_MESSAGE,
                                               COVEY_COMMAND_FIND_WATCH,
                                               COVEY_COMMAND_POWER_OFF};
    int64_t until = home_now(watch).utc_ms + 600000;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        cr_assert_eq(home_command(anna, watch, kinds[i], 3600000), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_text(watch, "I am at the swimming pool"), COVEY_OK);
    say_status(watch);
    say_where(watch);
    cr_assert_eq(covey_device_pause(watch->device, home_now(watch), until),
                 COVEY_OK);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    for (size_t i = 0; i < num_asked; i++) {
        covey_sync_request request = request_of(asked[i]);

        for (size_t at = 0; at < request.num_appends; at++) {
            cr_assert_eq(request.appends[at].blob.len, 256);
        }
    }
}

/* ---- T02, T05: what others give away ---- */

static size_t num_members(const home_device *device)
{
    covey_member member;
    size_t num = 0;

    while (
        covey_device_member(device->device, num, home_now(device), &member)) {
        num++;
    }
    return num;
}

/* Everything that stands in some mailboxes now, into another one. */
static void give(home_box *box, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        size_t num = home_boxes[i]->num;

        for (size_t at = 0; at < num; at++) {
            home_box_put(box, home_boxes[i]->blobs[at]);
        }
    }
}

static void check_nothing_happened(const home_device *device)
{
    cr_assert_eq(device->num_events, 0, "%s was told an event %d", device->name,
                 (int)device->events[0].kind);
    cr_assert_eq(num_members(device), 2);
    cr_assert_eq(covey_device_state_of(device->device), COVEY_DEVICE_MEMBER);
}

static void forget_events(void)
{
    anna->num_events = 0;
    watch->num_events = 0;
    carla->num_events = 0;
    other->num_events = 0;
}

/* T26: whoever has all of one family's keys is a stranger to the next. */
Test(traffic, T02_T26_another_familys_blobs_do_nothing)
{
    live_an_hour(anna, watch);
    live_an_hour(carla, other);
    home_run(2 * HOME_MINUTE);
    forget_events();
    uint64_t appends = home_appends;
    size_t end = home_num_boxes;

    give(home_box_of(anna), first_of_others, end);
    give(home_box_of(carla), 0, first_of_others);
    home_run(3 * HOME_MINUTE);
    check_nothing_happened(anna);
    check_nothing_happened(watch);
    check_nothing_happened(carla);
    check_nothing_happened(other);
    cr_assert_eq(home_appends, appends);
}

Test(traffic, T05_the_old_add_of_a_removed_phone_is_not_taken_again)
{
    home_device *phone = home_add("phone", true);
    char before[COVEY_SAFETY_NUMBER_SIZE];
    char after[COVEY_SAFETY_NUMBER_SIZE];

    home_pair(anna, phone, COVEY_ROLE_GUARDIAN, true);
    const covey_member_id id = home_id(phone);
    cr_assert_eq(covey_device_remove(anna->device, &id, home_now(anna)),
                 COVEY_OK);
    home_run(3 * HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_ENDED);
    forget_events();
    cr_assert_eq(covey_device_safety_number(watch->device, before), COVEY_OK);
    give(home_box_of(anna), 0, home_num_boxes);
    home_run(3 * HOME_MINUTE);
    check_nothing_happened(anna);
    check_nothing_happened(watch);
    cr_assert_eq(covey_device_safety_number(watch->device, after), COVEY_OK);
    cr_assert_str_eq(before, after);
}

/* ---- T59: nothing to turn down ---- */

Test(traffic, T59_a_commit_of_which_one_bit_is_altered_is_none)
{
    uint8_t altered[COVEY_BLOB_MAX];
    uint64_t epoch = covey_mls_epoch(watch->device->group);
    home_box *box = home_box_of(watch);

    watch->is_off = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(5000);
    covey_bytes commit = box->blobs[box->num - 1];
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch + 1);
    box->num--;
    for (size_t bit = 0; bit < 8 * commit.len; bit += 13) {
        memcpy(altered, commit.at, commit.len);
        test_flip(altered, bit);
        home_box_put(box, covey_bytes_of(altered, commit.len));
    }
    watch->is_off = false;
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(watch->device->group), epoch);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    home_box_put(box, commit);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(watch->device->group), epoch + 1);
}

Test(traffic, T59_what_is_not_encrypted_is_not_read)
{
    uint8_t clear[256] = {0};
    home_box *box = home_box_of(anna);

    cr_assert_eq(home_text(watch, "in clear"), COVEY_OK);
    covey_bytes payload = covey_outbox_payload(&watch->device->outbox, 0);
    watch->is_off = true;
    memcpy(clear, payload.at, payload.len);
    home_box_put(box, covey_bytes_of(clear, sizeof clear));
    for (uint8_t format = 0; format < 6; format++) {
        /* As an MLSMessage: version, wire format, and the rest. */
        const uint8_t head[] = {0, 1, 0, format};

        memcpy(clear, head, sizeof head);
        memcpy(clear + sizeof head, payload.at, payload.len);
        home_box_put(box, covey_bytes_of(clear, sizeof clear));
    }
    home_run(HOME_MINUTE);
    cr_assert_eq(anna->num_events, 0);
}

/* ---- T31, T35: who talks to whom ---- */

Test(traffic, T31_outside_of_the_window_nothing_is_said_or_taken)
{
    uint8_t answer[256];
    test_choices choices = test_choices_of(31);
    home_device *fresh = home_add("fresh", false);
    uint64_t saves = fresh->num_saves;

    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_confirm(fresh->device, home_now(fresh)),
                 COVEY_ERR_STATE);
    for (uint32_t i = 0; i < 1000; i++) {
        test_fill(&choices, answer, sizeof answer);
        cr_assert_eq(covey_device_input(fresh->device, home_now(fresh), i,
                                        covey_bytes_of(answer, i % 256)),
                     COVEY_OK);
        covey_device_wake(fresh->device, home_now(fresh));
        home_turn(fresh);
    }
    cr_assert_eq(covey_device_state_of(fresh->device), COVEY_DEVICE_EMPTY);
    cr_assert_eq(fresh->num_events, 0);
    cr_assert_eq(fresh->num_saves, saves);
    cr_assert_eq(covey_device_deadline(fresh->device), COVEY_NO_DEADLINE);
}

/* Somebody else's relay in an invite sees the invite's mailbox, and nothing
 * else goes there. */
Test(traffic, T35_an_invite_does_not_move_the_circle)
{
    static uint8_t bytes[COVEY_REQUEST_BYTES];
    home_device *phone = home_add("phone", true);
    char uri[COVEY_URI_SIZE];
    unsigned num_elsewhere = 0;
    const home_box *box = home_box_of(anna);

    cr_assert_eq(covey_device_invite(phone->device, COVEY_ROLE_GUARDIAN,
                                     "evil.test", 0, home_now(phone), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(anna->device, uri, false, home_now(anna)),
                 COVEY_OK);
    for (unsigned i = 0; i < 300; i++) {
        covey_buffer out = {bytes, sizeof bytes, 0};
        covey_request request;

        home_ms += 1000;
        cr_assert_eq(covey_device_next_request(anna->device, home_now(anna),
                                               &out, &request),
                     COVEY_OK);
        if (request.body.len == 0) continue;
        covey_sync_request read = request_of(request.body);
        bool is_ours =
            memcmp(&read.mailbox, &box->address, sizeof box->address) == 0;

        cr_assert_str_eq(request.relay, is_ours ? HOME_RELAY : "evil.test");
        if (!is_ours) num_elsewhere++;
        covey_device_failed(anna->device, home_now(anna), request.id);
    }
    cr_assert(num_elsewhere >= 3);
}
