#include "base/scratch.h"

#include <criterion/criterion.h>

#include "support/guard.h"

Test(scratch, gives_its_bytes_from_the_front_to_the_last)
{
    uint8_t *at = guard_end(10);
    covey_scratch s = covey_scratch_of(at, 10);

    cr_assert_eq(covey_scratch_take(&s, 4), at);
    cr_assert_eq(covey_scratch_take(&s, 0), at + 4);
    cr_assert_eq(covey_scratch_take(&s, 6), at + 4);
    cr_assert_null(covey_scratch_take(&s, 1));
    cr_assert_eq(s.used, 10);
}

Test(scratch, what_does_not_fit_takes_nothing)
{
    static const size_t huge[] = {7, SIZE_MAX, SIZE_MAX - 3, SIZE_MAX / 2 + 1};
    uint8_t *at = guard_end(10);

    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        covey_scratch s = covey_scratch_of(at, 10);

        (void)covey_scratch_take(&s, 4);
        cr_assert_null(covey_scratch_take(&s, huge[i]));
        cr_assert_eq(s.used, 4);
        cr_assert_eq(covey_scratch_take(&s, 6), at + 4);
    }
}

Test(scratch, no_memory_has_no_room)
{
    covey_scratch s = covey_scratch_of(NULL, 100);

    cr_assert_null(covey_scratch_take(&s, 0));
    cr_assert_null(covey_scratch_take(&s, 1));
}
