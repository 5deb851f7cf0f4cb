/*
 * A circle for tests: the family's groups with a roster among them, and what
 * the rules say about its members' proposals and commits. All members are
 * asked, and have to answer alike.
 *
 * Member `who` is at the leaf of the same index and has entry number `who`.
 */
#ifndef COVEY_TEST_CIRCLE_FAMILY_H
#define COVEY_TEST_CIRCLE_FAMILY_H

#include "circle/rules.h"
#include "forge.h"

/* The roster of the present epoch, as the tests know it. */
extern covey_roster circle;

covey_member_id circle_id(size_t who);
const uint8_t *circle_seed(size_t who); /* of the signature key */

/* An entry of the roster with this member's id. */
covey_roster_member circle_entry(size_t who, uint8_t person, uint8_t role,
                                 uint8_t votes);

/* A circle of these members, made without asking the rules. */
void circle_begin(const covey_roster_member *members, size_t num);
/* The same, with a roster that has more in it. */
void circle_begin_with(const covey_roster *roster);

/* A family: the watch (0), Anna's phone (1) and tablet (2), Ben's phone (3)
 * and tablet (4), the grandmother, who does not vote (5), a carer (6), a
 * friend (7). Two documents and a relay. */
enum { WATCH, ANNA, ANNA_2, BEN, BEN_2, GRAN, CARER, FRIEND, NEW, NEW_2 };
enum { PERSON_ANNA = 1, PERSON_BEN, PERSON_GRAN, PERSON_CARER, PERSON_FRIEND };
void circle_begin_family(void);

/* ---- what is proposed and committed ---- */

covey_bytes circle_extensions(const covey_roster *roster);
covey_bytes circle_package(size_t who);
/* A KeyPackage with another identity or signature key. */
covey_bytes circle_package_of(size_t who, covey_bytes identity,
                              const uint8_t *seed);

covey_mls_change change_add(covey_bytes key_package);
covey_mls_change change_remove(size_t who);
covey_mls_change change_roster(const covey_roster *roster);
covey_mls_change change_psk(void);

/* The circle's roster without, or with, somebody. */
covey_roster roster_without(size_t who);
covey_roster roster_with(covey_roster_member member);

typedef struct {
    size_t by;
    covey_mls_change changes[6]; /* by value */
    size_t num_changes;
    covey_mls_ref refs[6];
    size_t num_refs;
    bool without_path;
} circle_commit;

circle_commit commit_by(size_t who);
void commit_change(circle_commit *c, covey_mls_change change);
void commit_ref(circle_commit *c, covey_mls_ref ref);
/* Removes by value, or by a reference, and gives the roster without them. */
circle_commit commit_removal(size_t by, size_t target);
circle_commit commit_referred(size_t by, size_t target, covey_mls_ref ref);

/* ---- what the rules say ---- */

/* What they are told not to count as standing, if anything. */
extern const covey_rules_unmet *circle_unmet;

/* All members, the committer included, answer this; nothing is merged. */
void judge_commit(const circle_commit *c, int err);
/* The same of a message that is not of the committer's own making. */
void judge_message(size_t by, covey_bytes commit, int err);
/* All permit it and take it over; newcomers join. */
void merge_commit(const circle_commit *c, const covey_roster *roster,
                  size_t newcomer);

/* Sent to all, who answer this. When permitted it stands, and its name is
 * returned; else all forget it. */
covey_mls_ref judge_proposal(size_t who, const covey_mls_change *change,
                             int err);
covey_mls_ref propose_update(size_t who);
covey_mls_ref propose_removal(size_t who, size_t target);
void refuse_removal(size_t who, size_t target);

/* All forget what stands. */
void forget_proposals(void);

#endif
