/* What the history comes to. */
#include "view.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "content_json.h"
#include "describe.h"
#include "document_json.h"
#include "fix_json.h"
#include "rows.h"
#include "scratch_dir.h"
#include "words.h"

#define NOW 1795160520000

/* The machine has run for an hour then. */
static covey_now when(int64_t utc_ms)
{
    return (covey_now){utc_ms, (uint64_t)(utc_ms - NOW + 3600000)};
}

static const char *directory;
static history *rows;
static view v;

static void set_up(void)
{
    static const uint8_t key[HISTORY_KEY_SIZE] = {1};
    complaint error;

    cr_assert(sodium_init() >= 0);
    directory = scratch_dir_make();
    rows = history_open(directory, key, &error);
    cr_assert_not_null(rows);
    view_init(&v, rows);
}

static void tear_down(void)
{
    view_free(&v);
    history_close(rows);
    scratch_dir_remove(directory);
}

TestSuite(view, .init = set_up, .fini = tear_down);

static const char *state_of_message(size_t at)
{
    static char state[16];
    json_t *all = view_to_json(&v, when(NOW));
    const json_t *m = json_array_get(json_object_get(all, "messages"), at);

    snprintf(state, sizeof state, "%s",
             json_string_value(json_object_get(m, "state")));
    json_decref(all);
    return state;
}

static void add_receipt(const char *by, unsigned counter, const char *kind,
                        unsigned first, unsigned last)
{
    json_t *row = rows_payload("receipt", by, counter, NOW);

    json_object_update_new(row,
                           json_pack("{s:s, s:s, s:i, s:[[o, o]]}", "receipt",
                                     kind, "of", ROWS_ANNA, "of_incarnation", 0,
                                     "ranges", u64_to_json(first),
                                     u64_to_json(last)));
    rows_add(rows, row);
}

Test(view, a_message_is_waiting_then_sent_then_delivered_then_read)
{
    rows_device(rows);
    rows_text(rows, ROWS_ANNA, 1, NOW, "hello");
    cr_assert(view_update(&v));
    cr_assert_str_eq(state_of_message(0), "waiting");

    json_t *sent = rows_payload("sent", ROWS_ANNA, 1, NOW);
    cr_assert_eq(history_add(rows, "sent/1", sent), 1);
    json_decref(sent);
    cr_assert(view_update(&v));
    cr_assert_str_eq(state_of_message(0), "sent");

    add_receipt(ROWS_BEN, 1, "delivered", 2, 9);
    cr_assert(view_update(&v));
    cr_assert_str_eq(state_of_message(0), "sent", "a receipt for others");
    add_receipt(ROWS_BEN, 2, "delivered", 1, 1);
    cr_assert(view_update(&v));
    cr_assert_str_eq(state_of_message(0), "delivered");
    add_receipt(ROWS_BEN, 3, "read", 1, 4);
    add_receipt(ROWS_BEN, 4, "delivered", 1, 4);
    cr_assert(view_update(&v));
    cr_assert_str_eq(state_of_message(0), "read");
}

Test(view, the_newest_fix_is_that_of_the_newest_time_and_grows_old)
{
    track t = {NULL, 0, 0};
    const char *trust = NULL;

    cr_assert_eq(view_age(&v, when(NOW), &trust), -1);
    cr_assert_str_eq(trust, "unknown");
    for (int64_t i = 0; i < 3; i++) {
        static const int64_t order[] = {5000, 60000, 30000};
        covey_fix fix = {.time_ms = NOW - 60000 + order[i], .lat_e7 = (int)i};
        cr_assert(track_add(&t, &fix));
    }
    t.fixes[2].time_ms = NOW - 60000; /* the last to come is not the newest */
    rows_walk(rows, &t, NOW);
    cr_assert(view_update(&v));
    covey_fix fix;
    cr_assert(fix_from_json(&fix, json_object_get(v.newest, "fix")));
    cr_assert_eq(fix.lat_e7, 1);

    int64_t age = view_age(&v, when(NOW), &trust);
    cr_assert_str_eq(trust, "fresh");
    cr_assert_eq(view_age(&v, when(NOW + 1000), &trust), age + 1000);
    (void)view_age(&v, when(NOW + 200000 + 60000), &trust);
    cr_assert_str_eq(trust, "stale");
    cr_assert_eq(view_age(&v, when(NOW - 1), &trust), -1);
    cr_assert_str_eq(trust, "unknown", "a clock that was set back");
    track_free(&t);
}

