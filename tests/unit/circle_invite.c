/* SPEC.md section 2.6: the URI, its keys, and what is sealed under them. */
#include "circle/invite.h"

#include <covey/error.h>
#include <covey/mls.h>
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

#include "mls/key_package.h"
#include "mls/message.h"
#include "mls/types.h"
#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

static covey_invite invite_of(uint8_t role, const char *relay)
{
    covey_invite invite = {.role = role};

    for (size_t i = 0; i < sizeof invite.secret; i++) {
        invite.secret[i] = (uint8_t)(7 * i + 1);
    }
    memset(invite.key_hash, 0xa5, sizeof invite.key_hash);
    invite.relay_len = (uint8_t)strlen(relay);
    memcpy(invite.relay, relay, strlen(relay));
    return invite;
}

static covey_invite usual(void)
{
    return invite_of(COVEY_ROLE_WEARER, "relay.example:8443/covey");
}

static char *write_uri(const covey_invite *invite)
{
    char *uri = (char *)test_alloc(COVEY_INVITE_URI_MAX);
    size_t len = 0;

    cr_assert_eq(covey_invite_write(uri, COVEY_INVITE_URI_MAX, &len, invite),
                 COVEY_OK);
    cr_assert_eq(strlen(uri), len);
    return uri;
}

static int read_len(covey_invite *invite, const char *uri, size_t len)
{
    int err;

    memset(invite, 0xcc, sizeof *invite);
    covey_invite untouched = *invite;
    err = covey_invite_read(invite,
                            guard_copy(
                                covey_bytes_of((const uint8_t *)uri, len)));
    guard_free_all();
    if (err) {
        cr_assert_eq(err, COVEY_ERR_INVITE);
        cr_assert_arr_eq(invite, &untouched, sizeof untouched);
    }
    return err;
}

static int read_uri(covey_invite *invite, const char *uri)
{
    return read_len(invite, uri, strlen(uri));
}

/* The test's own base32, of any bytes, with any bits behind the last. */
static char *uri_of(covey_bytes body, unsigned last_bits)
{
    char *uri = (char *)test_alloc(8 + body.len * 2);
    size_t at = 6;
    size_t num_bits = body.len * 8;

    memcpy(uri, "COVEY:", 6);
    for (size_t bit = 0; bit < num_bits; bit += 5) {
        unsigned value = 0;

        for (size_t i = bit; i < bit + 5; i++) {
            unsigned one = i < num_bits
                               ? (unsigned)body.at[i / 8] >> (7 - i % 8) & 1u
                               : last_bits >> (bit + 4 - i) & 1u;
            value = value << 1 | one;
        }
        uri[at++] = LETTERS[value];
    }
    uri[at] = 0;
    return uri;
}

static covey_bytes body_of(const covey_invite *invite)
{
    covey_writer w = covey_writer_of(test_alloc(512), 512);

    covey_write_u8(&w, 1);
    covey_write_u8(&w, invite->role);
    covey_write_fixed(&w, covey_bytes_of(invite->secret, 32));
    covey_write_fixed(&w, covey_bytes_of(invite->key_hash, 16));
    covey_write_fixed(&w, covey_bytes_of(invite->relay, invite->relay_len));
    return covey_writer_since(&w, 0);
}

/* ---- the URI ---- */

