#include "known_answers.h"

#include <covey/error.h>
#include <stdbool.h>

#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

enum { BYTES_MAX = 256 };

/* A value written in hex. */
typedef struct {
    uint8_t at[BYTES_MAX];
    size_t len;
} value;

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static value of_hex(const char *hex)
{
    value v = {.len = 0};

    for (; hex[0] && hex[1] && v.len < BYTES_MAX; hex += 2) {
        v.at[v.len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    }
    return v;
}

static covey_bytes view(const value *v)
{
    return covey_bytes_of(v->at, v->len);
}

static bool is(const void *at, size_t len, const char *hex)
{
    value expected = of_hex(hex);

    return covey_bytes_same(covey_bytes_of(at, len), view(&expected));
}

/* FIPS 180-4: the two-block message of its appendix. */
static bool sha256(void)
{
    covey_hash hash;
    covey_digest digest;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_bytes_of_text(
                              "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlm"
                              "nomnopnopq"));
    covey_hash_end(&hash, &digest);
    return is(digest.bytes, sizeof digest.bytes,
              "248d6a61d20638b8e5c026930c3e6039"
              "a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 4231 section 4.3, test case 2. */
static bool hmac(void)
{
    covey_hmac state;
    covey_digest tag;

    covey_hmac_begin(&state, covey_bytes_of_text("Jefe"));
    covey_hmac_add(&state, covey_bytes_of_text("what do ya want "));
    covey_hmac_add(&state, covey_bytes_of_text("for nothing?"));
    covey_hmac_end(&state, &tag);
    return is(tag.bytes, sizeof tag.bytes,
              "5bdcc146bf60754e6a042426089575c7"
              "5a003f089d2739839dec58b964ec3843");
}

static bool hkdf_case(const char *ikm, const char *salt, const char *info,
                      const char *okm)
{
    value ikm_v = of_hex(ikm);
    value salt_v = of_hex(salt);
    value info_v = of_hex(info);
    value okm_v = of_hex(okm);
    covey_bytes ikm_part = view(&ikm_v);
    covey_bytes info_part = view(&info_v);
    covey_secret prk;
    uint8_t out[BYTES_MAX];

    covey_hkdf_extract(&prk, view(&salt_v), &ikm_part, 1);
    return covey_hkdf_expand(out, okm_v.len, &prk, &info_part, 1) == COVEY_OK &&
           covey_bytes_same(covey_bytes_of(out, okm_v.len), view(&okm_v));
}

/* RFC 5869 appendix A.1 to A.3. */
static bool hkdf_basic(void)
{
    return hkdf_case("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
                     "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
                     "3cb25f25faacd57a90434f64d0362f2a"
                     "2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

static bool hkdf_long(void)
{
    return hkdf_case("000102030405060708090a0b0c0d0e0f"
                     "101112131415161718191a1b1c1d1e1f"
                     "202122232425262728292a2b2c2d2e2f"
                     "303132333435363738393a3b3c3d3e3f"
                     "404142434445464748494a4b4c4d4e4f",
                     "606162636465666768696a6b6c6d6e6f"
                     "707172737475767778797a7b7c7d7e7f"
                     "808182838485868788898a8b8c8d8e8f"
                     "909192939495969798999a9b9c9d9e9f"
                     "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
                     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                     "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                     "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                     "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
                     "b11e398dc80327a1c8e7f78c596a4934"
                     "4f012eda2d4efad8a050cc4c19afa97c"
                     "59045a99cac7827271cb41c65e590e09"
                     "da3275600c2f09b8367793a9aca3db71"
                     "cc30c58179ec3e87c14c01d5c1f3434f"
                     "1d87");
}

static bool hkdf_empty(void)
{
    return hkdf_case("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
                     "8da4e775a563c18f715f802a063c5a31"
                     "b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* RFC 8439 section 2.8.2, and that a flipped bit is refused. */
static bool aead(void)
{
    value key_v = of_hex("808182838485868788898a8b8c8d8e8f"
                         "909192939495969798999a9b9c9d9e9f");
    value nonce_v = of_hex("070000004041424344454647");
    value aad = of_hex("50515253c0c1c2c3c4c5c6c7");
    covey_bytes plain = covey_bytes_of_text(
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.");
    covey_aead_key key;
    uint8_t sealed[BYTES_MAX];
    uint8_t opened[BYTES_MAX];
    covey_bytes sealed_v =
        covey_bytes_of(sealed, plain.len + COVEY_AEAD_TAG_SIZE);

    memcpy(key.key, key_v.at, sizeof key.key);
    memcpy(key.nonce, nonce_v.at, sizeof key.nonce);
    covey_aead_seal(sealed, &key, view(&aad), plain);
    bool right =
        is(sealed, sealed_v.len,
           "d31a8d34648e60db7b86afbc53ef7ec2"
           "a4aded51296e08fea9e2b5a736ee62d6"
           "3dbea45e8ca9671282fafb69da92728b"
           "1a71de0a9e060b2905d6a5b67ecd3b36"
           "92ddbd7f2d778b8c9803aee328091b58"
           "fab324e4fad675945585808b4831d7bc"
           "3ff4def08e4b7a9de576d26586cec64b"
           "6116"
           "1ae10b594f09e26a7e902ecbd0600691") &&
        covey_aead_open(opened, &key, view(&aad), sealed_v) == COVEY_OK &&
        covey_bytes_same(covey_bytes_of(opened, plain.len), plain);
    sealed[17] ^= 4;
    return right && covey_aead_open(opened, &key, view(&aad), sealed_v) ==
                        COVEY_ERR_AUTH;
}

/* RFC 8032 section 7.1, test 3, and that a flipped bit is refused. */
static bool ed25519(void)
{
    value seed = of_hex("c5aa8df43f9f837bedb7442f31dcb7b1"
                        "66d38535076f094b85ce3a2e0b4458f7");
    value message = of_hex("af82");
    covey_sign_key key;
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_bytes signature_v = covey_bytes_of(signature, sizeof signature);

    covey_sign_key_of_seed(&key, seed.at);
    covey_bytes public_key = covey_sign_key_public(&key);
    covey_sign(signature, &key, view(&message));
    bool right =
        is(public_key.at, public_key.len,
           "fc51cd8e6218a1a38da47ed00230f058"
           "0816ed13ba3303ac5deb911548908025") &&
        is(signature, sizeof signature,
           "6291d657deec24024827e69c3abe01a3"
           "0ce548a284743a445e3680d7db5ac3ac"
           "18ff9b538d16f290ae67f760984dc659"
           "4a7c15e9716ed28dc027beceea1ec40a") &&
        covey_verify(public_key, view(&message), signature_v) == COVEY_OK;
    message.at[0] ^= 1;
    return right && covey_verify(public_key, view(&message), signature_v) ==
                        COVEY_ERR_AUTH;
}

/* RFC 9180 appendix A.2.1, sequence number 0. */
static bool hpke(void)
{
    value ephemeral = of_hex("f4ec9b33b792c372c1d2c2063507b684"
                             "ef925b8c75a42dbcbf57d63ccd381600");
    value secret_v = of_hex("8057991eef8f1f1af18f4a9491d16a1c"
                            "e333f695d4db8e38da75975c4478e0fb");
    value info_v = of_hex("4f6465206f6e2061204772656369616e2055726e");
    value aad = of_hex("436f756e742d30");
    covey_bytes info_part = view(&info_v);
    covey_bytes plain = covey_bytes_of_text("Beauty is truth, truth beauty");
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    covey_kem_secret secret;
    covey_kem_public public_key;
    covey_kem_output output;
    covey_hpke_info info;
    uint8_t sealed[BYTES_MAX];
    uint8_t opened[BYTES_MAX];
    size_t sealed_len = plain.len + COVEY_AEAD_TAG_SIZE;

    memcpy(secret.bytes, secret_v.at, sizeof secret.bytes);
    suite->kem->public_of(&public_key, &secret);
    covey_hpke_info_of(&info, suite, &info_part, 1);
    return covey_hpke_seal_from(&output, sealed, suite, ephemeral.at,
                                &public_key, &info, view(&aad),
                                plain) == COVEY_OK &&
           is(public_key.bytes, suite->kem->public_size,
              "4310ee97d88cc1f088a5576c77ab0cf5"
              "c3ac797f3d95139c6c84b5429c59662a") &&
           is(output.bytes, suite->kem->output_size,
              "1afa08d3dec047a643885163f1180476"
              "fa7ddb54c6a8029ea33f95796bf2ac4a") &&
           is(sealed, sealed_len,
              "1c5250d8034ec2b784ba2cfd69dbdb8a"
              "f406cfe3ff938e131f0def8c8b60b4db"
              "21993c62ce81883d2dd1b51a28") &&
           covey_hpke_open(opened, suite,
                           covey_bytes_of(output.bytes,
                                          suite->kem->output_size),
                           &secret, &public_key, &info, view(&aad),
                           covey_bytes_of(sealed, sealed_len)) == COVEY_OK &&
           covey_bytes_same(covey_bytes_of(opened, plain.len), plain);
}

const char *known_answers(unsigned *num_checked)
{
    static const struct {
        const char *name;
        bool (*right)(void);
    } answers[] = {
        {"SHA-256, FIPS 180-4", sha256},
        {"HMAC-SHA256, RFC 4231", hmac},
        {"HKDF, RFC 5869 A.1", hkdf_basic},
        {"HKDF, RFC 5869 A.2", hkdf_long},
        {"HKDF, RFC 5869 A.3", hkdf_empty},
        {"ChaCha20-Poly1305, RFC 8439", aead},
        {"Ed25519, RFC 8032", ed25519},
        {"HPKE, RFC 9180 A.2.1", hpke},
    };
    unsigned num = sizeof answers / sizeof answers[0];

    for (*num_checked = 0; *num_checked < num; ++*num_checked) {
        if (!answers[*num_checked].right()) return answers[*num_checked].name;
    }
    return NULL;
}
