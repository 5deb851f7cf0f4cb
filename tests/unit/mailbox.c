#include "relay/mailbox.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"

static covey_mailbox mailbox_of(uint8_t byte)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_mailbox mailbox;

    memset(seed, byte, sizeof seed);
    covey_mailbox_of_seed(&mailbox, seed);
    return mailbox;
}

Test(mailbox, the_address_is_the_public_key_of_the_seed)
{
    uint8_t seed[32];
    covey_mailbox mailbox;

    /* RFC 8032 section 7.1, test 1. */
    hex_into(
        seed, sizeof seed,
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    covey_mailbox_of_seed(&mailbox, seed);
    const covey_mailbox_address address = covey_mailbox_address_of(&mailbox);
    check_hex(
        address.bytes, sizeof address.bytes,
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

Test(mailbox, T02_only_its_own_key_signs_for_it)
{
    const covey_mailbox own = mailbox_of(1);
    const covey_mailbox other = mailbox_of(2);
    const covey_mailbox_address address = covey_mailbox_address_of(&own);
    const covey_bytes text = covey_bytes_of_text("covey sync 1");
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_bytes view = covey_bytes_of(signature, sizeof signature);

    covey_mailbox_sign(signature, &own, text);
    cr_assert_eq(covey_mailbox_verify(&address, text, view), COVEY_OK);
    cr_assert_eq(covey_mailbox_verify(&address,
                                      covey_bytes_of_text("covey sync 2"),
                                      view),
                 COVEY_ERR_AUTH);
    covey_mailbox_sign(signature, &other, text);
    cr_assert_eq(covey_mailbox_verify(&address, text, view), COVEY_ERR_AUTH);
}

Test(mailbox, every_flipped_bit_of_a_signature_is_refused)
{
    const covey_mailbox own = mailbox_of(1);
    const covey_mailbox_address address = covey_mailbox_address_of(&own);
    const covey_bytes text = covey_bytes_of_text("a request");
    uint8_t signature[COVEY_SIGNATURE_SIZE];

    covey_mailbox_sign(signature, &own, text);
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        test_flip(signature, bit);
        cr_assert_eq(covey_mailbox_verify(&address, text,
                                          covey_bytes_of(signature,
                                                         sizeof signature)),
                     COVEY_ERR_AUTH);
        test_flip(signature, bit);
    }
}

Test(mailbox, wiping_leaves_no_key)
{
    covey_mailbox own = mailbox_of(1);

    covey_mailbox_wipe(&own);
    cr_assert(test_is_zero(&own, sizeof own));
}
