/*
 * What no implementation of RFC 9420 can avoid: for each operation the calls
 * of the primitives, as bench/README.md lists them. They are derived from the
 * messages and trees of the run, not from what the library does.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include "bare.h"
#include "mls/group.h"

/* package: an MLSMessage. */
void limit_key_package(bare_plan *plan, covey_bytes package);

/* A commit with a path. */
typedef struct {
    const covey_tree *tree; /* after it */
    uint32_t width_before;  /* of the tree that it is made on */
    size_t context_len;     /* of the GroupContext */
    covey_leaf_index committer;
    covey_bytes message;
    covey_bytes key_package; /* whom it adds; empty: nobody */
    covey_leaf_index added;
    covey_bytes welcome;
} limit_commit;

/* Making it, the first handshake message of the sender in its epoch. */
void limit_make_commit(bare_plan *plan, const limit_commit *commit);

/* Taking it, for a member of this leaf. */
void limit_process_commit(bare_plan *plan, const limit_commit *commit,
                          covey_leaf_index self);

/* Joining by its Welcome, as the leaf that was added. */
void limit_join(bare_plan *plan, const limit_commit *commit);

/* An application message; first: of its sender in the epoch. */
void limit_protect(bare_plan *plan, const covey_epoch *epoch,
                   covey_bytes message, bool first);
void limit_unprotect(bare_plan *plan, const covey_epoch *epoch,
                     covey_bytes message, bool first);

#endif
