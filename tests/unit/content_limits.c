/*
 * Every field at the ends of its range, and one beyond: refused where it is
 * sent, and refused where it arrives from somebody who sends it even so.
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "content/body.h"
#include "support/contents.h"

static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];

static int encode(const covey_payload *payload, covey_bytes *bytes)
{
    static uint8_t out[COVEY_PAYLOAD_MAX];
    covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};
    int err = covey_payload_encode(&to, payload, &work);

    *bytes = covey_bytes_of(out, to.len);
    return err;
}

/* What a sender would make who checks nothing. */
static covey_bytes forge(const covey_payload *payload)
{
    static uint8_t out[COVEY_PAYLOAD_MAX], memory[2 * sizeof room];
    covey_scratch s = covey_scratch_of(memory, sizeof memory);
    covey_wire w = {&s, payload->sent_ms, false};
    Covey__Payload message = COVEY__PAYLOAD__INIT;

    message.counter = payload->id.counter;
    message.incarnation = payload->id.incarnation;
    message.sent_ms = (uint64_t)payload->sent_ms;
    message.seen_count = payload->seen.count;
    message.seen_chain =
        covey_put_fixed(payload->seen.chain, sizeof payload->seen.chain);
    message.body_case = COVEY__PAYLOAD__BODY_CLEAR;
    message.clear = covey_put_body(&w, &payload->content);
    cr_assert_not(w.failed);
    cr_assert_leq(covey__payload__get_packed_size(&message), sizeof out);
    return covey_bytes_of(out, covey__payload__pack(&message, out));
}

static int decode(covey_payload *payload, covey_bytes bytes)
{
    covey_buffer work = {room, sizeof room, 0};

    return covey_payload_decode(payload, bytes, &work);
}

static void check_refused(const covey_payload *payload, const char *what,
                          int64_t value)
{
    covey_payload again;
    covey_bytes bytes;

    cr_assert_eq(encode(payload, &bytes), COVEY_ERR_ARGUMENT, "%s = %lld", what,
                 (long long)value);
    cr_assert_eq(decode(&again, forge(payload)), COVEY_ERR_MALFORMED,
                 "%s = %lld", what, (long long)value);
}

static void check_taken(const covey_payload *payload, const char *what,
                        int64_t value)
{
    covey_payload again;
    covey_bytes bytes;
    json_t *a, *b;

    cr_assert_eq(encode(payload, &bytes), COVEY_OK, "%s = %lld", what,
                 (long long)value);
    cr_assert_eq(decode(&again, bytes), COVEY_OK, "%s = %lld", what,
                 (long long)value);
    a = contents_json(payload);
    b = contents_json(&again);
    cr_assert(json_equal(a, b), "%s = %lld", what, (long long)value);
    json_decref(a);
    json_decref(b);
}

static covey_payload sample(const char *wanted)
{
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name);

        if (strcmp(name, wanted) == 0) return payload;
    }
    cr_assert_fail("no sample %s", wanted);
    return contents_head();
}

/* An integer of a struct: where it is and how wide. */
typedef struct {
    const char *sample;
    const char *name;
    size_t at;
    size_t width;
    int64_t low, high; /* what is taken */
    int64_t bad[3];    /* what is not; 0 behind the last, if not the first */
} range;

static void set(void *object, const range *field, int64_t value)
{
    uint32_t narrow = (uint32_t)value;

    if (field->width == 8) {
        memcpy((char *)object + field->at, &value, 8);
    } else {
        memcpy((char *)object + field->at, &narrow, 4);
    }
}

#define FIELD(sample, path)                                                    \
    sample, #path, offsetof(covey_content, of.path),                           \
        sizeof(((covey_content *)NULL)->of.path)

