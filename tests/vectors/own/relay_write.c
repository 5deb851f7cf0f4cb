/*
 * Writes the test vectors of SPEC.md chapters 4 and 5, mailbox.json,
 * blobs.json, seen.json, sync.json and store.json, into a directory; with
 * --check before it, compares. See README.md.
 */
#include <covey/error.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mls/group.h"
#include "relay/blob.h"
#include "relay/sync_text.h"
#include "support/members.h"
#include "support/records.h"

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "relay_write: %s\n", what);
    exit(1);
}

static void ok(int err)
{
    must(err == COVEY_OK, covey_error_name(err));
}

/* ---- values ---- */

/* first, first + 1, ... */
static covey_bytes count(uint8_t first, size_t len)
{
    uint8_t *at = test_alloc(len);

    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(first + i);
    return covey_bytes_of(at, len);
}

static void put(json_t *object, const char *name, json_t *value)
{
    must(json_object_set_new(object, name, value) == 0, name);
}

static void put_hex(json_t *object, const char *name, covey_bytes bytes)
{
    put(object, name, json_string(hex_of(bytes)));
}

static void put_number(json_t *object, const char *name, uint64_t value)
{
    put(object, name, json_integer((json_int_t)value));
}

/* Numbers that JSON cannot hold are texts. */
static void put_big(json_t *object, const char *name, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    put(object, name, json_string(text));
}

static json_t *add(json_t *array)
{
    json_t *object = json_object();

    must(json_array_append_new(array, object) == 0, "memory");
    return object;
}

static covey_mailbox mailbox_of(uint8_t first)
{
    covey_mailbox mailbox;

    covey_mailbox_of_seed(&mailbox, count(first, 32).at);
    return mailbox;
}

static covey_bytes address_of(const covey_mailbox *mailbox)
{
    covey_mailbox_address address = covey_mailbox_address_of(mailbox);
    covey_bytes view = covey_mailbox_address_bytes(&address);

    return covey_bytes_of(test_copy(view), view.len);
}

/* ---- mailbox.json ---- */

static json_t *mailboxes(void)
{
    json_t *list = json_array();

    for (uint8_t i = 0; i < 3; i++) {
        const covey_mailbox mailbox = mailbox_of((uint8_t)(0x40 * i));
        const covey_bytes text = count(i, (size_t)20 * i);
        uint8_t signature[COVEY_SIGNATURE_SIZE];
        json_t *one = add(list);

        covey_mailbox_sign(signature, &mailbox, text);
        put_hex(one, "seed", count((uint8_t)(0x40 * i), 32));
        put_hex(one, "address", address_of(&mailbox));
        put_hex(one, "text", text);
        put_hex(one, "signature", covey_bytes_of(signature, sizeof signature));
    }
    return list;
}

/* ---- seen.json ---- */

static covey_digest hash_of(uint32_t entry)
{
    covey_digest hash;
    uint8_t *blob = test_alloc(256);

    memset(blob, (int)(entry & 0xff), 256);
    covey_blob_hash(&hash, covey_bytes_of(blob, 256));
    return hash;
}

static void put_claim(json_t *list, const covey_seen_log *seen,
                      covey_seen_claim claim)
{
    static const char *const names[] = {"match", "mismatch", "unknown",
                                        "ahead"};
    json_t *one = add(list);

    put_number(one, "count", claim.count);
    put_hex(one, "chain", covey_bytes_of(claim.chain.bytes, COVEY_SEEN_SIZE));
    put(one, "verdict", json_string(names[covey_seen_judge(seen, &claim)]));
}

