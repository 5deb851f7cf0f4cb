/* SPEC.md section 2.2: the roster. */
#include "circle/roster.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

static covey_member_id id_of(size_t number)
{
    covey_member_id id;

    memset(id.bytes, (int)number + 1, sizeof id.bytes);
    return id;
}

static covey_roster_member entry(size_t number, uint8_t person, uint8_t role,
                                 uint8_t votes, uint32_t expires_h)
{
    return (covey_roster_member){id_of(number), person, role, votes, expires_h};
}

/* A watch, two phones of one guardian, another, a carer, a friend. */
static covey_roster family(void)
{
    static const char relays[] = "\x09one.relay\x0ftwo.relay:443/c";
    covey_roster r = {
        .next_person = 6,
        .num_members = 6,
        .num_announcements = 1,
        .num_documents = 2,
        .relays_len = sizeof relays - 1,
        .members = {entry(0, 0, COVEY_ROLE_WEARER, 0, 0),
                    entry(1, 1, COVEY_ROLE_GUARDIAN, 1, 0),
                    entry(2, 1, COVEY_ROLE_GUARDIAN, 1, 0),
                    entry(3, 2, COVEY_ROLE_GUARDIAN, 0, 0),
                    entry(4, 4, COVEY_ROLE_CARER, 0, 490000),
                    entry(5, 5, COVEY_ROLE_FRIEND, 0, 0)},
        .announcements = {{3, id_of(1), id_of(3)}},
        .documents = {{1, 0x01020304, {9, 8}}, {200, 1, {7}}},
    };

    memcpy(r.relays, relays, sizeof relays - 1);
    return r;
}

static covey_bytes encode(const covey_roster *roster)
{
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);

    covey_roster_write(&w, roster);
    cr_assert_not(w.failed);
    return covey_writer_since(&w, 0);
}

static int decode(covey_roster *out, covey_bytes data)
{
    int err = covey_roster_read(out, guard_copy(data));

    if (err) {
        cr_assert_eq(err, COVEY_ERR_ROSTER);
        cr_assert(test_is_zero(out, sizeof *out), "something is left");
    }
    guard_free_all();
    return err;
}

/* Field by field: there are bytes between them. */
static bool same(const covey_roster *a, const covey_roster *b)
{
    bool alike = a->next_person == b->next_person &&
                 a->num_members == b->num_members &&
                 a->num_announcements == b->num_announcements &&
                 a->num_documents == b->num_documents &&
                 a->relays_len == b->relays_len &&
                 memcmp(a->relays, b->relays, sizeof a->relays) == 0;

    for (size_t i = 0; alike && i < a->num_members; i++) {
        const covey_roster_member *m = &a->members[i];
        const covey_roster_member *n = &b->members[i];

        alike = memcmp(&m->id, &n->id, sizeof m->id) == 0 &&
                m->person == n->person && m->role == n->role &&
                m->votes == n->votes && m->expires_h == n->expires_h;
    }
    for (size_t i = 0; alike && i < a->num_announcements; i++) {
        const covey_roster_announcement *m = &a->announcements[i];
        const covey_roster_announcement *n = &b->announcements[i];

        alike = m->kind == n->kind &&
                memcmp(&m->target, &n->target, sizeof m->target) == 0 &&
                memcmp(&m->by, &n->by, sizeof m->by) == 0;
    }
    for (size_t i = 0; alike && i < a->num_documents; i++) {
        const covey_roster_document *m = &a->documents[i];
        const covey_roster_document *n = &b->documents[i];

        alike = m->kind == n->kind && m->version == n->version &&
                memcmp(m->hash, n->hash, sizeof m->hash) == 0;
    }
    return alike;
}

static void check_round_trip(const covey_roster *roster)
{
    covey_roster read;

    cr_assert_eq(decode(&read, encode(roster)), COVEY_OK);
    cr_assert(same(&read, roster));
}

static void check_refused(const covey_roster *roster, const char *why)
{
    covey_roster read;

    cr_assert_eq(decode(&read, encode(roster)), COVEY_ERR_ROSTER, "%s", why);
}

/* ---- the bytes ---- */

