/* Our own vectors of SPEC.md chapters 4 and 5, read as a second implementation
 * would: own/mailbox.json, own/blobs.json, own/seen.json, own/sync.json,
 * own/store.json. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "mls/group.h"
#include "relay/blob.h"
#include "relay/sync_text.h"
#include "store/store.h"
#include "support/vectors.h"

/* Numbers of 64 bits are texts. */
static uint64_t vector_big(const json_t *object, const char *key)
{
    return strtoull(vector_text(object, key), NULL, 10);
}

static void copy_hex(uint8_t *out, size_t len, const json_t *object,
                     const char *key)
{
    covey_bytes bytes = vector_hex(object, key);

    cr_assert_eq(bytes.len, len, "%s", key);
    memcpy(out, bytes.at, len);
}

/* ---- mailboxes ---- */

Test(vectors_own_relay, mailboxes)
{
    const json_t *one;
    size_t i;

    json_array_foreach(vectors_open("mailbox.json"), i, one)
    {
        uint8_t seed[COVEY_SIGN_SEED_SIZE];
        uint8_t signature[COVEY_SIGNATURE_SIZE];
        covey_mailbox mailbox;

        copy_hex(seed, sizeof seed, one, "seed");
        covey_mailbox_of_seed(&mailbox, seed);
        const covey_mailbox_address address =
            covey_mailbox_address_of(&mailbox);
        check_bytes(covey_mailbox_address_bytes(&address),
                    vector_hex(one, "address"));
        covey_mailbox_sign(signature, &mailbox, vector_hex(one, "text"));
        check_bytes(covey_bytes_of(signature, sizeof signature),
                    vector_hex(one, "signature"));
        cr_assert_eq(covey_mailbox_verify(&address, vector_hex(one, "text"),
                                          vector_hex(one, "signature")),
                     COVEY_OK);
    }
    cr_assert_eq(i, 3);
}

/* ---- seen ---- */

Test(vectors_own_relay, seen)
{
    static const char *const names[] = {"match", "mismatch", "unknown",
                                        "ahead"};
    const json_t *log = vectors_open("seen.json");
    const json_t *chains = vector_list(log, "chains");
    uint8_t blob[256];
    uint8_t saved[2048];
    covey_writer w = covey_writer_of(saved, sizeof saved);
    covey_chain first;
    covey_seen_log seen;
    const json_t *one;
    size_t i;

    memcpy(first.bytes, vector_bytes(json_array_get(chains, 0)).at, 16);
    covey_seen_begin(&seen, &first);
    for (i = 1; i < json_array_size(chains); i++) {
        covey_digest hash;

        memset(blob, (int)i, sizeof blob);
        covey_blob_hash(&hash, covey_bytes_of(blob, sizeof blob));
        cr_assert_eq(covey_seen_add(&seen, &hash), COVEY_OK);
        const covey_seen_claim now = covey_seen_now(&seen);
        cr_assert_eq(now.count, i);
        check_bytes(covey_bytes_of(now.chain.bytes, COVEY_SEEN_SIZE),
                    vector_bytes(json_array_get(chains, i)));
    }
    cr_assert_eq(i, 71);
    covey_seen_write(&w, &seen);
    check_bytes(covey_bytes_of(saved, w.len), vector_hex(log, "saved"));

    json_array_foreach(vector_list(log, "claims"), i, one)
    {
        covey_seen_claim claim = {.count =
                                      (uint32_t)vector_number(one, "count")};

        copy_hex(claim.chain.bytes, COVEY_SEEN_SIZE, one, "chain");
        cr_assert_str_eq(names[covey_seen_judge(&seen, &claim)],
                         vector_text(one, "verdict"));
    }
    cr_assert_eq(i, 8);
}

/* ---- blobs ---- */

/* As much of a group as opening blobs takes. */
static covey_mls_group *group_of(const json_t *object)
{
    size_t size = covey_mls_group_size();
    covey_mls_group *group = covey_mls_group_at(test_alloc(size), size);
    covey_group_context *context = &group->epoch.context;
    covey_bytes id = vector_hex(object, "group_id");

    group->state = COVEY_GROUP_OPEN;
    cr_assert_leq(id.len, sizeof context->group_id);
    memcpy(context->group_id, id.at, id.len);
    context->group_id_len = (uint8_t)id.len;
    context->epoch = vector_number(object, "epoch");
    copy_hex((uint8_t *)&group->epoch.sender_data_secret, 32, object,
             "sender_data_secret");
    return group;
}