/* A log of 70 entries: blob i is 256 bytes of the value i. */
static json_t *seen_log(void)
{
    enum { ENTRIES = 70 };
    json_t *log = json_object();
    json_t *chains = json_array();
    json_t *claims = json_array();
    covey_seen_claim all[ENTRIES + 1];
    covey_chain first;
    covey_seen_log seen;
    uint8_t saved[2048];
    covey_writer w = covey_writer_of(saved, sizeof saved);

    memcpy(first.bytes, count(0xc0, 16).at, 16);
    covey_seen_begin(&seen, &first);
    for (uint32_t i = 0; i <= ENTRIES; i++) {
        all[i] = covey_seen_now(&seen);
        (void)json_array_append_new(
            chains, json_string(hex_of(
                        covey_bytes_of(all[i].chain.bytes, COVEY_SEEN_SIZE))));
        if (i == ENTRIES) break;
        const covey_digest hash = hash_of(i + 1);
        ok(covey_seen_add(&seen, &hash));
    }
    put_claim(claims, &seen, all[70]);
    put_claim(claims, &seen, all[69]);
    put_claim(claims, &seen, all[7]);
    put_claim(claims, &seen, all[6]);
    put_claim(claims, &seen, all[0]);
    put_claim(claims, &seen, (covey_seen_claim){70, all[69].chain});
    put_claim(claims, &seen, (covey_seen_claim){69, all[70].chain});
    put_claim(claims, &seen, (covey_seen_claim){71, all[70].chain});
    covey_seen_write(&w, &seen);
    put(log, "chains", chains);
    put(log, "claims", claims);
    put_hex(log, "saved", covey_bytes_of(saved, w.len));
    return log;
}

/* ---- blobs.json ---- */

static test_member members[3];
static test_random random_state;
static covey_random hook;
static covey_handshake_key header_key;

static void put_epoch(json_t *object)
{
    const covey_epoch *epoch = &members[0].group->epoch;
    const covey_bytes none = {NULL, 0};

    ok(covey_mls_export(members[0].group, COVEY_HANDSHAKE_LABEL, none,
                        header_key.bytes, sizeof header_key.bytes));
    put_hex(object, "group_id", covey_mls_group_id(members[0].group));
    put_number(object, "epoch", covey_mls_epoch(members[0].group));
    put_hex(object, "sender_data_secret",
            covey_bytes_of(&epoch->sender_data_secret, 32));
    put_hex(object, "handshake_key",
            covey_bytes_of(header_key.bytes, sizeof header_key.bytes));
}

static covey_bytes pack(const covey_buffer *made, const covey_bytes *bundled,
                        size_t num)
{
    uint8_t room[COVEY_BLOB_MAX];
    covey_writer w = covey_writer_of(room, sizeof room);

    ok(covey_blob_pack(&w, covey_bytes_of(made->at, made->len), bundled, num));
    return covey_bytes_of(test_copy(covey_bytes_of(room, w.len)), w.len);
}

static json_t *put_blob(json_t *list, const char *kind,
                        const covey_buffer *made, covey_bytes blob)
{
    json_t *one = add(list);

    put(one, "kind", json_string(kind));
    put_hex(one, "blob", blob);
    put_hex(one, "message", covey_bytes_of(made->at, made->len));
    return one;
}

static void put_application(json_t *list, size_t len)
{
    const covey_mls_framing framing = covey_blob_framing();
    covey_buffer *made = test_members_output();

    ok(covey_mls_protect(members[0].group, &hook, count(1, len), &framing,
                         test_members_scratch(), made));
    (void)put_blob(list, "application", made, pack(made, NULL, 0));
}

static covey_blob_header header_of(bool is_commit, uint32_t seen_count)
{
    covey_blob_header header = {.is_commit = is_commit};

    header.seen.count = seen_count;
    memcpy(header.seen.chain.bytes, count(0xd0, 16).at, COVEY_SEEN_SIZE);
    return header;
}

static void put_header(json_t *one, const covey_blob_header *header,
                       const covey_bytes *bundled)
{
    json_t *list = json_array();

    put_number(one, "seen_count", header->seen.count);
    put_hex(one, "seen_chain",
            covey_bytes_of(header->seen.chain.bytes, COVEY_SEEN_SIZE));
    for (uint8_t i = 0; i < header->num_bundled; i++) {
        (void)json_array_append_new(list, json_string(hex_of(bundled[i])));
    }
    put(one, "bundled", list);
}