Test(circle_invite, the_uri_is_what_the_specification_says)
{
    const covey_invite invite = usual();
    const char *uri = write_uri(&invite);

    cr_assert_str_eq(uri, uri_of(body_of(&invite), 0));
    for (const char *c = uri; *c != 0; c++) {
        /* The alphanumeric mode of a QR code, ISO/IEC 18004. */
        cr_assert_not_null(
            strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", *c));
    }
}

Test(circle_invite, round_trips_in_either_case)
{
    for (uint8_t role = 1; role <= 4; role++) {
        for (size_t len = 1; len <= COVEY_INVITE_RELAY_MAX; len++) {
            char relay[COVEY_INVITE_RELAY_MAX + 1] = {0};
            covey_invite read;

            memset(relay, 'a' + (int)(len % 26), len);
            const covey_invite invite = invite_of(role, relay);
            char *uri = write_uri(&invite);
            cr_assert_eq(read_uri(&read, uri), COVEY_OK);
            cr_assert_arr_eq(&read, &invite, sizeof read);
            for (char *c = uri; *c != 0; c++) *c = (char)tolower(*c);
            cr_assert_eq(read_uri(&read, uri), COVEY_OK);
            cr_assert_arr_eq(&read, &invite, sizeof read);
            for (char *c = uri; *c != 0; c += 2) *c = (char)toupper(*c);
            cr_assert_eq(read_uri(&read, uri), COVEY_OK);
            cr_assert_arr_eq(&read, &invite, sizeof read);
        }
        test_free_all();
    }
}

Test(circle_invite, the_longest_uri_has_room)
{
    char relay[COVEY_INVITE_RELAY_MAX + 1] = {0};
    char uri[COVEY_INVITE_URI_MAX + 1];
    size_t len = 99;

    memset(relay, 'x', COVEY_INVITE_RELAY_MAX);
    covey_invite invite = invite_of(1, relay);
    size_t need = 6 + (114 * 8 + 4) / 5 + 1;
    cr_assert_leq(need, COVEY_INVITE_URI_MAX);
    for (size_t cap = 0; cap < need; cap++) {
        cr_assert_eq(covey_invite_write(uri, cap, &len, &invite),
                     COVEY_ERR_BUFFER);
    }
    cr_assert_eq(len, 99);
    char *exact = (char *)guard_end(need);
    cr_assert_eq(covey_invite_write(exact, need, &len, &invite), COVEY_OK);
    cr_assert_eq(len, need - 1);
    invite.relay_len = COVEY_INVITE_RELAY_MAX + 1;
    cr_assert_eq(covey_invite_write(uri, sizeof uri, &len, &invite),
                 COVEY_ERR_BUFFER);
}

/* Every character in every place. */
Test(circle_invite, one_wrong_character_is_refused_or_another_invite)
{
    const covey_invite invite = usual();
    const char *uri = write_uri(&invite);
    size_t len = strlen(uri);
    char copy[COVEY_INVITE_URI_MAX];

    for (size_t at = 0; at < len; at++) {
        for (unsigned c = 0; c < 256; c++) {
            covey_invite read;
            bool letter = at >= 6 && c != 0 && c < 128 &&
                          strchr(LETTERS, toupper((int)c)) != NULL;

            memcpy(copy, uri, len + 1);
            copy[at] = (char)c;
            if (toupper((int)c) == uri[at]) {
                cr_assert_eq(read_len(&read, copy, len), COVEY_OK);
                cr_assert_arr_eq(&read, &invite, sizeof read);
                continue;
            }
            int err = read_len(&read, copy, len);
            cr_assert(letter || err != COVEY_OK, "%zu: %02x", at, c);
            if (err == COVEY_OK) {
                cr_assert_arr_neq(&read, &invite, sizeof read);
            }
        }
    }
}

Test(circle_invite, every_truncation_and_a_letter_more)
{
    const covey_invite invite = usual();
    const char *uri = write_uri(&invite);
    char copy[COVEY_INVITE_URI_MAX + 2];
    covey_invite read;
    size_t shortest = 6 + (51 * 8 + 4) / 5;

    for (size_t len = 0; len < strlen(uri); len++) {
        int err = read_len(&read, uri, len);

        /* Shorter relays are relays, where the bits end with a byte. */
        if (len < shortest) cr_assert_eq(err, COVEY_ERR_INVITE);
        if (err == COVEY_OK) cr_assert_lt(read.relay_len, invite.relay_len);
    }
    for (const char *c = LETTERS; *c != 0; c++) {
        (void)snprintf(copy, sizeof copy, "%s%c", uri, *c);
        if (read_uri(&read, copy) == COVEY_OK) {
            cr_assert_gt(read.relay_len, invite.relay_len);
        }
    }
}

Test(circle_invite, the_bits_behind_the_last_byte_are_zero)
{
    static const char *const relays[] = {"r", "re", "rel", "rela", "relay"};
    unsigned num_spare = 0;

    for (size_t i = 0; i < 5; i++) {
        const covey_invite invite = invite_of(2, relays[i]);
        covey_bytes body = body_of(&invite);
        unsigned spare = (unsigned)((5 - body.len * 8 % 5) % 5);
        covey_invite read;

        num_spare += spare;
        cr_assert_eq(read_uri(&read, uri_of(body, 0)), COVEY_OK);
        for (unsigned bits = 1; bits < 1u << spare; bits++) {
            cr_assert_eq(read_uri(&read, uri_of(body, bits)), COVEY_ERR_INVITE);
        }
    }
    cr_assert_eq(num_spare, 1 + 2 + 3 + 4);
}

/* A letter more than the bytes need, of zero bits: two URIs for one. */
Test(circle_invite, no_letter_stands_for_nothing)
{
    static const char *const relays[] = {"r", "re", "rel", "rela", "relay"};

    for (size_t i = 0; i < 5; i++) {
        const covey_invite invite = invite_of(2, relays[i]);
        char uri[COVEY_INVITE_URI_MAX + 8];
        covey_invite read;

        (void)snprintf(uri, sizeof uri, "%sA", write_uri(&invite));
        int err = read_uri(&read, uri);
        cr_assert_eq(err, COVEY_ERR_INVITE);
        strcat(uri, "=");
        cr_assert_eq(read_uri(&read, uri), COVEY_ERR_INVITE);
    }
}

Test(circle_invite, versions_and_roles)
{
    const covey_invite invite = usual();
    uint8_t *body = test_copy(body_of(&invite));
    size_t len = body_of(&invite).len;
    covey_invite read;

    for (unsigned version = 0; version < 256; version++) {
        body[0] = (uint8_t)version;
        cr_assert_eq(read_uri(&read, uri_of(covey_bytes_of(body, len), 0)),
                     version == 1 ? COVEY_OK : COVEY_ERR_INVITE);
    }
    body[0] = 1;
    for (unsigned role = 0; role < 256; role++) {
        body[1] = (uint8_t)role;
        cr_assert_eq(read_uri(&read, uri_of(covey_bytes_of(body, len), 0)),
                     role >= 1 && role <= 4 ? COVEY_OK : COVEY_ERR_INVITE);
    }
}

/* In the name of a host, or after its first letter, where a path begins. */
static bool may_stand(char c, bool first)
{
    return c != '\0' &&
           (strchr("abcdefghijklmnopqrstuvwxyz0123456789-._", c) != NULL ||
            (c == '/' && !first));
}

Test(circle_invite, the_relay_is_a_name_of_1_to_64_characters)
{
    const covey_invite invite = usual();
    covey_bytes whole = body_of(&invite);
    uint8_t body[300];
    covey_invite read;

    covey_copy(body, whole.at, 50);
    memset(body + 50, 'x', sizeof body - 50);
    for (size_t len = 0; len <= 80; len++) {
        cr_assert_eq(read_uri(&read, uri_of(covey_bytes_of(body, 50 + len), 0)),
                     len >= 1 && len <= 64 ? COVEY_OK : COVEY_ERR_INVITE);
    }
    cr_assert_eq(read_uri(&read, uri_of(covey_bytes_of(body, 300), 0)),
                 COVEY_ERR_INVITE);
    for (size_t at = 50; at < 60; at++) {
        for (unsigned c = 0; c < 256; c++) {
            body[at] = (uint8_t)c;
            cr_assert_eq(read_uri(&read, uri_of(covey_bytes_of(body, 60), 0)),
                         may_stand((char)c, at == 50) ? COVEY_OK
                                                      : COVEY_ERR_INVITE);
        }
        body[at] = 'x';
        test_free_all();
    }
}

Test(circle_invite, random_bytes_are_read_in_one_way)
{
    test_choices choices = test_choices_of(3);

    for (unsigned round = 0; round < 5000; round++) {
        char uri[COVEY_INVITE_URI_MAX] = "COVEY:";
        size_t num = test_below(&choices, COVEY_INVITE_URI_MAX - 6);
        covey_invite read;

        for (size_t i = 0; i < num; i++) {
            uri[6 + i] = LETTERS[test_below(&choices, 32)];
        }
        /* Version 1, and a role. */
        if (num > 4) memcpy(uri + 6, "AEB", 3);
        if (read_uri(&read, uri) == COVEY_OK) {
            cr_assert_str_eq(write_uri(&read), uri);
        }
        test_free_all();
    }
}

/* ---- keys ---- */

static covey_secret key_for(const covey_invite *invite, const char *purpose)
{
    const covey_bytes ikm = covey_bytes_of(invite->secret, 32);
    const covey_bytes info = covey_bytes_of_text(purpose);
    covey_secret prk;
    covey_secret out;

    covey_hkdf_extract(&prk, covey_bytes_of_text("covey invite 1"), &ikm, 1);
    cr_assert_eq(covey_hkdf_expand(out.bytes, sizeof out.bytes, &prk, &info, 1),
                 COVEY_OK);
    return out;
}

Test(circle_invite, each_purpose_and_each_secret_has_its_key)
{
    const covey_invite invite = usual();
    covey_invite other = usual();
    covey_secret seed;
    covey_secret other_seed;

    other.secret[31] ^= 1;
    covey_invite_mailbox_seed(&seed, &invite);
    covey_invite_mailbox_seed(&other_seed, &other);
    const covey_secret mailbox = key_for(&invite, "mailbox");
    const covey_secret package = key_for(&invite, "key package");
    const covey_secret welcome = key_for(&invite, "welcome");

    cr_assert_arr_eq(seed.bytes, mailbox.bytes, 32);
    cr_assert_arr_neq(seed.bytes, other_seed.bytes, 32);
    cr_assert_arr_neq(mailbox.bytes, package.bytes, 32);
    cr_assert_arr_neq(mailbox.bytes, welcome.bytes, 32);
    cr_assert_arr_neq(package.bytes, welcome.bytes, 32);
    cr_assert_arr_neq(seed.bytes, invite.secret, 32);
    /* The role, hash and relay do not come in. */
    other = usual();
    other.role = 2;
    other.key_hash[0] ^= 1;
    covey_invite_mailbox_seed(&other_seed, &other);
    cr_assert_arr_eq(seed.bytes, other_seed.bytes, 32);
}

/* A relay in the middle that puts a KeyPackage of its own in the place. */
Test(circle_invite, T30_a_swapped_key_package_has_another_hash)
{
    test_random source = test_random_of(9);
    const covey_random random = test_random_hook(&source);
    uint8_t hashes[3][COVEY_INVITE_KEY_HASH_SIZE];

    for (size_t i = 0; i < 3; i++) {
        size_t size = covey_mls_joiner_size();
        size_t cap = covey_mls_key_package_size();
        covey_mls_joiner *joiner = covey_mls_joiner_at(test_alloc(size), size);
        covey_buffer out = {test_alloc(cap), cap, 0};
        uint8_t seed[32] = {(uint8_t)(i == 2 ? 1 : i + 1)};
        const covey_mls_member member = {.identity = covey_bytes_of_text(
                                             "0123456789abcdef"),
                                         .not_before_s = 1,
                                         .not_after_s = 2};
        covey_key_package package;
        covey_reader r;

        cr_assert_eq(covey_mls_joiner_new(joiner, &random, &member, seed, &out),
                     COVEY_OK);
        r = covey_reader_of(covey_bytes_of(out.at, out.len));
        (void)covey_read_message_head(&r);
        covey_read_key_package(&r, &package);
        cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
        covey_invite_key_hash(hashes[i], package.leaf.signature_key);
    }
    cr_assert_arr_neq(hashes[0], hashes[1], sizeof hashes[0]);
    cr_assert_arr_eq(hashes[0], hashes[2], sizeof hashes[0]);
}

Test(circle_invite, the_hash_is_half_of_sha_256)
{
    uint8_t hash[COVEY_INVITE_KEY_HASH_SIZE];

    /* FIPS 180-2, "abc". */
    covey_invite_key_hash(hash, covey_bytes_of_text("abc"));
    check_hex(hash, 16, "ba7816bf8f01cfea414140de5dae2223");
}

/* ---- sealed messages ---- */

static const size_t buckets[] = {1024, 2048, 4096, 8192, 16384};

static covey_bytes seal_by(const covey_invite *invite, covey_invite_way way,
                           test_random *source, covey_bytes message)
{
    const covey_random random = test_random_hook(source);
    size_t cap = covey_invite_sealed_len(message.len);
    uint8_t *out = guard_end(cap);
    size_t len = 0;

    cr_assert_eq(covey_invite_seal(out, cap, &len, invite, way, &random,
                                   message),
                 COVEY_OK);
    cr_assert_eq(len, cap);
    return covey_bytes_of(out, len);
}

static covey_bytes seal(const covey_invite *invite, covey_invite_way way,
                        covey_bytes message)
{
    static test_random source = {5, 0, TEST_RANDOM_NEVER, false};

    return seal_by(invite, way, &source, message);
}

/* Opens it, and checks that nothing is left when it is refused. */
static int open_it(covey_bytes *message, const covey_invite *invite,
                   covey_invite_way way, covey_bytes sealed)
{
    uint8_t *out = test_alloc(sealed.len);
    int err = covey_invite_open(out, message, invite, way, sealed);

    if (err) cr_assert(test_is_zero(out, sealed.len), "something is left");
    return err;
}

static covey_bytes text_of(size_t len)
{
    uint8_t *at = test_alloc(len);

    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(i * 31 + 1);
    return covey_bytes_of(at, len);
}

Test(circle_invite, sealed_lengths_are_buckets)
{
    size_t bucket = 0;

    for (size_t len = 0; len <= 17000; len++) {
        size_t want = 0;

        for (bucket = 5; bucket-- > 0;) {
            if (len + 2 + 28 <= buckets[bucket]) want = buckets[bucket];
        }
        cr_assert_eq(covey_invite_sealed_len(len), want, "%zu", len);
    }
    cr_assert_eq(covey_invite_sealed_len(SIZE_MAX), 0);
    cr_assert_eq(covey_invite_sealed_len(SIZE_MAX - 29), 0);
}

Test(circle_invite, messages_of_all_sizes_are_opened_again)
{
    static const size_t lens[] = {0,    1,    2,    640,   993,
                                  994,  995,  2018, 2019,  4066,
                                  4067, 8162, 8163, 16353, 16354};
    const covey_invite invite = usual();

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (int way = 0; way < 2; way++) {
            covey_bytes text = text_of(lens[i]);
            covey_bytes sealed = seal(&invite, (covey_invite_way)way, text);
            covey_bytes message;

            cr_assert_eq(open_it(&message, &invite, (covey_invite_way)way,
                                 sealed),
                         COVEY_OK);
            check_bytes(message, text);
        }
        guard_free_all();
        test_free_all();
    }
}