static const range fields[] = {
    {FIELD("status 1", status.battery_percent), 0, 100, {101, -1}},
    {FIELD("status 1", status.charging), 0, 2, {3, -1}},
    {FIELD("status 1", status.worn), 0, 2, {3, -1}},
    {FIELD("status 1", status.signal_dbm), -150, 0, {-151, 1}},
    {FIELD("status 1", status.paused_until_ms),
     0,
     COVEY_TIME_MS_MAX,
     {-1, COVEY_TIME_MS_MAX + 1, INT64_MIN}},
    {FIELD("status 1", status.limit), 0, 4, {5, -1}},
    {FIELD("status 1", status.documents[0].kind), 1, 4, {0, 5, 256}},
    {FIELD("status 1", status.documents[1].kind), 2, 255, {1, 256}},
    {FIELD("attachment 0", attachment.media), 1, 1, {3, -1}},
    {FIELD("attachment 0", attachment.duration_ms),
     1,
     COVEY_VOICE_MS_MAX,
     {0, COVEY_VOICE_MS_MAX + 1}},
    {FIELD("attachment 1", attachment.width),
     1,
     COVEY_PICTURE_SIDE_MAX,
     {0, COVEY_PICTURE_SIDE_MAX + 1}},
    {FIELD("attachment 1", attachment.height),
     1,
     COVEY_PICTURE_SIDE_MAX,
     {0, COVEY_PICTURE_SIDE_MAX + 1}},
    {FIELD("attachment 1", attachment.size),
     1,
     COVEY_ATTACHMENT_MAX,
     {0, COVEY_ATTACHMENT_MAX + 1, -1}},
    {FIELD("attachment 1", attachment.chunk_size),
     COVEY_CHUNK_MIN,
     COVEY_CHUNK_MAX,
     {0, COVEY_CHUNK_MIN - 1, COVEY_CHUNK_MAX + 1}},
    {FIELD("receipt 0", receipt.kind), 1, 2, {0, 3, -1}},
    {FIELD("receipt 0", receipt.ranges[0].first), 1, 4700, {0}},
    {FIELD("receipt 0", receipt.ranges[0].last), 4700, -1, {0}},
    {FIELD("sos_ack 0", sos_ack.by), 1, 2, {0, 3, -1}},
    {FIELD("command 0", command.not_after_ms),
     1,
     COVEY_TIME_MS_MAX,
     {0, -1, COVEY_TIME_MS_MAX + 1}},
    {FIELD("command 1", command.of.duration_s), 1, 300, {0, 301, -1}},
    {FIELD("command 4", command.of.duration_s), 1, 300, {0, 301, -1}},
    {FIELD("command 2", command.of.message.id.counter), 1, -1, {0}},
    {FIELD("command 3", command.of.set_policy.kind), 1, 255, {0, 256, -1}},
    {FIELD("command 3", command.of.set_policy.version), 1, -1, {0}},
    {FIELD("command_receipt 0", command_receipt.command.id.counter),
     1,
     -1,
     {0}},
    {FIELD("command_receipt 2", command_receipt.outcome), 3, 4, {0, 5, -1}},
    {FIELD("command_receipt 1", command_receipt.reason), 0, 8, {0}},
    {FIELD("pause 0", pause.until_ms),
     0,
     COVEY_TIME_MS_MAX,
     {-1, COVEY_TIME_MS_MAX + 1, INT64_MIN}},
    {FIELD("document 4", document.version), 1, -1, {0}},
    {FIELD("document 4", document.of.reporting.interval_s),
     60,
     86400,
     {0, 59, 86401}},
    {FIELD("document 4", document.of.reporting.moving_interval_s),
     10,
     600,
     {0, 9, 601}},
    {FIELD("document 4", document.of.reporting.moved_m),
     10,
     10000,
     {0, 9, 10001}},
    {FIELD("document 4", document.of.reporting.reserve_percent), 0, 50, {51}},
    {FIELD("document 5", document.of.precision.grid_m),
     100,
     50000,
     {1, 99, 50001}},
    {FIELD("document 1", document.of.school_hours.spans[0].begin), 0, 44, {45}},
    {FIELD("document 1", document.of.school_hours.spans[0].end),
     1,
     315,
     {0, 316}},
    {FIELD("document 1", document.of.school_hours.spans[31].end),
     9766,
     10080,
     {9765, 10081, -1}},
    {FIELD("notice 1", notice.kind), 1, 5, {0}},
    {FIELD("notice 1", notice.about.id.counter), 1, -1, {0}},
    {FIELD("notice 1", notice.document.kind), 1, 255, {0, 256}},
    {FIELD("access_log 0", access_log.first),
     0,
     -1 - COVEY_ACCESS_ENTRIES_MAX,
     {-1, -COVEY_ACCESS_ENTRIES_MAX}},
};

