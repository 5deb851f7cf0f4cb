#include <covey/content.h>
#include <covey/error.h>

#include "content/body.h"

static bool sealed_valid(const covey_sealed *sealed)
{
    return sealed->audience_id != 0 && sealed->key_id.len >= 1 &&
           sealed->key_id.len <= COVEY_KEY_ID_MAX &&
           sealed->ciphertext.len >= 1 &&
           sealed->ciphertext.len <= COVEY_PAYLOAD_MAX;
}

static bool head_valid(const covey_payload *payload)
{
    return payload->id.counter != 0 && covey_time_or_none(payload->sent_ms);
}

static bool valid(const covey_payload *payload)
{
    const covey_content *content = &payload->content;

    return head_valid(payload) && (content->kind == COVEY_CONTENT_SEALED
                                       ? sealed_valid(&content->of.sealed)
                                       : covey_body_valid(content));
}

static Covey__Sealed *put_sealed(covey_wire *w, const covey_sealed *sealed)
{
    Covey__Sealed *message = covey_wire_new(w, &covey__sealed__descriptor);

    if (message == NULL) return NULL;
    message->audience = sealed->audience_id;
    message->key_id = covey_put_bytes(sealed->key_id);
    message->ciphertext = covey_put_bytes(sealed->ciphertext);
    return message;
}

static void put_payload(covey_wire *w, Covey__Payload *message,
                        const covey_payload *payload)
{
    const covey_content *content = &payload->content;

    message->counter = payload->id.counter;
    message->incarnation = payload->id.incarnation;
    message->sent_ms = (uint64_t)payload->sent_ms;
    message->seen_count = payload->seen.count;
    message->seen_chain =
        covey_put_fixed(payload->seen.chain, sizeof payload->seen.chain);
    if (content->kind == COVEY_CONTENT_SEALED) {
        message->body_case = COVEY__PAYLOAD__BODY_SEALED;
        message->sealed = put_sealed(w, &content->of.sealed);
    } else {
        message->body_case = COVEY__PAYLOAD__BODY_CLEAR;
        message->clear = covey_put_body(w, content);
    }
}

int covey_payload_encode(covey_buffer *out, const covey_payload *payload,
                         covey_buffer *scratch)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_wire w = {&s, payload->sent_ms, false};
    Covey__Payload message = COVEY__PAYLOAD__INIT;

    if (s.cap < COVEY_CONTENT_SCRATCH_SIZE) return COVEY_ERR_BUFFER;
    if (!valid(payload)) return COVEY_ERR_ARGUMENT;
    put_payload(&w, &message, payload);
    if (w.failed) return COVEY_ERR_BUFFER;
    size_t len = protobuf_c_message_get_packed_size(&message.base);
    if (len > COVEY_PAYLOAD_MAX) return COVEY_ERR_ARGUMENT;
    if (len > out->cap) return COVEY_ERR_BUFFER;
    out->len = protobuf_c_message_pack(&message.base, out->at);
    return COVEY_OK;
}

/* A buffer for protobuf-c to write to, which compares instead. */
typedef struct {
    ProtobufCBuffer base;
    covey_bytes left;
    bool same;
} comparison;

static void compare(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
    comparison *c = (comparison *)buffer;

    c->same = c->same && len <= c->left.len &&
              covey_bytes_same(covey_bytes_of(c->left.at, len),
                               covey_bytes_of(data, len));
    if (c->same) {
        c->left = covey_bytes_of(c->left.at + len, c->left.len - len);
    }
}

/* Whether what was read encodes again to the same bytes: protobuf has many
 * encodings of one thing, and takes all of them. */
static bool canonical(const Covey__Payload *message, covey_bytes bytes)
{
    comparison c = {{compare}, bytes, true};

    (void)protobuf_c_message_pack_to_buffer(&message->base, &c.base);
    return c.same && c.left.len == 0;
}

static void get_sealed(covey_wire *w, covey_content *content,
                       const Covey__Sealed *message)
{
    covey_sealed *sealed = &content->of.sealed;

    covey_get_known(w, &message->base);
    content->kind = COVEY_CONTENT_SEALED;
    sealed->audience_id = message->audience;
    sealed->key_id = covey_get_bytes(&message->key_id);
    sealed->ciphertext = covey_get_bytes(&message->ciphertext);
    covey_wire_require(w, sealed_valid(sealed));
}

static void get_payload(covey_wire *w, covey_payload *payload,
                        const Covey__Payload *message)
{
    covey_get_known(w, &message->base);
    payload->id.counter = message->counter;
    payload->id.incarnation = message->incarnation;
    payload->sent_ms = (int64_t)message->sent_ms;
    w->sent_ms = payload->sent_ms;
    payload->seen.count = message->seen_count;
    covey_get_fixed(w, payload->seen.chain, sizeof payload->seen.chain,
                    &message->seen_chain);
    covey_wire_require(w, head_valid(payload));
    if (w->failed) return;
    switch (message->body_case) {
    case COVEY__PAYLOAD__BODY_CLEAR:
        covey_get_body(w, &payload->content, message->clear);
        break;
    case COVEY__PAYLOAD__BODY_SEALED:
        get_sealed(w, &payload->content, message->sealed);
        break;
    default: w->failed = true; break;
    }
}

int covey_payload_decode(covey_payload *out, covey_bytes bytes,
                         covey_buffer *scratch)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    ProtobufCAllocator arena = covey_arena_allocator(&s);
    covey_wire w = {&s, 0, false};
    covey_payload payload;

    if (s.cap < COVEY_CONTENT_SCRATCH_SIZE) return COVEY_ERR_BUFFER;
    if (bytes.len == 0 || bytes.len > COVEY_PAYLOAD_MAX) {
        return COVEY_ERR_MALFORMED;
    }
    const Covey__Payload *message =
        covey__payload__unpack(&arena, bytes.len, bytes.at);
    if (message == NULL || !canonical(message, bytes)) {
        return COVEY_ERR_MALFORMED;
    }
    memset(&payload, 0, sizeof payload);
    get_payload(&w, &payload, message);
    if (w.failed) return COVEY_ERR_MALFORMED;
    *out = payload;
    return COVEY_OK;
}