Test(circle_invite, a_message_too_long_or_no_room)
{
    const covey_invite invite = usual();
    test_random source = test_random_of(1);
    covey_random random = test_random_hook(&source);
    uint8_t *out = test_alloc(16384);
    size_t len = 77;

    cr_assert_eq(covey_invite_seal(out, 16384, &len, &invite,
                                   COVEY_INVITE_WELCOME, &random,
                                   text_of(16355)),
                 COVEY_ERR_BUFFER);
    cr_assert_eq(covey_invite_seal(out, 1023, &len, &invite,
                                   COVEY_INVITE_WELCOME, &random, text_of(1)),
                 COVEY_ERR_BUFFER);
    cr_assert_eq(source.num_calls, 0);
    source.fail_at = 0;
    cr_assert_eq(covey_invite_seal(out, 16384, &len, &invite,
                                   COVEY_INVITE_WELCOME, &random, text_of(1)),
                 COVEY_ERR_RANDOM);
    cr_assert_eq(len, 77);
}

Test(circle_invite, each_bit_flip_is_refused)
{
    const covey_invite invite = usual();
    covey_bytes sealed = seal(&invite, COVEY_INVITE_KEY_PACKAGE, text_of(300));
    uint8_t *copy = test_copy(sealed);
    uint8_t *out = test_alloc(sealed.len);
    covey_bytes message;

    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        test_flip(copy, bit);
        cr_assert_eq(covey_invite_open(out, &message, &invite,
                                       COVEY_INVITE_KEY_PACKAGE,
                                       covey_bytes_of(copy, sealed.len)),
                     COVEY_ERR_AUTH);
        test_flip(copy, bit);
    }
}

