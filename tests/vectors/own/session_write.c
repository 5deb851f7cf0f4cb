/*
 * Writes session.json, the recorded session of a family, into a directory;
 * with --check before it, compares. See README.md.
 */
#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#include "device/device.h"
#include "mls/group.h"
#include "session_words.h"
#include "support/bytes.h"

#define EPOCHS_MAX 16

/* What is kept of an epoch when somebody enters it. */
typedef struct {
    observer_epoch observed;
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_mailbox_address address;
    covey_handshake_key key;
    covey_chain chain_0;
    char digits[COVEY_DIGITS_SIZE];
    char number[COVEY_SAFETY_NUMBER_SIZE];
} epoch_note;

static session the_session;
static size_t num_epochs;
static epoch_note epochs[EPOCHS_MAX];
static covey_bytes joiners[SESSION_NUM];
static covey_digest last_updates[SESSION_NUM];
static json_t *updates[SESSION_NUM];
static json_t *events[SESSION_NUM];
static json_t *exchanges[SESSION_NUM];

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "session_write: %s\n", what);
    exit(1);
}

static size_t number_of(const test_device *who)
{
    return (size_t)(who - the_session.home.devices);
}

/* ---- looking on ---- */

static void note_epoch(const covey_device *d)
{
    covey_mailbox mailbox;

    must(num_epochs < EPOCHS_MAX, "too many epochs");
    epoch_note *note = &epochs[num_epochs++];

    observer_note(&note->observed, d->group);
    memcpy(note->seed, d->log.seed, sizeof note->seed);
    covey_mailbox_of_seed(&mailbox, note->seed);
    note->address = covey_mailbox_address_of(&mailbox);
    note->key = d->log.handshake_key;
    note->chain_0 = covey_seen_now(&d->log.seen).chain;
    memcpy(note->digits, d->log.digits, sizeof note->digits);
    must(covey_device_safety_number(d, note->number) == COVEY_OK,
         "no safety number");
}

/* The keys that a member has offered by an Update, each once. */
static void note_update(const covey_mls_group *group, size_t at)
{
    const covey_own_update *update = &group->own_update;
    json_t *words;

    if (!update->present ||
        memcmp(&last_updates[at], &update->ref, sizeof update->ref) == 0) {
        return;
    }
    last_updates[at] = update->ref;
    words = json_object();
    words_add_number(words, "epoch", covey_mls_epoch(group));
    words_add_hex(words, "ref", &update->ref, sizeof update->ref);
    words_add_hex(words, "leaf_secret", &update->leaf, sizeof update->leaf);
    words_add_hex(words, "signature_seed", update->sign_key.bytes,
                  COVEY_SIGN_SEED_SIZE);
    (void)json_array_append_new(updates[at], words);
}

static void look(void *ctx, test_device *who)
{
    const covey_device *d = who->device;
    size_t at = number_of(who);

    (void)ctx;
    if (d->self.state == COVEY_DEVICE_INVITING && joiners[at].len == 0) {
        covey_buffer out = {test_alloc(4096), 4096, 0};

        must(covey_mls_joiner_save(d->joiner, &out) == COVEY_OK, "a joiner");
        joiners[at] = covey_bytes_of(out.at, out.len);
    }
    if (covey_mls_is_open(d->group) &&
        covey_mls_epoch(d->group) == num_epochs) {
        note_epoch(d);
    }
}

static void on_event(void *ctx, test_device *who, const covey_event *event)
{
    (void)ctx;
    (void)json_array_append_new(events[number_of(who)],
                                words_of_event(who->home->time_ms, event));
}

static void on_exchange(void *ctx, test_device *who, covey_bytes request,
                        const test_exchange *exchange)
{
    const test_home *home = who->home;
    const covey_mls_group *group = who->device->group;

    (void)ctx;
    if (covey_mls_is_open(group)) note_update(group, number_of(who));
    (void)json_array_append_new(
        exchanges[number_of(who)],
        words_of_exchange(home->time_ms, request, exchange,
                          &home->relay.boxes[exchange->mailbox]));
}

/* ---- what is written ---- */

static json_t *device_words(size_t i)
{
    const test_device *device = the_session.devices[i];
    const covey_member_id *id = &the_session.facts.ids[i];
    json_t *words = json_object();

    words_add(words, "name", json_string(device->name));
    words_add_hex(words, "member", id->bytes, sizeof id->bytes);
    words_add_number(words, "seed", SESSION_SEED + i);
    if (joiners[i].len != 0) {
        words_add(words, "uri", json_string(the_session.facts.uri[i - 1]));
        words_add(words, "digits",
                  json_string(the_session.facts.digits[i - 1]));
        words_add_hex(words, "joiner", joiners[i].at, joiners[i].len);
    }
    words_add(words, "updates", updates[i]);
    words_add(words, "events", events[i]);
    words_add(words, "exchanges", exchanges[i]);
    return words;
}

