/*
 * What a newcomer checks about a tree it was given: RFC 9420 section
 * 12.4.3.1.
 */
#ifndef COVEY_MLS_TREE_VALIDATE_H
#define COVEY_MLS_TREE_VALIDATE_H

#include "mls/tree.h"

/* Everything about the tree but its hash: leaves (section 7.3, signatures
 * included), unmerged leaves, keys that are unique, parent hashes.
 * COVEY_ERR_TREE and what the leaf functions answer. */
int covey_tree_validate(const covey_tree *tree, const covey_suite *suite,
                        covey_bytes group_id, covey_bytes group_extensions,
                        uint64_t lifetime_max);

/* The part of it that the functions of a tree rely on, without keys that are
 * unique and without cryptography: for a tree that was validated once and
 * comes back from storage. */
int covey_tree_check(const covey_tree *tree, const covey_suite *suite);

/* Whether every member lists the credential type of every other one, and
 * supports these GroupContext extensions: sections 7.3 and 13.4. */
int covey_tree_supports(const covey_tree *tree, covey_bytes group_extensions);

#endif