Test(circle_invite, each_truncation_is_refused)
{
    const covey_invite invite = usual();
    covey_bytes sealed = seal(&invite, COVEY_INVITE_WELCOME, text_of(5));
    covey_bytes message;

    for (size_t len = 0; len < sealed.len; len++) {
        covey_bytes cut = guard_copy(covey_bytes_of(sealed.at, len));

        cr_assert_eq(open_it(&message, &invite, COVEY_INVITE_WELCOME, cut),
                     COVEY_ERR_AUTH);
        if (len % 64 == 63) test_free_all();
    }
}

Test(circle_invite, T30_the_other_ways_key_and_another_secret)
{
    const covey_invite invite = usual();
    covey_invite other = usual();
    covey_bytes package = seal(&invite, COVEY_INVITE_KEY_PACKAGE, text_of(5));
    covey_bytes welcome = seal(&invite, COVEY_INVITE_WELCOME, text_of(5));
    covey_bytes message;

    /* Reflected. */
    cr_assert_eq(open_it(&message, &invite, COVEY_INVITE_WELCOME, package),
                 COVEY_ERR_AUTH);
    cr_assert_eq(open_it(&message, &invite, COVEY_INVITE_KEY_PACKAGE, welcome),
                 COVEY_ERR_AUTH);
    /* Of another invite. */
    for (size_t bit = 0; bit < 256; bit++) {
        test_flip(other.secret, bit);
        cr_assert_eq(open_it(&message, &other, COVEY_INVITE_WELCOME, welcome),
                     COVEY_ERR_AUTH);
        test_flip(other.secret, bit);
    }
}

