#include "circle/numbers.h"

#include <covey/error.h>

#include "base/bytes.h"
#include "base/secret.h"

#define GROUPS 6

/* The bytes as a number, modulo 10^num, as digits; the remainder is even to
 * one part in 10^6 and better. The digits are shown to people, so the time
 * that the division takes tells nothing that they do not. */
static void write_digits(char *out, unsigned num, const uint8_t *bytes,
                         size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) value = value << 8 | bytes[i];
    COVEY_CT_PUBLIC(&value, sizeof value);
    for (unsigned i = num; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

int covey_digits_of(char digits[COVEY_DIGITS_SIZE],
                    const covey_mls_group *group)
{
    uint8_t secret[8];
    int err = covey_mls_export(group, "covey digits", covey_bytes_of(NULL, 0),
                               secret, sizeof secret);

    if (err) return err;
    write_digits(digits, COVEY_DIGITS_SIZE - 1, secret, sizeof secret);
    digits[COVEY_DIGITS_SIZE - 1] = 0;
    covey_wipe(secret, sizeof secret);
    return COVEY_OK;
}

/* From the epoch authenticator, which lasts as long as the epoch; it is a
 * hash that is shown, not a key. */
int covey_safety_number_of(char number[COVEY_SAFETY_NUMBER_SIZE],
                           const covey_mls_group *group)
{
    uint8_t authenticator[COVEY_MLS_HASH_SIZE];
    int err = covey_mls_epoch_authenticator(group, authenticator);

    if (err) return err;
    for (size_t i = 0; i < GROUPS; i++) {
        write_digits(number + 6 * i, 5, authenticator + 5 * i, 5);
        number[6 * i + 5] = i + 1 < GROUPS ? ' ' : 0;
    }
    covey_wipe(authenticator, sizeof authenticator);
    return COVEY_OK;
}