static covey_bytes put_proposal(json_t *list, size_t who)
{
    const covey_blob_header header = header_of(false, 7);
    const covey_mls_change change = {.kind = COVEY_MLS_UPDATE};
    covey_buffer *made = test_members_output();
    covey_sealed_header sealed;

    ok(covey_blob_header_seal(&sealed, &header_key, &hook, &header));
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    ok(covey_mls_propose(members[who].group, &hook, &change, NULL, 0, &framing,
                         test_members_scratch(), made, NULL));
    covey_bytes blob = pack(made, NULL, 0);
    put_header(put_blob(list, "proposal", made, blob), &header, NULL);

    covey_mls_change_info info;
    const covey_bytes message =
        covey_bytes_of(test_copy(covey_bytes_of(made->at, made->len)),
                       made->len);
    ok(covey_mls_receive_proposal(members[0].group, message,
                                  test_members_scratch(), &info, NULL));
    return blob;
}

static void put_commit(json_t *list, const covey_bytes *bundled, uint8_t num)
{
    covey_blob_header header = header_of(true, 0x01020304);
    covey_buffer *made = test_members_output();
    covey_sealed_header sealed;

    header.num_bundled = num;
    for (uint8_t i = 0; i < num; i++) {
        header.bundled_len[i] = (uint16_t)bundled[i].len;
    }
    ok(covey_blob_header_seal(&sealed, &header_key, &hook, &header));
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_commit_options options = {.take_all = num != 0,
                                              .framing = &framing};
    ok(covey_mls_commit(members[0].group, &hook, &options, members[0].staged,
                        test_members_scratch(), made, NULL));
    put_header(put_blob(list, "commit", made, pack(made, bundled, num)),
               &header, bundled);
    covey_mls_drop(members[0].staged);
}

static json_t *blobs(void)
{
    json_t *object = json_object();
    json_t *list = json_array();
    covey_bytes proposals[2];

    random_state = test_random_of(4);
    hook = test_random_hook(&random_state);
    test_members_new(members, 3, &random_state);
    put_epoch(object);
    put_application(list, 0);
    put_application(list, 144);
    put_application(list, 145);
    put_commit(list, NULL, 0);
    proposals[0] = put_proposal(list, 1);
    proposals[1] = put_proposal(list, 2);
    put_commit(list, proposals, 2);
    put(object, "blobs", list);
    return object;
}

/* ---- sync.json ---- */

static const char *const relay_name = "relay.example";

static void put_request(json_t *list, const char *name,
                        const covey_sync_request *request)
{
    json_t *one = add(list);
    json_t *appends = json_array();
    covey_sync_text text;
    uint8_t *room = test_alloc(COVEY_SYNC_REQUEST_MAX);
    covey_writer w = covey_writer_of(room, COVEY_SYNC_REQUEST_MAX);

    put(one, "name", json_string(name));
    put(one, "relay", json_string(relay_name));
    put_hex(one, "mailbox", covey_mailbox_address_bytes(&request->mailbox));
    for (size_t i = 0; i < request->num_appends; i++) {
        const covey_sync_append *append = &request->appends[i];
        json_t *item = add(appends);

        put_hex(item, "blob", append->blob);
        put(item, "keep", json_boolean(append->keep));
        put(item, "wake", json_boolean(append->wake));
    }
    put(one, "append", appends);
    if (request->has_expect_next) {
        put_big(one, "expect_next", request->expect_next);
    }
    put_big(one, "after", request->after);
    put_number(one, "max_bytes", request->max_bytes);
    put_number(one, "max_blob", request->max_blob);
    put_number(one, "wait_ms", request->wait_ms);
    if (request->has_wake) {
        put_hex(one, "sealed_endpoint", request->sealed_endpoint);
        put_number(one, "expiry_s", request->expiry_s);
    }
    put_hex(one, "token", request->token);
    if (request->origin != 0) put_big(one, "origin", request->origin);
    ok(covey_sync_text_of(&text, request, covey_bytes_of_text(relay_name)));
    put_hex(one, "text", covey_bytes_of(text.bytes, text.len));
    put_hex(one, "signature",
            covey_bytes_of(request->signature, sizeof request->signature));
    ok(covey_sync_request_encode(&w, request));
    put_hex(one, "encoding", covey_bytes_of(room, w.len));
}

