/*
 * What the contents' codecs share. A codec puts its struct into the message
 * that protoc-c made for it, and gets it back; both work in the scratch.
 * Failure latches, as the reader's does: a codec goes on to its end and is
 * asked once.
 */
#ifndef COVEY_CONTENT_WIRE_H
#define COVEY_CONTENT_WIRE_H

#include <covey/content.h>

#include "content/arena.h"
#include "content/covey.pb-c.h"

/* The roster has a byte for it. */
#define COVEY_DOCUMENT_KIND_MAX 255

typedef struct {
    covey_scratch *scratch;
    int64_t sent_ms; /* of the payload; some times are told from it */
    bool failed;     /* putting: no memory; getting: malformed */
} covey_wire;

/* One of Body's kinds. */
typedef struct {
    bool (*valid)(const covey_content *content);
    void *(*put)(covey_wire *w, const covey_content *content);
    void (*get)(covey_wire *w, covey_content *content, const void *message);
} covey_codec;

extern const covey_codec covey_codec_location;
extern const covey_codec covey_codec_status;
extern const covey_codec covey_codec_text;
extern const covey_codec covey_codec_attachment;
extern const covey_codec covey_codec_receipt;
extern const covey_codec covey_codec_sos;
extern const covey_codec covey_codec_sos_ack;
extern const covey_codec covey_codec_command;
extern const covey_codec covey_codec_command_receipt;
extern const covey_codec covey_codec_boot;
extern const covey_codec covey_codec_joined;
extern const covey_codec covey_codec_document;
extern const covey_codec covey_codec_notice;
extern const covey_codec covey_codec_access_log;
extern const covey_codec covey_codec_pause;

/* ---- putting ---- */

/* Zeroed memory for num elements; NULL fails. num is bounded by the caller. */
void *covey_wire_take(covey_wire *w, size_t num, size_t size);

/* The same for pointers to messages. */
void *covey_wire_list(covey_wire *w, size_t num);

/* An empty message; NULL fails. */
void *covey_wire_new(covey_wire *w, const ProtobufCMessageDescriptor *type);

/* A view as protobuf-c has it: it reads what it points to, no more. */
ProtobufCBinaryData covey_put_bytes(covey_bytes bytes);
ProtobufCBinaryData covey_put_fixed(const uint8_t *at, size_t len);
ProtobufCBinaryData covey_put_member(const covey_member_id *id);

/* A copy with an end; NULL fails. */
char *covey_put_text(covey_wire *w, covey_bytes text);

Covey__Reference *covey_put_reference(covey_wire *w,
                                      const covey_reference *reference);
Covey__DocumentVersion *
covey_put_version(covey_wire *w, const covey_document_version *version);

/* ---- getting ---- */

static inline void covey_wire_require(covey_wire *w, bool condition)
{
    if (!condition) w->failed = true;
}

/* A message whose kind is not known here has one unknown field, which is a
 * message. Gives its number; fails for anything else. */
uint32_t covey_get_unknown(covey_wire *w, const ProtobufCMessage *message);

/* Fails for a message with unknown fields. Each codec asks it for each of its
 * messages. */
void covey_get_known(covey_wire *w, const ProtobufCMessage *message);

covey_bytes covey_get_bytes(const ProtobufCBinaryData *data);
/* Fails for another length. */
void covey_get_fixed(covey_wire *w, uint8_t *out, size_t len,
                     const ProtobufCBinaryData *data);
void covey_get_member(covey_wire *w, covey_member_id *id,
                      const ProtobufCBinaryData *data);
covey_bytes covey_get_text(const char *text);
void covey_get_reference(covey_wire *w, covey_reference *reference,
                         const Covey__Reference *message);
void covey_get_version(covey_wire *w, covey_document_version *version,
                       const Covey__DocumentVersion *message);

/* ---- both ---- */

/* From, to: both included. */
static inline bool covey_within(int64_t value, int64_t from, int64_t to)
{
    return value >= from && value <= to;
}

/* A time that must be known; one that need not. */
static inline bool covey_time_valid(int64_t time_ms)
{
    return covey_within(time_ms, 1, COVEY_TIME_MS_MAX);
}

static inline bool covey_time_or_none(int64_t time_ms)
{
    return covey_within(time_ms, 0, COVEY_TIME_MS_MAX);
}

static inline bool covey_yes_no_valid(covey_yes_no value)
{
    return covey_within((int64_t)value, COVEY_YES_NO_UNKNOWN, COVEY_NO);
}

static inline bool covey_reference_valid(const covey_reference *reference)
{
    return reference->id.counter != 0;
}

static inline bool covey_version_valid(const covey_document_version *version)
{
    return covey_within(version->kind, 1, COVEY_DOCUMENT_KIND_MAX);
}

/* For what has no value: is it as it should be then? */
bool covey_member_is_zero(const covey_member_id *id);
bool covey_reference_is_zero(const covey_reference *reference);

#endif
