/*
 * Writes the test vectors of SPEC.md chapter 2, roster.json, invite.json and
 * numbers.json, into a directory; with --check before it, compares. See
 * README.md.
 */
#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#include "circle/invite.h"
#include "circle/numbers.h"
#include "circle/roster.h"
#include "mls/group.h"
#include "support/bytes.h"

static FILE *out;

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "circle_write: %s\n", what);
    exit(1);
}

static covey_bytes fill(uint8_t value, size_t len)
{
    uint8_t *at = test_alloc(len);

    memset(at, value, len);
    return covey_bytes_of(at, len);
}

/* first, first + 1, ... */
static covey_bytes count(uint8_t first, size_t len)
{
    uint8_t *at = test_alloc(len);

    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(first + i);
    return covey_bytes_of(at, len);
}

static void put_hex(const char *name, covey_bytes bytes, const char *after)
{
    (void)fprintf(out, "\"%s\": \"%s\"%s", name, hex_of(bytes), after);
}

/* ---- rosters ---- */

static covey_roster_member entry(uint8_t id, uint8_t person, uint8_t role,
                                 uint8_t votes, uint32_t expires_h)
{
    covey_roster_member member = {.person = person,
                                  .role = role,
                                  .votes = votes,
                                  .expires_h = expires_h};

    memcpy(member.id.bytes, count(id, 16).at, 16);
    return member;
}

static void add_relay(covey_roster *r, const char *url)
{
    r->relays[r->relays_len++] = (uint8_t)strlen(url);
    memcpy(r->relays + r->relays_len, url, strlen(url));
    r->relays_len = (uint8_t)(r->relays_len + strlen(url));
}

static covey_roster creator(void)
{
    return (
        covey_roster){.next_person = 2,
                      .num_members = 1,
                      .members = {entry(0x10, 1, COVEY_ROLE_GUARDIAN, 1, 0)}};
}

static covey_roster family(void)
{
    covey_roster r = {
        .next_person = 6,
        .num_members = 6,
        .num_announcements = 1,
        .num_documents = 2,
        .members = {entry(0x10, 1, COVEY_ROLE_GUARDIAN, 1, 0),
                    entry(0x20, 0, COVEY_ROLE_WEARER, 0, 0),
                    entry(0x30, 1, COVEY_ROLE_GUARDIAN, 1, 0),
                    entry(0x40, 2, COVEY_ROLE_GUARDIAN, 0, 0),
                    entry(0x50, 4, COVEY_ROLE_CARER, 0, 500000),
                    entry(0x60, 5, COVEY_ROLE_FRIEND, 0, 0)},
        .documents = {{.kind = 1, .version = 3}, {.kind = 7, .version = 1}},
    };

    r.announcements[0].kind = 1;
    r.announcements[0].target = r.members[3].id;
    r.announcements[0].by = r.members[0].id;
    memcpy(r.documents[0].hash, count(0xa0, 16).at, 16);
    memcpy(r.documents[1].hash, count(0xb0, 16).at, 16);
    add_relay(&r, "relay.example");
    add_relay(&r, "other.example:8443/covey");
    return r;
}

static covey_roster largest(void)
{
    covey_roster r = {.next_person = 255,
                      .num_members = COVEY_ROSTER_MEMBERS_MAX,
                      .num_announcements = COVEY_ROSTER_ANNOUNCEMENTS_MAX,
                      .num_documents = COVEY_ROSTER_DOCUMENTS_MAX};

    for (size_t i = 0; i < r.num_members; i++) {
        r.members[i] = entry((uint8_t)(16 * i), (uint8_t)(251 + i / 4),
                             COVEY_ROLE_GUARDIAN, i / 4 == 0, 0);
    }
    for (size_t i = 0; i < r.num_announcements; i++) {
        r.announcements[i].kind = (uint8_t)(i + 1);
        r.announcements[i].target = r.members[i].id;
        r.announcements[i].by = r.members[15].id;
    }
    for (size_t i = 0; i < r.num_documents; i++) {
        r.documents[i].kind = (uint8_t)i;
        r.documents[i].version = UINT32_MAX;
        memcpy(r.documents[i].hash, fill((uint8_t)i, 16).at, 16);
    }
    add_relay(&r,
              "one.example/0123456789012345678901234567890123456789012345678"
              "90");
    add_relay(&r,
              "two.example/0123456789012345678901234567890123456789012345678"
              "90");
    return r;
}