static json_t *requests(void)
{
    const covey_mailbox mailbox = mailbox_of(0x80);
    json_t *list = json_array();
    covey_sync_request request = {.max_bytes = 384,
                                  .max_blob = 256,
                                  .after = 0};

    ok(covey_sync_request_sign(&request, &mailbox,
                               covey_bytes_of_text(relay_name)));
    put_request(list, "the least", &request);
    request = (covey_sync_request){
        .num_appends = 2,
        .appends = {{count(1, 256), true, false}, {count(2, 512), false, true}},
        .has_expect_next = true,
        .expect_next = 18,
        .after = 17,
        .max_bytes = 65536,
        .max_blob = 8192,
        .wait_ms = 30000,
        .has_wake = true,
        .expiry_s = 86400,
        .sealed_endpoint = count(0x70, 80),
        .token = count(0x90, 40),
        .origin = UINT64_C(0xfedcba9876543210),
    };
    ok(covey_sync_request_sign(&request, &mailbox,
                               covey_bytes_of_text(relay_name)));
    put_request(list, "all fields", &request);
    request = (covey_sync_request){.after = UINT64_MAX,
                                   .max_bytes = UINT32_MAX,
                                   .max_blob = 16384,
                                   .wait_ms = COVEY_SYNC_WAIT_MAX_MS};
    ok(covey_sync_request_sign(&request, &mailbox,
                               covey_bytes_of_text(relay_name)));
    put_request(list, "large numbers", &request);
    return list;
}

static void put_response(json_t *list, const char *name,
                         const covey_sync_response *response)
{
    json_t *one = add(list);
    json_t *appended = json_array();
    json_t *entries = json_array();
    static uint8_t room[65536];
    static uint8_t memory[65536];
    covey_writer w = covey_writer_of(room, sizeof room);

    put(one, "name", json_string(name));
    put_number(one, "status", response->status);
    put_big(one, "next", response->next);
    if (response->origin != 0) put_big(one, "origin", response->origin);
    for (size_t i = 0; i < response->num_appended; i++) {
        (void)json_array_append_new(appended,
                                    json_integer(
                                        (json_int_t)response->appended[i]));
    }
    put(one, "appended", appended);
    for (size_t i = 0; i < response->num_entries; i++) {
        const covey_sync_entry *entry = &response->entries[i];
        json_t *item = add(entries);

        put_number(item, "index", entry->index);
        if (entry->is_stub) {
            put_number(item, "length", entry->stub_len);
            put_hex(item, "sha256",
                    covey_bytes_of(entry->stub_hash.bytes, COVEY_HASH_SIZE));
        } else {
            put_hex(item, "blob", entry->blob);
        }
    }
    put(one, "entries", entries);
    ok(covey_sync_response_encode(&w, response,
                                  covey_scratch_of(memory, sizeof memory)));
    put_hex(one, "encoding", covey_bytes_of(room, w.len));
}

static json_t *responses(void)
{
    json_t *list = json_array();
    covey_sync_entry entries[3] = {
        {.index = 18, .blob = count(3, 256)},
        {.index = 20, .is_stub = true, .stub_len = 16384},
        {.index = 21, .blob = count(4, 512)},
    };
    covey_sync_response response = {.status = COVEY_SYNC_OK, .next = 1};

    memcpy(entries[1].stub_hash.bytes, count(5, 32).at, 32);
    put_response(list, "an empty mailbox", &response);
    response = (covey_sync_response){.status = COVEY_SYNC_OK,
                                     .next = 24,
                                     .num_appended = 2,
                                     .appended = {22, 19},
                                     .num_entries = 3,
                                     .entries = entries,
                                     .origin = UINT64_MAX};
    put_response(list, "entries and a stub", &response);
    response = (covey_sync_response){.status = COVEY_SYNC_CONFLICT,
                                     .next = 19,
                                     .num_entries = 1,
                                     .entries = entries};
    put_response(list, "conflict", &response);
    response = (covey_sync_response){.status = COVEY_SYNC_CONFLICT,
                                     .next = 1,
                                     .origin = 1};
    put_response(list, "another store", &response);
    response = (covey_sync_response){.status = COVEY_SYNC_QUOTA, .next = 18};
    put_response(list, "quota", &response);
    response = (covey_sync_response){.status = COVEY_SYNC_NOT_FOUND};
    put_response(list, "not found", &response);
    response =
        (covey_sync_response){.status = COVEY_SYNC_OK, .next = INT64_MAX};
    put_response(list, "a large number", &response);
    return list;
}