/* Who has the key seals what he likes. */
static covey_bytes craft(const covey_invite *invite, size_t sealed_len,
                         size_t len, size_t dirty)
{
    const covey_secret secret = key_for(invite, "welcome");
    uint8_t *out = test_alloc(sealed_len);
    size_t plain_len = sealed_len - 28;
    uint8_t *plain = out + 12;
    covey_aead_key key;

    memset(out, 0x11, 12);
    plain[0] = (uint8_t)(len >> 8);
    plain[1] = (uint8_t)len;
    for (size_t i = 0; i < len && 2 + i < plain_len; i++) plain[2 + i] = 0x77;
    if (dirty != 0) plain[dirty] = 1;
    memcpy(key.key, secret.bytes, 32);
    memcpy(key.nonce, out, 12);
    covey_aead_seal(plain, &key, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, plain_len));
    return covey_bytes_of(out, sealed_len);
}

static int open_crafted(size_t sealed_len, size_t len, size_t dirty)
{
    const covey_invite invite = usual();
    covey_bytes message;
    int err = open_it(&message, &invite, COVEY_INVITE_WELCOME,
                      craft(&invite, sealed_len, len, dirty));

    if (err == COVEY_OK) cr_assert_eq(message.len, len);
    test_free_all();
    return err;
}

