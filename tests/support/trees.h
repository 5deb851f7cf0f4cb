/*
 * Ratchet trees for tests. Members are numbers: each has its own keys, which
 * follow from the number, and leaves that are signed.
 *
 * A source for the program that needs it, as it calls the library under test.
 */
#ifndef COVEY_TEST_TREES_H
#define COVEY_TEST_TREES_H

#include "mls/tree.h"

/* The longest validity of a test's leaves, in seconds. */
#define TEST_LIFETIME 1000

const covey_suite *test_suite(void);

/* Of all test trees: what leaves of source update and commit sign. */
covey_bytes test_group_id(void);

/* A public encryption key; nobody has the private one. */
covey_bytes test_encryption_key(uint32_t number);

covey_sign_key test_sign_key(uint32_t number);

/* A leaf as a KeyPackage has it, not signed. Views live until
 * test_free_all. */
covey_leaf_node test_leaf_node(uint32_t number);

/* Signed with the number's key, for a place when its source wants one. The
 * encoding lives until test_free_all. */
covey_bytes test_leaf_sign(const covey_leaf_node *leaf, uint32_t number,
                           uint32_t place);

/* Both: a new member's leaf. */
covey_bytes test_leaf(uint32_t number);

/* Members 0 .. num - 1 side by side; all parents are blank. */
void test_tree_of(covey_tree *tree, uint32_t num);

/* What a commit with a path does to the tree, RFC 9420 section 7.5: the
 * leaf's keys become those of `number`, the parents' follow from it too. */
void test_tree_renew(covey_tree *tree, uint32_t leaf, uint32_t number);

/* The same with the keys of the parents those of another number. */
void test_tree_renew_above(covey_tree *tree, uint32_t leaf, uint32_t number,
                           uint32_t above);

/* The encoding of the ratchet_tree extension. */
covey_bytes test_tree_encode(const covey_tree *tree);

#endif