/* Encodings that must be refused though protobuf would take them. */
static void put_refused(json_t *list, const char *message, const char *why,
                        const char *encoding)
{
    json_t *one = add(list);

    put(one, "message", json_string(message));
    put(one, "why", json_string(why));
    put(one, "encoding", json_string(encoding));
}

#define ZEROS "00000000000000000000000000000000"
#define MAILBOX "0a20" ZEROS ZEROS
#define SIGNATURE "5a40" ZEROS ZEROS ZEROS ZEROS
#define AFTER "2000"
#define MAX_BYTES "288003" /* 384 */
#define MAX_BLOB "308002"  /* 256 */
#define WAIT "3800"
#define STUB                                                                   \
    "2a29"                                                                     \
    "0802"                                                                     \
    "1a25"                                                                     \
    "088002"                                                                   \
    "1220" ZEROS ZEROS

/* Each but for one thing the least of all requests. */
static void put_refused_requests(json_t *list)
{
    static const char *const requests[][2] = {
        {"nothing", ""},
        {"a mailbox of 31 bytes",
         "0a1f" ZEROS "000000000000000000000000000000" AFTER MAX_BYTES MAX_BLOB
             WAIT SIGNATURE},
        {"a signature of 63 bytes", MAILBOX AFTER MAX_BYTES MAX_BLOB WAIT
         "5a3f" ZEROS ZEROS ZEROS "000000000000000000000000000000"},
        {"no wait_ms", MAILBOX AFTER MAX_BYTES MAX_BLOB SIGNATURE},
        {"a blob of no size, appended",
         MAILBOX "1207"
                 "0a01aa"
                 "1000"
                 "1800" AFTER MAX_BYTES MAX_BLOB WAIT SIGNATURE},
        {"max_blob is no size", MAILBOX AFTER "288103"
                                              "308102" WAIT SIGNATURE},
        {"no room for an entry",
         MAILBOX AFTER "28ff02" MAX_BLOB WAIT SIGNATURE},
        {"too long a wait",
         MAILBOX AFTER MAX_BYTES MAX_BLOB "38e1a712" SIGNATURE},
        {"an endpoint of no bytes",
         MAILBOX AFTER MAX_BYTES MAX_BLOB WAIT "4204"
                                               "0a00"
                                               "1001" SIGNATURE},
        {"too long a subscription",
         MAILBOX AFTER MAX_BYTES MAX_BLOB WAIT "4207"
                                               "0a01aa"
                                               "1081ea49" SIGNATURE},
        {"a token of no bytes",
         MAILBOX AFTER MAX_BYTES MAX_BLOB WAIT "4a00" SIGNATURE},
        {"an origin of 0",
         MAILBOX AFTER MAX_BYTES MAX_BLOB WAIT "5000" SIGNATURE},
        {"a number of 33 bits",
         MAILBOX AFTER "288080808010" MAX_BLOB WAIT SIGNATURE},
    };

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        put_refused(list, "request", requests[i][0], requests[i][1]);
    }
}

static json_t *refused(void)
{
    json_t *list = json_array();

    put_refused(list, "response", "next is missing", "0801");
    put_refused(list, "response", "a longer varint", "08018100");
    put_refused(list, "response", "a longer varint", "0801108100");
    put_refused(list, "response", "next twice", "080110021001");
    put_refused(list, "response", "another order", "10010801");
    put_refused(list, "response", "an unknown field", "080110017801");
    put_refused(list, "response", "appended is not packed", "080110022001");
    put_refused(list, "response", "appended is empty", "080110012200");
    put_refused(list, "response", "status 0", "08001001");
    put_refused(list, "response", "status 8", "08081001");
    put_refused(list, "response", "ok, and next is 0", "08011000");
    put_refused(list, "response", "not found, and next is 1", "08051001");
    put_refused(list, "response", "an entry of no size", "080110022a020801");
    put_refused(list, "response", "an index not below next", "08011002220102");
    put_refused(list, "response", "an index of 0", "08011005220100");
    put_refused(list, "response", "appended, and a conflict", "08061005220102");
    put_refused(list, "response", "a blob of no size",
                "08011005"
                "2a05"
                "0802"
                "1201aa");
    put_refused(list, "response", "entries that do not rise",
                "08011005" STUB STUB);
    put_refused(list, "response", "entries, and not found", "08051000" STUB);
    put_refused(list, "response", "a stub of no size",
                "08011005"
                "2a29"
                "0802"
                "1a25"
                "08ff01"
                "1220" ZEROS ZEROS);
    put_refused(list, "response", "an origin of 0", "080110011800");
    put_refused(list, "response", "an origin, and not found", "080510001801");
    put_refused_requests(list);
    return list;
}