static covey_bytes encode(const covey_roster *r, bool extension)
{
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);

    if (extension) {
        covey_roster_write_extensions(&w, r);
    } else {
        covey_roster_write(&w, r);
    }
    must(!w.failed, "a roster is too long");
    return covey_writer_since(&w, 0);
}

static void put_entries(const covey_roster *r)
{
    (void)fprintf(out, "      \"members\": [\n");
    for (size_t i = 0; i < r->num_members; i++) {
        const covey_roster_member *m = &r->members[i];

        (void)fprintf(out, "        {");
        put_hex("id", covey_member_id_bytes(&m->id), ", ");
        (void)fprintf(out,
                      "\"person\": %u, \"role\": %u, \"votes\": %u, "
                      "\"expires_h\": %u}%s\n",
                      m->person, m->role, m->votes, m->expires_h,
                      i + 1 < r->num_members ? "," : "");
    }
    (void)fprintf(out, "      ],\n      \"announcements\": [");
    for (size_t i = 0; i < r->num_announcements; i++) {
        const covey_roster_announcement *a = &r->announcements[i];

        (void)fprintf(out, "%s\n        {\"kind\": %u, ", i ? "," : "",
                      a->kind);
        put_hex("target", covey_member_id_bytes(&a->target), ", ");
        put_hex("by", covey_member_id_bytes(&a->by), "}");
    }
    (void)fprintf(out, "],\n      \"documents\": [");
    for (size_t i = 0; i < r->num_documents; i++) {
        const covey_roster_document *d = &r->documents[i];

        (void)fprintf(out, "%s\n        {\"kind\": %u, \"version\": %u, ",
                      i ? "," : "", d->kind, d->version);
        put_hex("hash", covey_bytes_of(d->hash, sizeof d->hash), "}");
    }
    (void)fprintf(out, "],\n");
}

static void put_roster(const char *name, const covey_roster *r,
                       const char *after)
{
    covey_roster read;

    must(covey_roster_read(&read, encode(r, false)) == COVEY_OK, name);
    (void)fprintf(out, "    {\n      \"name\": \"%s\",\n", name);
    (void)fprintf(out, "      \"next_person\": %u,\n", r->next_person);
    put_entries(r);
    (void)fprintf(out, "      \"relays\": [");
    covey_reader relays =
        covey_reader_of(covey_bytes_of(r->relays, r->relays_len));
    for (size_t i = 0; covey_reader_more(&relays); i++) {
        covey_bytes url = covey_read_vec(&relays);

        (void)fprintf(out, "%s\"%.*s\"", i ? ", " : "", (int)url.len,
                      (const char *)url.at);
    }
    (void)fprintf(out, "],\n      ");
    put_hex("data", encode(r, false), ",\n      ");
    put_hex("extensions", encode(r, true), "\n    }");
    (void)fprintf(out, "%s\n", after);
}

static void put_refused(const char *why, const covey_roster *r,
                        const char *after)
{
    covey_roster read;

    must(covey_roster_read(&read, encode(r, false)) == COVEY_ERR_ROSTER, why);
    (void)fprintf(out, "    {\"why\": \"%s\", ", why);
    put_hex("data", encode(r, false), "}");
    (void)fprintf(out, "%s\n", after);
}

