/*
 * What the codecs of requests and responses share: bytes as protobuf-c has
 * them, and encodings that are valid in one form only.
 */
#ifndef COVEY_RELAY_SYNC_WIRE_H
#define COVEY_RELAY_SYNC_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "base/scratch.h"
#include "base/writer.h"

/* A view as protobuf-c has it, which reads what it points to and no more. */
ProtobufCBinaryData covey_sync_put(const uint8_t *at, size_t len);
covey_bytes covey_sync_get(const ProtobufCBinaryData *data);

/* Copies a field of exactly this length. */
bool covey_sync_get_fixed(uint8_t *out, size_t len,
                          const ProtobufCBinaryData *data);

/* Zeroed memory; NULL when the scratch has none left. */
void *covey_sync_take(covey_scratch *scratch, size_t num, size_t size);

/* Appends the encoding. COVEY_ERR_BUFFER. */
int covey_sync_pack(covey_writer *w, const ProtobufCMessage *message);

/* Decodes into memory of the scratch. COVEY_ERR_MALFORMED: not this message,
 * or in another form than the one we write. COVEY_ERR_BUFFER: nothing is left
 * of the scratch, or what does not decode asked for more than there was. */
int covey_sync_unpack(ProtobufCMessage **out,
                      const ProtobufCMessageDescriptor *type,
                      covey_scratch *scratch, covey_bytes bytes);

#endif
