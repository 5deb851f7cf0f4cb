/*
 * GroupContext, RFC 9420 section 8.1, and the transcript hashes of 8.2.
 */
#ifndef COVEY_MLS_GROUP_CONTEXT_H
#define COVEY_MLS_GROUP_CONTEXT_H

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/suite.h"

typedef struct {
    const covey_suite *suite;
    uint64_t epoch;
    uint8_t group_id_len;
    uint8_t confirmed_transcript_hash_len; /* 0 in epoch 0 */
    uint16_t extensions_len;
    uint8_t group_id[COVEY_MLS_GROUP_ID_MAX];
    covey_digest tree_hash;
    covey_digest confirmed_transcript_hash;
    uint8_t extensions[COVEY_MLS_EXTENSIONS_MAX]; /* the vector's contents */
} covey_group_context;

/* Encoded. */
#define COVEY_MLS_GROUP_CONTEXT_MAX                                            \
    (2 + 2 + 1 + COVEY_MLS_GROUP_ID_MAX + 8 + 2 * (1 + COVEY_HASH_SIZE) + 4 +  \
     COVEY_MLS_EXTENSIONS_MAX)

/* COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE for what is not ours or over our
 * sizes, COVEY_ERR_EXTENSION. */
int covey_read_group_context(covey_reader *r, covey_group_context *context);
void covey_write_group_context(covey_writer *w,
                               const covey_group_context *context);

static inline covey_bytes covey_group_id(const covey_group_context *context)
{
    return covey_bytes_of(context->group_id, context->group_id_len);
}

static inline covey_bytes
covey_group_extensions(const covey_group_context *context)
{
    return covey_bytes_of(context->extensions, context->extensions_len);
}

/* COVEY_ERR_PROFILE above COVEY_MLS_EXTENSIONS_MAX, or with an
 * external_senders extension; COVEY_ERR_MALFORMED, COVEY_ERR_EXTENSION. */
int covey_group_extensions_check(covey_bytes extensions);

/* Checks, and replaces all extensions. */
int covey_group_extensions_set(covey_group_context *context,
                               covey_bytes extensions);

/* confirmed_transcript_hash of the next epoch. content is WireFormat and
 * FramedContent. */
void covey_confirmed_transcript_hash(covey_digest *out,
                                     const covey_digest *interim,
                                     covey_bytes content,
                                     covey_bytes signature);

/* interim_transcript_hash. confirmed is empty in epoch 0. */
void covey_interim_transcript_hash(covey_digest *out, covey_bytes confirmed,
                                   covey_bytes confirmation_tag);

#endif
