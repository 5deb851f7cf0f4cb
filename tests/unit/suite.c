#include "crypto/suite.h"

#include <criterion/criterion.h>

/* RFC 9420 section 17.1, RFC 9180 section 7. */
Test(suite, three_is_x25519_chacha20poly1305_sha256_ed25519)
{
    const covey_suite *suite = covey_suite_find(0x0003);

    cr_assert_not_null(suite);
    cr_assert_eq(suite->id, 0x0003);
    cr_assert_eq(suite->kdf_id, 0x0001);
    cr_assert_eq(suite->aead_id, 0x0003);
    cr_assert_eq(suite->kem->id, 0x0020);
    cr_assert_eq(COVEY_SUITE_X25519_CHACHA, 0x0003);
}

Test(suite, there_is_no_other)
{
    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        cr_assert_eq(covey_suite_find((uint16_t)id) != NULL, id == 3, "%u", id);
    }
}
