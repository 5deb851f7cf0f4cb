#include "crypto/hkdf.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"

/* RFC 5869 appendix A, the cases of SHA-256. */
typedef struct {
    const char *ikm;
    const char *salt;
    const char *info;
    const char *prk;
    const char *okm;
} hkdf_case;

static const hkdf_case cases[] = {
    {
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        "34007208d5b887185865",
    },
    {
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
        "404142434445464748494a4b4c4d4e4f",
        "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
        "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
        "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87",
    },
    {
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        "9d201395faa4b61a96c8",
    },
};

#define NUM_CASES (sizeof cases / sizeof cases[0])

static covey_secret secret_of(const char *text)
{
    covey_secret secret;

    hex_into(secret.bytes, sizeof secret.bytes, text);
    return secret;
}

Test(hkdf, extracts_as_rfc_5869_does)
{
    for (size_t i = 0; i < NUM_CASES; i++) {
        covey_bytes ikm = guard_copy(hex(cases[i].ikm));
        covey_secret prk;

        covey_hkdf_extract(&prk, guard_copy(hex(cases[i].salt)), &ikm, 1);
        check_bytes(covey_secret_bytes(&prk), hex(cases[i].prk));
    }
}

Test(hkdf, expands_as_rfc_5869_does)
{
    for (size_t i = 0; i < NUM_CASES; i++) {
        covey_secret prk = secret_of(cases[i].prk);
        covey_bytes info = guard_copy(hex(cases[i].info));
        covey_bytes okm = hex(cases[i].okm);
        uint8_t *out = guard_end(okm.len);

        cr_assert_eq(covey_hkdf_expand(out, okm.len, &prk, &info, 1), COVEY_OK);
        check_bytes(covey_bytes_of(out, okm.len), okm);
    }
}

Test(hkdf, parts_are_taken_one_after_the_other)
{
    covey_bytes ikm = hex(cases[1].ikm);
    covey_bytes info = hex(cases[1].info);
    covey_bytes okm = hex(cases[1].okm);

    for (size_t cut = 0; cut <= ikm.len; cut++) {
        const covey_bytes ikm_parts[] = {
            covey_bytes_of(ikm.at, cut),
            covey_bytes_of(NULL, 0),
            covey_bytes_of(ikm.at + cut, ikm.len - cut),
        };
        const covey_bytes info_parts[] = {
            covey_bytes_of(NULL, 0),
            covey_bytes_of(info.at, cut),
            covey_bytes_of(info.at + cut, info.len - cut),
        };
        covey_secret prk;
        uint8_t out[82];

        covey_hkdf_extract(&prk, hex(cases[1].salt), ikm_parts, 3);
        check_bytes(covey_secret_bytes(&prk), hex(cases[1].prk));
        cr_assert_eq(covey_hkdf_expand(out, sizeof out, &prk, info_parts, 3),
                     COVEY_OK);
        check_bytes(covey_bytes_of(out, sizeof out), okm);
    }
}

Test(hkdf, no_parts_are_no_bytes)
{
    covey_secret prk = secret_of(cases[2].prk);
    uint8_t out[42];

    cr_assert_eq(covey_hkdf_expand(out, sizeof out, &prk, NULL, 0), COVEY_OK);
    check_hex(out, sizeof out, cases[2].okm);
}

Test(hkdf, a_shorter_output_is_the_beginning_of_a_longer_one)
{
    static uint8_t longest[COVEY_HKDF_MAX];
    covey_secret prk = secret_of(cases[0].prk);
    covey_bytes info = hex(cases[0].info);

    cr_assert_eq(covey_hkdf_expand(longest, sizeof longest, &prk, &info, 1),
                 COVEY_OK);
    for (size_t len = 0; len < sizeof longest; len += 1 + len / 4) {
        uint8_t *out = guard_end(len);

        cr_assert_eq(covey_hkdf_expand(out, len, &prk, &info, 1), COVEY_OK);
        check_bytes(covey_bytes_of(out, len), covey_bytes_of(longest, len));
    }
}

