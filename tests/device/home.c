#include "home.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "device/device.h"
#include "relay/blob.h"
#include "support/bytes.h"

#define ANSWER_MAX (512u * 1024u)

home_box *home_boxes[HOME_BOXES];
size_t home_num_boxes;
uint64_t home_requests;
uint64_t home_appends;
bool home_relay_is_away;
bool home_relay_takes_all;
void (*home_on_request)(const home_device *client,
                        const covey_request *request);
uint64_t home_ms;

static home_device *devices[HOME_DEVICES];
static size_t num_devices;

/* ---- hosts ---- */

static int host_random(void *ctx, uint8_t *out, size_t len)
{
    home_device *host = ctx;
    covey_random hook = test_random_hook(&host->random);

    return hook.fill(hook.ctx, out, len);
}

static int host_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                     size_t *len)
{
    const home_device *host = ctx;
    const covey_bytes *record = &host->records[slot];

    *len = record->len;
    if (record->len <= cap) covey_copy(out, record->at, record->len);
    return 0;
}

static int host_save(void *ctx, uint64_t expected, const covey_record *records,
                     size_t num)
{
    home_device *host = ctx;

    host->num_saves++;
    if (host->fails_at != 0 && --host->fails_at == 0) return 7;
    if (expected != host->version) return COVEY_PORT_CONFLICT;
    for (size_t i = 0; i < num; i++) {
        covey_bytes bytes = records[i].bytes;

        host->records[records[i].slot] =
            bytes.len == 0 ? covey_bytes_of(NULL, 0)
                           : covey_bytes_of(test_copy(bytes), bytes.len);
    }
    host->version++;
    return 0;
}

/* ---- the relay ---- */

static home_box *box_at(const covey_mailbox_address *address)
{
    for (size_t i = 0; i < home_num_boxes; i++) {
        if (memcmp(&home_boxes[i]->address, address, sizeof *address) == 0) {
            return home_boxes[i];
        }
    }
    cr_assert(home_num_boxes < HOME_BOXES);
    home_box *box = calloc(1, sizeof *box);
    cr_assert_not_null(box);
    box->address = *address;
    home_boxes[home_num_boxes++] = box;
    return box;
}

void home_box_put(home_box *box, covey_bytes blob)
{
    cr_assert(box->num < HOME_BLOBS);
    box->blobs[box->num++] = covey_bytes_of(test_copy(blob), blob.len);
}

void home_box_expire(home_box *box, size_t from)
{
    for (size_t i = from; i < box->num; i++) {
        box->blobs[i] = covey_bytes_of(NULL, 0);
    }
}

static uint64_t index_of(const home_box *box, covey_bytes blob)
{
    for (size_t i = 0; i < box->num; i++) {
        if (covey_bytes_same(box->blobs[i], blob)) return i + 1;
    }
    return 0;
}

static void append(home_box *box, const covey_sync_request *request,
                   covey_sync_response *response)
{
    bool is_new = false;

    for (size_t i = 0; i < request->num_appends; i++) {
        if (index_of(box, request->appends[i].blob) == 0) is_new = true;
    }
    if (is_new && request->has_expect_next && !home_relay_takes_all &&
        request->expect_next != box->num + 1) {
        response->status = COVEY_SYNC_CONFLICT;
        return;
    }
    for (size_t i = 0; i < request->num_appends; i++) {
        covey_bytes blob = request->appends[i].blob;

        if (index_of(box, blob) == 0) home_box_put(box, blob);
        response->appended[response->num_appended++] = index_of(box, blob);
    }
}

/* What is there, without what has just come. */
static void list(const home_box *box, size_t before,
                 const covey_sync_request *request,
                 covey_sync_response *response, covey_sync_entry *entries)
{
    size_t bytes = 96;

    for (size_t i = (size_t)request->after; i < before; i++) {
        covey_sync_entry *entry = &entries[response->num_entries];
        covey_bytes blob = box->blobs[i];
        bool is_stub = blob.len > request->max_blob;

        if (blob.len == 0) continue;
        bytes += (is_stub ? 40 : blob.len) + 16;
        if (response->num_entries == COVEY_SYNC_ENTRIES_MAX ||
            (bytes > request->max_bytes && response->num_entries != 0)) {
            return;
        }
        *entry = (covey_sync_entry){.index = i + 1, .is_stub = is_stub};
        if (is_stub) {
            entry->stub_len = (uint32_t)blob.len;
            covey_blob_hash(&entry->stub_hash, blob);
        } else {
            entry->blob = blob;
        }
        response->num_entries++;
    }
}

