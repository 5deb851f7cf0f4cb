#include "crypto/label.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/writer.h"
#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

static const char secret_hex[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static covey_secret secret_of(void)
{
    covey_secret secret;

    hex_into(secret.bytes, sizeof secret.bytes, secret_hex);
    return secret;
}

/* len letters. */
static const char *label_of(size_t len)
{
    char *text = (char *)test_alloc(len + 1);

    for (size_t i = 0; i < len; i++) text[i] = (char)('a' + i % 26);
    return text;
}

static covey_bytes content_of(size_t len)
{
    test_choices choices = test_choices_of(len);
    uint8_t *at = test_alloc(len);

    test_fill(&choices, at, len);
    return covey_bytes_of(at, len);
}

/* opaque<V>, put together without the library's writer. */
static size_t put_vec(uint8_t *at, covey_bytes prefix, covey_bytes bytes)
{
    size_t len = prefix.len + bytes.len;
    size_t head = 1;

    if (len < 64) {
        at[0] = (uint8_t)len;
    } else if (len < 16384) {
        head = 2;
        at[0] = (uint8_t)(0x40 | len >> 8);
        at[1] = (uint8_t)len;
    } else {
        head = 4;
        at[0] = (uint8_t)(0x80 | len >> 24);
        at[1] = (uint8_t)(len >> 16);
        at[2] = (uint8_t)(len >> 8);
        at[3] = (uint8_t)len;
    }
    covey_copy(at + head, prefix.at, prefix.len);
    covey_copy(at + head + prefix.len, bytes.at, bytes.len);
    return head + len;
}

/* label<V> with the prefix, then content<V>: what RFC 9420 signs, and the
 * info of its HPKE. */
static covey_bytes labeled(const char *label, covey_bytes content)
{
    uint8_t *at = test_alloc(strlen(label) + content.len + 32);
    size_t len = put_vec(at, covey_bytes_of_text("MLS 1.0 "),
                         covey_bytes_of_text(label));

    len += put_vec(at + len, covey_bytes_of(NULL, 0), content);
    return covey_bytes_of(at, len);
}

/* KDFLabel of section 8: the length comes first. */
static covey_bytes kdf_label(size_t out_len, const char *label,
                             covey_bytes context)
{
    covey_bytes rest = labeled(label, context);
    uint8_t *at = test_alloc(rest.len + 2);

    at[0] = (uint8_t)(out_len >> 8);
    at[1] = (uint8_t)out_len;
    memcpy(at + 2, rest.at, rest.len);
    return covey_bytes_of(at, rest.len + 2);
}

static const size_t label_lens[] = {0, 1, 10, 55, 56, 63, 64};
static const size_t content_lens[] = {0, 1, 63, 64, 65, 16383, 16384, 16385};
static const size_t out_lens[] = {0, 1, 12, 32, 33, 255, 256, 8160};

#define NUM(array) (sizeof(array) / sizeof(array)[0])

static void check_expand(size_t out_len, const char *label, covey_bytes context)
{
    covey_secret secret = secret_of();
    covey_bytes info = kdf_label(out_len, label, context);
    uint8_t *got = guard_end(out_len);
    uint8_t *want = test_alloc(out_len);

    cr_assert_eq(covey_expand_with_label(got, out_len, &secret, label, context),
                 COVEY_OK);
    cr_assert_eq(covey_hkdf_expand(want, out_len, &secret, &info, 1), COVEY_OK);
    check_bytes(covey_bytes_of(got, out_len), covey_bytes_of(want, out_len));
}

Test(label, expanding_hashes_length_label_and_context)
{
    for (size_t i = 0; i < NUM(label_lens); i++) {
        check_expand(32, label_of(label_lens[i]), content_of(5));
    }
    for (size_t i = 0; i < NUM(content_lens); i++) {
        check_expand(32, "label", guard_copy(content_of(content_lens[i])));
        check_expand(32, label_of(COVEY_LABEL_MAX),
                     content_of(content_lens[i]));
    }
    for (size_t i = 0; i < NUM(out_lens); i++) {
        check_expand(out_lens[i], "label", content_of(5));
    }
}

Test(label, too_long_a_label_or_output_is_refused_and_nothing_written)
{
    covey_secret secret = secret_of();
    covey_bytes none = {NULL, 0};
    uint8_t *out = guard_end(32);

    for (size_t len = COVEY_LABEL_MAX + 1; len < COVEY_LABEL_MAX + 12; len++) {
        cr_assert_eq(covey_expand_with_label(out, 32, &secret, label_of(len),
                                             none),
                     COVEY_ERR_ARGUMENT, "label of %zu", len);
    }
    cr_assert_eq(covey_expand_with_label(out, 32, &secret, label_of(20000),
                                         none),
                 COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_expand_with_label(out, COVEY_HKDF_MAX + 1, &secret, "a",
                                         none),
                 COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_expand_with_label(out, 65536 + 32, &secret, "a", none),
                 COVEY_ERR_ARGUMENT, "a length that 16 bits cut to 32");
    cr_assert(test_is_zero(out, 32));
}

Test(label, an_output_may_replace_its_secret)
{
    covey_secret secret = secret_of();
    covey_secret got = secret;
    covey_secret want;

    covey_derive_secret(&want, &secret, "label");
    covey_derive_secret(&got, &got, "label");
    check_bytes(covey_secret_bytes(&got), covey_secret_bytes(&want));

    got = secret;
    covey_expand_secret(&want, &secret, "label", content_of(9));
    covey_expand_secret(&got, &got, "label", content_of(9));
    check_bytes(covey_secret_bytes(&got), covey_secret_bytes(&want));

    got = secret;
    covey_derive_tree_secret(want.bytes, 32, &secret, "label", 7);
    covey_derive_tree_secret(got.bytes, 32, &got, "label", 7);
    check_bytes(covey_secret_bytes(&got), covey_secret_bytes(&want));
}

Test(label, deriving_a_secret_is_expanding_with_no_context)
{
    covey_secret secret = secret_of();
    covey_secret got;
    uint8_t want[32];

    covey_derive_secret(&got, &secret, "label");
    cr_assert_eq(covey_expand_with_label(want, sizeof want, &secret, "label",
                                         covey_bytes_of(NULL, 0)),
                 COVEY_OK);
    check_bytes(covey_secret_bytes(&got), covey_bytes_of(want, sizeof want));
}

Test(label, a_tree_secret_has_its_generation_as_context)
{
    static const struct {
        uint32_t generation;
        const char *context;
    } cases[] = {{0, "00000000"},
                 {1, "00000001"},
                 {0x01020304, "01020304"},
                 {UINT32_MAX, "ffffffff"}};
    covey_secret secret = secret_of();

    for (size_t i = 0; i < NUM(cases); i++) {
        uint8_t got[12];
        uint8_t want[12];

        covey_derive_tree_secret(got, sizeof got, &secret, "nonce",
                                 cases[i].generation);
        cr_assert_eq(covey_expand_with_label(want, sizeof want, &secret,
                                             "nonce", hex(cases[i].context)),
                     COVEY_OK);
        check_bytes(covey_bytes_of(got, 12), covey_bytes_of(want, 12));
    }
}

Test(label, an_aead_key_is_two_expansions_with_one_context)
{
    covey_secret secret = secret_of();
    uint8_t key[COVEY_AEAD_KEY_SIZE];
    uint8_t nonce[COVEY_AEAD_NONCE_SIZE];
    covey_aead_key got;

    for (size_t i = 0; i < NUM(content_lens); i++) {
        covey_bytes context = content_of(content_lens[i]);

        covey_expand_aead_key(&got, &secret, context);
        cr_assert_eq(covey_expand_with_label(key, sizeof key, &secret, "key",
                                             context),
                     COVEY_OK);
        cr_assert_eq(covey_expand_with_label(nonce, sizeof nonce, &secret,
                                             "nonce", context),
                     COVEY_OK);
        check_bytes(covey_bytes_of(got.key, sizeof got.key),
                    covey_bytes_of(key, sizeof key));
        check_bytes(covey_bytes_of(got.nonce, sizeof got.nonce),
                    covey_bytes_of(nonce, sizeof nonce));
    }
}

Test(label, a_reference_hashes_label_and_value_as_vectors)
{
    for (size_t i = 0; i < NUM(content_lens); i++) {
        covey_bytes value = content_of(content_lens[i]);
        const char *text = "MLS 1.0 KeyPackage Reference";
        uint8_t *whole = test_alloc(value.len + 64);
        size_t len =
            put_vec(whole, covey_bytes_of(NULL, 0), covey_bytes_of_text(text));
        covey_hash hash;
        covey_digest want;

        len += put_vec(whole + len, covey_bytes_of(NULL, 0), value);
        covey_hash_begin(&hash);
        covey_hash_add(&hash, covey_bytes_of(whole, len));
        covey_hash_end(&hash, &want);
        for (size_t cut = 0; cut <= value.len; cut += 1 + value.len / 3) {
            const covey_bytes parts[] = {covey_bytes_of(value.at, cut),
                                         covey_bytes_of(value.at + cut,
                                                        value.len - cut)};
            covey_digest got;

            covey_ref_hash(&got, text, parts, 2);
            check_bytes(covey_digest_bytes(&got), covey_digest_bytes(&want));
        }
    }
}

/* A content with the room before it that signing needs, guarded on both
 * sides in turn. */
static uint8_t *signable(covey_bytes content, bool at_start)
{
    size_t size = COVEY_SIGN_ROOM + content.len;
    uint8_t *at = at_start ? guard_start(size) : guard_end(size);

    covey_copy(at + COVEY_SIGN_ROOM, content.at, content.len);
    return at + COVEY_SIGN_ROOM;
}

Test(label, signs_label_and_content_as_vectors)
{
    covey_sign_key key;
    static const size_t lens[] = {0, 1, 12, COVEY_SIGN_LABEL_MAX};

    covey_sign_key_of_seed(&key, secret_of().bytes);
    for (size_t i = 0; i < NUM(content_lens); i++) {
        for (size_t j = 0; j < NUM(lens); j++) {
            covey_bytes content = content_of(content_lens[i]);
            const char *label = label_of(lens[j]);
            uint8_t got[COVEY_SIGNATURE_SIZE];
            uint8_t want[COVEY_SIGNATURE_SIZE];

            covey_sign_with_label(got, &key, label, signable(content, true),
                                  content.len);
            covey_sign(want, &key, labeled(label, content));
            check_bytes(covey_bytes_of(got, sizeof got),
                        covey_bytes_of(want, sizeof want));
            cr_assert_eq(
                covey_verify_with_label(covey_sign_key_public(&key), label,
                                        signable(content, false), content.len,
                                        covey_bytes_of(got, sizeof got)),
                COVEY_OK);
        }
        guard_free_all();
    }
}

Test(label, signing_leaves_the_content_as_it_was)
{
    covey_sign_key key;
    covey_bytes content = content_of(100);
    uint8_t *at = signable(content, true);
    uint8_t signature[COVEY_SIGNATURE_SIZE];

    covey_sign_key_of_seed(&key, secret_of().bytes);
    covey_sign_with_label(signature, &key, "label", at, content.len);
    check_bytes(covey_bytes_of(at, content.len), content);
    (void)covey_verify_with_label(covey_sign_key_public(&key), "label", at,
                                  content.len,
                                  covey_bytes_of(signature, sizeof signature));
    check_bytes(covey_bytes_of(at, content.len), content);
}

Test(label, a_signature_holds_for_its_label_and_content_alone)
{
    covey_sign_key key;
    covey_sign_key other;
    covey_bytes content = content_of(40);
    uint8_t *at = signable(content, true);
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_bytes view = covey_bytes_of(signature, sizeof signature);
    covey_bytes public_key;

    covey_sign_key_of_seed(&key, secret_of().bytes);
    covey_sign_key_of_seed(&other, content.at);
    public_key = covey_sign_key_public(&key);
    covey_sign_with_label(signature, &key, "LeafNodeTBS", at, 40);
    cr_assert_eq(covey_verify_with_label(public_key, "LeafNodeTBS", at, 40,
                                         view),
                 COVEY_OK);
    cr_assert_eq(covey_verify_with_label(public_key, "GroupInfoTBS", at, 40,
                                         view),
                 COVEY_ERR_AUTH);
    cr_assert_eq(covey_verify_with_label(public_key, "LeafNodeTB", at, 40,
                                         view),
                 COVEY_ERR_AUTH);
    cr_assert_eq(covey_verify_with_label(public_key, "LeafNodeTBS", at, 39,
                                         view),
                 COVEY_ERR_AUTH);
    cr_assert_eq(covey_verify_with_label(covey_sign_key_public(&other),
                                         "LeafNodeTBS", at, 40, view),
                 COVEY_ERR_AUTH);
    cr_assert_eq(covey_verify(public_key, content, view), COVEY_ERR_AUTH,
                 "nor without a label");
    for (size_t bit = 0; bit < 320; bit++) {
        test_flip(at, bit);
        cr_assert_eq(covey_verify_with_label(public_key, "LeafNodeTBS", at, 40,
                                             view),
                     COVEY_ERR_AUTH, "bit %zu", bit);
        test_flip(at, bit);
    }
}

Test(label, the_info_of_encryption_is_label_and_context_as_vectors)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);

    for (size_t i = 0; i < NUM(content_lens); i++) {
        for (size_t j = 0; j < NUM(label_lens); j++) {
            covey_bytes context = content_of(content_lens[i]);
            const char *label = label_of(label_lens[j]);
            covey_bytes info = labeled(label, context);
            covey_hpke_info got;
            covey_hpke_info want;

            covey_encrypt_info(&got, suite, label, context);
            covey_hpke_info_of(&want, suite, &info, 1);
            check_bytes(covey_secret_bytes(&got.hash),
                        covey_secret_bytes(&want.hash));
        }
    }
}