/* The clock that people set is not the only one: set back by as much as has
 * passed, it makes nothing fresh. */
Test(view, T16_T57_setting_the_clock_back_makes_no_fix_younger)
{
    covey_fix fix = {.time_ms = NOW - 1000, .lat_e7 = 1};
    track t = {NULL, 0, 0};
    const char *trust = NULL;
    covey_now later = when(NOW + 3600000);

    cr_assert(track_add(&t, &fix));
    rows_walk(rows, &t, NOW);
    cr_assert(view_update(&v));
    json_object_set_new(v.newest, "received_mono_ms",
                        json_integer((json_int_t)when(NOW).mono_ms));
    cr_assert_eq(view_age(&v, when(NOW + 5000), &trust),
                 view_age(&v, when(NOW), &trust) + 5000);
    later.utc_ms = NOW + 5000;
    cr_assert_geq(view_age(&v, later, &trust), 3600000);
    cr_assert_str_eq(trust, "stale");
    later.mono_ms = 100; /* the machine has started again */
    cr_assert_eq(view_age(&v, later, &trust),
                 view_age(&v, when(NOW), &trust) + 5000);
    track_free(&t);
}

#define YEARS INT64_C(315360000000)

/* One more position of the watch: by how much its clock was ahead, and this
 * device's; what the library said of it. */
static void add_position(int number, int64_t ahead_ms, int64_t own_ms,
                         const char *said)
{
    const covey_fix fix = {.time_ms = NOW + number * 1000 + ahead_ms,
                           .lat_e7 = number};
    json_t *row = rows_payload("location", ROWS_WATCH, (unsigned)number + 1,
                               NOW + number * 1000 + own_ms);

    json_object_set_new(row, "fixes", json_pack("[o]", fix_to_json(&fix)));
    json_object_set_new(row, "age_ms",
                        json_integer(strcmp(said, "unknown") == 0 ? -1 : 0));
    json_object_set_new(row, "trust", json_string(said));
    rows_add(rows, row);
    cr_assert(view_update(&v));
}

static void expect_newest(int number, const char *trust)
{
    const char *shown = NULL;
    covey_fix fix;

    (void)view_age(&v, when(NOW + 10000), &shown);
    cr_assert_str_eq(shown, trust);
    cr_assert(fix_from_json(&fix, json_object_get(v.newest, "fix")));
    cr_assert_eq(fix.lat_e7, number);
}

Test(view, T57_a_clock_that_was_ahead_hides_nothing_that_comes_after_it)
{
    add_position(0, 0, 0, "fresh");
    expect_newest(0, "fresh");
    add_position(1, YEARS, 0, "unknown"); /* the watch's */
    expect_newest(1, "unknown");
    add_position(2, 0, 0, "fresh");
    expect_newest(2, "fresh");
    add_position(3, YEARS, YEARS, "fresh"); /* both */
    expect_newest(3, "unknown");
    add_position(4, 0, 0, "fresh");
    expect_newest(4, "fresh");
    add_position(5, -YEARS, 0, "stale");
    expect_newest(4, "fresh");
}

Test(view, members_are_found_by_name_and_by_the_beginning_of_their_id)
{
    char name[VIEW_NAME_SIZE];

    rows_device(rows);
    cr_assert(view_update(&v));
    cr_assert_str_eq(view_member(&v, "Ben"), ROWS_BEN);
    cr_assert_str_eq(view_member(&v, "watch"), ROWS_WATCH);
    cr_assert_str_eq(view_member(&v, "a0a1"), ROWS_ANNA);
    cr_assert_null(view_member(&v, "a0a"), "too short");
    cr_assert_null(view_member(&v, "ffff"));
    cr_assert_null(view_member(&v, ""));
    view_name(name, &v, ROWS_BEN);
    cr_assert_str_eq(name, "Ben");
    view_name(name, &v, ROWS_ANNA);
    cr_assert_str_eq(name, "guardian a0a1a2a3");
    view_name(name, &v, ROWS_WATCH);
    cr_assert_str_eq(name, "the watch");
}