static size_t relay(const home_device *client, covey_bytes body, uint8_t *out)
{
    static uint8_t memory[ANSWER_MAX];
    static covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_sync_response response = {.status = COVEY_SYNC_OK};
    covey_sync_request request;
    covey_writer w = covey_writer_of(out, ANSWER_MAX);

    cr_assert_eq(covey_sync_request_decode(&request, &scratch, body), COVEY_OK);
    cr_assert_eq(covey_sync_request_verify(&request,
                                           covey_bytes_of_text(HOME_RELAY)),
                 COVEY_OK);
    home_box *box = box_at(&request.mailbox);
    size_t before = box->num;

    home_requests++;
    home_appends += request.num_appends;
    append(box, &request, &response);
    if (client->is_starved && client->sees < before) before = client->sees;
    list(box, before, &request, &response, entries);
    response.next = box->num + 1;
    response.entries = entries;
    cr_assert_eq(covey_sync_response_encode(&w, &response, scratch), COVEY_OK);
    return w.len;
}

/* ---- the world ---- */

void home_begin(void)
{
    for (size_t i = 0; i < home_num_boxes; i++) free(home_boxes[i]);
    for (size_t i = 0; i < num_devices; i++) {
        free(devices[i]->device);
        free(devices[i]);
    }
    test_free_all();
    home_num_boxes = 0;
    num_devices = 0;
    home_requests = 0;
    home_appends = 0;
    home_relay_is_away = false;
    home_relay_takes_all = false;
    home_on_request = NULL;
    home_ms = 1000;
}

covey_now home_now(const home_device *device)
{
    covey_now now = {0, home_ms};

    if (device->clock_ms != INT64_MIN) {
        now.utc_ms = HOME_UTC_MS + (int64_t)home_ms + device->clock_ms;
    }
    return now;
}

void home_restart(home_device *device)
{
    static const uint8_t key[COVEY_STORE_HOST_KEY_SIZE] = {7, 7, 7};

    device->config.host_key = key;
    cr_assert_eq(covey_device_open(device->device, &device->config,
                                   home_now(device)),
                 COVEY_OK, "%s does not open", device->name);
}

home_device *home_add(const char *name, bool commits)
{
    home_device *added = calloc(1, sizeof *added);

    cr_assert(added != NULL && num_devices < HOME_DEVICES);
    added->name = name;
    added->size = covey_device_size(commits);
    added->device = covey_device_at(calloc(1, added->size), added->size);
    added->random = test_random_of(1000 + num_devices);
    added->port = (covey_port){added, host_random, host_load, host_save, NULL};
    added->config.port = &added->port;
    added->config.poll_ms = commits ? 5000 : 20000;
    added->shows = true;
    added->runs = true;
    devices[num_devices++] = added;
    home_restart(added);
    return added;
}

/* ---- what is told ---- */

static void note_payload(home_event *noted, const covey_said *said)
{
    const covey_content *content = &said->payload->content;

    noted->content = content->kind;
    noted->id = said->payload->id;
    noted->trust = said->trust;
    noted->age_ms = said->age_ms;
    noted->is_broken = said->is_broken;
    if (content->kind == COVEY_CONTENT_TEXT) {
        size_t len = content->of.text.text.len;

        if (len > sizeof noted->text - 1) len = sizeof noted->text - 1;
        memcpy(noted->text, content->of.text.text.at, len);
    }
    if (content->kind == COVEY_CONTENT_COMMAND_RECEIPT) {
        noted->reference = content->of.command_receipt.command;
        noted->outcome = content->of.command_receipt.outcome;
        noted->reason = content->of.command_receipt.reason;
    }
    if (content->kind == COVEY_CONTENT_LOCATION &&
        content->of.location.num_fixes != 0) {
        noted->lat_e7 =
            content->of.location.fixes[content->of.location.num_fixes - 1]
                .lat_e7;
    }
}