static json_t *epoch_words(const epoch_note *note)
{
    const observer_epoch *o = &note->observed;
    json_t *words = json_object();

    words_add_number(words, "epoch", o->epoch);
    words_add_hex(words, "group_context", o->group_context.at,
                  o->group_context.len);
    words_add_hex(words, "ratchet_tree", o->ratchet_tree.at,
                  o->ratchet_tree.len);
    words_add_hex(words, "sender_data_secret", o->sender_data_secret.at,
                  o->sender_data_secret.len);
    words_add_hex(words, "encryption_secret", o->encryption_secret.at,
                  o->encryption_secret.len);
    words_add_hex(words, "epoch_authenticator", o->epoch_authenticator.at,
                  o->epoch_authenticator.len);
    words_add_hex(words, "init_secret", o->init_secret.at, o->init_secret.len);
    words_add_hex(words, "interim_transcript_hash",
                  o->interim_transcript_hash.at,
                  o->interim_transcript_hash.len);
    words_add_hex(words, "mailbox_seed", note->seed, sizeof note->seed);
    words_add_hex(words, "handshake_key", note->key.bytes,
                  sizeof note->key.bytes);
    words_add_hex(words, "chain_0", note->chain_0.bytes,
                  sizeof note->chain_0.bytes);
    words_add(words, "digits", json_string(note->digits));
    words_add(words, "safety_number", json_string(note->number));
    return words;
}

static const epoch_note *epoch_of(const test_mailbox *box)
{
    for (size_t i = 0; i < num_epochs; i++) {
        if (memcmp(&epochs[i].address, &box->address, sizeof box->address) ==
            0) {
            return &epochs[i];
        }
    }
    return NULL;
}

static json_t *mailbox_words(const test_mailbox *box)
{
    static size_t num_invites;
    const epoch_note *note = epoch_of(box);
    json_t *words = json_object();
    json_t *entries = NULL;

    words_add_hex(words, "address", &box->address, sizeof box->address);
    if (note != NULL) {
        words_add_number(words, "epoch", note->observed.epoch);
        entries =
            words_of_epoch_entries(&note->observed, &note->key, &note->chain_0,
                                   box->entries, box->num);
    } else {
        const char *uri = the_session.facts.uri[num_invites++];

        words_add(words, "invite", json_string(uri));
        entries = words_of_invite_entries(uri, box->entries, box->num);
    }
    words_add(words, "entries", entries);
    return words;
}

static json_t *all_words(void)
{
    const test_mailboxes *relay = &the_session.home.relay;
    json_t *all = json_object();
    json_t *devices = json_array();
    json_t *list = json_array();
    json_t *boxes = json_array();

    for (size_t i = 0; i < SESSION_NUM; i++) {
        (void)json_array_append_new(devices, device_words(i));
    }
    for (size_t i = 0; i < num_epochs; i++) {
        (void)json_array_append_new(list, epoch_words(&epochs[i]));
    }
    for (size_t i = 0; i < relay->num; i++) {
        (void)json_array_append_new(boxes, mailbox_words(&relay->boxes[i]));
    }
    words_add(all, "relay", json_string(TEST_HOME_RELAY));
    words_add(all, "utc_ms_at_0", json_integer(TEST_HOME_UTC));
    words_add(all, "devices", devices);
    words_add(all, "epochs", list);
    words_add(all, "mailboxes", boxes);
    return all;
}

/* ---- the file ---- */

static char *text_of_session(void)
{
    session *s = &the_session;

    for (size_t i = 0; i < SESSION_NUM; i++) {
        updates[i] = json_array();
        events[i] = json_array();
        exchanges[i] = json_array();
    }
    s->look = look;
    s->on_event = on_event;
    session_begin(s);
    s->home.on_exchange = on_exchange;
    session_play(s);
    json_t *all = all_words();
    char *text = json_dumps(all, JSON_INDENT(1));

    json_decref(all);
    session_end(s);
    test_free_all();
    must(text != NULL, "no memory");
    return text;
}

static bool same_as_file(const char *path, const char *text)
{
    size_t len = strlen(text);
    FILE *file = fopen(path, "rb");
    char *read = malloc(len + 2);

    must(read != NULL, "no memory");
    bool same = file != NULL && fread(read, 1, len + 2, file) == len + 1 &&
                memcmp(read, text, len) == 0 && read[len] == '\n';

    if (file != NULL) (void)fclose(file);
    free(read);
    if (!same) (void)fprintf(stderr, "%s is not what it should be\n", path);
    return same;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    char path[4096];
    bool well = true;

    must(argc == 2 || check, "say [--check] DIRECTORY");
    (void)snprintf(path, sizeof path, "%s/session.json", argv[argc - 1]);
    char *text = text_of_session();

    if (check) {
        well = same_as_file(path, text);
    } else {
        FILE *file = fopen(path, "wb");

        must(file != NULL, path);
        well = fputs(text, file) >= 0 && fputc('\n', file) == '\n' &&
               fclose(file) == 0;
    }
    free(text);
    return well ? 0 : 1;
}
