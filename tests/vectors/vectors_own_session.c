/*
 * own/session.json, read as a second implementation would: each blob opens to
 * what is said of it, who was invited joins with the keys that are given and
 * follows the commits, and each device, alone with the relay's recorded
 * answers, does the same again to the byte.
 */
#include <covey/error.h>

#include "circle/numbers.h"
#include "own/session_words.h"
#include "support/vectors.h"
#include "values.h"

#define BLOBS_MAX 64
#define ROOM 65536

/* The file stays open: each test runs in a process of its own. */
static const json_t *root(void)
{
    static const json_t *file;

    if (file == NULL) file = vectors_open("session.json");
    return file;
}

static const json_t *epoch_words(size_t at)
{
    return json_array_get(vector_list(root(), "epochs"), at);
}

static const json_t *mailbox_at(size_t at)
{
    return json_array_get(vector_list(root(), "mailboxes"), at);
}

static size_t blobs_of(const json_t *mailbox, covey_bytes *blobs)
{
    const json_t *one;
    size_t i;

    json_array_foreach(vector_list(mailbox, "entries"), i, one)
    {
        cr_assert_lt(i, BLOBS_MAX);
        blobs[i] = vector_hex(one, "blob");
    }
    return i;
}

static covey_handshake_key handshake_key_of(const json_t *epoch)
{
    covey_bytes bytes = vector_hex(epoch, "handshake_key");
    covey_handshake_key key;

    cr_assert_eq(bytes.len, sizeof key.bytes);
    memcpy(key.bytes, bytes.at, sizeof key.bytes);
    return key;
}

/* ---- each blob ---- */

static observer_epoch observed(const json_t *words)
{
    return (observer_epoch){
        .epoch = vector_number(words, "epoch"),
        .group_context = vector_hex(words, "group_context"),
        .ratchet_tree = vector_hex(words, "ratchet_tree"),
        .sender_data_secret = vector_hex(words, "sender_data_secret"),
        .encryption_secret = vector_hex(words, "encryption_secret"),
        .epoch_authenticator = vector_hex(words, "epoch_authenticator"),
    };
}

static json_t *open_epoch_mailbox(const json_t *mailbox,
                                  const covey_bytes *blobs, size_t num)
{
    const json_t *words = epoch_words((size_t)vector_number(mailbox, "epoch"));
    const observer_epoch epoch = observed(words);
    const covey_handshake_key key = handshake_key_of(words);
    covey_bytes chain = vector_hex(words, "chain_0");
    covey_mailbox_address address;
    covey_mailbox pair;
    covey_chain chain_0;

    covey_mailbox_of_seed(&pair, vector_hex(words, "mailbox_seed").at);
    address = covey_mailbox_address_of(&pair);
    check_bytes(covey_mailbox_address_bytes(&address),
                vector_hex(mailbox, "address"));
    cr_assert_eq(chain.len, sizeof chain_0.bytes);
    memcpy(chain_0.bytes, chain.at, chain.len);
    return words_of_epoch_entries(&epoch, &key, &chain_0, blobs, num);
}

Test(own_session, each_blob_opens_to_what_is_said_of_it)
{
    const json_t *mailbox;
    size_t i;
    size_t num_opened = 0;

    json_array_foreach(vector_list(root(), "mailboxes"), i, mailbox)
    {
        covey_bytes blobs[BLOBS_MAX];
        size_t num = blobs_of(mailbox, blobs);
        json_t *opened =
            vector_has(mailbox, "invite")
                ? words_of_invite_entries(vector_text(mailbox, "invite"), blobs,
                                          num)
                : open_epoch_mailbox(mailbox, blobs, num);

        cr_assert(json_equal(opened, vector_get(mailbox, "entries")),
                  "mailbox %zu", i);
        num_opened += num;
        json_decref(opened);
    }
    report_cases("session.json, blobs", num_opened, num_opened);
    cr_assert_gt(num_opened, 30);
}

/* ---- who was invited ---- */

static void check_epoch(covey_mls_group *group)
{
    const json_t *words = epoch_words((size_t)covey_mls_epoch(group));
    uint8_t own[32];
    uint8_t seed[32];
    char digits[COVEY_DIGITS_SIZE];
    char number[COVEY_SAFETY_NUMBER_SIZE];

    cr_assert_eq(covey_mls_epoch_authenticator(group, own), COVEY_OK);
    check_bytes(covey_bytes_of(own, sizeof own),
                vector_hex(words, "epoch_authenticator"));
    cr_assert_eq(covey_mls_export(group, "covey mailbox",
                                  covey_bytes_of(NULL, 0), seed, sizeof seed),
                 COVEY_OK);
    check_bytes(covey_bytes_of(seed, sizeof seed),
                vector_hex(words, "mailbox_seed"));
    cr_assert_eq(covey_digits_of(digits, group), COVEY_OK);
    cr_assert_str_eq(digits, vector_text(words, "digits"));
    cr_assert_eq(covey_safety_number_of(number, group), COVEY_OK);
    cr_assert_str_eq(number, vector_text(words, "safety_number"));
}

