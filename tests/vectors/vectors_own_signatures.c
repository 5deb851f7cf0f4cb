/*
 * own/signatures.json: signatures about which verifiers differ. Members that
 * differed would disagree about which commit ends an epoch (SPEC.md section
 * 1.1).
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "crypto/sign.h"
#include "support/vectors.h"

Test(own_signatures, all_members_decide_alike)
{
    const json_t *list = vectors_open("signatures.json");
    const json_t *one;
    size_t i;
    size_t num_good = 0;

    json_array_foreach(list, i, one)
    {
        bool verifies = vector_is_true(one, "verifies");

        cr_assert_eq(covey_verify(vector_hex(one, "key"),
                                  vector_hex(one, "text"),
                                  vector_hex(one, "signature")),
                     verifies ? COVEY_OK : COVEY_ERR_AUTH, "%s",
                     vector_text(one, "why"));
        num_good += verifies;
    }
    cr_assert_eq(i, 12);
    cr_assert_eq(num_good, 1);
}
