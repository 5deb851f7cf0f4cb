/*
 * What a function of Covey can answer. COVEY_OK is 0, failures are negative.
 * The group tells a host what to do without knowing the name:
 *
 *   usage   -1..-15    fix the calling code
 *   room   -16..-31    give a larger buffer, or expect less
 *   peer   -32..-63    drop the message: every member decides alike
 *   state  -64..-79    resynchronise or rejoin
 *   port   -80..-95    a hook of the host failed: call again later
 *
 * A failed call changes nothing, and its outputs are unchanged or zero.
 */
#ifndef COVEY_ERROR_H
#define COVEY_ERROR_H

#include <stdbool.h>

#include <covey/export.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    COVEY_OK = 0,

    /* usage */
    COVEY_ERR_ARGUMENT = -1, /* a parameter is outside its documented range */
    COVEY_ERR_STATE = -2,    /* not in this state: see the function's text */

    /* room */
    COVEY_ERR_BUFFER = -16,   /* the output buffer is too small */
    COVEY_ERR_CAPACITY = -17, /* over a limit this build was made with */

    /* peer, public: every member refuses the message alike */
    COVEY_ERR_MALFORMED = -32,  /* not the encoding of what it should be */
    COVEY_ERR_PROFILE = -33,    /* valid RFC 9420, refused by our profile */
    COVEY_ERR_AUTH = -34,       /* decryption, signature or MAC failed */
    COVEY_ERR_EPOCH = -35,      /* of another group or another epoch */
    COVEY_ERR_SENDER = -36,     /* the sender is no member, or is oneself */
    COVEY_ERR_REPLAY = -37,     /* its generation was used, or is forgotten */
    COVEY_ERR_TOO_FAR = -38,    /* its generation is too far ahead */
    COVEY_ERR_LEAF = -39,       /* a LeafNode or KeyPackage is not valid */
    COVEY_ERR_PROPOSAL = -40,   /* the proposal, or the list, is not valid */
    COVEY_ERR_PATH = -41,       /* the UpdatePath does not fit the tree */
    COVEY_ERR_TREE = -42,       /* the ratchet tree is not valid */
    COVEY_ERR_EXTENSION = -43,  /* an extension is repeated or unsupported */
    COVEY_ERR_LIFETIME = -44,   /* too long a lifetime, or not valid now */
    COVEY_ERR_PADDING = -45,    /* padding is not all zero */
    COVEY_ERR_PERMISSION = -46, /* its sender has no right to it */
    COVEY_ERR_ROSTER = -47,     /* the roster is not valid, or does not fit */
    COVEY_ERR_INVITE = -48,     /* not an invite, or not of this kind */

    /* state, private: only this member fails, others may go on */
    COVEY_ERR_PATH_SECRET = -64,  /* the path secret cannot be opened */
    COVEY_ERR_PATH_KEY = -65,     /* a path key is not that of its secret */
    COVEY_ERR_CONFIRMATION = -66, /* the confirmation tag is wrong */
    COVEY_ERR_PSK = -67,          /* a pre-shared key is not known here */
    COVEY_ERR_KEYS = -68,         /* a key of one's own is missing or wrong */
    COVEY_ERR_REFERENCE = -69,    /* refers to what is not known here */
    COVEY_ERR_EXHAUSTED = -70,    /* a counter is used up: commit first */
    COVEY_ERR_ROLLBACK = -71,     /* an older state of one's own came back */

    /* port */
    COVEY_ERR_RANDOM = -80,  /* the random hook failed */
    COVEY_ERR_PORT = -81,    /* a storage or counter hook failed */
    COVEY_ERR_CONFLICT = -82 /* another process saved: reopen, do it again */
};

/**
 * The name of an error.
 *
 * @param err  What a function of Covey returned.
 *
 * @return A static string, "COVEY_ERR_AUTH" for instance, or
 *         "COVEY_ERR_UNKNOWN". Never NULL.
 */
COVEY_API const char *covey_error_name(int err);

/**
 * What an error means, for a log or a developer's screen.
 *
 * @param err  What a function of Covey returned.
 *
 * @return A static English sentence without a full stop. Never NULL.
 */
COVEY_API const char *covey_error_text(int err);

/**
 * Whether every member of the group decides alike about this failure.
 *
 * A commit that fails publicly is skipped by all. One that fails privately
 * may be taken by others: the member that meets it must stop and say so,
 * never skip it.
 *
 * @param err  What a function of Covey returned.
 *
 * @retval true   err is one of the peer group.
 * @retval false  Otherwise, COVEY_OK included.
 */
COVEY_API bool covey_error_is_public(int err);

#ifdef __cplusplus
}
#endif

#endif