/* Its length stays, as that of none. */
static void without_first_url(covey_roster *r)
{
    size_t len = r->relays[0];

    r->relays[0] = 0;
    memmove(r->relays + 1, r->relays + 1 + len, r->relays_len - 1 - len);
    r->relays_len = (uint8_t)(r->relays_len - len);
}

static void put_all_refused(void)
{
    covey_roster r = family();

    r.members[5].id = r.members[0].id;
    put_refused("an id twice", &r, ",");
    r = family();
    r.members[5] = entry(0x60, 0, COVEY_ROLE_WEARER, 0, 0);
    put_refused("two wearers", &r, ",");
    r = family();
    r.members[1].person = 3;
    put_refused("the wearer is not person 0", &r, ",");
    r = family();
    r.members[5].person = 0;
    put_refused("person 0 is not the wearer", &r, ",");
    r = family();
    r.next_person = 5;
    put_refused("a person that is not below next_person", &r, ",");
    r = family();
    r.members[2].votes = 0;
    put_refused("a person with two votes", &r, ",");
    r = family();
    r.members[5].votes = 1;
    put_refused("a friend who votes", &r, ",");
    r = family();
    r.members[3].votes = 2;
    put_refused("two votes in one entry", &r, ",");
    r = family();
    r.members[4].expires_h = 0;
    put_refused("a carer without expiry", &r, ",");
    r = family();
    r.members[5].expires_h = 1;
    put_refused("a friend who expires", &r, ",");
    r = family();
    r.members[5].role = 5;
    put_refused("role 5", &r, ",");
    r = family();
    r.documents[1].kind = 1;
    put_refused("a kind of document twice", &r, ",");
    r = family();
    r.relays[1] = ' ';
    put_refused("a blank in a relay", &r, ",");
    r = family();
    without_first_url(&r);
    put_refused("an empty relay", &r, ",");
    r = creator();
    for (uint8_t i = 1; i < 5; i++) {
        r.members[r.num_members++] =
            entry((uint8_t)(0x10 + i), 1, COVEY_ROLE_GUARDIAN, 1, 0);
    }
    put_refused("a person with five phones", &r, "");
}

static void put_rosters(void)
{
    const covey_roster rosters[] = {creator(), family(), largest()};

    (void)fprintf(out, "{\n  \"valid\": [\n");
    put_roster("creator", &rosters[0], ",");
    put_roster("family", &rosters[1], ",");
    put_roster("largest", &rosters[2], "");
    (void)fprintf(out, "  ],\n  \"refused\": [\n");
    put_all_refused();
    (void)fprintf(out, "  ]\n}\n");
}

/* ---- invites ---- */

static covey_invite invite_of(uint8_t role, uint8_t first, const char *relay)
{
    covey_invite invite = {.role = role, .relay_len = (uint8_t)strlen(relay)};

    memcpy(invite.secret, count(first, 32).at, 32);
    covey_invite_key_hash(invite.key_hash, count((uint8_t)(first + 32), 32));
    memcpy(invite.relay, relay, strlen(relay));
    return invite;
}

static const char *uri_of(const covey_invite *invite)
{
    char *uri = (char *)test_alloc(COVEY_INVITE_URI_MAX);
    size_t len = 0;

    must(covey_invite_write(uri, COVEY_INVITE_URI_MAX, &len, invite) ==
             COVEY_OK,
         "an invite does not fit");
    return uri;
}

static int fixed_nonce(void *ctx, uint8_t *at, size_t len)
{
    memset(at, *(const uint8_t *)ctx, len);
    return 0;
}

