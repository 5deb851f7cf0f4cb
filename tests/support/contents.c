#include "support/contents.h"

#include <stdio.h>
#include <stdlib.h>

/* 2026-03-02 07:40:00 UTC. */
#define NOW_MS INT64_C(1772437200000)

covey_member_id contents_member(uint8_t number)
{
    covey_member_id id;

    for (size_t i = 0; i < sizeof id.bytes; i++) {
        id.bytes[i] = (uint8_t)(number * 16 + i);
    }
    return id;
}

static void count_up(uint8_t *at, size_t len, uint8_t from)
{
    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(from + i);
}

covey_payload contents_head(void)
{
    covey_payload payload;

    memset(&payload, 0, sizeof payload);
    payload.id = (covey_payload_id){4711, 2};
    payload.sent_ms = NOW_MS;
    payload.seen.count = 1234;
    count_up(payload.seen.chain, sizeof payload.seen.chain, 0xc0);
    return payload;
}

static covey_reference reference(uint8_t number, uint64_t counter)
{
    return (covey_reference){contents_member(number), {counter, 3}};
}

/* An own generator, so that the vectors never change with another's. */
static int32_t wobble(uint32_t *state, int32_t span)
{
    *state = *state * 1664525u + 1013904223u;
    return (int32_t)((*state >> 8) % (uint32_t)(2 * span + 1)) - span;
}

/* On foot through a town at 52 degrees north: about 80 m a minute, turning at
 * corners; GNSS as it is. */
const covey_fix *contents_walk(size_t num)
{
    covey_fix *fixes = (covey_fix *)(void *)test_alloc(num * sizeof(covey_fix));
    uint32_t state = 7;
    int32_t lat_e7 = 520912345, lon_e7 = 51234567, altitude_cm = 5310;
    int32_t north = 5200, east = 7800;

    for (size_t i = 0; i < num; i++) {
        covey_fix *fix = &fixes[i];
        size_t before = num - 1 - i;

        fix->time_ms =
            NOW_MS - 900 - (int64_t)before * 60000 + wobble(&state, 500);
        fix->lat_e7 = lat_e7;
        fix->lon_e7 = lon_e7;
        fix->accuracy_cm = (uint32_t)(600 + wobble(&state, 250));
        fix->has_altitude = true;
        fix->altitude_cm = altitude_cm;
        fix->has_speed = true;
        fix->speed_cm_s = (uint32_t)(135 + wobble(&state, 25));
        fix->has_heading = true;
        fix->heading_cdeg = (uint32_t)(4200 + wobble(&state, 900));
        fix->has_battery = true;
        fix->battery_percent = 81;
        fix->charging = COVEY_NO;
        fix->worn = COVEY_YES;
        fix->source = COVEY_SOURCE_GNSS;
        fix->reason = COVEY_REASON_INTERVAL;
        lat_e7 += north + wobble(&state, 900);
        lon_e7 += east + wobble(&state, 1200);
        altitude_cm += wobble(&state, 90);
    }
    return fixes;
}

/* Fixes that differ as much as two can. */
static const covey_fix *extreme_fixes(size_t num)
{
    covey_fix *fixes = (covey_fix *)(void *)test_alloc(num * sizeof(covey_fix));

    for (size_t i = 0; i < num; i++) {
        bool odd = i % 2 != 0;

        fixes[i] = (covey_fix){
            .time_ms = odd ? COVEY_TIME_MS_MAX : 0,
            .lat_e7 = odd ? 900000000 : -900000000,
            .lon_e7 = odd ? 1800000000 : -1800000000,
            .accuracy_cm = odd ? 100000000 : 0,
            .altitude_cm = odd ? 2000000 : -2000000,
            .speed_cm_s = odd ? 50000 : 0,
            .heading_cdeg = odd ? 18000 : 0,
            .battery_percent = odd ? 100 : 0,
            .has_altitude = true,
            .has_speed = true,
            .has_heading = true,
            .has_battery = true,
            .charging = odd ? COVEY_NO : COVEY_YES_NO_UNKNOWN,
            .worn = odd ? COVEY_YES_NO_UNKNOWN : COVEY_NO,
            .source = odd ? COVEY_SOURCE_FUSED : COVEY_SOURCE_UNKNOWN,
            .reason = odd ? COVEY_REASON_SOS : COVEY_REASON_UNKNOWN,
        };
    }
    return fixes;
}

