/*
 * The sync protocol, for both sides: a request appends blobs to one mailbox
 * and asks for what came after an index; the response gives the entries.
 * SPEC.md section 4.5.
 *
 * A client fills a request, signs and encodes it; decodes the answer, and
 * matches the two before it believes a word. A relay decodes a request,
 * verifies it, looks at it in the order that `covey_sync_status` says, and
 * encodes its answer.
 *
 * Decoding takes its memory from the caller's scratch, some 100 bytes for
 * each append or entry besides the blobs; views point into it, and the
 * encoded bytes are free to go.
 */
#ifndef COVEY_RELAY_SYNC_H
#define COVEY_RELAY_SYNC_H

#include "base/limits.h"
#include "base/scratch.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "relay/mailbox.h"

/* ---- requests ---- */

typedef struct {
    covey_bytes blob;
    bool keep; /* for long: a commit. Others too, at random */
    bool wake; /* those who asked to be woken */
} covey_sync_append;

typedef struct {
    covey_mailbox_address mailbox;
    size_t num_appends;
    covey_sync_append appends[COVEY_SYNC_APPENDS_MAX];
    bool has_expect_next; /* append only if the next index is this one */
    uint64_t expect_next;
    uint64_t after;     /* entries behind this index; 0: from the first */
    uint32_t max_bytes; /* of the encoded response */
    uint32_t max_blob;  /* a blob's size; larger ones come as stubs */
    uint32_t wait_ms;   /* for something to come, if nothing is there */
    bool has_wake;      /* subscribe to being woken */
    uint32_t expiry_s;  /* for so long; 0: no longer */
    covey_bytes sealed_endpoint;
    covey_bytes token; /* of admission; may be empty */
    /* Of the log that is meant: from another one nothing but its own origin is
     * wanted, and to another one nothing is appended. 0: whatever is there. */
    uint64_t origin;
    uint8_t signature[COVEY_SIGNATURE_SIZE];
} covey_sync_request;

/* Sets mailbox and signature. `relay` is the name of the host that the
 * client means to talk to, in lower case, 1 to 255 bytes. COVEY_ERR_ARGUMENT:
 * a field is outside its range. */
int covey_sync_request_sign(covey_sync_request *request,
                            const covey_mailbox *mailbox, covey_bytes relay);

/* COVEY_ERR_AUTH. The relay then answers as if there were no such mailbox. */
int covey_sync_request_verify(const covey_sync_request *request,
                              covey_bytes relay);

/* COVEY_ERR_ARGUMENT as above, COVEY_ERR_BUFFER. */
int covey_sync_request_encode(covey_writer *w,
                              const covey_sync_request *request);

/* COVEY_ERR_MALFORMED; COVEY_ERR_BUFFER: more than the scratch has room for. */
int covey_sync_request_decode(covey_sync_request *request,
                              covey_scratch *scratch, covey_bytes bytes);

/* ---- responses ---- */

/* In the order in which a relay looks. Appending is all or nothing. */
typedef enum {
    COVEY_SYNC_OK = 1,          /* done */
    COVEY_SYNC_BAD_REQUEST = 2, /* it does not decode */
    COVEY_SYNC_TOO_LARGE = 3,   /* more at once than this relay takes */
    COVEY_SYNC_RETRY_LATER = 4, /* it is busy */
    COVEY_SYNC_NOT_FOUND = 5,   /* not yours, or there is none: no telling */
    /* A blob that is there already keeps its index, and is not appended
     * again. When others are left: */
    COVEY_SYNC_CONFLICT = 6, /* something came in between: see next; or it is
                                another log: see origin */
    COVEY_SYNC_QUOTA = 7     /* this mailbox is full */
} covey_sync_status;

/* A blob, or its stub. */
typedef struct {
    uint64_t index; /* the first of a mailbox is 1 */
    bool is_stub;
    covey_bytes blob;
    uint32_t stub_len;
    covey_digest stub_hash; /* SHA-256 of the blob */
} covey_sync_entry;

typedef struct {
    covey_sync_status status;
    uint64_t next;       /* the index that the next append gets */
    size_t num_appended; /* of OK: one for each append, in its order */
    uint64_t appended[COVEY_SYNC_APPENDS_MAX];
    size_t num_entries; /* by rising index; without what was just appended */
    const covey_sync_entry *entries;
    /* Drawn when the relay's store was made: when it is another one, all logs
     * are others too. 0: the relay does not say. */
    uint64_t origin;
} covey_sync_response;

/* Scratch: some 80 bytes for each entry. COVEY_ERR_ARGUMENT: a field is
 * outside its range. COVEY_ERR_BUFFER. */
int covey_sync_response_encode(covey_writer *w,
                               const covey_sync_response *response,
                               covey_scratch scratch);

/* COVEY_ERR_MALFORMED, COVEY_ERR_BUFFER. */
int covey_sync_response_decode(covey_sync_response *response,
                               covey_scratch *scratch, covey_bytes bytes);

/* Whether this can be the answer to that request: the right number of
 * indices, nothing at or before `after`, nothing above max_blob, no stub of
 * what is not above it. COVEY_ERR_MALFORMED. What the entries hold is not
 * believed for that. */
int covey_sync_response_match(const covey_sync_response *response,
                              const covey_sync_request *request);

#endif