static void put_sealed(const covey_invite *invite, covey_invite_way way,
                       covey_bytes message, const char *after)
{
    uint8_t value = way == COVEY_INVITE_WELCOME ? 0x77 : 0x66;
    const covey_random random = {.ctx = &value, .fill = fixed_nonce};
    size_t cap = covey_invite_sealed_len(message.len);
    uint8_t *at = test_alloc(cap);
    size_t len = 0;

    must(covey_invite_seal(at, cap, &len, invite, way, &random, message) ==
             COVEY_OK,
         "sealing");
    (void)fprintf(out, "        {\"way\": \"%s\", ",
                  way == COVEY_INVITE_WELCOME ? "welcome" : "key package");
    put_hex("nonce", covey_bytes_of(at, 12), ",\n         ");
    put_hex("message", message, ",\n         ");
    put_hex("sealed", covey_bytes_of(at, len), "}");
    (void)fprintf(out, "%s\n", after);
}

static void put_invite(uint8_t role, uint8_t first, const char *relay,
                       const char *after)
{
    const covey_invite invite = invite_of(role, first, relay);
    covey_secret seed;

    covey_invite_mailbox_seed(&seed, &invite);
    (void)fprintf(out, "    {\n      \"role\": %u,\n      ", role);
    put_hex("secret", covey_bytes_of(invite.secret, 32), ",\n      ");
    put_hex("signature_key", count((uint8_t)(first + 32), 32), ",\n      ");
    put_hex("key_hash", covey_bytes_of(invite.key_hash, 16), ",\n      ");
    (void)fprintf(out, "\"relay\": \"%s\",\n      \"uri\": \"%s\",\n      ",
                  relay, uri_of(&invite));
    put_hex("mailbox_seed", covey_bytes_of(seed.bytes, 32), ",\n      ");
    (void)fprintf(out, "\"sealed\": [\n");
    put_sealed(&invite, COVEY_INVITE_KEY_PACKAGE, count(first, 5), ",");
    put_sealed(&invite, COVEY_INVITE_WELCOME, count(first, 995), "");
    (void)fprintf(out, "      ]\n    }%s\n", after);
}

static void put_refused_uri(const char *why, const char *uri, const char *after)
{
    covey_invite invite;

    must(covey_invite_read(&invite, covey_bytes_of_text(uri)) ==
             COVEY_ERR_INVITE,
         why);
    (void)fprintf(out, "    {\"why\": \"%s\", \"uri\": \"%s\"}%s\n", why, uri,
                  after);
}

static const char *changed(const char *uri, size_t at, char letter)
{
    char *copy = (char *)test_alloc(COVEY_INVITE_URI_MAX + 2);

    memcpy(copy, uri, strlen(uri));
    copy[at] = letter;
    return copy;
}

static void put_refused_uris(void)
{
    covey_invite invite = invite_of(2, 1, "relay");
    const char *uri = uri_of(&invite);
    size_t len = strlen(uri);

    /* 55 bytes end with a letter; 54 leave three bits. */
    put_refused_uri("padding", changed(uri, len, '='), ",");
    put_refused_uri("another letter", changed(uri, 20, '1'), ",");
    put_refused_uri("another scheme", changed(uri, 4, 'I'), ",");
    put_refused_uri("version 3", changed(uri, 7, 'M'), ",");
    invite = invite_of(2, 1, "rela");
    uri = uri_of(&invite);
    put_refused_uri("bits behind the last byte",
                    changed(uri, strlen(uri) - 1,
                            (char)(uri[strlen(uri) - 1] + 1)),
                    ",");
    invite = invite_of(5, 1, "relay");
    put_refused_uri("role 5", uri_of(&invite), ",");
    invite = invite_of(0, 1, "relay");
    put_refused_uri("role 0", uri_of(&invite), ",");
    invite = invite_of(1, 1, "");
    put_refused_uri("no relay", uri_of(&invite), ",");
    invite = invite_of(1, 1, "a relay");
    put_refused_uri("a blank in the relay", uri_of(&invite), ",");
    invite = invite_of(2, 1, "https://relay.example");
    put_refused_uri("a scheme in the relay", uri_of(&invite), ",");
    invite = invite_of(2, 1, "/path");
    put_refused_uri("a relay without a host", uri_of(&invite), ",");
    invite = invite_of(2, 1, "relay.example:0");
    put_refused_uri("a relay with port 0", uri_of(&invite), "");
}

