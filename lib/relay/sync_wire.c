#include "relay/sync_wire.h"

#include <covey/error.h>

#include "content/arena.h"

ProtobufCBinaryData covey_sync_put(const uint8_t *at, size_t len)
{
    union {
        const uint8_t *ours;
        uint8_t *theirs;
    } bytes = {at};

    return (ProtobufCBinaryData){len, bytes.theirs};
}

covey_bytes covey_sync_get(const ProtobufCBinaryData *data)
{
    return covey_bytes_of(data->data, data->len);
}

bool covey_sync_get_fixed(uint8_t *out, size_t len,
                          const ProtobufCBinaryData *data)
{
    if (data->len != len) return false;
    covey_copy(out, data->data, len);
    return true;
}

void *covey_sync_take(covey_scratch *scratch, size_t num, size_t size)
{
    void *at = covey_arena_take(scratch, num * size);

    if (at != NULL) memset(at, 0, num * size);
    return at;
}

/* ---- packing ---- */

typedef struct {
    ProtobufCBuffer base;
    covey_writer *w;
} writing_buffer;

static void append_to_writer(ProtobufCBuffer *buffer, size_t len,
                             const uint8_t *data)
{
    writing_buffer *writing = (writing_buffer *)(void *)buffer;

    covey_write_fixed(writing->w, covey_bytes_of(data, len));
}

int covey_sync_pack(covey_writer *w, const ProtobufCMessage *message)
{
    writing_buffer writing = {{append_to_writer}, w};

    (void)protobuf_c_message_pack_to_buffer(message, &writing.base);
    return covey_writer_finish(w);
}

/* ---- unpacking ---- */

/* Compares what is packed with what was unpacked. */
typedef struct {
    ProtobufCBuffer base;
    covey_bytes left;
    bool differs;
} comparing_buffer;

static void append_to_comparison(ProtobufCBuffer *buffer, size_t len,
                                 const uint8_t *data)
{
    comparing_buffer *comparing = (comparing_buffer *)(void *)buffer;
    covey_bytes *left = &comparing->left;

    if (comparing->differs || len > left->len ||
        !covey_bytes_same(covey_bytes_of(data, len),
                          covey_bytes_of(left->at, len))) {
        comparing->differs = true;
        return;
    }
    left->at += len;
    left->len -= len;
}

static bool is_our_form(const ProtobufCMessage *message, covey_bytes bytes)
{
    comparing_buffer comparing = {{append_to_comparison}, bytes, false};

    (void)protobuf_c_message_pack_to_buffer(message, &comparing.base);
    return !comparing.differs && comparing.left.len == 0;
}

/* Memory that says whether it was too little. */
typedef struct {
    covey_scratch *scratch;
    bool ended;
} arena;

static void *take(void *ctx, size_t len)
{
    arena *memory = ctx;
    void *at = covey_arena_take(memory->scratch, len);

    if (at == NULL) memory->ended = true;
    return at;
}

static void keep(void *ctx, void *at)
{
    (void)ctx;
    (void)at;
}

int covey_sync_unpack(ProtobufCMessage **out,
                      const ProtobufCMessageDescriptor *type,
                      covey_scratch *scratch, covey_bytes bytes)
{
    arena memory = {scratch, false};
    ProtobufCAllocator allocator = {take, keep, &memory};
    ProtobufCMessage *message =
        protobuf_c_message_unpack(type, &allocator, bytes.len, bytes.at);

    if (message == NULL) {
        return memory.ended ? COVEY_ERR_BUFFER : COVEY_ERR_MALFORMED;
    }
    if (!is_our_form(message, bytes)) return COVEY_ERR_MALFORMED;
    *out = message;
    return COVEY_OK;
}