static void note(home_device *device, const covey_event *event)
{
    cr_assert(device->num_events < HOME_EVENTS);
    home_event *noted = &device->events[device->num_events++];

    noted->kind = event->kind;
    noted->member = event->member;
    noted->by = event->by;
    switch (event->kind) {
    case COVEY_EVENT_PAYLOAD: note_payload(noted, &event->of.said); break;
    case COVEY_EVENT_SENT: noted->id = event->of.sent; break;
    case COVEY_EVENT_MISSING: noted->missing = event->of.missing; break;
    case COVEY_EVENT_NOTICE:
        noted->notice = event->of.notice.what;
        noted->token = event->of.notice.token;
        break;
    case COVEY_EVENT_COMMAND:
        noted->reference = event->of.command.id;
        noted->command = event->of.command.what.kind;
        break;
    case COVEY_EVENT_SHOW_DIGITS:
        memcpy(noted->digits, event->of.digits, sizeof noted->digits);
        break;
    case COVEY_EVENT_FAILED:
    case COVEY_EVENT_LOCKED_OUT:
    case COVEY_EVENT_INVITE_ENDED: noted->error = event->of.failed.error; break;
    default: break;
    }
}

/* A hook that failed is tried again later; nothing else goes wrong here. */
static void host_says(int err)
{
    cr_assert(err == COVEY_OK || err == COVEY_ERR_PORT ||
                  err == COVEY_ERR_RANDOM || err == COVEY_ERR_CAPACITY ||
                  err == COVEY_ERR_REFERENCE,
              "%s", covey_error_name(err));
}

/* What a host does that does all well. */
static void obey(home_device *device, const home_event *event)
{
    covey_fix fix = {.time_ms = home_now(device).utc_ms, .lat_e7 = 4711};
    const covey_location here = {.fixes = &fix, .num_fixes = 1};
    bool locates = event->command == COVEY_COMMAND_LOCATE;

    if (event->kind == COVEY_EVENT_NOTICE && device->shows) {
        host_says(covey_device_notice_shown(device->device, home_now(device),
                                            event->token, true));
    }
    if (event->kind == COVEY_EVENT_COMMAND && device->runs) {
        host_says(covey_device_command_done(
            device->device, home_now(device), &event->reference,
            COVEY_OUTCOME_DONE, COVEY_REFUSED_OTHER, locates ? &here : NULL));
    }
}

static void take_events(home_device *device)
{
    covey_event event;

    while (covey_device_next_event(device->device, home_now(device), &event) ==
               COVEY_OK &&
           event.kind != COVEY_EVENT_NONE) {
        note(device, &event);
        obey(device, &device->events[device->num_events - 1]);
    }
}

void home_turn(home_device *device)
{
    static uint8_t out[COVEY_REQUEST_BYTES];
    static uint8_t answer[ANSWER_MAX];

    for (unsigned i = 0; i < 50 && !device->is_off; i++) {
        covey_buffer body = {out, sizeof out, 0};
        covey_request request;

        take_events(device);
        if (covey_device_next_request(device->device, home_now(device), &body,
                                      &request) != COVEY_OK ||
            request.body.len == 0) {
            return;
        }
        if (home_on_request != NULL) home_on_request(device, &request);
        if (home_relay_is_away) {
            covey_device_failed(device->device, home_now(device), request.id);
            return;
        }
        size_t len = relay(device, request.body, answer);

        cr_assert(len <= request.answer_max);
        host_says(covey_device_input(device->device, home_now(device),
                                     request.id, covey_bytes_of(answer, len)));
    }
}

void home_run(uint64_t ms)
{
    uint64_t end = home_ms + ms;

    while (home_ms < end) {
        for (size_t i = 0; i < num_devices; i++) home_turn(devices[i]);
        home_ms += 1000;
    }
}

/* ---- joining ---- */

