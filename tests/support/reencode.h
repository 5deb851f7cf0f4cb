/*
 * Reads a structure of RFC 9420 and writes it again from its parts: every
 * list is taken apart and put together anew, and no view of a whole encoding
 * is used, so that a field which is read wrongly cannot come out right.
 *
 * A source for the program that needs it, not part of covey_test_support: it
 * calls the library under test.
 */
#ifndef COVEY_TEST_REENCODE_H
#define COVEY_TEST_REENCODE_H

#include "support/bytes.h"

typedef enum {
    REENCODE_MESSAGE, /* MLSMessage of any wire format */
    REENCODE_KEY_PACKAGE,
    REENCODE_LEAF_NODE,
    REENCODE_PROPOSAL,
    REENCODE_COMMIT,
    REENCODE_UPDATE_PATH,
    REENCODE_WELCOME,
    REENCODE_GROUP_INFO,
    REENCODE_GROUP_SECRETS,
    REENCODE_GROUP_CONTEXT,
    REENCODE_PSK_ID,
    REENCODE_RATCHET_TREE,
    REENCODE_EXTENSIONS, /* contents of the vector */
    REENCODE_REQUIRED_CAPABILITIES,
    REENCODE_NUM
} reencode_kind;

/* What the reader answers; after COVEY_OK *out holds the bytes written. They
 * live until test_free_all. */
int reencode(covey_bytes *out, reencode_kind kind, covey_bytes in);

#endif
