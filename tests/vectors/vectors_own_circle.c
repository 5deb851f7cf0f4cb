/* Our own vectors of SPEC.md chapter 2, read as a second implementation
 * would: own/roster.json, own/invite.json, own/numbers.json. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "circle/invite.h"
#include "circle/roster.h"
#include "crypto/label.h"
#include "support/vectors.h"
#include "values.h"

/* ---- rosters ---- */

static void check_members(const covey_roster *r, const json_t *list)
{
    const json_t *one;
    size_t i;

    cr_assert_eq(json_array_size(list), r->num_members);
    json_array_foreach(list, i, one)
    {
        const covey_roster_member *m = &r->members[i];

        check_bytes(covey_member_id_bytes(&m->id), vector_hex(one, "id"));
        cr_assert_eq(m->person, vector_number(one, "person"));
        cr_assert_eq(m->role, vector_number(one, "role"));
        cr_assert_eq(m->votes, vector_number(one, "votes"));
        cr_assert_eq(m->expires_h, vector_number(one, "expires_h"));
    }
}

static void check_lists(const covey_roster *r, const json_t *wanted)
{
    const json_t *announcements = vector_list(wanted, "announcements");
    const json_t *documents = vector_list(wanted, "documents");
    const json_t *relays = vector_list(wanted, "relays");
    covey_reader urls =
        covey_reader_of(covey_bytes_of(r->relays, r->relays_len));
    const json_t *one;
    size_t i;

    cr_assert_eq(json_array_size(announcements), r->num_announcements);
    json_array_foreach(announcements, i, one)
    {
        const covey_roster_announcement *a = &r->announcements[i];

        cr_assert_eq(a->kind, vector_number(one, "kind"));
        check_bytes(covey_member_id_bytes(&a->target),
                    vector_hex(one, "target"));
        check_bytes(covey_member_id_bytes(&a->by), vector_hex(one, "by"));
    }
    cr_assert_eq(json_array_size(documents), r->num_documents);
    json_array_foreach(documents, i, one)
    {
        const covey_roster_document *d = &r->documents[i];

        cr_assert_eq(d->kind, vector_number(one, "kind"));
        cr_assert_eq(d->version, vector_number(one, "version"));
        check_bytes(covey_bytes_of(d->hash, 16), vector_hex(one, "hash"));
    }
    json_array_foreach(relays, i, one)
    {
        check_bytes(covey_read_vec(&urls),
                    covey_bytes_of_text(json_string_value(one)));
    }
    cr_assert_eq(covey_reader_finish(&urls), COVEY_OK);
}

Test(own_circle, rosters)
{
    const json_t *root = vectors_open("roster.json");
    const json_t *valid = vector_list(root, "valid");
    const json_t *refused = vector_list(root, "refused");
    const json_t *one;
    covey_roster r;
    size_t i;

    cr_assert_eq(json_array_size(valid), 3);
    json_array_foreach(valid, i, one)
    {
        cr_assert_eq(covey_roster_read(&r, vector_hex(one, "data")), COVEY_OK);
        cr_assert_eq(r.next_person, vector_number(one, "next_person"));
        check_members(&r, vector_list(one, "members"));
        check_lists(&r, one);
        cr_assert_eq(covey_roster_of(&r, vector_hex(one, "extensions")),
                     COVEY_OK);
        check_members(&r, vector_list(one, "members"));
    }
    cr_assert_eq(json_array_size(refused), 15);
    json_array_foreach(refused, i, one)
    {
        cr_assert_eq(covey_roster_read(&r, vector_hex(one, "data")),
                     COVEY_ERR_ROSTER, "%s", vector_text(one, "why"));
    }
}

/* ---- invites ---- */

static void check_sealed(const covey_invite *invite, const json_t *one)
{
    bool welcome = strcmp(vector_text(one, "way"), "welcome") == 0;
    covey_bytes sealed = vector_hex(one, "sealed");
    uint8_t *opened = test_alloc(sealed.len);
    covey_bytes message;

    cr_assert_eq(covey_invite_open(opened, &message, invite,
                                   welcome ? COVEY_INVITE_WELCOME
                                           : COVEY_INVITE_KEY_PACKAGE,
                                   sealed),
                 COVEY_OK);
    check_bytes(message, vector_hex(one, "message"));
    check_bytes(covey_bytes_of(sealed.at, 12), vector_hex(one, "nonce"));
}

