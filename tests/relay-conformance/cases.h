/*
 * The cases: each shows one rule of SPEC.md section 4.5 at mailboxes of its
 * own, so that they can run in any order and against a relay in use.
 */
#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

#include "client.h"

typedef enum { PASSED, FAILED, NOT_CHECKED } verdict;

/* What a case found. */
typedef struct {
    const target *to;
    verdict verdict;
    char why[300];
} finding;

typedef struct {
    const char *name;
    const char *rule;
    void (*run)(finding *f);
} conformance_case;

extern const conformance_case append_cases[];
extern const conformance_case order_cases[];
extern const conformance_case read_cases[];
extern const conformance_case refuse_cases[];
extern const conformance_case wait_cases[];

/* Notes the first breach. */
void finding_fail(finding *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends a case at its first breach. */
#define CHECK(f, condition, ...)                                               \
    do {                                                                       \
        if (!(condition)) {                                                    \
            finding_fail(f, __VA_ARGS__);                                      \
            return;                                                            \
        }                                                                      \
    } while (0)

/* Syncs, and wants this status. False after a breach. */
bool sync_wants(finding *f, exchange *x, const covey_mailbox *mailbox,
                covey_sync_status status);

/* Appends num fresh blobs of BLOB bytes, without an answer's details. */
bool append_fresh(finding *f, const covey_mailbox *mailbox, size_t num);

/* Gives the index that the next append gets. That indices are dense is a case
 * of its own: the others add nothing to them. */
bool next_of(finding *f, const covey_mailbox *mailbox, uint64_t *next);

/* Gives how many entries there are behind an index; false after a breach. */
bool count_entries(finding *f, const covey_mailbox *mailbox, uint64_t after,
                   size_t *num);

/* Whether the entry is blob `at` of that request, whole. */
bool is_entry_of(const covey_sync_entry *entry, const exchange *x, size_t at);

#endif
