/*
 * A family for torture: Alice, Bob and Carol in one group, Dave and Eve on
 * the way. Everything follows from one number.
 */
#ifndef COVEY_TEST_FAMILY_H
#define COVEY_TEST_FAMILY_H

#include <covey/mls.h>
#include <criterion/criterion.h>

#include "mls/group.h"
#include "support/bytes.h"
#include "support/random.h"

enum { ALICE, BOB, CAROL, DAVE, EVE, FAMILY_SIZE };

#define FAMILY_ROOM 16384

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
    covey_mls_joiner *joiner;
    covey_buffer key_package;
} family_device;

typedef struct {
    family_device devices[FAMILY_SIZE];
    test_random random;
    covey_random hook;
    covey_mls_psk psk;
    covey_buffer scratch;
    covey_buffer message;
    covey_buffer commit;
    covey_buffer welcome;
    covey_buffer saved;
} family;

/* The result is the name of an error, so that it is readable. */
#define check_err(got, want)                                                   \
    do {                                                                       \
        int got_ = (got), want_ = (want);                                      \
        cr_assert(got_ == want_, "%s: %s, not %s", #got,                       \
                  covey_error_name(got_), covey_error_name(want_));            \
    } while (0)
#define check_ok(got) check_err((got), COVEY_OK)

/* The first three in one group, after a commit of each; the others' joiners
 * are new. Lives until test_free_all. */
family *family_new(uint64_t seed);

covey_mls_group *family_group_memory(void);
covey_mls_staged *family_staged_memory(void);
covey_mls_joiner *family_joiner_memory(void);

covey_mls_member family_member(size_t who);

/* The whole scratch. */
covey_buffer *family_scratch(family *f);
static inline covey_bytes family_view(const covey_buffer *buffer)
{
    return covey_bytes_of(buffer->at, buffer->len);
}

/* A copy of a buffer, as it is sent. */
covey_bytes family_send(const covey_buffer *buffer);

/* What a device says to the others; copies. */
covey_bytes family_say(family *f, size_t who, const char *text);
covey_bytes family_propose(family *f, size_t who,
                           const covey_mls_change *change, covey_mls_ref *ref);
/* Its commit waits in its staged. */
covey_bytes family_commit(family *f, size_t who,
                          const covey_mls_commit_options *options);

/* What a device answers to a message; what it read must be the text. */
int family_read(family *f, size_t who, covey_bytes message, const char *text);
int family_hear(family *f, size_t who, covey_bytes proposal);
int family_stage(family *f, size_t who, covey_bytes commit);
/* Stages and merges. */
void family_follow(family *f, size_t who, covey_bytes commit);
void family_merge(family *f, size_t who);

/* Both are in the same epoch, and hear each other. */
void family_check_pair(family *f, size_t a, size_t b);

/* Saves a device, its pending commit too if with_pending; a copy. */
covey_bytes family_save(family *f, size_t who, bool with_pending);
/* The power comes back: the device is what was saved. */
void family_restart(family *f, size_t who, covey_bytes saved);

/* A change of each kind. */
covey_mls_change family_add(const family *f, size_t who);
covey_mls_change family_remove(const family *f, size_t who);
covey_mls_change family_use_psk(const family *f);
covey_mls_change family_set_policy(void);

#endif