Test(content_limits, each_number_within_its_range_and_no_further)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const range *field = &fields[i];
        covey_payload payload = sample(field->sample);

        set(&payload.content, field, field->low);
        check_taken(&payload, field->name, field->low);
        set(&payload.content, field, field->high);
        check_taken(&payload, field->name, field->high);
        for (size_t b = 0; b < 3; b++) {
            if (field->bad[b] == 0 && (b > 0 || field->low == 0)) break;
            set(&payload.content, field, field->bad[b]);
            check_refused(&payload, field->name, field->bad[b]);
        }
        test_free_all();
    }
}

#define FIX(path)                                                              \
    "location 1", #path, offsetof(covey_fix, path),                            \
        sizeof(((covey_fix *)NULL)->path)

static const range fix_fields[] = {
    {FIX(time_ms),
     0,
     COVEY_TIME_MS_MAX,
     {-1, COVEY_TIME_MS_MAX + 1, INT64_MAX}},
    {FIX(lat_e7), -900000000, 900000000, {-900000001, 900000001, INT32_MIN}},
    {FIX(lon_e7), -1800000000, 1800000000, {-1800000001, 1800000001}},
    {FIX(accuracy_cm), 0, 100000000, {100000001, -1}},
    {FIX(altitude_cm), -2000000, 2000000, {-2000001, 2000001}},
    {FIX(speed_cm_s), 0, 50000, {50001, -1}},
    {FIX(heading_cdeg), 0, 35999, {36000, -1}},
    {FIX(battery_percent), 0, 100, {101, -1}},
    {FIX(charging), 0, 2, {3}},
    {FIX(worn), 0, 2, {3}},
    {FIX(source), 0, 4, {-1}},
    {FIX(reason), 0, 5, {-1}},
};

/* The fix alone, and behind another one: what it is told from differs. */
Test(content_limits, each_number_of_a_fix_within_its_range)
{
    for (size_t i = 0; i < sizeof fix_fields / sizeof fix_fields[0]; i++) {
        for (size_t n = 0; n < 2; n++) {
            const range *field = &fix_fields[i];
            covey_payload payload = sample(field->sample);
            covey_location *location = &payload.content.of.location;
            covey_fix fixes[2] = {location->fixes[0], location->fixes[0]};

            location->fixes = fixes;
            location->num_fixes = n + 1;
            set(&fixes[n], field, field->low);
            check_taken(&payload, field->name, field->low);
            set(&fixes[n], field, field->high);
            check_taken(&payload, field->name, field->high);
            /* A difference of headings cannot say more than 35,999. */
            if (n == 1 && strcmp(field->name, "heading_cdeg") == 0) continue;
            for (size_t b = 0; b < 3 && field->bad[b] != 0; b++) {
                set(&fixes[n], field, field->bad[b]);
                check_refused(&payload, field->name, field->bad[b]);
            }
        }
        test_free_all();
    }
}

#define CELL(path)                                                             \
    "location 4", #path, offsetof(covey_cell, path),                           \
        sizeof(((covey_cell *)NULL)->path)

static const range cell_fields[] = {
    {CELL(radio), 1, 4, {0, 5, -1}},
    {CELL(mcc), 0, 999, {1000}},
    {CELL(mnc), 0, 99, {100, 999}},
    {CELL(mnc_digits), 2, 3, {0, 1, 4}},
    {CELL(area), 0, (1 << 24) - 1, {1 << 24, -1}},
    {CELL(id), 0, (INT64_C(1) << 36) - 1, {INT64_C(1) << 36, -1}},
    {CELL(rssi_dbm), -150, 0, {-151, 1}},
};