/* Each says something else; the third says least. */
static const covey_fix *mixed_fixes(void)
{
    static covey_fix fixes[4];

    fixes[0] = contents_walk(1)[0];
    fixes[0].heading_cdeg = 35900;
    fixes[1] = fixes[0];
    fixes[1].source = COVEY_SOURCE_WIFI;
    fixes[1].has_altitude = fixes[1].has_speed = fixes[1].has_heading = false;
    fixes[1].altitude_cm = 0;
    fixes[1].speed_cm_s = fixes[1].heading_cdeg = 0;
    fixes[2] = (covey_fix){.lat_e7 = -1, .lon_e7 = 1};
    fixes[3] = fixes[0];
    fixes[3].time_ms += 7;
    fixes[3].heading_cdeg = 100;
    fixes[3].reason = COVEY_REASON_ASKED;
    return fixes;
}

static covey_scan scan(size_t num_wifi, size_t num_cells)
{
    covey_wifi *wifi =
        (covey_wifi *)(void *)test_alloc(num_wifi * sizeof(covey_wifi));
    covey_cell *cells =
        (covey_cell *)(void *)test_alloc(num_cells * sizeof(covey_cell));

    for (size_t i = 0; i < num_wifi; i++) {
        count_up(wifi[i].bssid, sizeof wifi[i].bssid, (uint8_t)(i * 8));
        wifi[i].rssi_dbm = (int8_t)(-40 - (int)i);
        wifi[i].channel = (uint8_t)(1 + i * 5);
    }
    for (size_t i = 0; i < num_cells; i++) {
        cells[i] = (covey_cell){.radio = (covey_radio)(1 + i % 4),
                                .mcc = 262,
                                .mnc = i == 0 ? 2 : 999,
                                .mnc_digits = i == 0 ? 2 : 3,
                                .area = (1u << 24) - 1 - (uint32_t)i,
                                .id = (UINT64_C(1) << 36) - 1 - i,
                                .rssi_dbm = -100 - (int32_t)i};
    }
    return (covey_scan){NOW_MS - 2500, wifi, num_wifi, cells, num_cells};
}

static covey_bytes filled(size_t len, const char *with)
{
    uint8_t *at = test_alloc(len);
    size_t step = strlen(with);

    for (size_t i = 0; i + step <= len; i += step) memcpy(at + i, with, step);
    return covey_bytes_of(at, len - len % step);
}

static void location(covey_content *c, size_t which)
{
    covey_location *l = &c->of.location;

    c->kind = COVEY_CONTENT_LOCATION;
    switch (which) {
    case 0:
        l->fixes = mixed_fixes() + 2;
        l->num_fixes = 1;
        break;
    case 1:
        l->fixes = contents_walk(1);
        l->num_fixes = 1;
        break;
    case 2:
        l->fixes = contents_walk(6);
        l->num_fixes = 6;
        break;
    case 3:
        l->fixes = mixed_fixes();
        l->num_fixes = 4;
        l->has_answer_to = true;
        l->answer_to = reference(2, 99);
        break;
    case 4:
        l->has_scan = true;
        l->scan = scan(5, 2);
        break;
    default:
        l->fixes = extreme_fixes(COVEY_FIXES_MAX);
        l->num_fixes = COVEY_FIXES_MAX;
        l->has_scan = true;
        l->scan = scan(COVEY_WIFI_MAX, COVEY_CELLS_MAX);
        l->has_answer_to = true;
        l->answer_to = reference(2, UINT64_MAX);
        break;
    }
}