static void put_invites(void)
{
    (void)fprintf(out, "{\n  \"invites\": [\n");
    put_invite(COVEY_ROLE_WEARER, 1, "relay.example", ",");
    put_invite(COVEY_ROLE_GUARDIAN, 100, "r", ",");
    put_invite(
        COVEY_ROLE_FRIEND, 200,
        "a.relay.with-a-name-of-64-letters.example:65535/covey/mailboxes", "");
    (void)fprintf(out, "  ],\n  \"refused\": [\n");
    put_refused_uris();
    (void)fprintf(out, "  ]\n}\n");
}

/* ---- numbers ---- */

static void put_number(covey_bytes exporter_secret, covey_bytes authenticator,
                       const char *after)
{
    size_t size = covey_mls_group_size();
    covey_mls_group *group = covey_mls_group_at(test_alloc(size), size);
    covey_epoch *epoch = &group->epoch;
    char digits[COVEY_DIGITS_SIZE];
    char number[COVEY_SAFETY_NUMBER_SIZE];
    uint8_t exported[8];

    group->state = COVEY_GROUP_OPEN;
    epoch->context.suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    epoch->exporter_present = true;
    memcpy(&epoch->exporter_secret, exporter_secret.at, 32);
    memcpy(&epoch->epoch_authenticator, authenticator.at, 32);
    must(covey_mls_export(group, "covey digits", covey_bytes_of(NULL, 0),
                          exported, sizeof exported) == COVEY_OK,
         "exporting");
    must(covey_digits_of(digits, group) == COVEY_OK, "digits");
    must(covey_safety_number_of(number, group) == COVEY_OK, "safety number");
    (void)fprintf(out, "  {\n    ");
    put_hex("exporter_secret", exporter_secret, ",\n    ");
    put_hex("exported", covey_bytes_of(exported, 8), ",\n    ");
    (void)fprintf(out, "\"digits\": \"%s\",\n    ", digits);
    put_hex("epoch_authenticator", authenticator, ",\n    ");
    (void)fprintf(out, "\"safety_number\": \"%s\"\n  }%s\n", number, after);
}

static void put_numbers(void)
{
    (void)fprintf(out, "[\n");
    put_number(fill(0, 32), fill(0, 32), ",");
    put_number(fill(0xff, 32), fill(0xff, 32), ",");
    put_number(count(1, 32), count(1, 32), ",");
    put_number(count(0x80, 32), count(0xe8, 32), "");
    (void)fprintf(out, "]\n");
}

/* ---- files ---- */

static bool same_as_file(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "rb");
    char *read = (char *)test_alloc(len + 1);
    bool same = file != NULL && fread(read, 1, len + 1, file) == len &&
                memcmp(read, text, len) == 0;

    if (file != NULL) (void)fclose(file);
    if (!same) (void)fprintf(stderr, "%s is not what it should be\n", path);
    return same;
}

static bool make(const char *directory, const char *name, void (*put)(void),
                 bool check)
{
    char path[4096];
    char *text = NULL;
    size_t len = 0;

    (void)snprintf(path, sizeof path, "%s/%s.json", directory, name);
    if (!check) {
        out = fopen(path, "wb");
        must(out != NULL, path);
        put();
        return fclose(out) == 0;
    }
    out = open_memstream(&text, &len);
    must(out != NULL, "no memory");
    put();
    must(fclose(out) == 0, "no memory");
    bool same = same_as_file(path, text, len);
    free(text);
    return same;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;

    must(argc == 2 || check, "say [--check] DIRECTORY");
    const char *directory = argv[argc - 1];
    bool all = make(directory, "roster", put_rosters, check);
    all = make(directory, "invite", put_invites, check) && all;
    all = make(directory, "numbers", put_numbers, check) && all;
    return all ? 0 : 1;
}