Test(content_limits, each_number_of_a_scan_within_its_range)
{
    covey_payload payload = sample("location 4");
    covey_scan *scan = &payload.content.of.location.scan;
    covey_wifi wifi = scan->wifi[0];

    for (size_t i = 0; i < sizeof cell_fields / sizeof cell_fields[0]; i++) {
        const range *field = &cell_fields[i];
        covey_cell cell = scan->cells[0];

        scan->num_cells = 1;
        const covey_cell *all = scan->cells;
        scan->cells = &cell;
        set(&cell, field, field->low);
        check_taken(&payload, field->name, field->low);
        set(&cell, field, field->high);
        check_taken(&payload, field->name, field->high);
        for (size_t b = 0; b < 3; b++) {
            if (field->bad[b] == 0 && (b > 0 || field->low == 0)) break;
            set(&cell, field, field->bad[b]);
            check_refused(&payload, field->name, field->bad[b]);
        }
        scan->cells = all;
    }
    scan->wifi = &wifi;
    scan->num_wifi = 1;
    for (int rssi = INT8_MIN; rssi <= INT8_MAX; rssi++) {
        wifi.rssi_dbm = (int8_t)rssi;
        if (rssi >= -127 && rssi <= 0) {
            check_taken(&payload, "rssi_dbm", rssi);
        } else {
            check_refused(&payload, "rssi_dbm", rssi);
        }
    }
    scan->num_wifi = 0;
    check_taken(&payload, "cells alone", 1);
    scan->num_cells = 0;
    check_refused(&payload, "an empty scan", 0);
    scan->num_wifi = 1;
    wifi.rssi_dbm = 0;
    check_taken(&payload, "wifi alone", 1);
    scan->time_ms = 0;
    check_taken(&payload, "time_ms", 0);
    scan->time_ms = -1;
    check_refused(&payload, "time_ms", -1);
    scan->time_ms = COVEY_TIME_MS_MAX + 1;
    check_refused(&payload, "time_ms", scan->time_ms);
}

Test(content_limits, the_head_within_its_range)
{
    covey_payload payload = sample("pause 1");

    payload.id.counter = 0;
    check_refused(&payload, "counter", 0);
    payload.id = (covey_payload_id){UINT64_MAX, UINT32_MAX};
    check_taken(&payload, "counter", -1);
    payload.sent_ms = 0;
    check_taken(&payload, "sent_ms", 0);
    payload.sent_ms = COVEY_TIME_MS_MAX;
    check_taken(&payload, "sent_ms", payload.sent_ms);
    payload.sent_ms++;
    check_refused(&payload, "sent_ms", payload.sent_ms);
    payload.sent_ms = -1;
    check_refused(&payload, "sent_ms", -1);
}

Test(content_limits, a_sealed_body_names_an_audience_and_a_key)
{
    covey_payload payload = sample("sealed 0");
    covey_sealed *sealed = &payload.content.of.sealed;
    covey_bytes bytes;

    sealed->audience_id = 0;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    sealed->audience_id = 1;
    sealed->key_id.len = 0;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    sealed->key_id = hex("000102030405060708090a0b0c0d0e0f10");
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    sealed->key_id.len--;
    check_taken(&payload, "key_id", 16);
    sealed->ciphertext.len = 0;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
}

