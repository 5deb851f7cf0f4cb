/* The encoding of requests; what is signed of them is in sync_text.c. */
#include <covey/error.h>

#include "relay/sync.pb-c.h"
#include "relay/sync_text.h"
#include "relay/sync_wire.h"

typedef Covey__Sync__Request request_message;
typedef Covey__Sync__Append append_message;
typedef Covey__Sync__Wake wake_message;

/* ---- encoding ---- */

/* A request's messages, which protobuf-c wants as a tree of pointers. */
typedef struct {
    request_message request;
    wake_message wake;
    append_message appends[COVEY_SYNC_APPENDS_MAX];
    append_message *list[COVEY_SYNC_APPENDS_MAX];
} request_tree;

static void put_appends(request_tree *tree, const covey_sync_request *request)
{
    for (size_t i = 0; i < request->num_appends; i++) {
        const covey_sync_append *append = &request->appends[i];

        covey__sync__append__init(&tree->appends[i]);
        tree->appends[i].blob =
            covey_sync_put(append->blob.at, append->blob.len);
        tree->appends[i].keep = append->keep;
        tree->appends[i].wake = append->wake;
        tree->list[i] = &tree->appends[i];
    }
    tree->request.n_append = request->num_appends;
    tree->request.append = tree->list;
}

static void put_wake(request_tree *tree, const covey_sync_request *request)
{
    covey__sync__wake__init(&tree->wake);
    tree->wake.sealed_endpoint = covey_sync_put(request->sealed_endpoint.at,
                                                request->sealed_endpoint.len);
    tree->wake.expiry_s = request->expiry_s;
    tree->request.wake = &tree->wake;
}

static void put_request(request_tree *tree, const covey_sync_request *request)
{
    request_message *out = &tree->request;

    covey__sync__request__init(out);
    out->mailbox =
        covey_sync_put(request->mailbox.bytes, sizeof request->mailbox.bytes);
    put_appends(tree, request);
    out->has_expect_next = request->has_expect_next;
    out->expect_next = request->expect_next;
    out->after = request->after;
    out->max_bytes = request->max_bytes;
    out->max_blob = request->max_blob;
    out->wait_ms = request->wait_ms;
    if (request->has_wake) put_wake(tree, request);
    out->has_token = request->token.len != 0;
    out->token = covey_sync_put(request->token.at, request->token.len);
    out->has_origin = request->origin != 0;
    out->origin = request->origin;
    out->signature =
        covey_sync_put(request->signature, sizeof request->signature);
}

int covey_sync_request_encode(covey_writer *w,
                              const covey_sync_request *request)
{
    request_tree tree;

    if (!covey_sync_request_is_valid(request)) return COVEY_ERR_ARGUMENT;
    put_request(&tree, request);
    return covey_sync_pack(w, &tree.request.base);
}

/* ---- decoding ---- */

static bool get_appends(covey_sync_request *request, const request_message *in)
{
    if (in->n_append > COVEY_SYNC_APPENDS_MAX) return false;
    for (size_t i = 0; i < in->n_append; i++) {
        const append_message *append = in->append[i];

        if (append->base.n_unknown_fields != 0) return false;
        request->appends[i] =
            (covey_sync_append){covey_sync_get(&append->blob),
                                append->keep != 0, append->wake != 0};
    }
    request->num_appends = in->n_append;
    return true;
}

static bool get_wake(covey_sync_request *request, const wake_message *in)
{
    if (in == NULL) return true;
    request->has_wake = true;
    request->sealed_endpoint = covey_sync_get(&in->sealed_endpoint);
    request->expiry_s = in->expiry_s;
    return in->base.n_unknown_fields == 0;
}

static bool get_request(covey_sync_request *request, const request_message *in)
{
    request->has_expect_next = in->has_expect_next != 0;
    request->expect_next = in->has_expect_next ? in->expect_next : 0;
    request->after = in->after;
    request->max_bytes = in->max_bytes;
    request->max_blob = in->max_blob;
    request->wait_ms = in->wait_ms;
    if (in->has_token) request->token = covey_sync_get(&in->token);
    if (in->has_origin) request->origin = in->origin;
    return in->base.n_unknown_fields == 0 &&
           (!in->has_token || in->token.len != 0) &&
           (!in->has_origin || in->origin != 0) &&
           covey_sync_get_fixed(request->mailbox.bytes,
                                sizeof request->mailbox.bytes, &in->mailbox) &&
           covey_sync_get_fixed(request->signature, sizeof request->signature,
                                &in->signature) &&
           get_appends(request, in) && get_wake(request, in->wake);
}

int covey_sync_request_decode(covey_sync_request *request,
                              covey_scratch *scratch, covey_bytes bytes)
{
    covey_sync_request found = {0};
    ProtobufCMessage *message = NULL;

    if (bytes.len > COVEY_SYNC_REQUEST_MAX) return COVEY_ERR_MALFORMED;
    int err = covey_sync_unpack(&message, &covey__sync__request__descriptor,
                                scratch, bytes);
    if (err) return err;
    if (!get_request(&found, (const request_message *)(const void *)message) ||
        !covey_sync_request_is_valid(&found)) {
        return COVEY_ERR_MALFORMED;
    }
    *request = found;
    return COVEY_OK;
}