Test(view, an_sos_is_one_however_often_it_is_repeated)
{
    char text[DESCRIBE_SIZE];

    for (unsigned i = 0; i < 3; i++) {
        json_t *row = rows_payload("sos", ROWS_WATCH, 10 + i, NOW);
        json_object_update_new(row, json_pack("{s:s, s:i, s:b}", "sos",
                                              "00000000000000aa", "repeat",
                                              (int)i, "over", i == 2));
        rows_add(rows, row);
    }
    cr_assert(view_update(&v));
    cr_assert_eq(json_object_size(v.sos), 1);
    cr_assert_eq(json_array_size(v.events), 2, "the call and its end");
    cr_assert(describe_is_alarm(json_array_get(v.events, 0)));
    describe(text, &v, json_array_get(v.events, 0));
    cr_assert_not_null(strstr(text, "SOS from"));
}

Test(view, a_torn_log_is_an_alarm)
{
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:I}", "type", "event", "event", "torn",
                  "by", ROWS_ANNA, "received_ms", (json_int_t)NOW);
    char text[DESCRIBE_SIZE];

    rows_device(rows);
    cr_assert_eq(history_add(rows, "event/1", row), 1);
    json_decref(row);
    cr_assert(view_update(&v));
    cr_assert_eq(json_array_size(v.events), 1);
    cr_assert(describe_is_alarm(json_array_get(v.events, 0)));
    describe(text, &v, json_array_get(v.events, 0));
    cr_assert_not_null(strstr(text, "guardian a0a1a2a3 has read what is not"));
}

Test(view, a_locate_leads_to_its_answer)
{
    json_t *row = rows_payload("location", ROWS_WATCH, 5, NOW);
    json_t *asked = rows_payload("command", ROWS_ANNA, 7, NOW);
    char name[HISTORY_NAME_MAX];

    json_object_set(row, "answer_to", asked);
    rows_add(rows, row);
    cr_assert(view_update(&v));
    view_row_name(name, asked);
    cr_assert_not_null(json_object_get(v.answers, name));
    json_decref(asked);
}

/* ---- JSON of what members say ---- */

Test(view_json, a_fix_comes_back_as_it_was)
{
    const covey_fix fix = {.time_ms = NOW,
                           .lat_e7 = -900000000,
                           .lon_e7 = 1800000000,
                           .accuracy_cm = 100000000,
                           .altitude_cm = -2000000,
                           .speed_cm_s = 50000,
                           .heading_cdeg = 35999,
                           .battery_percent = 100,
                           .has_altitude = true,
                           .has_speed = true,
                           .has_heading = true,
                           .has_battery = true,
                           .charging = COVEY_NO,
                           .worn = COVEY_YES,
                           .source = COVEY_SOURCE_CELL,
                           .reason = COVEY_REASON_ASKED};
    const covey_fix bare = {.time_ms = 0, .lat_e7 = 1};
    covey_fix back;
    json_t *value = fix_to_json(&fix);

    cr_assert(fix_from_json(&back, value));
    cr_assert_eq(memcmp(&back, &fix, sizeof fix), 0);
    json_object_set_new(value, "lat_e7", json_integer(900000001));
    cr_assert_not(fix_from_json(&back, value));
    json_decref(value);
    value = fix_to_json(&bare);
    cr_assert(fix_from_json(&back, value));
    cr_assert_eq(memcmp(&back, &bare, sizeof bare), 0);
    json_decref(value);
}