static covey_buffer buffer_of(size_t len)
{
    return (covey_buffer){test_alloc(len), len, 0};
}

/* By the keys of its KeyPackage, into the epoch of its Welcome. */
static covey_mls_group *join(const json_t *device)
{
    covey_mls_joiner *joiner =
        covey_mls_joiner_at(test_alloc(covey_mls_joiner_size()),
                            covey_mls_joiner_size());
    covey_mls_staged *staged =
        covey_mls_staged_at(test_alloc(covey_mls_staged_size()),
                            covey_mls_staged_size());
    covey_mls_group *group =
        covey_mls_group_at(test_alloc(covey_mls_group_size()),
                           covey_mls_group_size());
    covey_buffer scratch = buffer_of(covey_mls_scratch_size());
    covey_bytes welcome = covey_bytes_of(NULL, 0);
    const json_t *mailbox;
    size_t i;

    json_array_foreach(vector_list(root(), "mailboxes"), i, mailbox)
    {
        if (!vector_has(mailbox, "invite") ||
            strcmp(vector_text(mailbox, "invite"),
                   vector_text(device, "uri")) != 0) {
            continue;
        }
        welcome = vector_hex(json_array_get(vector_list(mailbox, "entries"), 1),
                             "message");
    }
    cr_assert_gt(welcome.len, 0);
    cr_assert_eq(covey_mls_joiner_load(joiner, vector_hex(device, "joiner")),
                 COVEY_OK);
    cr_assert_eq(covey_mls_stage_welcome(staged, joiner, welcome,
                                         covey_bytes_of(NULL, 0), NULL, 0, NULL,
                                         &scratch),
                 COVEY_OK);
    cr_assert_eq(covey_mls_join(group, joiner, staged), COVEY_OK);
    return group;
}

static void take_bundled(covey_mls_group *group, const covey_blob *commit,
                         const covey_handshake_key *key)
{
    covey_buffer scratch = buffer_of(covey_mls_scratch_size());

    for (size_t i = 0; i < commit->header.num_bundled; i++) {
        covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);
        covey_mls_change_info info;
        covey_blob blob;

        cr_assert_eq(covey_blob_open(&blob, group, key, commit->bundled[i], &w),
                     COVEY_OK);
        cr_assert_eq(covey_mls_receive_proposal(group, blob.message, &scratch,
                                                &info, NULL),
                     COVEY_OK);
    }
}

static void follow(covey_mls_group *group, covey_bytes bytes)
{
    const covey_handshake_key key =
        handshake_key_of(epoch_words((size_t)covey_mls_epoch(group)));
    covey_mls_staged *staged =
        covey_mls_staged_at(test_alloc(covey_mls_staged_size()),
                            covey_mls_staged_size());
    covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);
    covey_buffer scratch = buffer_of(covey_mls_scratch_size());
    covey_blob blob;

    cr_assert_eq(covey_blob_open(&blob, group, &key, bytes, &w), COVEY_OK);
    take_bundled(group, &blob, &key);
    cr_assert_eq(covey_mls_stage(group, staged, blob.message, NULL, 0,
                                 &scratch),
                 COVEY_OK);
    cr_assert_eq(covey_mls_merge(group, staged), COVEY_OK);
}

/* The commits of the epoch's mailbox: one. */
static covey_bytes commit_of(uint64_t epoch)
{
    const json_t *mailbox;
    const json_t *entry;
    size_t i;
    size_t k;

    json_array_foreach(vector_list(root(), "mailboxes"), i, mailbox)
    {
        if (!vector_has(mailbox, "epoch") ||
            vector_number(mailbox, "epoch") != epoch) {
            continue;
        }
        json_array_foreach(vector_list(mailbox, "entries"), k, entry)
        {
            if (strcmp(vector_text(entry, "is"), "commit") == 0) {
                return vector_hex(entry, "blob");
            }
        }
    }
    cr_assert_fail("no commit ends epoch %u", (unsigned)epoch);
    return covey_bytes_of(NULL, 0);
}

Test(own_session, who_is_invited_joins_and_follows_by_the_keys_given)
{
    const json_t *devices = vector_list(root(), "devices");
    covey_mls_group *watch = join(json_array_get(devices, SESSION_WATCH));
    covey_mls_group *ben = join(json_array_get(devices, SESSION_BEN));

    check_epoch(watch);
    check_epoch(ben);
    cr_assert_eq(covey_mls_epoch(watch), 1);
    follow(watch, commit_of(1));
    check_epoch(watch);
    cr_assert_eq(covey_mls_epoch(ben), 2);
    for (uint64_t epoch = 2; epoch < 4; epoch++) {
        follow(ben, commit_of(epoch));
        check_epoch(ben);
    }
    follow(ben, commit_of(4)); /* takes him out */
    cr_assert(!covey_mls_is_open(ben));
}

/* ---- each device alone ---- */

typedef struct {
    const json_t *device;
    size_t num_events;
    size_t num_exchanges;
} replay;

static replay the_replay;