static void status(covey_content *c, size_t which)
{
    covey_status *s = &c->of.status;

    c->kind = COVEY_CONTENT_STATUS;
    if (which == 0) return;
    s->has_battery = true;
    s->battery_percent = which == 1 ? 81 : 0;
    s->charging = COVEY_NO;
    s->worn = COVEY_YES;
    s->has_signal = true;
    s->signal_dbm = which == 1 ? -97 : -150;
    s->firmware = which == 1 ? covey_bytes_of_text("7.4.1+r2")
                             : filled(COVEY_FIRMWARE_MAX, "~");
    s->num_documents = which == 1 ? 2 : COVEY_VERSIONS_MAX;
    for (size_t i = 0; i < s->num_documents; i++) {
        s->documents[i].kind =
            which == 1 ? (uint32_t)i * 4 + 1 : (uint32_t)(248 + i);
        s->documents[i].version = which == 1 ? (uint32_t)i : UINT32_MAX;
    }
    if (which == 1) return;
    s->paused_until_ms = COVEY_TIME_MS_MAX;
    s->limit = COVEY_LIMIT_GUARDIAN_SILENT;
    s->silent = contents_member(3);
}

static void text(covey_content *c, size_t which)
{
    static const char usual[] = "Bin gleich da \xf0\x9f\x91\x8b\nbis sp\xc3\xa4"
                                "ter!";

    c->kind = COVEY_CONTENT_TEXT;
    c->of.text.text = which == 0   ? covey_bytes_of_text("x")
                      : which == 1 ? covey_bytes_of_text(usual)
                                   : filled(COVEY_TEXT_MAX, "\xf4\x8f\xbf\xbf");
}

static void attachment(covey_content *c, size_t which)
{
    covey_attachment *a = &c->of.attachment;

    c->kind = COVEY_CONTENT_ATTACHMENT;
    a->media = which == 0 ? COVEY_MEDIA_VOICE : COVEY_MEDIA_PICTURE;
    if (which == 0) {
        a->duration_ms = 8250;
        a->size = 16500;
        a->chunk_size = 4000;
    } else {
        a->width = a->height = COVEY_PICTURE_SIDE_MAX;
        a->size = COVEY_ATTACHMENT_MAX;
        a->chunk_size = COVEY_CHUNK_MAX;
    }
    count_up(a->sha256, sizeof a->sha256, 0);
    count_up(a->mailbox_seed, sizeof a->mailbox_seed, 64);
    count_up(a->key, sizeof a->key, 128);
}

static void receipt(covey_content *c, size_t which)
{
    covey_receipt *r = &c->of.receipt;

    c->kind = COVEY_CONTENT_RECEIPT;
    r->kind = which == 0 ? COVEY_RECEIPT_DELIVERED : COVEY_RECEIPT_READ;
    r->sender = contents_member(1);
    r->incarnation = which == 2 ? UINT32_MAX : 1;
    r->num_ranges = which == 0 ? 1 : which == 1 ? 2 : COVEY_RANGES_MAX;
    for (size_t i = 0; i < r->num_ranges; i++) {
        uint64_t first =
            which == 2 ? 1 + (UINT64_MAX >> 5) * 2 * i : 4700 + i * 9;

        r->ranges[i] = (covey_range){first, first + i};
    }
    if (which == 2) r->ranges[COVEY_RANGES_MAX - 1].last = UINT64_MAX;
}

static void sos(covey_content *c, size_t which)
{
    covey_sos *s = &c->of.sos;

    c->kind = COVEY_CONTENT_SOS;
    s->id = which == 0 ? 0 : UINT64_C(0xfedcba9876543210);
    if (which == 0) return;
    s->repeat = which == 1 ? 3 : UINT32_MAX;
    s->has_where = true;
    s->where.fixes = which == 1 ? contents_walk(1) : extreme_fixes(2) + 1;
    s->where.num_fixes = 1;
    if (which == 1) return;
    s->over = true;
    s->where.has_scan = true;
    s->where.scan = scan(COVEY_WIFI_MAX, COVEY_CELLS_MAX);
}

static void sos_ack(covey_content *c, size_t which)
{
    c->kind = COVEY_CONTENT_SOS_ACK;
    c->of.sos_ack.id = UINT64_C(0xfedcba9876543210);
    c->of.sos_ack.by = which == 0 ? COVEY_ACK_DEVICE : COVEY_ACK_PERSON;
}

