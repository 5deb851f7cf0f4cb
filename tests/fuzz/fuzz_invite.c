/*
 * The invite, SPEC.md section 2.6: a URI, which has one form but for the case
 * of its letters; and what somebody who has the key has sealed.
 */
#include "circle/invite.h"

#include <covey/error.h>
#include <ctype.h>

#include "fuzz/fuzz.h"

static void uri(covey_bytes input)
{
    char written[COVEY_INVITE_URI_MAX];
    covey_invite invite;
    size_t len = 0;
    int err = covey_invite_read(&invite, input);

    if (err) {
        fuzz_require(err == COVEY_ERR_INVITE);
        return;
    }
    fuzz_require(invite.relay_len >= 1);
    fuzz_require(covey_invite_write(written, sizeof written, &len, &invite) ==
                 COVEY_OK);
    fuzz_require(len == input.len);
    for (size_t i = 0; i < len; i++) {
        fuzz_require(written[i] == toupper(input.at[i]));
    }
}

/* Any plaintext under the right key: padding and lengths are what is left. */
static void sealed(covey_bytes input)
{
    static const covey_invite invite = {.role = COVEY_ROLE_WEARER};
    const covey_bytes ikm = covey_bytes_of(invite.secret, 32);
    const covey_bytes info = covey_bytes_of_text("welcome");
    size_t len = input.len + COVEY_AEAD_NONCE_SIZE + COVEY_AEAD_TAG_SIZE;
    uint8_t *at = test_alloc(len);
    uint8_t *out = test_alloc(len);
    covey_secret prk;
    covey_aead_key key = {.nonce = {0}};
    covey_bytes message;

    covey_hkdf_extract(&prk, covey_bytes_of_text("covey invite 1"), &ikm, 1);
    (void)covey_hkdf_expand(key.key, sizeof key.key, &prk, &info, 1);
    covey_aead_seal(at + COVEY_AEAD_NONCE_SIZE, &key, covey_bytes_of(NULL, 0),
                    input);
    int err = covey_invite_open(out, &message, &invite, COVEY_INVITE_WELCOME,
                                covey_bytes_of(at, len));
    if (err) {
        fuzz_require(err == COVEY_ERR_PADDING);
        fuzz_require(test_is_zero(out, len));
    } else {
        fuzz_require(covey_invite_sealed_len(message.len) == len);
        fuzz_require(message.len ==
                     ((size_t)input.at[0] << 8 | (size_t)input.at[1]));
        fuzz_require(covey_bytes_same(message, covey_bytes_of(input.at + 2,
                                                              message.len)));
    }
}

/* Bytes that nobody has sealed. */
static void opened(covey_bytes input)
{
    static const covey_invite invite = {.role = COVEY_ROLE_WEARER};
    covey_bytes message;

    fuzz_require(covey_invite_open(test_alloc(input.len), &message, &invite,
                                   COVEY_INVITE_KEY_PACKAGE,
                                   input) == COVEY_ERR_AUTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);

    switch (fuzz_byte(&input)) {
    case 0: uri(input); break;
    case 1: sealed(input); break;
    default: opened(input); break;
    }
    test_free_all();
    return 0;
}
