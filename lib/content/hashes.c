/*
 * What names a policy document, and what chains the access log.
 */
#include <covey/content.h>
#include <covey/error.h>

#include "content/access.h"
#include "content/document.h"
#include "crypto/hash.h"

/* Adds a message's encoding to a hash. */
static void hash_message(covey_wire *w, covey_hash *hash,
                         const ProtobufCMessage *message)
{
    if (w->failed) return;
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *at = covey_wire_take(w, len, 1);

    if (at == NULL) return;
    (void)protobuf_c_message_pack(message, at);
    covey_hash_add(hash, covey_bytes_of(at, len));
}

int covey_document_hash(uint8_t out[COVEY_DOCUMENT_HASH_SIZE],
                        const covey_document *document, covey_buffer *scratch)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_wire w = {&s, 0, false};
    covey_hash hash;
    covey_digest digest;

    if (s.cap < COVEY_CONTENT_SCRATCH_SIZE) return COVEY_ERR_BUFFER;
    if (!covey_document_valid(document)) return COVEY_ERR_ARGUMENT;
    covey_hash_begin(&hash);
    hash_message(&w, &hash,
                 (ProtobufCMessage *)covey_put_document(&w, document));
    covey_hash_end(&hash, &digest);
    if (w.failed) return COVEY_ERR_BUFFER;
    memcpy(out, digest.bytes, COVEY_DOCUMENT_HASH_SIZE);
    return COVEY_OK;
}

int covey_access_log_after(uint8_t after[COVEY_ACCESS_CHAIN_SIZE],
                           const covey_access_log *log, covey_buffer *scratch)
{
    static const char label[] = "covey access 1";
    covey_digest chain;

    if (scratch->cap < COVEY_CONTENT_SCRATCH_SIZE) return COVEY_ERR_BUFFER;
    if (!covey_access_log_valid(log)) return COVEY_ERR_ARGUMENT;
    memcpy(chain.bytes, log->before, sizeof chain.bytes);
    for (size_t i = 0; i < log->num_entries; i++) {
        covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
        covey_wire w = {&s, 0, false};
        covey_hash hash;

        covey_hash_begin(&hash);
        covey_hash_add(&hash, covey_bytes_of_text(label));
        covey_hash_add(&hash, covey_bytes_of(chain.bytes, sizeof chain.bytes));
        hash_message(&w, &hash,
                     (ProtobufCMessage *)
                         covey_put_access_entry(&w, &log->entries[i]));
        covey_hash_end(&hash, &chain);
        if (w.failed) return COVEY_ERR_BUFFER;
    }
    memcpy(after, chain.bytes, COVEY_ACCESS_CHAIN_SIZE);
    return COVEY_OK;
}