static void check_header(const covey_blob *opened, const json_t *one)
{
    const json_t *list = vector_list(one, "bundled");

    cr_assert_eq(opened->header.seen.count, vector_number(one, "seen_count"));
    check_bytes(covey_bytes_of(opened->header.seen.chain.bytes,
                               COVEY_SEEN_SIZE),
                vector_hex(one, "seen_chain"));
    cr_assert_eq(opened->header.num_bundled, json_array_size(list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        check_bytes(opened->bundled[i], vector_bytes(json_array_get(list, i)));
    }
}

Test(vectors_own_relay, blobs)
{
    static const char *const kinds[] = {"", "application", "proposal",
                                        "commit"};
    const json_t *object = vectors_open("blobs.json");
    const covey_mls_group *group = group_of(object);
    covey_handshake_key key;
    const json_t *one;
    size_t i;

    copy_hex(key.bytes, sizeof key.bytes, object, "handshake_key");
    json_array_foreach(vector_list(object, "blobs"), i, one)
    {
        uint8_t room[COVEY_BLOB_MESSAGE_MAX];
        uint8_t again[COVEY_BLOB_MAX];
        covey_writer w = covey_writer_of(room, sizeof room);
        covey_bytes blob = vector_hex(one, "blob");
        covey_blob opened;

        cr_assert_eq(covey_blob_open(&opened, group, &key, blob, &w), COVEY_OK);
        cr_assert_str_eq(kinds[opened.kind], vector_text(one, "kind"));
        check_bytes(opened.message, vector_hex(one, "message"));
        if (opened.kind != COVEY_MLS_MESSAGE_APPLICATION) {
            check_header(&opened, one);
        }
        w = covey_writer_of(again, sizeof again);
        cr_assert_eq(covey_blob_pack(&w, opened.message, opened.bundled,
                                     opened.header.num_bundled),
                     COVEY_OK);
        check_bytes(covey_bytes_of(again, w.len), blob);
    }
    cr_assert_eq(i, 7);
}

/* ---- sync ---- */

static uint8_t memory[1 << 17];
static uint8_t room[1 << 17];

static covey_sync_request request_of(const json_t *one)
{
    covey_sync_request request = {
        .has_expect_next = vector_has(one, "expect_next"),
        .after = vector_big(one, "after"),
        .max_bytes = (uint32_t)vector_number(one, "max_bytes"),
        .max_blob = (uint32_t)vector_number(one, "max_blob"),
        .wait_ms = (uint32_t)vector_number(one, "wait_ms"),
        .has_wake = vector_has(one, "sealed_endpoint"),
        .token = vector_hex(one, "token"),
        .origin = vector_has(one, "origin") ? vector_big(one, "origin") : 0,
    };
    const json_t *append;
    size_t i;

    json_array_foreach(vector_list(one, "append"), i, append)
    {
        request.appends[request.num_appends++] =
            (covey_sync_append){vector_hex(append, "blob"),
                                vector_is_true(append, "keep"),
                                vector_is_true(append, "wake")};
    }
    if (request.has_expect_next) {
        request.expect_next = vector_big(one, "expect_next");
    }
    if (request.has_wake) {
        request.sealed_endpoint = vector_hex(one, "sealed_endpoint");
        request.expiry_s = (uint32_t)vector_number(one, "expiry_s");
    }
    return request;
}

static void check_request(const json_t *one, const covey_mailbox *mailbox)
{
    covey_bytes relay = covey_bytes_of_text(vector_text(one, "relay"));
    covey_sync_request request = request_of(one);
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_writer w = covey_writer_of(room, sizeof room);
    covey_sync_request found;
    covey_sync_text text;

    cr_assert_eq(covey_sync_request_sign(&request, mailbox, relay), COVEY_OK);
    check_bytes(covey_bytes_of(request.signature, sizeof request.signature),
                vector_hex(one, "signature"));
    cr_assert_eq(covey_sync_text_of(&text, &request, relay), COVEY_OK);
    check_bytes(covey_bytes_of(text.bytes, text.len), vector_hex(one, "text"));
    cr_assert_eq(covey_sync_request_encode(&w, &request), COVEY_OK);
    check_bytes(covey_bytes_of(room, w.len), vector_hex(one, "encoding"));

    cr_assert_eq(covey_sync_request_decode(&found, &scratch,
                                           vector_hex(one, "encoding")),
                 COVEY_OK);
    cr_assert_eq(covey_sync_request_verify(&found, relay), COVEY_OK);
    check_bytes(covey_mailbox_address_bytes(&found.mailbox),
                vector_hex(one, "mailbox"));
    cr_assert_eq(covey_sync_text_of(&text, &found, relay), COVEY_OK);
    check_bytes(covey_bytes_of(text.bytes, text.len), vector_hex(one, "text"));
}

static void check_entries(const covey_sync_response *found, const json_t *list)
{
    const json_t *one;
    size_t i;

    cr_assert_eq(found->num_entries, json_array_size(list));
    json_array_foreach(list, i, one)
    {
        const covey_sync_entry *entry = &found->entries[i];

        cr_assert_eq(entry->index, vector_number(one, "index"));
        cr_assert_eq(entry->is_stub, vector_has(one, "sha256"));
        if (entry->is_stub) {
            cr_assert_eq(entry->stub_len, vector_number(one, "length"));
            check_bytes(covey_bytes_of(entry->stub_hash.bytes, 32),
                        vector_hex(one, "sha256"));
        } else {
            check_bytes(entry->blob, vector_hex(one, "blob"));
        }
    }
}

static void check_response(const json_t *one)
{
    const json_t *appended = vector_list(one, "appended");
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_writer w = covey_writer_of(room, sizeof room);
    uint8_t more[4096];
    covey_sync_response found;

    cr_assert_eq(covey_sync_response_decode(&found, &scratch,
                                            vector_hex(one, "encoding")),
                 COVEY_OK);
    cr_assert_eq(found.status, vector_number(one, "status"));
    cr_assert_eq(found.next, vector_big(one, "next"));
    cr_assert_eq(found.origin,
                 vector_has(one, "origin") ? vector_big(one, "origin") : 0);
    cr_assert_eq(found.num_appended, json_array_size(appended));
    for (size_t i = 0; i < found.num_appended; i++) {
        cr_assert_eq(found.appended[i],
                     (uint64_t)json_integer_value(json_array_get(appended, i)));
    }
    check_entries(&found, vector_list(one, "entries"));
    cr_assert_eq(covey_sync_response_encode(&w, &found,
                                            covey_scratch_of(more,
                                                             sizeof more)),
                 COVEY_OK);
    check_bytes(covey_bytes_of(room, w.len), vector_hex(one, "encoding"));
}

static void check_refused(const json_t *one)
{
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_bytes bytes = vector_hex(one, "encoding");
    covey_sync_response response;
    covey_sync_request request;
    bool is_request = strcmp(vector_text(one, "message"), "request") == 0;

    cr_assert_eq(is_request
                     ? covey_sync_request_decode(&request, &scratch, bytes)
                     : covey_sync_response_decode(&response, &scratch, bytes),
                 COVEY_ERR_MALFORMED, "%s", vector_text(one, "why"));
}

Test(vectors_own_relay, sync)
{
    const json_t *object = vectors_open("sync.json");
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_mailbox mailbox;
    const json_t *one;
    size_t i;

    copy_hex(seed, sizeof seed, object, "mailbox_seed");
    covey_mailbox_of_seed(&mailbox, seed);
    json_array_foreach(vector_list(object, "requests"), i, one)
        check_request(one, &mailbox);
    cr_assert_eq(i, 3);
    json_array_foreach(vector_list(object, "responses"), i, one)
        check_response(one);
    cr_assert_eq(i, 7);
    json_array_foreach(vector_list(object, "refused"), i, one)
        check_refused(one);
    cr_assert_eq(i, 35);
}

/* ---- store ---- */

static int load_vector(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                       size_t *len)
{
    const json_t *save = ctx;
    char name[16];

    (void)snprintf(name, sizeof name, "slot_%u", (unsigned)slot);
    *len = 0;
    if (!vector_has(save, name)) return 0;
    covey_bytes bytes = vector_hex(save, name);
    *len = bytes.len;
    if (bytes.len <= cap) memcpy(out, bytes.at, bytes.len);
    return 0;
}

static void check_save(json_t *save, const covey_host_key *key)
{
    const covey_port port = {.ctx = save, .load = load_vector};
    const char *name;
    json_t *text;
    covey_store store;
    size_t num = 0;

    cr_assert_eq(covey_store_open(&store, &port, key), COVEY_OK);
    cr_assert_eq(covey_store_version_of(&store),
                 vector_number(save, "version"));
    json_object_foreach((json_t *)(uintptr_t)vector_get(save, "records"), name,
                        text)
    {
        covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
        uint32_t slot = (uint32_t)strtoul(name, NULL, 10);
        covey_bytes bytes;

        cr_assert_eq(covey_store_get(&store, slot, &scratch, &bytes), COVEY_OK);
        check_bytes(bytes, covey_bytes_of_text(json_string_value(text)));
        num++;
    }
    for (uint32_t slot = 1; slot <= COVEY_STORE_RECORDS_MAX; slot++) {
        if (covey_store_len(&store, slot) != 0) num--;
    }
    cr_assert_eq(num, 0);
}

Test(vectors_own_relay, store)
{
    const json_t *object = vectors_open("store.json");
    const json_t *saves = vector_list(object, "saves");
    covey_host_key key;

    copy_hex(key.bytes, sizeof key.bytes, object, "host_key");
    cr_assert_eq(json_array_size(saves), 3);
    for (size_t i = 0; i < 3; i++) check_save(json_array_get(saves, i), &key);
}