Test(own_circle, invites)
{
    const json_t *root = vectors_open("invite.json");
    const json_t *one;
    const json_t *sealed;
    covey_invite invite;
    size_t i;
    size_t k;

    cr_assert_eq(json_array_size(vector_list(root, "invites")), 3);
    json_array_foreach(vector_list(root, "invites"), i, one)
    {
        uint8_t hash[COVEY_INVITE_KEY_HASH_SIZE];
        covey_secret seed;

        cr_assert_eq(covey_invite_read(&invite, covey_bytes_of_text(
                                                    vector_text(one, "uri"))),
                     COVEY_OK);
        cr_assert_eq(invite.role, vector_number(one, "role"));
        check_bytes(covey_bytes_of(invite.secret, 32),
                    vector_hex(one, "secret"));
        check_bytes(covey_bytes_of(invite.key_hash, 16),
                    vector_hex(one, "key_hash"));
        covey_invite_key_hash(hash, vector_hex(one, "signature_key"));
        check_bytes(covey_bytes_of(hash, 16), vector_hex(one, "key_hash"));
        check_bytes(covey_bytes_of((const uint8_t *)invite.relay,
                                   invite.relay_len),
                    covey_bytes_of_text(vector_text(one, "relay")));
        covey_invite_mailbox_seed(&seed, &invite);
        check_bytes(covey_bytes_of(seed.bytes, 32),
                    vector_hex(one, "mailbox_seed"));
        cr_assert_eq(json_array_size(vector_list(one, "sealed")), 2);
        json_array_foreach(vector_list(one, "sealed"), k, sealed)
        {
            check_sealed(&invite, sealed);
        }
    }
    cr_assert_eq(json_array_size(vector_list(root, "refused")), 12);
    json_array_foreach(vector_list(root, "refused"), i, one)
    {
        cr_assert_eq(covey_invite_read(&invite, covey_bytes_of_text(
                                                    vector_text(one, "uri"))),
                     COVEY_ERR_INVITE, "%s", vector_text(one, "why"));
    }
}

/* ---- numbers ---- */

static unsigned remainder_of(covey_bytes bytes, unsigned by)
{
    unsigned rest = 0;

    for (size_t i = 0; i < bytes.len; i++)
        rest = (rest * 256 + bytes.at[i]) % by;
    return rest;
}

/* RFC 9420 section 8.5. */
static covey_bytes export_digits(covey_bytes exporter_secret)
{
    const covey_secret secret = secret_of(exporter_secret);
    uint8_t *at = test_alloc(8);
    covey_secret derived;
    covey_digest context;
    covey_hash hash;

    covey_derive_secret(&derived, &secret, "covey digits");
    covey_hash_begin(&hash);
    covey_hash_end(&hash, &context);
    cr_assert_eq(covey_expand_with_label(at, 8, &derived, "exported",
                                         covey_digest_bytes(&context)),
                 COVEY_OK);
    return covey_bytes_of(at, 8);
}

Test(own_circle, numbers)
{
    const json_t *root = vectors_open("numbers.json");
    const json_t *one;
    size_t i;

    cr_assert_eq(json_array_size(root), 4);
    json_array_foreach(root, i, one)
    {
        covey_bytes exported = vector_hex(one, "exported");
        covey_bytes authenticator = vector_hex(one, "epoch_authenticator");
        char text[64];

        check_bytes(export_digits(vector_hex(one, "exporter_secret")),
                    exported);
        (void)snprintf(text, sizeof text, "%06u",
                       remainder_of(exported, 1000000));
        cr_assert_str_eq(text, vector_text(one, "digits"));
        for (size_t k = 0; k < 6; k++) {
            (void)snprintf(text + 6 * k, 7, "%05u%s",
                           remainder_of(covey_bytes_of(authenticator.at + 5 * k,
                                                       5),
                                        100000),
                           k < 5 ? " " : "");
        }
        cr_assert_str_eq(text, vector_text(one, "safety_number"));
    }
}
