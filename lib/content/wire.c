#include "content/wire.h"

void *covey_wire_take(covey_wire *w, size_t num, size_t size)
{
    void *at = w->failed ? NULL : covey_arena_take(w->scratch, num * size);

    if (at == NULL) {
        w->failed = true;
        return NULL;
    }
    memset(at, 0, num * size);
    return at;
}

void *covey_wire_list(covey_wire *w, size_t num)
{
    return covey_wire_take(w, num, sizeof(ProtobufCMessage *));
}

void *covey_wire_new(covey_wire *w, const ProtobufCMessageDescriptor *type)
{
    void *at = covey_wire_take(w, 1, type->sizeof_message);

    if (at != NULL) protobuf_c_message_init(type, at);
    return at;
}

ProtobufCBinaryData covey_put_bytes(covey_bytes bytes)
{
    union {
        const uint8_t *ours;
        uint8_t *theirs;
    } at = {bytes.at};

    return (ProtobufCBinaryData){bytes.len, at.theirs};
}

ProtobufCBinaryData covey_put_fixed(const uint8_t *at, size_t len)
{
    return covey_put_bytes(covey_bytes_of(at, len));
}

ProtobufCBinaryData covey_put_member(const covey_member_id *id)
{
    return covey_put_fixed(id->bytes, sizeof id->bytes);
}

char *covey_put_text(covey_wire *w, covey_bytes text)
{
    char *at = covey_wire_take(w, text.len + 1, 1);

    if (at != NULL) covey_copy(at, text.at, text.len);
    return at;
}

Covey__Reference *covey_put_reference(covey_wire *w,
                                      const covey_reference *reference)
{
    Covey__Reference *message =
        covey_wire_new(w, &covey__reference__descriptor);

    if (message == NULL) return NULL;
    message->sender = covey_put_member(&reference->sender);
    message->counter = reference->id.counter;
    message->incarnation = reference->id.incarnation;
    return message;
}

Covey__DocumentVersion *covey_put_version(covey_wire *w,
                                          const covey_document_version *version)
{
    Covey__DocumentVersion *message =
        covey_wire_new(w, &covey__document_version__descriptor);

    if (message == NULL) return NULL;
    message->kind = version->kind;
    message->version = version->version;
    return message;
}

uint32_t covey_get_unknown(covey_wire *w, const ProtobufCMessage *message)
{
    const ProtobufCMessageUnknownField *field = message->unknown_fields;

    covey_wire_require(w, message->n_unknown_fields == 1);
    if (w->failed) return 0;
    covey_wire_require(w, field->tag != 0 &&
                              field->wire_type ==
                                  PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    return field->tag;
}

void covey_get_known(covey_wire *w, const ProtobufCMessage *message)
{
    covey_wire_require(w, message->n_unknown_fields == 0);
}

covey_bytes covey_get_bytes(const ProtobufCBinaryData *data)
{
    return covey_bytes_of(data->len == 0 ? NULL : data->data, data->len);
}

void covey_get_fixed(covey_wire *w, uint8_t *out, size_t len,
                     const ProtobufCBinaryData *data)
{
    covey_wire_require(w, data->len == len);
    if (!w->failed) covey_copy(out, data->data, len);
}

void covey_get_member(covey_wire *w, covey_member_id *id,
                      const ProtobufCBinaryData *data)
{
    covey_get_fixed(w, id->bytes, sizeof id->bytes, data);
}

covey_bytes covey_get_text(const char *text)
{
    return covey_bytes_of_text(text);
}

void covey_get_reference(covey_wire *w, covey_reference *reference,
                         const Covey__Reference *message)
{
    covey_get_known(w, &message->base);
    covey_get_member(w, &reference->sender, &message->sender);
    reference->id.counter = message->counter;
    reference->id.incarnation = message->incarnation;
}

void covey_get_version(covey_wire *w, covey_document_version *version,
                       const Covey__DocumentVersion *message)
{
    covey_get_known(w, &message->base);
    version->kind = message->kind;
    version->version = message->version;
}

bool covey_member_is_zero(const covey_member_id *id)
{
    static const covey_member_id zero;

    return memcmp(id, &zero, sizeof zero) == 0;
}

bool covey_reference_is_zero(const covey_reference *reference)
{
    return covey_member_is_zero(&reference->sender) &&
           reference->id.counter == 0 && reference->id.incarnation == 0;
}