Test(circle_roster, the_bytes_of_the_specification)
{
    const covey_roster r = {
        .next_person = 3,
        .num_members = 2,
        .num_announcements = 1,
        .num_documents = 1,
        .relays_len = 4,
        .members = {entry(0, 0, COVEY_ROLE_WEARER, 0, 0),
                    entry(1, 2, COVEY_ROLE_CARER, 0, 0x01020304)},
        .announcements = {{9, id_of(0), id_of(1)}},
        .documents = {{7, 0x0a0b0c0d, {1, 2, 3}}},
        .relays = "\x03r:1",
    };

    check_bytes(encode(&r),
                hex("01 03"
                    "2e 01010101010101010101010101010101 00 01 00 00000000"
                    "   02020202020202020202020202020202 02 03 00 01020304"
                    "21 09 01010101010101010101010101010101"
                    "      02020202020202020202020202020202"
                    "15 07 0a0b0c0d 01020300000000000000000000000000"
                    "04 03 723a31"));
    check_round_trip(&r);
}

Test(circle_roster, round_trips)
{
    const covey_roster empty = {.next_person = 0};
    covey_roster r = family();

    check_round_trip(&empty);
    check_round_trip(&r);
    r.relays_len = 0;
    memset(r.relays, 0, sizeof r.relays);
    check_round_trip(&r);
    for (; r.num_members > 0; r.num_members--) {
        memset(&r.members[r.num_members], 0, sizeof r.members[0]);
        check_round_trip(&r);
    }
}

/* Everything as full as it may be. */
static covey_roster largest(void)
{
    covey_roster r = {.next_person = 255,
                      .num_members = COVEY_ROSTER_MEMBERS_MAX,
                      .num_announcements = COVEY_ROSTER_ANNOUNCEMENTS_MAX,
                      .num_documents = COVEY_ROSTER_DOCUMENTS_MAX,
                      .relays_len = COVEY_ROSTER_RELAYS_MAX};

    for (size_t i = 0; i < r.num_members; i++) {
        r.members[i] =
            entry(i, (uint8_t)(200 + i / 4), COVEY_ROLE_GUARDIAN, i < 8, 0);
    }
    for (size_t i = 0; i < r.num_announcements; i++) {
        r.announcements[i] =
            (covey_roster_announcement){255, id_of(i), id_of(20)};
    }
    for (size_t i = 0; i < r.num_documents; i++) {
        r.documents[i].kind = (uint8_t)(255 - i);
        r.documents[i].version = UINT32_MAX;
    }
    memset(r.relays, '~', sizeof r.relays);
    r.relays[0] = 63;
    r.relays[64] = 63;
    return r;
}

Test(circle_roster, the_largest_fits_into_the_extensions_of_a_group)
{
    const covey_roster r = largest();
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);

    check_round_trip(&r);
    covey_roster_write_extensions(&w, &r);
    cr_assert_eq(w.len, 810); /* as SPEC.md says */
    cr_assert_leq(w.len, COVEY_MLS_EXTENSIONS_MAX);
}

Test(circle_roster, one_more_of_anything_is_refused)
{
    covey_roster r = largest();
    covey_bytes data = encode(&r);
    covey_roster read;
    const struct {
        size_t list;  /* which, by order */
        size_t extra; /* bytes of one more */
    } lists[] = {{0, 23}, {1, 33}, {2, 21}, {3, 1}};

    for (size_t l = 0; l < 4; l++) {
        covey_reader in = covey_reader_of(data);
        covey_writer w = covey_writer_of(test_alloc(2048), 2048);

        covey_write_u8(&w, covey_read_u8(&in));
        covey_write_u8(&w, covey_read_u8(&in));
        for (size_t i = 0; i < 4; i++) {
            covey_bytes list = covey_read_vec(&in);
            size_t mark = covey_write_vec_open(&w);

            covey_write_fixed(&w, list);
            if (i == lists[l].list) {
                uint8_t more[33];

                /* Another id, or kind; the rest as it was. */
                covey_copy(more, list.at, lists[l].extra);
                memset(more, i == 2 ? 1 : i == 3 ? 0 : 99, i == 0 ? 16 : 1);
                covey_write_fixed(&w, covey_bytes_of(more, lists[l].extra));
            }
            covey_write_vec_close(&w, mark);
        }
        cr_assert_eq(decode(&read, covey_writer_since(&w, 0)), COVEY_ERR_ROSTER,
                     "list %zu", l);
    }
}