Test(circle_invite, padding_is_zero)
{
    cr_assert_eq(open_crafted(1024, 10, 0), COVEY_OK);
    for (size_t at = 12; at < 1024 - 28; at++) {
        cr_assert_eq(open_crafted(1024, 10, at), COVEY_ERR_PADDING, "%zu", at);
    }
    cr_assert_eq(open_crafted(1024, 994, 0), COVEY_OK);
}

Test(circle_invite, the_bucket_is_the_least_that_holds_it)
{
    for (size_t i = 0; i < 5; i++) {
        size_t most = buckets[i] - 30;
        size_t least = i == 0 ? 0 : buckets[i - 1] - 29;

        cr_assert_eq(open_crafted(buckets[i], most, 0), COVEY_OK);
        cr_assert_eq(open_crafted(buckets[i], least, 0), COVEY_OK);
        if (i != 0) {
            cr_assert_eq(open_crafted(buckets[i], least - 1, 0),
                         COVEY_ERR_PADDING);
            cr_assert_eq(open_crafted(buckets[i], 0, 0), COVEY_ERR_PADDING);
        }
        /* Longer than what is there. */
        cr_assert_eq(open_crafted(buckets[i], most + 1, 0), COVEY_ERR_PADDING);
        cr_assert_eq(open_crafted(buckets[i], 0xffff, 0), COVEY_ERR_PADDING);
        cr_assert_eq(open_crafted(buckets[i] + 1, most, 0), COVEY_ERR_PADDING);
        cr_assert_eq(open_crafted(buckets[i] - 1, most - 1, 0),
                     COVEY_ERR_PADDING);
    }
    for (size_t len = 28; len < 100; len++) {
        cr_assert_eq(open_crafted(len < 30 ? 30 : len, 0, 0),
                     COVEY_ERR_PADDING);
    }
    cr_assert_eq(open_crafted(32768, 32768 - 30, 0), COVEY_ERR_PADDING);
}

