#include "support/contents.h"

#include <stdio.h>

static void add(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static void add_number(json_t *object, const char *key, int64_t value)
{
    add(object, key, json_integer(value));
}

static void add_u64(json_t *object, const char *key, uint64_t value)
{
    char digits[24];

    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    add(object, key, json_string(digits));
}

static void add_bool(json_t *object, const char *key, bool value)
{
    add(object, key, json_boolean(value));
}

static void add_bytes(json_t *object, const char *key, const uint8_t *at,
                      size_t len)
{
    add(object, key, json_string(hex_of(covey_bytes_of(at, len))));
}

static void add_text(json_t *object, const char *key, covey_bytes text)
{
    add(object, key, json_stringn((const char *)text.at, text.len));
}

static void add_member(json_t *object, const char *key,
                       const covey_member_id *id)
{
    add_bytes(object, key, id->bytes, sizeof id->bytes);
}

static void add_id(json_t *object, const covey_payload_id *id)
{
    add_u64(object, "counter", id->counter);
    add_number(object, "incarnation", id->incarnation);
}

static void add_reference(json_t *object, const char *key,
                          const covey_reference *reference)
{
    json_t *value = json_object();

    add_member(value, "sender", &reference->sender);
    add_id(value, &reference->id);
    add(object, key, value);
}

static json_t *fix_json(const covey_fix *fix)
{
    json_t *o = json_object();

    add_number(o, "time_ms", fix->time_ms);
    add_number(o, "lat_e7", fix->lat_e7);
    add_number(o, "lon_e7", fix->lon_e7);
    add_number(o, "accuracy_cm", fix->accuracy_cm);
    if (fix->has_altitude) add_number(o, "altitude_cm", fix->altitude_cm);
    if (fix->has_speed) add_number(o, "speed_cm_s", fix->speed_cm_s);
    if (fix->has_heading) add_number(o, "heading_cdeg", fix->heading_cdeg);
    if (fix->has_battery) {
        add_number(o, "battery_percent", fix->battery_percent);
    }
    add_number(o, "charging", fix->charging);
    add_number(o, "worn", fix->worn);
    add_number(o, "source", fix->source);
    add_number(o, "reason", fix->reason);
    return o;
}

static json_t *scan_json(const covey_scan *scan)
{
    json_t *o = json_object(), *wifi = json_array(), *cells = json_array();

    add_number(o, "time_ms", scan->time_ms);
    for (size_t i = 0; i < scan->num_wifi; i++) {
        const covey_wifi *at = &scan->wifi[i];
        json_t *one = json_object();

        add_bytes(one, "bssid", at->bssid, sizeof at->bssid);
        add_number(one, "rssi_dbm", at->rssi_dbm);
        add_number(one, "channel", at->channel);
        (void)json_array_append_new(wifi, one);
    }
    for (size_t i = 0; i < scan->num_cells; i++) {
        const covey_cell *at = &scan->cells[i];
        json_t *one = json_object();

        add_number(one, "radio", at->radio);
        add_number(one, "mcc", at->mcc);
        add_number(one, "mnc", at->mnc);
        add_number(one, "mnc_digits", at->mnc_digits);
        add_number(one, "area", at->area);
        add_u64(one, "id", at->id);
        add_number(one, "rssi_dbm", at->rssi_dbm);
        (void)json_array_append_new(cells, one);
    }
    add(o, "wifi", wifi);
    add(o, "cells", cells);
    return o;
}

static json_t *location_json(const covey_location *l)
{
    json_t *o = json_object(), *fixes = json_array();

    for (size_t i = 0; i < l->num_fixes; i++) {
        (void)json_array_append_new(fixes, fix_json(&l->fixes[i]));
    }
    add(o, "fixes", fixes);
    if (l->has_scan) add(o, "scan", scan_json(&l->scan));
    if (l->has_answer_to) add_reference(o, "answer_to", &l->answer_to);
    return o;
}

static json_t *version_json(const covey_document_version *version)
{
    json_t *o = json_object();

    add_number(o, "kind", version->kind);
    add_number(o, "version", version->version);
    return o;
}

static json_t *status_json(const covey_status *s)
{
    json_t *o = json_object(), *documents = json_array();

    if (s->has_battery) add_number(o, "battery_percent", s->battery_percent);
    add_number(o, "charging", s->charging);
    add_number(o, "worn", s->worn);
    if (s->has_signal) add_number(o, "signal_dbm", s->signal_dbm);
    add_text(o, "firmware", s->firmware);
    add_number(o, "paused_until_ms", s->paused_until_ms);
    add_number(o, "limit", s->limit);
    if (s->limit == COVEY_LIMIT_GUARDIAN_SILENT) {
        add_member(o, "silent", &s->silent);
    }
    for (size_t i = 0; i < s->num_documents; i++) {
        (void)json_array_append_new(documents, version_json(&s->documents[i]));
    }
    add(o, "documents", documents);
    return o;
}

static json_t *attachment_json(const covey_attachment *a)
{
    json_t *o = json_object();

    add_number(o, "media", a->media);
    add_number(o, "duration_ms", a->duration_ms);
    add_number(o, "width", a->width);
    add_number(o, "height", a->height);
    add_number(o, "size", a->size);
    add_number(o, "chunk_size", a->chunk_size);
    add_bytes(o, "sha256", a->sha256, sizeof a->sha256);
    add_bytes(o, "mailbox_seed", a->mailbox_seed, sizeof a->mailbox_seed);
    add_bytes(o, "key", a->key, sizeof a->key);
    return o;
}

static json_t *receipt_json(const covey_receipt *r)
{
    json_t *o = json_object(), *ranges = json_array();

    add_number(o, "kind", r->kind);
    add_member(o, "sender", &r->sender);
    add_number(o, "incarnation", r->incarnation);
    for (size_t i = 0; i < r->num_ranges; i++) {
        json_t *one = json_object();

        add_u64(one, "first", r->ranges[i].first);
        add_u64(one, "last", r->ranges[i].last);
        (void)json_array_append_new(ranges, one);
    }
    add(o, "ranges", ranges);
    return o;
}

static json_t *sos_json(const covey_sos *s)
{
    json_t *o = json_object();

    add_u64(o, "id", s->id);
    add_number(o, "repeat", s->repeat);
    add_bool(o, "over", s->over);
    if (s->has_where) add(o, "where", location_json(&s->where));
    return o;
}

static json_t *command_json(const covey_command *command)
{
    const covey_document_name *policy = &command->of.set_policy;
    json_t *o = json_object();

    add_member(o, "target", &command->target);
    add_number(o, "not_after_ms", command->not_after_ms);
    add_number(o, "kind", command->kind);
    switch (command->kind) {
    case COVEY_COMMAND_UNKNOWN:
        add_number(o, "unknown", command->of.unknown);
        break;
    case COVEY_COMMAND_RING:
    case COVEY_COMMAND_FIND_WATCH:
        add_number(o, "duration_s", command->of.duration_s);
        break;
    case COVEY_COMMAND_READ_MESSAGE:
        add_reference(o, "message", &command->of.message);
        break;
    case COVEY_COMMAND_SET_POLICY:
        add_number(o, "document", policy->kind);
        add_number(o, "version", policy->version);
        add_bytes(o, "hash", policy->hash, sizeof policy->hash);
        break;
    default: break;
    }
    return o;
}

static json_t *command_receipt_json(const covey_command_receipt *r)
{
    json_t *o = json_object();

    add_reference(o, "command", &r->command);
    add_number(o, "outcome", r->outcome);
    add_number(o, "reason", r->reason);
    if (r->has_answer) add_u64(o, "answer", r->answer);
    return o;
}

static json_t *zones_json(const covey_document *d)
{
    json_t *zones = json_array();

    for (size_t i = 0; i < d->of.zones.num_zones; i++) {
        const covey_zone *at = &d->of.zones.zones[i];
        json_t *one = json_object();

        add_number(one, "id", at->id);
        add_number(one, "lat_e7", at->lat_e7);
        add_number(one, "lon_e7", at->lon_e7);
        add_number(one, "radius_m", at->radius_m);
        add_text(one, "name", at->name);
        add_bool(one, "tell_enter", at->tell_enter);
        add_bool(one, "tell_leave", at->tell_leave);
        add_bool(one, "hidden", at->hidden);
        (void)json_array_append_new(zones, one);
    }
    return zones;
}

static json_t *document_json(const covey_document *d)
{
    json_t *o = json_object(), *list = json_array();

    add_number(o, "kind", d->kind);
    add_number(o, "version", d->version);
    switch (d->kind) {
    case COVEY_DOCUMENT_ZONES: add(o, "zones", zones_json(d)); break;
    case COVEY_DOCUMENT_SCHOOL_HOURS:
        for (size_t i = 0; i < d->of.school_hours.num_spans; i++) {
            json_t *one = json_object();

            add_number(one, "begin", d->of.school_hours.spans[i].begin);
            add_number(one, "end", d->of.school_hours.spans[i].end);
            (void)json_array_append_new(list, one);
        }
        add(o, "spans", json_incref(list));
        break;
    case COVEY_DOCUMENT_CONTACTS:
    case COVEY_DOCUMENT_SOS_LIST:
        for (size_t i = 0; i < d->of.members.num_ids; i++) {
            const covey_member_id *id = &d->of.members.ids[i];

            (void)json_array_append_new(
                list, json_string(
                          hex_of(covey_bytes_of(id->bytes, sizeof id->bytes))));
        }
        add(o, "members", json_incref(list));
        break;
    case COVEY_DOCUMENT_REPORTING:
        add_number(o, "interval_s", d->of.reporting.interval_s);
        add_number(o, "moving_interval_s", d->of.reporting.moving_interval_s);
        add_number(o, "moved_m", d->of.reporting.moved_m);
        add_number(o, "reserve_percent", d->of.reporting.reserve_percent);
        break;
    default: add_number(o, "grid_m", d->of.precision.grid_m); break;
    }
    json_decref(list);
    return o;
}

static json_t *notice_json(const covey_notice *n)
{
    json_t *o = json_object();

    add_number(o, "kind", n->kind);
    add_member(o, "subject", &n->subject);
    add_member(o, "by", &n->by);
    if (n->has_about) add_reference(o, "about", &n->about);
    if (n->has_document) add(o, "document", version_json(&n->document));
    return o;
}

static json_t *access_log_json(const covey_access_log *log)
{
    json_t *o = json_object(), *entries = json_array();

    for (size_t i = 0; i < log->num_entries; i++) {
        const covey_access_entry *at = &log->entries[i];
        json_t *one = json_object();

        add_member(one, "who", &at->who);
        add_number(one, "what", at->what);
        add_number(one, "time_ms", at->time_ms);
        add_number(one, "detail", at->detail);
        if (at->has_subject) add_member(one, "subject", &at->subject);
        if (at->has_id) add_id(one, &at->id);
        (void)json_array_append_new(entries, one);
    }
    add_u64(o, "first", log->first);
    add_bytes(o, "before", log->before, sizeof log->before);
    add(o, "entries", entries);
    return o;
}

static json_t *sealed_json(const covey_sealed *s)
{
    json_t *o = json_object();

    add_number(o, "audience_id", s->audience_id);
    add_bytes(o, "key_id", s->key_id.at, s->key_id.len);
    add_bytes(o, "ciphertext", s->ciphertext.at, s->ciphertext.len);
    return o;
}

/* Those of one or two fields. */
static json_t *small_json(const covey_content *c)
{
    json_t *o = json_object();

    switch (c->kind) {
    case COVEY_CONTENT_TEXT: add_text(o, "text", c->of.text.text); break;
    case COVEY_CONTENT_SOS_ACK:
        add_u64(o, "id", c->of.sos_ack.id);
        add_number(o, "by", c->of.sos_ack.by);
        break;
    case COVEY_CONTENT_BOOT:
        add_bytes(o, "nonce", c->of.boot.nonce, sizeof c->of.boot.nonce);
        break;
    case COVEY_CONTENT_JOINED:
        add_member(o, "member", &c->of.joined.member);
        add_bytes(o, "authenticator", c->of.joined.authenticator,
                  sizeof c->of.joined.authenticator);
        break;
    case COVEY_CONTENT_PAUSE:
        add_number(o, "until_ms", c->of.pause.until_ms);
        break;
    default: add_number(o, "unknown", c->of.unknown); break;
    }
    return o;
}

static json_t *content_json(const covey_content *c)
{
    switch (c->kind) {
    case COVEY_CONTENT_SEALED: return sealed_json(&c->of.sealed);
    case COVEY_CONTENT_LOCATION: return location_json(&c->of.location);
    case COVEY_CONTENT_STATUS: return status_json(&c->of.status);
    case COVEY_CONTENT_ATTACHMENT: return attachment_json(&c->of.attachment);
    case COVEY_CONTENT_RECEIPT: return receipt_json(&c->of.receipt);
    case COVEY_CONTENT_SOS: return sos_json(&c->of.sos);
    case COVEY_CONTENT_COMMAND: return command_json(&c->of.command);
    case COVEY_CONTENT_COMMAND_RECEIPT:
        return command_receipt_json(&c->of.command_receipt);
    case COVEY_CONTENT_DOCUMENT: return document_json(&c->of.document);
    case COVEY_CONTENT_NOTICE: return notice_json(&c->of.notice);
    case COVEY_CONTENT_ACCESS_LOG: return access_log_json(&c->of.access_log);
    default: return small_json(c);
    }
}

json_t *contents_json(const covey_payload *payload)
{
    json_t *o = json_object();

    add_id(o, &payload->id);
    add_number(o, "sent_ms", payload->sent_ms);
    add_number(o, "seen_count", payload->seen.count);
    add_bytes(o, "seen_chain", payload->seen.chain, sizeof payload->seen.chain);
    add_number(o, "kind", payload->content.kind);
    add(o, "content", content_json(&payload->content));
    return o;
}