/* Lists: none, too many, the same twice, falling. */
Test(content_limits, lists_have_their_bounds_and_their_order)
{
    covey_payload payload = sample("location 5");
    covey_location *location = &payload.content.of.location;
    covey_fix more[COVEY_FIXES_MAX + 1];
    covey_bytes bytes;

    memset(more, 0, sizeof more);
    location->fixes = more;
    location->num_fixes = COVEY_FIXES_MAX + 1;
    check_refused(&payload, "fixes", COVEY_FIXES_MAX + 1);
    location->num_fixes = 0;
    check_taken(&payload, "fixes, but a scan", 0);
    location->has_scan = false;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT, "scan left");
    memset(&location->scan, 0, sizeof location->scan);
    check_refused(&payload, "neither fix nor scan", 0);

    payload = sample("receipt 1");
    covey_receipt *receipt = &payload.content.of.receipt;
    receipt->ranges[1].first = receipt->ranges[0].last + 2;
    check_taken(&payload, "a gap of one", 1);
    receipt->ranges[1].first--;
    check_refused(&payload, "ranges that touch", 0);
    receipt->num_ranges = 0;
    memset(receipt->ranges, 0, sizeof receipt->ranges);
    check_refused(&payload, "no range", 0);

    payload = sample("document 0");
    covey_document *document = &payload.content.of.document;
    covey_zone zones[COVEY_ZONES_MAX + 1];
    memcpy(zones, document->of.zones.zones, sizeof zones - sizeof zones[0]);
    zones[COVEY_ZONES_MAX] = zones[0];
    zones[COVEY_ZONES_MAX].id = 1;
    document->of.zones.zones = zones;
    document->of.zones.num_zones++;
    check_refused(&payload, "zones", COVEY_ZONES_MAX + 1);
    document->of.zones.num_zones--;
    zones[3].id = zones[2].id;
    check_refused(&payload, "the same id twice", 0);
    zones[3].id = 0;
    check_refused(&payload, "id", 0);
    document->of.zones.num_zones = 0;
    check_taken(&payload, "zones", 0);

    payload = sample("document 2");
    document = &payload.content.of.document;
    covey_member_id ids[COVEY_CONTACTS_MAX + 1];
    memcpy(ids, document->of.members.ids, sizeof ids - sizeof ids[0]);
    ids[COVEY_CONTACTS_MAX] = contents_member(200);
    document->of.members.ids = ids;
    document->of.members.num_ids++;
    check_refused(&payload, "contacts", COVEY_CONTACTS_MAX + 1);
    document->of.members.num_ids--;
    ids[7] = ids[5];
    check_refused(&payload, "the same member twice", 0);
    document->of.members.num_ids = 0;
    check_taken(&payload, "contacts", 0);

    payload = sample("access_log 1");
    payload.content.of.access_log.num_entries = 0;
    check_refused(&payload, "entries", 0);

    payload = sample("sos 1");
    covey_sos *sos = &payload.content.of.sos;
    sos->where.fixes = more;
    sos->where.num_fixes = 2;
    check_refused(&payload, "fixes of an SOS", 2);
    sos->where.num_fixes = 1;
    sos->where.has_answer_to = true;
    sos->where.answer_to.id.counter = 1;
    check_refused(&payload, "an SOS that answers", 1);
}

/* What is not said has no value, so that a payload has one form. */
Test(content_limits, a_value_that_is_not_said_is_zero)
{
    covey_payload payload = sample("location 1");
    covey_fix fix = payload.content.of.location.fixes[0];
    covey_bytes bytes;

    payload.content.of.location.fixes = &fix;
    fix.has_speed = false;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    fix.speed_cm_s = 0;
    check_taken(&payload, "no speed", 0);
    fix.has_altitude = fix.has_heading = fix.has_battery = false;
    fix.altitude_cm = 0;
    fix.heading_cdeg = fix.battery_percent = 0;
    check_taken(&payload, "nothing", 0);
    payload.content.of.location.answer_to.id.counter = 1;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);

    payload = sample("command_receipt 0");
    payload.content.of.command_receipt.has_answer = false;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    payload = sample("command_receipt 3");
    payload.content.of.command_receipt.reason = COVEY_REFUSED_KIND;
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    payload = sample("status 1");
    payload.content.of.status.silent = contents_member(1);
    cr_assert_eq(encode(&payload, &bytes), COVEY_ERR_ARGUMENT);
    payload.content.of.status.limit = COVEY_LIMIT_GUARDIAN_SILENT;
    check_taken(&payload, "silent", 1);
}

/* Sources and reasons of later versions. */
Test(content_limits, an_unknown_source_or_reason_is_reported_as_unknown)
{
    covey_payload payload = sample("location 1"), again;
    covey_fix fix = payload.content.of.location.fixes[0];

    payload.content.of.location.fixes = &fix;
    for (int value = 5; value <= 7; value++) {
        fix.source = (covey_source)value;
        fix.reason = (covey_reason)(value == 5 ? 6 : value);
        cr_assert_eq(decode(&again, forge(&payload)), COVEY_OK);
        cr_assert_eq(again.content.of.location.fixes[0].source,
                     COVEY_SOURCE_UNKNOWN);
        cr_assert_eq(again.content.of.location.fixes[0].reason,
                     COVEY_REASON_UNKNOWN);
        cr_assert_eq(again.content.of.location.fixes[0].lat_e7, fix.lat_e7);
    }
}