static void command(covey_content *c, size_t which)
{
    covey_command *command = &c->of.command;

    c->kind = COVEY_CONTENT_COMMAND;
    command->kind = (covey_command_kind)(which + 1);
    command->target = contents_member(1);
    command->not_after_ms = NOW_MS + 90000;
    switch (command->kind) {
    case COVEY_COMMAND_RING: command->of.duration_s = 20; break;
    case COVEY_COMMAND_FIND_WATCH:
        command->of.duration_s = COVEY_RING_S_MAX;
        break;
    case COVEY_COMMAND_READ_MESSAGE:
        command->of.message = reference(2, 77);
        break;
    case COVEY_COMMAND_SET_POLICY:
        command->of.set_policy.kind = COVEY_DOCUMENT_ZONES;
        command->of.set_policy.version = 5;
        count_up(command->of.set_policy.hash,
                 sizeof command->of.set_policy.hash, 0xa0);
        break;
    default: break;
    }
}

static void command_receipt(covey_content *c, size_t which)
{
    covey_command_receipt *r = &c->of.command_receipt;

    c->kind = COVEY_CONTENT_COMMAND_RECEIPT;
    r->command = reference(2, 78);
    r->outcome = (covey_outcome)(which + 1);
    r->has_answer = which == 0;
    r->answer = which == 0 ? 4712 : 0;
    r->reason = which == 1 ? COVEY_REFUSED_QUOTA : COVEY_REFUSED_OTHER;
}

static void document(covey_content *c, size_t which)
{
    static covey_zone zones[COVEY_ZONES_MAX];
    static covey_member_id ids[COVEY_CONTACTS_MAX];
    covey_document *d = &c->of.document;

    c->kind = COVEY_CONTENT_DOCUMENT;
    d->kind = (covey_document_kind)(which + 1);
    d->version = 1 + (uint32_t)which;
    switch (d->kind) {
    case COVEY_DOCUMENT_ZONES:
        for (size_t i = 0; i < COVEY_ZONES_MAX; i++) {
            zones[i] = (covey_zone){.id = UINT32_MAX - (uint32_t)i,
                                    .lat_e7 = -520912345,
                                    .lon_e7 = 1800000000,
                                    .radius_m = 10 + 9090 * (uint32_t)i,
                                    .name = filled(COVEY_ZONE_NAME_MAX, "ab "),
                                    .tell_enter = i % 2 != 0,
                                    .tell_leave = i % 3 != 0,
                                    .hidden = i % 5 == 0};
        }
        d->of.zones.zones = zones;
        d->of.zones.num_zones = COVEY_ZONES_MAX;
        break;
    case COVEY_DOCUMENT_SCHOOL_HOURS:
        for (size_t i = 0; i < COVEY_SPANS_MAX; i++) {
            uint32_t begin = (uint32_t)i * 315;

            d->of.school_hours.spans[i] =
                (covey_span){begin, i == COVEY_SPANS_MAX - 1
                                        ? COVEY_WEEK_MINUTES
                                        : begin + (i % 2 != 0 ? 315 : 45)};
        }
        d->of.school_hours.num_spans = COVEY_SPANS_MAX;
        break;
    case COVEY_DOCUMENT_CONTACTS:
    case COVEY_DOCUMENT_SOS_LIST:
        for (size_t i = 0; i < COVEY_CONTACTS_MAX; i++) {
            ids[i] = contents_member((uint8_t)(i % 16));
            ids[i].bytes[0] = (uint8_t)i;
        }
        d->of.members.ids = ids;
        d->of.members.num_ids =
            d->kind == COVEY_DOCUMENT_CONTACTS ? COVEY_CONTACTS_MAX : 2;
        break;
    case COVEY_DOCUMENT_REPORTING:
        d->of.reporting.interval_s = 600;
        d->of.reporting.moving_interval_s = 60;
        d->of.reporting.moved_m = 50;
        d->of.reporting.reserve_percent = 15;
        break;
    default: d->of.precision.grid_m = 2500; break;
    }
}

