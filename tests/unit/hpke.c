#include "crypto/hpke.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

/* RFC 9180 appendix A.2.1: the setup, and its encryption number 0. */
static const char info_hex[] = "4f6465206f6e2061204772656369616e2055726e";
static const char sk_e[] =
    "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600";
static const char sk_r[] =
    "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
static const char pk_r[] =
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
static const char enc_hex[] =
    "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
static const char plain_hex[] =
    "4265617574792069732074727574682c20747275746820626561757479";
static const char aad_hex[] = "436f756e742d30";
static const char sealed_hex[] =
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
    "21993c62ce81883d2dd1b51a28";

#define PLAIN_LEN 29
#define SEALED_LEN (PLAIN_LEN + COVEY_AEAD_TAG_SIZE)

/* Everything that opening takes, to be changed one by one. */
typedef struct {
    const covey_suite *suite;
    covey_kem_secret secret;
    covey_kem_public public_key;
    covey_hpke_info info;
    uint8_t output[32];
    uint8_t aad[7];
    uint8_t sealed[SEALED_LEN];
} setup;

static covey_hpke_info info_of(const covey_suite *suite, covey_bytes bytes)
{
    covey_hpke_info info;

    covey_hpke_info_of(&info, suite, &bytes, 1);
    return info;
}

static setup rfc_setup(void)
{
    setup s;

    s.suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    hex_into(s.secret.bytes, 32, sk_r);
    hex_into(s.public_key.bytes, 32, pk_r);
    s.info = info_of(s.suite, hex(info_hex));
    hex_into(s.output, sizeof s.output, enc_hex);
    hex_into(s.aad, sizeof s.aad, aad_hex);
    hex_into(s.sealed, sizeof s.sealed, sealed_hex);
    return s;
}

static int open_setup(const setup *s, uint8_t *plain)
{
    return covey_hpke_open(plain, s->suite,
                           covey_bytes_of(s->output, sizeof s->output),
                           &s->secret, &s->public_key, &s->info,
                           covey_bytes_of(s->aad, sizeof s->aad),
                           covey_bytes_of(s->sealed, sizeof s->sealed));
}

Test(hpke, seals_as_rfc_9180_does)
{
    setup s = rfc_setup();
    covey_kem_output output;
    uint8_t *sealed = guard_end(SEALED_LEN);

    cr_assert_eq(covey_hpke_seal_from(&output, sealed, s.suite,
                                      guard_copy(hex(sk_e)).at, &s.public_key,
                                      &s.info, guard_copy(hex(aad_hex)),
                                      guard_copy(hex(plain_hex))),
                 COVEY_OK);
    check_hex(output.bytes, 32, enc_hex);
    check_hex(sealed, SEALED_LEN, sealed_hex);
}

Test(hpke, opens_as_rfc_9180_does)
{
    setup s = rfc_setup();
    uint8_t *plain = guard_end(PLAIN_LEN);

    cr_assert_eq(open_setup(&s, plain), COVEY_OK);
    check_hex(plain, PLAIN_LEN, plain_hex);
}

Test(hpke, info_is_taken_in_parts)
{
    setup s = rfc_setup();
    covey_bytes info = hex(info_hex);

    for (size_t cut = 0; cut <= info.len; cut++) {
        const covey_bytes parts[] = {covey_bytes_of(info.at, cut),
                                     covey_bytes_of(info.at + cut,
                                                    info.len - cut)};
        covey_hpke_info got;

        covey_hpke_info_of(&got, s.suite, parts, 2);
        check_bytes(covey_secret_bytes(&got.hash),
                    covey_secret_bytes(&s.info.hash));
    }
}

Test(hpke, no_info_is_empty_info)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    covey_hpke_info none;
    covey_hpke_info empty = info_of(suite, covey_bytes_of(NULL, 0));

    covey_hpke_info_of(&none, suite, NULL, 0);
    check_bytes(covey_secret_bytes(&none.hash),
                covey_secret_bytes(&empty.hash));
}

/* The output is zeroed too, as the header of the AEAD says. */
static void check_refused(const setup *s, const char *what, size_t bit)
{
    uint8_t plain[PLAIN_LEN];

    memset(plain, 0, sizeof plain);
    cr_assert_eq(open_setup(s, plain), COVEY_ERR_AUTH, "%s, bit %zu", what,
                 bit);
    cr_assert(test_is_zero(plain, sizeof plain));
}