Test(content_limits, an_unknown_refusal_or_notice_is_reported_as_such)
{
    covey_payload payload = sample("command_receipt 1"), again;

    payload.content.of.command_receipt.reason = (covey_refused)99;
    cr_assert_eq(decode(&again, forge(&payload)), COVEY_OK);
    cr_assert_eq(again.content.of.command_receipt.reason, COVEY_REFUSED_OTHER);
    payload = sample("notice 0");
    payload.content.of.notice.kind = (covey_notice_kind)99;
    cr_assert_eq(decode(&again, forge(&payload)), COVEY_OK);
    cr_assert_eq(again.content.of.notice.kind, COVEY_NOTICE_UNKNOWN);
}

/* ---- hashes ---- */

Test(content_limits, a_document_has_one_hash)
{
    uint8_t first[COVEY_DOCUMENT_HASH_SIZE], other[COVEY_DOCUMENT_HASH_SIZE];
    covey_buffer work = {room, sizeof room, 0};
    covey_payload payload = sample("document 0"), again;
    covey_document *document = &payload.content.of.document;
    covey_bytes bytes;

    cr_assert_eq(covey_document_hash(first, document, &work), COVEY_OK);
    cr_assert_eq(encode(&payload, &bytes), COVEY_OK);
    cr_assert_eq(decode(&again, bytes), COVEY_OK);
    static uint8_t more[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer else_where = {more, sizeof more, 0};
    cr_assert_eq(covey_document_hash(other, &again.content.of.document,
                                     &else_where),
                 COVEY_OK);
    cr_assert_arr_eq(first, other, sizeof first);
    document->version++;
    cr_assert_eq(covey_document_hash(other, document, &work), COVEY_OK);
    cr_assert_neq(memcmp(first, other, sizeof first), 0);
    document->version = 0;
    cr_assert_eq(covey_document_hash(other, document, &work),
                 COVEY_ERR_ARGUMENT);
    document->version = 1;
    work.cap--;
    cr_assert_eq(covey_document_hash(other, document, &work), COVEY_ERR_BUFFER);
}

/* Nobody takes an entry out, changes one or puts one in. */
Test(content_limits, t51_a_log_that_lacks_an_entry_has_another_chain)
{
    uint8_t whole[COVEY_ACCESS_CHAIN_SIZE], after[COVEY_ACCESS_CHAIN_SIZE];
    covey_buffer work = {room, sizeof room, 0};
    covey_payload payload = sample("access_log 1");
    covey_access_log log = payload.content.of.access_log;
    covey_access_entry entries[COVEY_ACCESS_ENTRIES_MAX];
    size_t num = log.num_entries;

    cr_assert_eq(covey_access_log_after(whole, &log, &work), COVEY_OK);
    /* In two pieces it is the same. */
    log.num_entries = 5;
    cr_assert_eq(covey_access_log_after(after, &log, &work), COVEY_OK);
    memcpy(log.before, after, sizeof after);
    log.entries += 5;
    log.num_entries = num - 5;
    cr_assert_eq(covey_access_log_after(after, &log, &work), COVEY_OK);
    cr_assert_arr_eq(after, whole, sizeof after);

    for (size_t i = 0; i < num; i++) { /* without one */
        log = payload.content.of.access_log;
        memcpy(entries, log.entries, sizeof entries);
        memmove(&entries[i], &entries[i + 1],
                (num - i - 1) * sizeof entries[0]);
        log.entries = entries;
        log.num_entries = num - 1;
        cr_assert_eq(covey_access_log_after(after, &log, &work), COVEY_OK);
        cr_assert_neq(memcmp(after, whole, sizeof after), 0);
    }
    for (size_t i = 0; i < num; i++) { /* with one changed */
        log = payload.content.of.access_log;
        memcpy(entries, log.entries, sizeof entries);
        entries[i].time_ms++;
        log.entries = entries;
        cr_assert_eq(covey_access_log_after(after, &log, &work), COVEY_OK);
        cr_assert_neq(memcmp(after, whole, sizeof after), 0);
    }
    log.num_entries = 0;
    cr_assert_eq(covey_access_log_after(after, &log, &work),
                 COVEY_ERR_ARGUMENT);
}
