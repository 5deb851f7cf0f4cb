/*
 * A real group for fuzz targets, the same in each run. Its tree has all that
 * a tree can have:
 *
 *   leaf 0 ANNA, leaf 1 BEN, leaf 2 EVA (added last, without a path: she is
 *   unmerged above), leaf 3 blank, leaf 4 FRED; GREG has a KeyPackage only.
 *
 * In the present epoch each member has cached the same proposals: an Add of
 * Greg, a pre-shared key and extensions by Anna, an Update by Fred, a Remove
 * of Eva by Ben.
 */
#ifndef COVEY_FUZZ_FAMILY_H
#define COVEY_FUZZ_FAMILY_H

#include <covey/mls.h>

#include "mls/group.h"
#include "support/random.h"

typedef enum { ANNA, BEN, EVA, FRED, FAMILY_NUM } family_name;

#define FAMILY_PROPOSALS 5

typedef struct {
    covey_mls_group members[FAMILY_NUM];
    covey_mls_joiner greg;
    covey_bytes greg_package;
    covey_mls_ref refs[FAMILY_PROPOSALS];
    covey_mls_psk psk;
    covey_buffer scratch; /* exactly covey_mls_scratch_size() bytes */
} family;

/* Made at the first call. */
const family *family_get(void);

/* What the group's members do; each aborts on an error. Outputs live until
 * the program ends. */
typedef struct {
    covey_bytes commit;
    covey_bytes welcome;
} family_commit;

family_commit family_make_commit(covey_mls_group *group,
                                 covey_mls_staged *staged,
                                 const covey_mls_commit_options *options);
covey_bytes family_make_proposal(covey_mls_group *group,
                                 const covey_mls_change *change, bool as_public,
                                 covey_mls_ref *ref);
covey_bytes family_make_text(covey_mls_group *group, const char *text);

/* The source of randomness of all that members do. */
covey_random family_random(void);

/* An extension that all members understand, as a GroupContext's list. */
covey_bytes family_extensions(const char *text);

#endif
