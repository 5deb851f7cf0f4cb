#include "mls/schedule.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"

static covey_exporter_secret exporter_of(void)
{
    covey_exporter_secret exporter;

    memset(&exporter, 0x31, sizeof exporter);
    return exporter;
}

static const char *label_of(size_t len)
{
    char *text = (char *)test_alloc(len + 1);

    memset(text, 'e', len);
    return text;
}

/* RFC 9420 section 8.5, step by step. */
Test(exporter, hashes_the_context_and_derives_twice)
{
    covey_exporter_secret exporter = exporter_of();
    covey_bytes context = covey_bytes_of_text("context");
    covey_secret derived;
    covey_digest hashed;
    covey_hash hash;
    uint8_t want[40];
    uint8_t got[40];

    covey_hash_begin(&hash);
    covey_hash_add(&hash, context);
    covey_hash_end(&hash, &hashed);
    covey_derive_secret(&derived, &exporter.secret, "label");
    cr_assert_eq(covey_expand_with_label(want, sizeof want, &derived,
                                         "exported",
                                         covey_digest_bytes(&hashed)),
                 COVEY_OK);
    cr_assert_eq(covey_exporter(got, sizeof got, &exporter, "label", context),
                 COVEY_OK);
    check_bytes(covey_bytes_of(got, sizeof got),
                covey_bytes_of(want, sizeof want));
}

Test(exporter, refuses_too_long_a_label_or_output_and_writes_nothing)
{
    covey_exporter_secret exporter = exporter_of();
    covey_bytes none = {NULL, 0};
    uint8_t *out = guard_end(32);

    for (size_t len = COVEY_LABEL_MAX + 1; len < 200; len++) {
        cr_assert_eq(covey_exporter(out, 32, &exporter, label_of(len), none),
                     COVEY_ERR_ARGUMENT, "%zu", len);
    }
    cr_assert_eq(covey_exporter(out, COVEY_HKDF_MAX + 1, &exporter, "label",
                                none),
                 COVEY_ERR_ARGUMENT);
    cr_assert(test_is_zero(out, 32));
}

Test(exporter, each_label_and_context_gives_another_secret)
{
    covey_exporter_secret exporter = exporter_of();
    covey_bytes none = {NULL, 0};
    uint8_t at[3][32];

    cr_assert_eq(covey_exporter(at[0], 32, &exporter, "a", none), COVEY_OK);
    cr_assert_eq(covey_exporter(at[1], 32, &exporter, "b", none), COVEY_OK);
    cr_assert_eq(covey_exporter(at[2], 32, &exporter, "a",
                                covey_bytes_of_text("x")),
                 COVEY_OK);
    cr_assert_neq(memcmp(at[0], at[1], 32), 0);
    cr_assert_neq(memcmp(at[0], at[2], 32), 0);
    cr_assert_neq(memcmp(at[1], at[2], 32), 0);
}