#define check_flips(member, from, to)                                          \
    do {                                                                       \
        for (size_t bit = (from); bit < (to); bit++) {                         \
            setup s = rfc_setup();                                             \
            test_flip((uint8_t *)&s.member, bit);                              \
            check_refused(&s, #member, bit);                                   \
            test_free_all();                                                   \
        }                                                                      \
    } while (0)

Test(hpke, every_bit_that_is_flipped_is_noticed)
{
    check_flips(sealed, 0, 8 * SEALED_LEN);
    check_flips(aad, 0, 8 * 7);
    check_flips(output, 0, 256);
    check_flips(info, 0, 256);
    check_flips(public_key, 0, 256);
}

/* X25519 clamps: bits 0 to 2, 254 and 255 of a private key do not count. */
Test(hpke, another_private_key_opens_nothing)
{
    check_flips(secret, 3, 254);
}

Test(hpke, a_truncated_message_is_refused)
{
    setup s = rfc_setup();

    for (size_t len = 0; len < SEALED_LEN; len++) {
        size_t room = len < COVEY_AEAD_TAG_SIZE ? 0 : len - COVEY_AEAD_TAG_SIZE;

        cr_assert_eq(covey_hpke_open(guard_end(room), s.suite,
                                     covey_bytes_of(s.output, sizeof s.output),
                                     &s.secret, &s.public_key, &s.info,
                                     covey_bytes_of(s.aad, sizeof s.aad),
                                     guard_copy(covey_bytes_of(s.sealed, len))),
                     COVEY_ERR_AUTH, "%zu", len);
    }
}

Test(hpke, a_kem_output_of_another_length_is_refused)
{
    setup s = rfc_setup();
    uint8_t longer[40] = {0};

    memcpy(longer, s.output, sizeof s.output);
    for (size_t len = 0; len <= sizeof longer; len++) {
        uint8_t plain[PLAIN_LEN];
        int err = covey_hpke_open(plain, s.suite,
                                  guard_copy(covey_bytes_of(longer, len)),
                                  &s.secret, &s.public_key, &s.info,
                                  covey_bytes_of(s.aad, sizeof s.aad),
                                  covey_bytes_of(s.sealed, sizeof s.sealed));

        cr_assert_eq(err, len == 32 ? COVEY_OK : COVEY_ERR_AUTH, "%zu", len);
    }
}

/* Pitfall 27. */
Test(hpke, a_useless_public_key_or_output_is_refused)
{
    setup s = rfc_setup();
    test_random source = test_random_of(8);
    covey_random hook = test_random_hook(&source);
    covey_kem_public zero = {{0}};
    covey_kem_output output;
    uint8_t sealed[SEALED_LEN] = {0};
    uint8_t plain[PLAIN_LEN] = {0};

    memset(&output, 0xa5, sizeof output);
    cr_assert_eq(covey_hpke_seal(&output, sealed, s.suite, &hook, &zero,
                                 &s.info, covey_bytes_of(NULL, 0),
                                 hex(plain_hex)),
                 COVEY_ERR_AUTH);
    cr_assert(test_is_zero(&output, sizeof output));
    cr_assert(test_is_zero(sealed, sizeof sealed));
    memset(s.output, 0, sizeof s.output);
    cr_assert_eq(open_setup(&s, plain), COVEY_ERR_AUTH);
    cr_assert(test_is_zero(plain, sizeof plain));
}

Test(hpke, opens_what_it_sealed_in_place_or_not)
{
    test_random source = test_random_of(9);
    covey_random hook = test_random_hook(&source);
    test_choices choices = test_choices_of(9);
    setup s = rfc_setup();

    for (size_t len = 0; len < 140; len++) {
        uint8_t *plain = guard_end(len);
        uint8_t *at = guard_end(len + COVEY_AEAD_TAG_SIZE);
        covey_bytes none = {NULL, 0};
        covey_kem_output output;

        test_fill(&choices, plain, len);
        covey_copy(at, plain, len);
        cr_assert_eq(covey_hpke_seal(&output, at, s.suite, &hook, &s.public_key,
                                     &s.info, none, covey_bytes_of(at, len)),
                     COVEY_OK);
        cr_assert_eq(
            covey_hpke_open(at, s.suite, covey_bytes_of(output.bytes, 32),
                            &s.secret, &s.public_key, &s.info, none,
                            covey_bytes_of(at, len + COVEY_AEAD_TAG_SIZE)),
            COVEY_OK);
        check_bytes(covey_bytes_of(at, len), covey_bytes_of(plain, len));
        guard_free_all();
    }
}

Test(hpke, the_seed_comes_from_the_host_and_is_new_each_time)
{
    test_random source = test_random_of(10);
    covey_random hook = test_random_hook(&source);
    test_random again = test_random_of(10);
    covey_random same = test_random_hook(&again);
    setup s = rfc_setup();
    covey_bytes aad = covey_bytes_of(s.aad, sizeof s.aad);
    covey_kem_output output;
    covey_kem_output want;
    uint8_t sealed[SEALED_LEN];
    uint8_t want_sealed[SEALED_LEN];
    uint8_t seed[32];

    cr_assert_eq(covey_hpke_seal(&output, sealed, s.suite, &hook, &s.public_key,
                                 &s.info, aad, hex(plain_hex)),
                 COVEY_OK);
    cr_assert_eq(source.num_calls, 1);
    cr_assert_eq(same.fill(same.ctx, seed, sizeof seed), 0);
    cr_assert_eq(covey_hpke_seal_from(&want, want_sealed, s.suite, seed,
                                      &s.public_key, &s.info, aad,
                                      hex(plain_hex)),
                 COVEY_OK);
    check_bytes(covey_bytes_of(sealed, sizeof sealed),
                covey_bytes_of(want_sealed, sizeof want_sealed));
    check_bytes(covey_bytes_of(&output, sizeof output),
                covey_bytes_of(&want, sizeof want));

    cr_assert_eq(covey_hpke_seal(&output, sealed, s.suite, &hook, &s.public_key,
                                 &s.info, aad, hex(plain_hex)),
                 COVEY_OK);
    cr_assert_neq(memcmp(&output, &want, sizeof output), 0);
    cr_assert_neq(memcmp(sealed, want_sealed, sizeof sealed), 0);
}