Test(view_json, a_document_comes_back_as_it_was)
{
    static const char *const texts[] = {
        "{\"kind\":\"zones\",\"version\":0,\"list\":[{\"id\":3,\"lat_e7\":-1,"
        "\"lon_e7\":2,\"radius_m\":50,\"name\":\"Home\",\"tell_enter\":true,"
        "\"tell_leave\":false,\"hidden\":true}]}",
        "{\"kind\":\"school_hours\",\"version\":0,\"list\":[{\"begin\":480,"
        "\"end\":720}]}",
        "{\"kind\":\"contacts\",\"version\":0,\"list\":[\"" ROWS_BEN "\"]}",
        "{\"kind\":\"sos_list\",\"version\":0,\"list\":[]}",
        "{\"kind\":\"reporting\",\"version\":0,\"interval_s\":60,"
        "\"moving_interval_s\":20,\"moved_m\":30,\"reserve_percent\":10}",
        "{\"kind\":\"precision\",\"version\":0,\"grid_m\":500}"};
    complaint error;

    for (size_t i = 0; i < 6; i++) {
        json_t *value = json_loads(texts[i], 0, NULL);
        covey_document document;
        document_room room;
        cr_assert_not_null(value);
        cr_assert(document_from_json(&document, &room, value, &error), "%s",
                  error.text);
        json_t *back = document_to_json(&document);
        cr_assert(json_equal(back, value), "%s", texts[i]);
        json_decref(back);
        json_decref(value);
    }
}

Test(view_json, what_is_no_document_is_refused_with_a_reason)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"kind\":\"horoscope\"}",
        "{\"kind\":\"zones\"}",
        "{\"kind\":\"zones\",\"list\":[{}]}",
        "{\"kind\":\"zones\",\"list\":[1,2,3,4,5,6,7,8,9,10,11,12,13]}",
        "{\"kind\":\"contacts\",\"list\":[\"12\"]}",
        "{\"kind\":\"precision\",\"grid_m\":-1}",
        "{\"kind\":\"precision\",\"grid_m\":4294967296}",
        "{\"kind\":\"reporting\",\"interval_s\":\"60\"}"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *value = json_loads(texts[i], 0, NULL);
        complaint error = {""};
        covey_document document;
        document_room room;
        cr_assert_not(document_from_json(&document, &room, value, &error));
        cr_assert_gt(strlen(error.text), 5, "%s", texts[i]);
        json_decref(value);
    }
}

Test(view_json, an_attachment_comes_back_as_it_was)
{
    covey_content content = {.kind = COVEY_CONTENT_ATTACHMENT};
    covey_attachment back;

    content.of.attachment = (covey_attachment){.media = COVEY_MEDIA_VOICE,
                                               .duration_ms = 3000,
                                               .size = 8000000,
                                               .chunk_size = 16000,
                                               .sha256 = {1, 2},
                                               .mailbox_seed = {3},
                                               .key = {255}};
    json_t *value = content_to_json(&content);
    cr_assert(attachment_from_json(&back, value));
    cr_assert_eq(memcmp(&back, &content.of.attachment, sizeof back), 0);
    json_object_set_new(value, "key", json_string("ff"));
    cr_assert_not(attachment_from_json(&back, value));
    json_decref(value);
}

Test(view_json, numbers_of_64_bits_keep_all_of_them)
{
    const covey_reference reference = {.sender = {{1, 2, 3}},
                                       .id = {UINT64_MAX, UINT32_MAX}};
    covey_reference back;
    json_t *value = reference_to_json(&reference);

    cr_assert(reference_from_json(&back, value));
    cr_assert_eq(back.id.counter, UINT64_MAX);
    cr_assert_eq(back.id.incarnation, UINT32_MAX);
    cr_assert_eq(memcmp(&back.sender, &reference.sender, 16), 0);
    json_object_set_new(value, "counter", json_string("12"));
    cr_assert_not(reference_from_json(&back, value));
    json_decref(value);
}

Test(words, each_word_has_its_value)
{
    for (int which = 0; which < NUM_WORDS; which++) {
        for (int value = 0; value < 24; value++) {
            const char *text = word((words_of)which, value);
            if (strcmp(text, "unknown") == 0) continue;
            cr_assert_eq(word_value((words_of)which, text), value);
        }
    }
    cr_assert_str_eq(word(WORDS_ROLE, COVEY_ROLE_FRIEND), "friend");
    cr_assert_str_eq(word(WORDS_CONTENT, COVEY_CONTENT_PAUSE), "pause");
    cr_assert_str_eq(word(WORDS_STATE, 7), "ended");
    cr_assert_str_eq(word(WORDS_ROLE, 99), "unknown");
    cr_assert_str_eq(word(WORDS_ROLE, -1), "unknown");
    cr_assert_eq(word_value(WORDS_ROLE, NULL), -1);
}