static void check_words(json_t *words, const json_t *wanted, const char *what)
{
    char *got = json_dumps(words, JSON_SORT_KEYS);
    char *want = json_dumps(wanted, JSON_SORT_KEYS);

    cr_assert(json_equal(words, wanted), "%s: %s, not %s", what, got, want);
    free(got);
    free(want);
    json_decref(words);
}

/* What is told is what a blob says, of that sender. */
static void check_said(const covey_said *said)
{
    json_t *words = contents_json(said->payload);
    const char *sender =
        hex_of(covey_bytes_of(said->sender.bytes, sizeof said->sender.bytes));
    const json_t *mailbox;
    const json_t *entry;
    bool found = false;
    size_t i;
    size_t k;

    json_array_foreach(vector_list(root(), "mailboxes"), i, mailbox)
    {
        json_array_foreach(vector_list(mailbox, "entries"), k, entry)
        {
            if (vector_has(entry, "payload") &&
                strcmp(vector_text(entry, "sender"), sender) == 0 &&
                json_equal(words, vector_get(entry, "payload"))) {
                found = true;
            }
        }
    }
    cr_assert(found, "nobody said that");
    json_decref(words);
}

static void on_event(void *ctx, test_device *who, const covey_event *event)
{
    replay *r = &the_replay;

    (void)ctx;
    if (event->kind == COVEY_EVENT_PAYLOAD) check_said(&event->of.said);
    check_words(words_of_event(who->home->time_ms, event),
                json_array_get(vector_list(r->device, "events"),
                               r->num_events++),
                "event");
}

static void fill_entries(covey_sync_response *response, const json_t *exchange)
{
    static covey_sync_entry entries[BLOBS_MAX];
    const json_t *mailbox =
        mailbox_at((size_t)vector_number(exchange, "mailbox"));
    const json_t *one;
    size_t i;

    json_array_foreach(vector_list(exchange, "entries"), i, one)
    {
        uint64_t index = (uint64_t)json_integer_value(one);

        entries[i] = (covey_sync_entry){
            .index = index,
            .blob = vector_hex(json_array_get(vector_list(mailbox, "entries"),
                                              (size_t)index - 1),
                               "blob")};
    }
    response->entries = entries;
    response->num_entries = i;
    json_array_foreach(vector_list(exchange, "appended"), i, one)
    {
        response->appended[i] = (uint64_t)json_integer_value(one);
    }
    response->num_appended = i;
}

/* The recorded request, byte for byte, has the recorded answer. */
static covey_bytes answer(void *ctx, test_device *who, covey_bytes request)
{
    static uint8_t room[1 << 18];
    static uint8_t work[1 << 16];
    replay *r = &the_replay;
    covey_writer w = covey_writer_of(room, sizeof room);
    const json_t *exchange =
        json_array_get(vector_list(r->device, "exchanges"), r->num_exchanges++);
    covey_sync_response response = {0};

    (void)ctx;
    cr_assert_not_null(exchange, "a request too many");
    cr_assert_eq(vector_number(exchange, "at_ms"), who->home->time_ms);
    check_words(words_hash(request), vector_get(exchange, "request_hash"),
                "request");
    response.status = (covey_sync_status)vector_number(exchange, "status");
    response.next = vector_number(exchange, "next");
    response.origin = vector_number(exchange, "store");
    fill_entries(&response, exchange);
    cr_assert_eq(covey_sync_response_encode(&w, &response,
                                            covey_scratch_of(work,
                                                             sizeof work)),
                 COVEY_OK);
    return covey_writer_since(&w, 0);
}

static void read_facts(session_facts *facts)
{
    const json_t *devices = vector_list(root(), "devices");

    for (size_t i = 0; i < SESSION_NUM; i++) {
        const json_t *device = json_array_get(devices, i);
        covey_bytes id = vector_hex(device, "member");

        memcpy(facts->ids[i].bytes, id.at, sizeof facts->ids[i].bytes);
        if (i == SESSION_ANNA) continue;
        (void)snprintf(facts->uri[i - 1], sizeof facts->uri[0], "%s",
                       vector_text(device, "uri"));
        (void)snprintf(facts->digits[i - 1], sizeof facts->digits[0], "%s",
                       vector_text(device, "digits"));
    }
}

static void play_alone(session_name name)
{
    static session s;
    replay *r = &the_replay;

    *r = (replay){.device =
                      json_array_get(vector_list(root(), "devices"), name)};
    s = (session){.is_alone = true, .alone = name, .on_event = on_event};
    read_facts(&s.facts);
    session_begin(&s);
    s.home.answer = answer;
    session_play(&s);
    cr_assert_eq(r->num_events,
                 json_array_size(vector_list(r->device, "events")));
    cr_assert_eq(r->num_exchanges,
                 json_array_size(vector_list(r->device, "exchanges")));
    session_end(&s);
}

Test(own_session, anna_alone_does_the_same_again)
{
    play_alone(SESSION_ANNA);
}

Test(own_session, the_watch_alone_does_the_same_again)
{
    play_alone(SESSION_WATCH);
}

Test(own_session, ben_alone_does_the_same_again)
{
    play_alone(SESSION_BEN);
}