/* A seventeenth member of another person, so that nothing else is wrong. */
Test(circle_roster, sixteen_members_and_no_more)
{
    const covey_roster_member more = entry(16, 254, COVEY_ROLE_FRIEND, 0, 0);
    covey_roster r = largest();
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);
    covey_roster read;

    cr_assert_eq(covey_roster_add(&r, &more), COVEY_ERR_CAPACITY);
    covey_write_u8(&w, 1);
    covey_write_u8(&w, 255);
    size_t mark = covey_write_vec_open(&w);
    for (size_t i = 0; i < 17; i++) {
        covey_member_id id = id_of(i);

        covey_write_fixed(&w, covey_member_id_bytes(&id));
        covey_write_u8(&w, (uint8_t)(1 + i));
        covey_write_u8(&w, COVEY_ROLE_FRIEND);
        covey_write_u8(&w, 0);
        covey_write_u32(&w, 0);
        if (i != 15) continue;
        /* Sixteen of them are well. */
        covey_writer half = w;
        half.at = test_alloc(2048);
        covey_copy(half.at, w.at, w.len);
        covey_write_vec_close(&half, mark);
        covey_write_u8(&half, 0);
        covey_write_u8(&half, 0);
        covey_write_u8(&half, 0);
        cr_assert_eq(decode(&read, covey_writer_since(&half, 0)), COVEY_OK);
    }
    covey_write_vec_close(&w, mark);
    covey_write_u8(&w, 0);
    covey_write_u8(&w, 0);
    covey_write_u8(&w, 0);
    cr_assert_eq(decode(&read, covey_writer_since(&w, 0)), COVEY_ERR_ROSTER);
}

/* ---- validity ---- */

Test(circle_roster, ids_are_unique)
{
    covey_roster r = family();

    r.members[5].id = r.members[0].id;
    check_refused(&r, "first and last");
    r = family();
    r.members[2].id = r.members[1].id;
    check_refused(&r, "of one person");
    r = family();
    r.members[2].id.bytes[15] ^= 1;
    check_round_trip(&r);
}

Test(circle_roster, there_is_at_most_one_wearer_and_it_is_person_0)
{
    covey_roster r = family();

    r.members[5] = entry(5, 0, COVEY_ROLE_WEARER, 0, 0);
    check_refused(&r, "two");
    r = family();
    r.members[0].person = 3;
    check_refused(&r, "another person");
    r = family();
    r.members[5].person = 0;
    check_refused(&r, "a friend as person 0");
    r = family();
    r.members[0] = entry(0, 0, COVEY_ROLE_GUARDIAN, 1, 0);
    check_refused(&r, "a guardian as person 0");
    r = family();
    r.members[0] = entry(0, 3, COVEY_ROLE_FRIEND, 0, 0);
    check_round_trip(&r);
}

Test(circle_roster, persons_are_below_the_next)
{
    covey_roster r = family();

    r.next_person = 5;
    check_refused(&r, "equal");
    r.next_person = 0;
    check_refused(&r, "zero");
    r.next_person = 255;
    check_round_trip(&r);
    r.members[5].person = 255;
    check_refused(&r, "255 is never given");
    r.members[5].person = 254;
    check_round_trip(&r);
}

Test(circle_roster, phones_of_a_person_have_one_role_and_vote)
{
    covey_roster r = family();

    r.members[2].votes = 0;
    check_refused(&r, "votes");
    r = family();
    r.members[2] = entry(2, 1, COVEY_ROLE_FRIEND, 0, 0);
    r.members[1].votes = 0;
    check_refused(&r, "roles");
    r.members[2].role = COVEY_ROLE_GUARDIAN;
    check_round_trip(&r);
}

Test(circle_roster, a_person_has_at_most_four_phones)
{
    covey_roster r = {.next_person = 3, .num_members = 6};

    for (size_t i = 0; i < 6; i++) {
        r.members[i] = entry(i, i % 3 == 2 ? 2 : 1, COVEY_ROLE_GUARDIAN, 0, 0);
    }
    check_round_trip(&r);
    r.members[2].person = 1;
    check_refused(&r, "five");
}