/* RFC 5869 section 2.3: L <= 255 * HashLen. The last block's number is 255,
 * checked by computing T(255) from T(254). */
Test(hkdf, gives_255_blocks_and_no_byte_more)
{
    uint8_t *out = guard_end(COVEY_HKDF_MAX);
    covey_secret prk = secret_of(cases[0].prk);
    covey_bytes info = hex(cases[0].info);
    uint8_t number = 255;
    covey_hmac hmac;
    covey_digest last;

    cr_assert_eq(COVEY_HKDF_MAX, 8160);
    cr_assert_eq(covey_hkdf_expand(out, COVEY_HKDF_MAX, &prk, &info, 1),
                 COVEY_OK);
    covey_hmac_begin(&hmac, covey_secret_bytes(&prk));
    covey_hmac_add(&hmac, covey_bytes_of(out + 253 * 32, 32));
    covey_hmac_add(&hmac, info);
    covey_hmac_add(&hmac, covey_bytes_of(&number, 1));
    covey_hmac_end(&hmac, &last);
    check_bytes(covey_bytes_of(out + 254 * 32, 32), covey_digest_bytes(&last));
}

Test(hkdf, refuses_more_than_255_blocks_and_writes_nothing)
{
    static const size_t too_long[] = {COVEY_HKDF_MAX + 1, COVEY_HKDF_MAX + 32,
                                      65535, SIZE_MAX};
    covey_secret prk = secret_of(cases[0].prk);
    uint8_t *out = guard_end(0);

    for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
        cr_assert_eq(covey_hkdf_expand(out, too_long[i], &prk, NULL, 0),
                     COVEY_ERR_ARGUMENT);
    }
}

Test(hkdf, a_key_serves_any_number_of_expansions)
{
    covey_bytes infos[] = {hex(cases[0].info), hex(cases[1].info)};
    covey_secret prk = secret_of(cases[0].prk);
    covey_hkdf_key key;

    covey_hkdf_key_of(&key, &prk);
    for (size_t i = 0; i < 4; i++) {
        uint8_t got[82];
        uint8_t want[82];
        const covey_bytes *info = &infos[i % 2];

        cr_assert_eq(covey_hkdf_expand(want, sizeof want, &prk, info, 1),
                     COVEY_OK);
        cr_assert_eq(covey_hkdf_expand_by(got, sizeof got, &key, info, 1),
                     COVEY_OK);
        check_bytes(covey_bytes_of(got, sizeof got),
                    covey_bytes_of(want, sizeof want));
    }
    cr_assert_eq(covey_hkdf_expand_by(guard_end(0), COVEY_HKDF_MAX + 1, &key,
                                      NULL, 0),
                 COVEY_ERR_ARGUMENT);
}

Test(hkdf, the_output_may_replace_its_secret)
{
    covey_bytes info = hex(cases[0].info);
    covey_secret prk = secret_of(cases[0].prk);
    covey_secret ikm = secret_of(cases[1].prk);
    covey_secret want;

    cr_assert_eq(covey_hkdf_expand(prk.bytes, sizeof prk.bytes, &prk, &info, 1),
                 COVEY_OK);
    check_bytes(covey_secret_bytes(&prk),
                covey_bytes_of(hex(cases[0].okm).at, 32));

    covey_bytes part = covey_secret_bytes(&ikm);

    covey_hkdf_extract(&want, info, &part, 1);
    covey_hkdf_extract(&ikm, info, &part, 1);
    check_bytes(covey_secret_bytes(&ikm), covey_secret_bytes(&want));
}

/* Whoever ratchets writes key and next secret over the old one's memory. */
Test(hkdf, a_longer_output_may_begin_at_its_secret)
{
    uint8_t out[82];
    covey_bytes info = hex(cases[1].info);

    hex_into(out, 32, cases[1].prk);
    cr_assert_eq(covey_hkdf_expand(out, sizeof out,
                                   (const covey_secret *)(const void *)out,
                                   &info, 1),
                 COVEY_OK);
    check_hex(out, sizeof out, cases[1].okm);
}