static void notice(covey_content *c, size_t which)
{
    static const covey_notice_kind kinds[] = {COVEY_NOTICE_JOIN,
                                              COVEY_NOTICE_POLICY_CHANGE,
                                              COVEY_NOTICE_COMMAND};
    covey_notice *n = &c->of.notice;

    c->kind = COVEY_CONTENT_NOTICE;
    n->kind = kinds[which];
    n->subject = contents_member(4);
    n->by = contents_member(2);
    if (which == 0) return;
    n->has_about = true;
    n->about = reference(2, 80);
    if (which == 2) return;
    n->has_document = true;
    n->document = (covey_document_version){COVEY_DOCUMENT_PRECISION, 9};
}

static void access_log(covey_content *c, size_t which)
{
    static covey_access_entry entries[COVEY_ACCESS_ENTRIES_MAX];
    covey_access_log *log = &c->of.access_log;

    c->kind = COVEY_CONTENT_ACCESS_LOG;
    for (size_t i = 0; i < COVEY_ACCESS_ENTRIES_MAX; i++) {
        entries[i] =
            (covey_access_entry){.who = contents_member((uint8_t)(i + 1)),
                                 .what = i == 11 ? UINT32_MAX
                                                 : (uint32_t)(i % 7) + 1,
                                 .time_ms = NOW_MS - (int64_t)i,
                                 .detail = (uint32_t)(i * 255 / 11),
                                 .has_subject = i % 2 == 0,
                                 .has_id = i % 3 != 1};
        if (entries[i].has_subject) entries[i].subject = contents_member(9);
        if (entries[i].has_id) {
            entries[i].id =
                (covey_payload_id){UINT64_MAX - i, UINT32_MAX - (uint32_t)i};
        }
    }
    log->first = which == 0 ? 0 : UINT64_MAX - COVEY_ACCESS_ENTRIES_MAX;
    if (which != 0) count_up(log->before, sizeof log->before, 0x20);
    log->entries = entries;
    log->num_entries = which == 0 ? 1 : COVEY_ACCESS_ENTRIES_MAX;
}

static void boot(covey_content *c, size_t which)
{
    (void)which;
    c->kind = COVEY_CONTENT_BOOT;
    count_up(c->of.boot.nonce, sizeof c->of.boot.nonce, 0x50);
}

static void joined(covey_content *c, size_t which)
{
    (void)which;
    c->kind = COVEY_CONTENT_JOINED;
    c->of.joined.member = contents_member(5);
    count_up(c->of.joined.authenticator, sizeof c->of.joined.authenticator, 9);
}

static void pause(covey_content *c, size_t which)
{
    c->kind = COVEY_CONTENT_PAUSE;
    c->of.pause.until_ms = which == 0 ? 0 : NOW_MS + 3600000;
}

static void sealed(covey_content *c, size_t which)
{
    covey_sealed *s = &c->of.sealed;

    c->kind = COVEY_CONTENT_SEALED;
    s->audience_id = which == 0 ? 1 : UINT32_MAX;
    s->key_id = filled(which == 0 ? 1 : COVEY_KEY_ID_MAX, "k");
    s->ciphertext = filled(which == 0 ? 1 : 8000, "c");
}

static const struct {
    const char *name;
    void (*make)(covey_content *content, size_t which);
    size_t num;
} kinds[] = {
    {"location", location, 6},
    {"status", status, 3},
    {"text", text, 3},
    {"attachment", attachment, 2},
    {"receipt", receipt, 3},
    {"sos", sos, 3},
    {"sos_ack", sos_ack, 2},
    {"command", command, 7},
    {"command_receipt", command_receipt, 4},
    {"boot", boot, 1},
    {"joined", joined, 1},
    {"document", document, 6},
    {"notice", notice, 3},
    {"access_log", access_log, 2},
    {"pause", pause, 2},
    {"sealed", sealed, 2},
};

covey_payload contents_sample(size_t i, const char **name)
{
    static char text_of[32];
    covey_payload payload = contents_head();

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (i < kinds[k].num) {
            kinds[k].make(&payload.content, i);
            (void)snprintf(text_of, sizeof text_of, "%s %zu", kinds[k].name, i);
            *name = text_of;
            return payload;
        }
        i -= kinds[k].num;
    }
    (void)fprintf(stderr, "contents_sample: no sample number %zu more\n", i);
    abort();
}