Test(circle_roster, only_guardians_vote)
{
    for (uint8_t role = 1; role <= 4; role++) {
        for (unsigned votes = 0; votes < 256; votes++) {
            covey_roster r = {.next_person = 2, .num_members = 1};

            r.members[0] = entry(0, role != COVEY_ROLE_WEARER, role,
                                 (uint8_t)votes, role == COVEY_ROLE_CARER);
            if (votes == 0 || (votes == 1 && role == COVEY_ROLE_GUARDIAN)) {
                check_round_trip(&r);
            } else {
                check_refused(&r, "votes");
            }
            test_free_all();
        }
    }
}

Test(circle_roster, exactly_carers_expire)
{
    static const size_t others[] = {0, 1, 3, 5};
    covey_roster r = family();

    r.members[4].expires_h = 0;
    check_refused(&r, "a carer for ever");
    for (size_t i = 0; i < 4; i++) {
        r = family();
        r.members[others[i]].expires_h = 490000;
        check_refused(&r, "another that expires");
    }
}

Test(circle_roster, T47_there_are_four_roles)
{
    for (unsigned role = 0; role < 256; role++) {
        covey_roster r = {.next_person = 2, .num_members = 1};

        r.members[0] = entry(0, role != COVEY_ROLE_WEARER, (uint8_t)role, 0,
                             role == COVEY_ROLE_CARER);
        if (role >= 1 && role <= 4) {
            check_round_trip(&r);
        } else {
            check_refused(&r, "role");
        }
    }
}

Test(circle_roster, each_kind_of_document_is_there_once)
{
    covey_roster r = family();

    r.documents[1].kind = r.documents[0].kind;
    check_refused(&r, "twice");
}

Test(circle_roster, relays_are_visible_ascii)
{
    for (unsigned c = 0; c < 256; c++) {
        covey_roster r = family();

        r.relays[5] = (uint8_t)c;
        if (c > ' ' && c <= '~') {
            check_round_trip(&r);
        } else {
            check_refused(&r, "relay");
        }
    }
}

Test(circle_roster, relays_have_a_length_that_fits)
{
    covey_roster r = family();

    r.relays[0] = 0;
    check_refused(&r, "empty, and then others");
    r = family();
    r.relays_len--;
    check_refused(&r, "cut");
    r = family();
    r.relays[r.relays_len++] = 0;
    check_refused(&r, "an empty one at the end");
    r = family();
    memcpy(r.relays, "\x40\x01x", 3); /* two bytes where one does */
    r.relays_len = 3;
    check_refused(&r, "not the shortest");
    r = family();
    memset(r.relays, 'x', sizeof r.relays);
    r.relays[0] = 0x40;
    r.relays[1] = 126;
    r.relays_len = 128;
    check_round_trip(&r);
}

Test(circle_roster, the_version_is_one)
{
    const covey_roster r = family();
    uint8_t *data = test_copy(encode(&r));
    size_t len = encode(&r).len;
    covey_roster read;

    for (unsigned version = 0; version < 256; version++) {
        data[0] = (uint8_t)version;
        cr_assert_eq(decode(&read, covey_bytes_of(data, len)) == COVEY_OK,
                     version == 1);
    }
}

/* ---- any bytes ---- */

Test(circle_roster, every_truncation_and_one_byte_more_is_refused)
{
    const covey_roster rosters[] = {family(), largest(), {.next_person = 0}};

    for (size_t i = 0; i < 3; i++) {
        covey_bytes data = encode(&rosters[i]);
        uint8_t *longer = test_alloc(data.len + 1);
        covey_roster read;

        for (size_t len = 0; len < data.len; len++) {
            cr_assert_eq(decode(&read, covey_bytes_of(data.at, len)),
                         COVEY_ERR_ROSTER, "%zu", len);
        }
        covey_copy(longer, data.at, data.len);
        cr_assert_eq(decode(&read, covey_bytes_of(longer, data.len + 1)),
                     COVEY_ERR_ROSTER);
    }
}

/* What is read is written again in the same bytes: there is one encoding. */
static void check_canonical(covey_bytes data)
{
    covey_roster read;

    if (decode(&read, data) == COVEY_OK) check_bytes(encode(&read), data);
}

Test(circle_roster, every_bit_flip_is_refused_or_another_roster)
{
    const covey_roster r = family();
    covey_bytes data = encode(&r);

    for (size_t bit = 0; bit < 8 * data.len; bit++) {
        uint8_t *copy = test_copy(data);
        covey_roster read;

        test_flip(copy, bit);
        if (decode(&read, covey_bytes_of(copy, data.len)) == COVEY_OK) {
            cr_assert_not(same(&read, &r));
        }
        check_canonical(covey_bytes_of(copy, data.len));
    }
}