/* A message of no byte at all is not two bytes short of one. */
Test(circle_invite, a_seal_around_less_than_a_length)
{
    const covey_invite invite = usual();
    const covey_secret secret = key_for(&invite, "welcome");

    for (size_t plain_len = 0; plain_len < 2; plain_len++) {
        uint8_t sealed[12 + 1 + 16] = {0};
        covey_aead_key key = {.nonce = {0}};
        covey_bytes message;

        memcpy(key.key, secret.bytes, 32);
        covey_aead_seal(sealed + 12, &key, covey_bytes_of(NULL, 0),
                        covey_bytes_of(sealed + 12, plain_len));
        cr_assert_eq(open_it(&message, &invite, COVEY_INVITE_WELCOME,
                             covey_bytes_of(sealed, 28 + plain_len)),
                     COVEY_ERR_PADDING);
    }
}

/* Nothing tells a sealed message from random bytes, and no two are alike. */
Test(circle_invite, no_byte_is_constant_in_many_seals)
{
    const covey_invite invite = usual();
    test_random source = test_random_of(11);
    uint8_t all_ones[1024];
    uint8_t all_zeros[1024] = {0};
    covey_bytes text = text_of(500);

    memset(all_ones, 0xff, sizeof all_ones);
    for (unsigned i = 0; i < 64; i++) {
        covey_bytes sealed =
            seal_by(&invite, COVEY_INVITE_WELCOME, &source, text);

        cr_assert_eq(sealed.len, 1024);
        for (size_t k = 0; k < 1024; k++) {
            all_ones[k] &= sealed.at[k];
            all_zeros[k] |= sealed.at[k];
        }
        guard_free_all();
    }
    for (size_t k = 0; k < 1024; k++) {
        cr_assert(all_ones[k] == 0 && all_zeros[k] == 0xff, "byte %zu", k);
    }
}