void home_pair(home_device *guardian, home_device *newcomer, covey_role role,
               bool own_person)
{
    char uri[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(newcomer->device, role, HOME_RELAY, 0,
                                     home_now(newcomer), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(guardian->device, uri, own_person,
                                     home_now(guardian)),
                 COVEY_OK);
    for (unsigned i = 0;
         i < 60 && home_count(guardian, COVEY_EVENT_ENTER_DIGITS) == 0; i++) {
        home_run(1000);
    }
    (void)home_last(guardian, COVEY_EVENT_ENTER_DIGITS);
    cr_assert_eq(covey_device_enter_digits(
                     guardian->device,
                     home_last(newcomer, COVEY_EVENT_SHOW_DIGITS)->digits,
                     home_now(guardian), NULL),
                 COVEY_OK);
    cr_assert_eq(covey_device_confirm(newcomer->device, home_now(newcomer)),
                 COVEY_OK);
    home_run(30000);
    for (size_t i = 0; i < num_devices; i++) devices[i]->num_events = 0;
}

void home_two(home_device **anna, home_device **watch)
{
    home_begin();
    *anna = home_add("anna", true);
    *watch = home_add("watch", false);
    cr_assert_eq(covey_device_create((*anna)->device, HOME_RELAY,
                                     home_now(*anna)),
                 COVEY_OK);
    home_pair(*anna, *watch, COVEY_ROLE_WEARER, false);
}

home_box *home_box_of(const home_device *device)
{
    covey_mailbox mailbox;

    covey_mailbox_of_seed(&mailbox, device->device->log.seed);
    const covey_mailbox_address address = covey_mailbox_address_of(&mailbox);
    return box_at(&address);
}

/* ---- looking ---- */

size_t home_count(const home_device *device, covey_event_kind kind)
{
    size_t num = 0;

    for (size_t i = 0; i < device->num_events; i++) {
        if (device->events[i].kind == kind) num++;
    }
    return num;
}

size_t home_heard(const home_device *device, covey_content_kind content)
{
    size_t num = 0;

    for (size_t i = 0; i < device->num_events; i++) {
        if (device->events[i].kind == COVEY_EVENT_PAYLOAD &&
            device->events[i].content == content) {
            num++;
        }
    }
    return num;
}

const home_event *home_last(const home_device *device, covey_event_kind kind)
{
    for (size_t i = device->num_events; i-- > 0;) {
        if (device->events[i].kind == kind) return &device->events[i];
    }
    cr_assert_fail("%s was not told an event %d", device->name, (int)kind);
    return NULL;
}

const home_event *home_last_heard(const home_device *device,
                                  covey_content_kind content)
{
    for (size_t i = device->num_events; i-- > 0;) {
        if (device->events[i].kind == COVEY_EVENT_PAYLOAD &&
            device->events[i].content == content) {
            return &device->events[i];
        }
    }
    cr_assert_fail("%s heard no content %d", device->name, (int)content);
    return NULL;
}

covey_member_id home_id(const home_device *device)
{
    return covey_device_self(device->device);
}

/* ---- saying ---- */

int home_text(home_device *device, const char *text)
{
    covey_content content = {.kind = COVEY_CONTENT_TEXT};

    content.of.text.text = covey_bytes_of_text(text);
    return covey_device_send(device->device, home_now(device), &content, NULL);
}

int home_fix(home_device *device, int32_t lat_e7)
{
    const covey_fix fix = {.time_ms = home_now(device).utc_ms,
                           .lat_e7 = lat_e7,
                           .accuracy_cm = 500,
                           .source = COVEY_SOURCE_GNSS};
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};

    content.of.location = (covey_location){.fixes = &fix, .num_fixes = 1};
    return covey_device_send(device->device, home_now(device), &content, NULL);
}

int home_command(home_device *device, const home_device *target,
                 covey_command_kind kind, int64_t lives_ms)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};
    covey_command *command = &content.of.command;

    command->target = home_id(target);
    command->not_after_ms = HOME_UTC_MS + (int64_t)home_ms + lives_ms;
    command->kind = kind;
    if (kind == COVEY_COMMAND_RING || kind == COVEY_COMMAND_FIND_WATCH) {
        command->of.duration_s = 10;
    }
    if (kind == COVEY_COMMAND_READ_MESSAGE) {
        command->of.message =
            (covey_reference){home_id(device), {.counter = 1}};
    }
    if (kind == COVEY_COMMAND_SET_POLICY) {
        command->of.set_policy.kind = COVEY_DOCUMENT_ZONES;
        command->of.set_policy.version = 1;
    }
    return covey_device_send(device->device, home_now(device), &content, NULL);
}
