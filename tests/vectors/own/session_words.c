#include "session_words.h"

#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#include "circle/invite.h"
#include "support/bytes.h"

#define ROOM 65536

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "session: %s\n", what);
    abort();
}

void words_add(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

void words_add_hex(json_t *object, const char *key, const void *at, size_t len)
{
    words_add(object, key, json_string(hex_of(covey_bytes_of(at, len))));
}

void words_add_number(json_t *object, const char *key, uint64_t value)
{
    words_add(object, key, json_integer((json_int_t)value));
}

json_t *words_hash(covey_bytes bytes)
{
    covey_digest digest;

    covey_blob_hash(&digest, bytes);
    return json_string(hex_of(covey_digest_bytes(&digest)));
}

/* ---- events ---- */

static void add_member(json_t *object, const char *key,
                       const covey_member_id *id)
{
    if (test_is_zero(id, sizeof *id)) return;
    words_add_hex(object, key, id->bytes, sizeof id->bytes);
}

static void add_details(json_t *words, const covey_event *event)
{
    switch (event->kind) {
    case COVEY_EVENT_PAYLOAD:
        words_add_number(words, "counter", event->of.said.payload->id.counter);
        words_add_number(words, "trust", event->of.said.trust);
        break;
    case COVEY_EVENT_SENT:
        words_add_number(words, "counter", event->of.sent.counter);
        break;
    case COVEY_EVENT_NOTICE:
        words_add_number(words, "notice", event->of.notice.what.kind);
        break;
    case COVEY_EVENT_COMMAND:
        words_add_number(words, "command", event->of.command.what.kind);
        words_add_number(words, "counter", event->of.command.id.id.counter);
        break;
    case COVEY_EVENT_SHOW_DIGITS:
        words_add(words, "digits", json_string(event->of.digits));
        break;
    case COVEY_EVENT_DONE:
        words_add_number(words, "operation", event->of.done);
        break;
    default: break;
    }
}

json_t *words_of_event(uint64_t at_ms, const covey_event *event)
{
    json_t *words = json_object();

    words_add_number(words, "at_ms", at_ms);
    words_add_number(words, "event", event->kind);
    add_member(words, "member", &event->member);
    add_member(words, "by", &event->by);
    add_details(words, event);
    return words;
}

/* ---- exchanges ---- */

/* 0: the commit that lost. */
static uint64_t index_of(const test_mailbox *box, covey_bytes blob)
{
    for (size_t i = 0; i < box->num; i++) {
        if (covey_bytes_same(box->entries[i], blob)) return i + 1;
    }
    return 0;
}

static json_t *appends_of(const covey_sync_request *request,
                          const test_mailbox *box)
{
    json_t *list = json_array();

    for (size_t i = 0; i < request->num_appends; i++) {
        const covey_sync_append *append = &request->appends[i];
        json_t *one = json_object();

        uint64_t index = index_of(box, append->blob);

        words_add_number(one, "index", index);
        if (index == 0) {
            words_add_hex(one, "blob", append->blob.at, append->blob.len);
        }
        words_add(one, "keep", json_boolean(append->keep));
        words_add(one, "wake", json_boolean(append->wake));
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void add_response(json_t *words, const covey_sync_response *response)
{
    json_t *appended = json_array();
    json_t *entries = json_array();

    for (size_t i = 0; i < response->num_appended; i++) {
        (void)json_array_append_new(appended,
                                    json_integer(
                                        (json_int_t)response->appended[i]));
    }
    for (size_t i = 0; i < response->num_entries; i++) {
        must(!response->entries[i].is_stub, "a stub");
        (void)json_array_append_new(
            entries, json_integer((json_int_t)response->entries[i].index));
    }
    words_add_number(words, "status", response->status);
    words_add_number(words, "next", response->next);
    words_add_number(words, "store", response->origin);
    words_add(words, "appended", appended);
    words_add(words, "entries", entries);
}

json_t *words_of_exchange(uint64_t at_ms, covey_bytes request,
                          const test_exchange *exchange,
                          const test_mailbox *box)
{
    const covey_sync_request *r = &exchange->request;
    json_t *words = json_object();

    words_add_number(words, "at_ms", at_ms);
    words_add_number(words, "mailbox", exchange->mailbox);
    words_add_number(words, "after", r->after);
    if (r->has_expect_next) {
        words_add_number(words, "expect_next", r->expect_next);
    }
    if (r->origin != 0) words_add_number(words, "origin", r->origin);
    words_add_number(words, "max_bytes", r->max_bytes);
    words_add_number(words, "max_blob", r->max_blob);
    words_add_number(words, "wait_ms", r->wait_ms);
    must(!r->has_wake && r->token.len == 0, "a wake, or a token");
    if (r->num_appends != 0) words_add(words, "appends", appends_of(r, box));
    words_add(words, "request_hash", words_hash(request));
    add_response(words, &exchange->response);
    return words;
}

/* ---- entries ---- */

typedef struct {
    covey_mls_group *group;
    covey_handshake_key key;
    covey_seen_log seen;
    bool is_over; /* a commit has ended the epoch */
} reading;

static void add_sender(json_t *words, const reading *r, uint32_t leaf,
                       uint32_t generation)
{
    covey_bytes identity = observer_identity(r->group, leaf);

    words_add_number(words, "leaf", leaf);
    words_add_number(words, "generation", generation);
    words_add_hex(words, "sender", identity.at, identity.len);
}

/* Whoever speaks has seen what we have seen. */
static void check_claim(const reading *r, uint32_t count, const uint8_t *chain)
{
    covey_seen_claim claim = {.count = count};

    memcpy(claim.chain.bytes, chain, sizeof claim.chain.bytes);
    must(covey_seen_judge(&r->seen, &claim) == COVEY_SEEN_MATCH,
         "another log was seen");
}

static void add_application(json_t *words, reading *r, const covey_blob *blob)
{
    covey_buffer scratch = {test_alloc(ROOM), ROOM, 0};
    covey_buffer room = {test_alloc(COVEY_CONTENT_SCRATCH_SIZE),
                         COVEY_CONTENT_SCRATCH_SIZE, 0};
    covey_mls_received received;
    covey_payload payload;

    must(covey_mls_unprotect(r->group, blob->message, &scratch, &received) ==
             COVEY_OK,
         "a message does not open");
    must(covey_payload_decode(&payload, received.data, &room) == COVEY_OK,
         "a payload does not decode");
    check_claim(r, payload.seen.count, payload.seen.chain);
    words_add(words, "is", json_string("application"));
    add_sender(words, r, received.sender, received.generation);
    words_add_hex(words, "encoding", received.data.at, received.data.len);
    words_add(words, "payload", contents_json(&payload));
}

static void add_handshake(json_t *words, reading *r, const covey_blob *blob)
{
    const covey_blob_header *header = &blob->header;
    uint32_t leaf = 0;
    uint32_t generation = 0;
    uint8_t kind = 0;
    json_t *bundled = json_array();

    must(observer_open_handshake(r->group, blob->message, &leaf, &generation,
                                 &kind) == COVEY_OK &&
             kind == (uint8_t)blob->kind,
         "a handshake does not open");
    check_claim(r, header->seen.count, header->seen.chain.bytes);
    words_add(words, "is",
              json_string(header->is_commit ? "commit" : "proposal"));
    add_sender(words, r, leaf, generation);
    words_add_number(words, "seen_count", header->seen.count);
    words_add_hex(words, "seen_chain", header->seen.chain.bytes,
                  sizeof header->seen.chain.bytes);
    for (size_t i = 0; i < header->num_bundled; i++) {
        (void)json_array_append_new(bundled,
                                    json_integer(header->bundled_len[i]));
    }
    words_add(words, "bundled", bundled);
    words_add_hex(words, "message", blob->message.at, blob->message.len);
}

static json_t *words_of_entry(reading *r, covey_bytes bytes)
{
    covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);
    json_t *words = json_object();
    covey_digest hash;
    covey_blob blob;

    must(covey_blob_open(&blob, r->group, &r->key, bytes, &w) == COVEY_OK,
         "a blob does not open");
    words_add_hex(words, "blob", bytes.at, bytes.len);
    if (blob.kind == COVEY_MLS_MESSAGE_APPLICATION) {
        add_application(words, r, &blob);
    } else {
        add_handshake(words, r, &blob);
    }
    if (r->is_over) return words; /* too late: nobody accepts it */
    r->is_over = blob.kind == COVEY_MLS_MESSAGE_COMMIT;
    covey_blob_hash(&hash, bytes);
    must(covey_seen_add(&r->seen, &hash) == COVEY_OK, "the chain ends");
    covey_seen_claim claim = covey_seen_now(&r->seen);
    words_add_hex(words, "chain_after", claim.chain.bytes,
                  sizeof claim.chain.bytes);
    return words;
}

json_t *words_of_epoch_entries(const observer_epoch *epoch,
                               const covey_handshake_key *key,
                               const covey_chain *chain_0,
                               const covey_bytes *blobs, size_t num)
{
    reading r = {.group = observer_group(epoch), .key = *key};
    json_t *list = json_array();

    must(r.group != NULL, "an epoch cannot be");
    covey_seen_begin(&r.seen, chain_0);
    for (size_t i = 0; i < num; i++) {
        (void)json_array_append_new(list, words_of_entry(&r, blobs[i]));
    }
    return list;
}

json_t *words_of_invite_entries(const char *uri, const covey_bytes *blobs,
                                size_t num)
{
    json_t *list = json_array();
    covey_invite invite;

    must(covey_invite_read(&invite, covey_bytes_of_text(uri)) == COVEY_OK,
         "not an invite");
    for (size_t i = 0; i < num; i++) {
        bool welcome = i != 0;
        json_t *words = json_object();
        covey_bytes message;

        must(covey_invite_open(test_alloc(blobs[i].len), &message, &invite,
                               welcome ? COVEY_INVITE_WELCOME
                                       : COVEY_INVITE_KEY_PACKAGE,
                               blobs[i]) == COVEY_OK,
             "what an invite's mailbox holds does not open");
        words_add_hex(words, "blob", blobs[i].at, blobs[i].len);
        words_add(words, "is",
                  json_string(welcome ? "welcome" : "key_package"));
        words_add_hex(words, "message", message.at, message.len);
        (void)json_array_append_new(list, words);
    }
    return list;
}