Test(circle_roster, random_changes_leave_one_encoding)
{
    test_choices choices = test_choices_of(7);

    for (unsigned round = 0; round < 3000; round++) {
        const covey_roster r = round % 2 ? family() : largest();
        covey_bytes data = encode(&r);
        uint8_t *copy = test_copy(data);

        for (uint32_t n = test_below(&choices, 6); n > 0; n--) {
            copy[test_below(&choices, (uint32_t)data.len)] =
                (uint8_t)test_choice(&choices);
        }
        check_canonical(
            covey_bytes_of(copy, test_below(&choices, (uint32_t)data.len + 1)));
        check_canonical(covey_bytes_of(copy, data.len));
        test_free_all();
    }
}

/* ---- among extensions ---- */

static int read_of(covey_bytes extensions)
{
    covey_roster read;
    int err;

    memset(&read, 0xaa, sizeof read);
    err = covey_roster_of(&read, guard_copy(extensions));
    guard_free_all();
    cr_assert(err == COVEY_OK || test_is_zero(&read, sizeof read));
    return err;
}

Test(circle_roster, it_is_the_only_extension)
{
    const covey_roster r = family();
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);

    covey_roster_write_extensions(&w, &r);
    covey_bytes one = covey_writer_since(&w, 0);
    cr_assert_eq(one.at[0], 0xf0);
    cr_assert_eq(one.at[1], 0xc0);
    cr_assert_eq(read_of(one), COVEY_OK);
    covey_write_fixed(&w, hex("ff0100"));
    cr_assert_eq(read_of(covey_writer_since(&w, 0)), COVEY_ERR_ROSTER);
    cr_assert_eq(read_of(covey_bytes_of(NULL, 0)), COVEY_ERR_ROSTER);

    for (size_t len = 0; len < one.len; len++) {
        cr_assert_eq(read_of(covey_bytes_of(one.at, len)), COVEY_ERR_ROSTER);
    }
    for (size_t bit = 0; bit < 16; bit++) {
        uint8_t *copy = test_copy(one);

        test_flip(copy, bit);
        cr_assert_eq(read_of(covey_bytes_of(copy, one.len)), COVEY_ERR_ROSTER);
    }
}

Test(circle_roster, twice_is_not_once)
{
    const covey_roster r = family();
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);

    covey_roster_write_extensions(&w, &r);
    covey_roster_write_extensions(&w, &r);
    cr_assert_eq(read_of(covey_writer_since(&w, 0)), COVEY_ERR_ROSTER);
}

/* ---- changing ---- */

Test(circle_roster, find_add_and_drop)
{
    covey_roster r = family();

    for (size_t i = 0; i < 6; i++) {
        const covey_member_id id = id_of(i);

        cr_assert_eq(covey_roster_find(&r, covey_member_id_bytes(&id)),
                     &r.members[i]);
        cr_assert_null(covey_roster_find(&r, covey_bytes_of(id.bytes, 15)));
    }
    cr_assert_null(covey_roster_find(&r, covey_bytes_of(NULL, 0)));

    const covey_member_id third = id_of(2);
    const covey_member_id none = id_of(17);
    const covey_roster_member friend = entry(17, 5, COVEY_ROLE_FRIEND, 0, 0);

    cr_assert_not(covey_roster_drop(&r, &none));
    cr_assert(covey_roster_drop(&r, &third));
    cr_assert_not(covey_roster_drop(&r, &third));
    cr_assert_eq(r.num_members, 5);
    cr_assert_arr_eq(r.members[2].id.bytes, id_of(3).bytes, 16);
    cr_assert_arr_eq(r.members[4].id.bytes, id_of(5).bytes, 16);
    cr_assert_eq(covey_roster_add(&r, &friend), COVEY_OK);
    cr_assert_arr_eq(r.members[5].id.bytes, none.bytes, 16);
    while (r.num_members < COVEY_ROSTER_MEMBERS_MAX) {
        cr_assert_eq(covey_roster_add(&r, &friend), COVEY_OK);
    }
    cr_assert_eq(covey_roster_add(&r, &friend), COVEY_ERR_CAPACITY);
    cr_assert_eq(r.num_members, COVEY_ROSTER_MEMBERS_MAX);
}
