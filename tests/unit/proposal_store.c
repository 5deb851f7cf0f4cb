/* The cache of proposals, when it is full. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "mls/proposal_store.h"

static covey_proposal_store store;
static uint8_t bytes[COVEY_MLS_PROPOSAL_BYTES_MAX + 1];

static covey_digest name_of(unsigned number)
{
    covey_digest name = {{0}};

    name.bytes[0] = (uint8_t)number;
    name.bytes[1] = (uint8_t)(number >> 8);
    return name;
}

static int add(unsigned number, uint32_t sender, size_t len)
{
    covey_digest name = name_of(number);

    bytes[0] = (uint8_t)number;
    return covey_proposal_store_add(&store, &name, (covey_leaf_index){sender},
                                    covey_bytes_of(bytes, len));
}

static bool has(unsigned number)
{
    covey_digest name = name_of(number);
    const covey_stored_proposal *item =
        covey_proposal_store_find(&store, covey_bytes_of(name.bytes, 32));

    return item != NULL &&
           covey_stored_encoding(&store, item).at[0] == (uint8_t)number;
}

static void fresh(void)
{
    memset(&store, 0, sizeof store);
}

Test(proposal_store, keeps_one_that_comes_twice_once)
{
    fresh();
    cr_assert_eq(add(1, 0, 8), COVEY_OK);
    cr_assert_eq(add(1, 0, 8), COVEY_OK);
    cr_assert_eq(store.num, 1);
}

Test(proposal_store, dropping_one_leaves_the_others_whole)
{
    fresh();
    for (unsigned i = 0; i < 5; i++) cr_assert_eq(add(i, i, 10 + i), COVEY_OK);
    covey_proposal_store_drop(&store, &store.items[2]);
    cr_assert(has(0) && has(1) && !has(2) && has(3) && has(4));
    cr_assert_eq(store.used, 10 + 11 + 13 + 14);
}

/* T46: who fills the cache cannot keep out the Remove that is aimed at him. */
Test(proposal_store, t46_a_flooder_cannot_keep_another_out)
{
    fresh();
    for (unsigned i = 0; i < 3 * COVEY_MLS_PROPOSALS_MAX; i++) {
        cr_assert_eq(add(i, 7, 8), COVEY_OK);
    }
    cr_assert_eq(store.num, COVEY_MLS_PROPOSALS_MAX);
    cr_assert_eq(add(1000, 1, 8), COVEY_OK);
    for (unsigned i = 0; i < 3 * COVEY_MLS_PROPOSALS_MAX; i++) {
        cr_assert_eq(add(2000 + i, 7, 8), COVEY_OK);
    }
    cr_assert(has(1000));
}

Test(proposal_store, the_same_holds_for_bytes)
{
    fresh();
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_eq(add(i, 7, COVEY_MLS_PROPOSAL_BYTES_MAX / 8), COVEY_OK);
    }
    cr_assert_eq(add(1000, 1, COVEY_MLS_PROPOSAL_BYTES_MAX / 4), COVEY_OK);
    cr_assert(has(1000) && !has(0) && !has(1) && has(2));
}

Test(proposal_store, refuses_what_does_not_fit_and_changes_nothing)
{
    covey_proposal_store before;

    fresh();
    cr_assert_eq(add(99, 0, sizeof bytes), COVEY_ERR_CAPACITY);
    cr_assert_eq(store.num, 0);
    for (unsigned i = 0; i < COVEY_MLS_PROPOSALS_MAX; i++) {
        cr_assert_eq(add(i, i, 100), COVEY_OK);
    }
    before = store;
    cr_assert_eq(add(99, 20, 8), COVEY_ERR_CAPACITY);
    /* Its own one would go, and that would not be enough. */
    cr_assert_eq(add(98, 3, 2000), COVEY_ERR_CAPACITY);
    cr_assert_eq(memcmp(&before, &store, sizeof store), 0);
}