static json_t *sync_messages(void)
{
    json_t *object = json_object();

    put_hex(object, "mailbox_seed", count(0x80, 32));
    put(object, "requests", requests());
    put(object, "responses", responses());
    put(object, "refused", refused());
    return object;
}

/* ---- store.json ---- */

static void put_slot(json_t *one, test_flash *flash, uint32_t slot)
{
    char name[16];
    flash_bytes bytes = test_flash_slot(flash, slot);

    (void)snprintf(name, sizeof name, "slot_%u", (unsigned)slot);
    put_hex(one, name, covey_bytes_of(bytes.at, bytes.len));
}

static json_t *stores(void)
{
    const covey_host_key key = test_host_key();
    static const char *const texts[] = {"a group", "an outbox",
                                        "a group of two"};
    static const uint32_t slots[] = {1, 16, 1};
    json_t *object = json_object();
    json_t *saves = json_array();
    covey_store store;
    test_flash flash;

    test_flash_init(&flash, 6);
    const covey_port port = test_flash_port(&flash);
    ok(covey_store_open(&store, &port, &key));
    for (size_t i = 0; i < 3; i++) {
        json_t *one = add(saves);
        json_t *records = json_object();
        char name[16];

        ok(test_store_set(&store, slots[i], texts[i]));
        put_number(one, "version", covey_store_version_of(&store));
        for (uint32_t slot = 1; slot <= 16; slot += 15) {
            int err;
            const char *text = test_store_text(&store, slot, &err);

            if (text == NULL) continue;
            (void)snprintf(name, sizeof name, "%u", (unsigned)slot);
            put(records, name, json_string(text));
            put_slot(one, &flash, slot);
        }
        put_slot(one, &flash, 0);
        put(one, "records", records);
    }
    put_hex(object, "host_key", covey_bytes_of(key.bytes, sizeof key.bytes));
    put(object, "saves", saves);
    test_flash_free(&flash);
    return object;
}

/* ---- files ---- */

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) return NULL;
    char *text = (char *)test_alloc(1 << 20);
    *len = fread(text, 1, 1 << 20, file);
    (void)fclose(file);
    return text;
}

/* Whether the file is, or now is, these words. */
static bool file_is(const char *directory, const char *name, json_t *value,
                    bool check)
{
    char path[4096];
    size_t len = 0;
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

    must(text != NULL, name);
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    json_decref(value);
    if (check) {
        const char *found = read_file(path, &len);
        bool same = found != NULL && len == strlen(text) + 1 &&
                    memcmp(found, text, strlen(text)) == 0;

        if (!same) (void)fprintf(stderr, "%s is not of today\n", path);
        free(text);
        return same;
    }
    FILE *file = fopen(path, "wb");
    must(file != NULL && fprintf(file, "%s\n", text) > 0 && fclose(file) == 0,
         path);
    free(text);
    return true;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;

    if (argc != 2 && !check) {
        (void)fprintf(stderr, "usage: relay_write [--check] DIRECTORY\n");
        return 2;
    }
    const char *directory = argv[argc - 1];
    bool same = file_is(directory, "mailbox.json", mailboxes(), check);
    same = file_is(directory, "seen.json", seen_log(), check) && same;
    same = file_is(directory, "blobs.json", blobs(), check) && same;
    same = file_is(directory, "sync.json", sync_messages(), check) && same;
    same = file_is(directory, "store.json", stores(), check) && same;
    return same ? 0 : 1;
}
