/*
 * A family of members with real groups, and what a test says about the
 * messages it offers them: accepted, or refused with exactly this error and
 * nothing changed. Each test runs in a process of its own, so the family is
 * one static object.
 */
#ifndef COVEY_TEST_FAMILY_H
#define COVEY_TEST_FAMILY_H

#include <covey/mls.h>

#include "mls/group.h"
#include "support/bytes.h"

#define FAMILY_MAX 40

/* Extension types that all members understand beyond the default ones. */
#define FAMILY_EXTENSION 0xff01

#define EVERYBODY SIZE_MAX

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
    covey_mls_joiner *joiner;
} family_member;

extern family_member family[FAMILY_MAX];

/* What is being tried, for messages of failed assertions in loops. */
extern const char *trying;

/* Deterministic. */
covey_random family_random(void);

covey_buffer *family_scratch(void);

/* What member `who` says of itself. Static: valid until the next call. */
const covey_mls_member *family_says(size_t who);

/* A family whose members 0 to num - 1 are in one group at the leaves of the
 * same index. Each of them has committed: no node of the tree is blank. */
void family_begin(size_t num);

/* The same, but that only member 0 has committed: members are unmerged
 * leaves, and most parents are blank. */
void family_begin_blank(size_t num);

/* A KeyPackage of member `who`, who is in no group. The bytes live on. */
covey_bytes family_package(size_t who);

/* An honest commit, which all members of the group take. Members it adds
 * join, if they are in `joins`, a list that ends with EVERYBODY. */
void family_commit(size_t committer, const covey_mls_commit_options *options,
                   const size_t *joins);

/* Commits that are honest but not taken yet: the commit's bytes. staged of
 * the committer holds the epoch. *welcome may be NULL. */
covey_bytes family_stage_own(size_t committer,
                             const covey_mls_commit_options *options,
                             covey_bytes *welcome);

/* Honest proposals, in a message; cached by its sender. */
covey_bytes family_propose(size_t who, const covey_mls_change *change,
                           covey_mls_ref *ref);

/* The same, and cached by all members of the group. */
covey_mls_ref family_propose_to_all(size_t who, const covey_mls_change *change);

covey_bytes family_say(size_t who, const char *data);

/* Open groups other than that of `except`. */
bool family_is_in(size_t who);

/* The whole state of a member, as covey_mls_group_save writes it. */
covey_bytes family_saved(size_t who);

/* ---- offers ---- */

/* PSKs that all know when offered a commit or Welcome. */
extern covey_mls_psk family_psks[4];
extern size_t family_num_psks;

/* By one member. A commit is dropped again, a proposal forgotten, of
 * application data only the key is used up. */
void accept_commit(size_t who, covey_bytes message);
void accept_proposal(size_t who, covey_bytes message);
void accept_data(size_t who, covey_bytes message);

/* Refused with this error. The member's state is the same as before, byte
 * for byte, and staged is empty; after a private error it can be looked at,
 * but not merged. */
void refuse_commit(size_t who, covey_bytes message, int err);
void refuse_proposal(size_t who, covey_bytes message, int err);
void refuse_data(size_t who, covey_bytes message, int err);

/* By all members but the sender: what is public, all decide alike. */
void all_accept_commit(size_t sender, covey_bytes message);
void all_refuse_commit(size_t sender, covey_bytes message, int err);
void all_accept_proposal(size_t sender, covey_bytes message);
void all_refuse_proposal(size_t sender, covey_bytes message, int err);
void all_refuse_data(size_t sender, covey_bytes message, int err);

/* Whether the documented group of the error is what it should be. */
void check_error_group(int err);

#endif
