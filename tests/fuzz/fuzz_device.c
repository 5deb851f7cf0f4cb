/*
 * A device reads what a relay answers, and goes on. The input's first byte:
 * bits 0 and 1 say whose device, bit 2 takes away what keeps a fuzzer out
 * (lenient.h, clear.h). Then by turns what the host does, and the answer: any
 * bytes, or one that decodes, of entries that are blobs of the circle, real
 * or in clear, of this epoch, a later or an older one, as they are or changed,
 * in any order.
 *
 * Whatever comes: nothing fails but what may, what is not of a member is never
 * told as a member's word and never run, and what is saved is the same when it
 * is opened again.
 */
#include <covey/error.h>

#include "device/records.h"
#include "fuzz/circle.h"
#include "fuzz/device_seeds.h"
#include "fuzz/fuzz.h"
#include "fuzz/lenient.h"

#define TURNS 8
#define ROOM (1u << 17)
#define RECORD_ROOM (1u << 18)
#define TOLD_MAX 64

static test_device *host;
static covey_device *device;
static uint32_t asked; /* the request that is out */
static bool is_lenient;
static covey_reference told[TOLD_MAX];
static size_t num_told;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *directory = getenv("COVEY_FUZZ_SEEDS");

    (void)argc;
    (void)argv;
    if (directory != NULL) {
        device_seeds_write(directory);
        exit(0);
    }
    return 0;
}

/* ---- what is told ---- */

static bool was_told(const covey_reference *id)
{
    for (size_t i = 0; i < num_told; i++) {
        if (memcmp(&told[i].sender, &id->sender, sizeof id->sender) == 0 &&
            told[i].id.counter == id->id.counter &&
            told[i].id.incarnation == id->id.incarnation) {
            return true;
        }
    }
    return false;
}

static void check_said(const covey_said *said)
{
    const covey_reference id = {said->sender, said->payload->id};

    if (is_lenient) return;
    fuzz_require(circle_was_said(&said->sender, said->payload));
    fuzz_require(!was_told(&id));
    if (num_told < TOLD_MAX) told[num_told++] = id;
}

static void run_command(const covey_event *event, covey_bytes *input)
{
    const covey_fix fix = test_home_fix(host->home);
    const covey_location where = {.fixes = &fix, .num_fixes = 1};
    const covey_reference id = event->of.command.id;
    bool locates = event->of.command.what.kind == COVEY_COMMAND_LOCATE;

    fuzz_require(is_lenient || circle_was_commanded(&id));
    if (fuzz_byte(input) % 4 == 3) return; /* it never comes to an end */
    int err = covey_device_command_done(device, test_home_now(host->home), &id,
                                        COVEY_OUTCOME_DONE, COVEY_REFUSED_OTHER,
                                        locates ? &where : NULL);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_CAPACITY);
}

static void take(const covey_event *event, covey_bytes *input)
{
    int err = COVEY_OK;

    switch (event->kind) {
    case COVEY_EVENT_PAYLOAD: check_said(&event->of.said); break;
    case COVEY_EVENT_COMMAND: run_command(event, input); break;
    case COVEY_EVENT_NOTICE:
        err = covey_device_notice_shown(device, test_home_now(host->home),
                                        event->of.notice.token,
                                        fuzz_byte(input) % 4 != 3);
        fuzz_require(err == COVEY_OK);
        break;
    default: break;
    }
}

static void events(covey_bytes *input)
{
    covey_event event;

    for (;;) {
        int err =
            covey_device_next_event(device, test_home_now(host->home), &event);

        fuzz_require(err == COVEY_OK);
        if (event.kind == COVEY_EVENT_NONE) return;
        take(&event, input);
    }
}

static void ask(void)
{
    static uint8_t room[ROOM];
    covey_buffer out = {room, sizeof room, 0};
    covey_request request;

    fuzz_require(covey_device_next_request(device, test_home_now(host->home),
                                           &out, &request) == COVEY_OK);
    if (request.body.len != 0) asked = request.id;
    fuzz_either_way((int)covey_device_interrupts(device, asked));
    (void)covey_device_deadline(device);
}

/* ---- entries ---- */

static size_t fuzz_u16(covey_bytes *input)
{
    size_t high = fuzz_byte(input);

    return high << 8 | fuzz_byte(input);
}

static void overwrite(uint8_t *at, size_t len, covey_bytes *input)
{
    size_t num = fuzz_byte(input) % 32;
    size_t from = fuzz_u16(input) % len;

    for (size_t i = 0; i < num && from + i < len; i++) {
        at[from + i] = fuzz_byte(input);
    }
}

/* A blob of the pool, changed or not, at `room`. */
static covey_bytes make_blob(covey_bytes *input, uint8_t how, uint8_t *room)
{
    const circle *c = circle_get();
    const circle_blob *from = &c->blobs[fuzz_u16(input) % c->num_blobs];
    covey_bytes blob = is_lenient && (how & 8) == 0 ? from->clear : from->blob;

    memset(room, 0, COVEY_BLOB_MAX);
    memcpy(room, blob.at, blob.len);
    blob.at = room;
    switch (how & 7) {
    case 3: test_flip(room, fuzz_u16(input) % (8 * blob.len)); break;
    case 4: overwrite(room, blob.len, input); break;
    case 5:
        if (blob.len > COVEY_BLOB_MIN) blob.len /= 2;
        break;
    case 6:
        if (blob.len < COVEY_BLOB_MAX) blob.len *= 2;
        break;
    default: break;
    }
    return blob;
}

static covey_sync_entry make_entry(covey_bytes *input, uint64_t *index,
                                   uint8_t *room)
{
    uint8_t how = fuzz_byte(input);
    covey_sync_entry entry = {.index = *index};

    *index += 1u + (how >> 6);
    entry.blob = make_blob(input, how, room);
    if ((how & 7) == 7) {
        entry.is_stub = true;
        entry.stub_len = (uint32_t)entry.blob.len;
        covey_blob_hash(&entry.stub_hash, entry.blob);
        entry.blob = covey_bytes_of(NULL, 0);
    }
    return entry;
}

static const covey_channel *channel_out(void)
{
    for (size_t i = 0; i < COVEY_NUM_CHANNELS; i++) {
        if (device->channels[i].is_out) return &device->channels[i];
    }
    return &device->channels[0];
}

/* One that decodes; empty: it cannot be written. */
static covey_bytes make_answer(covey_bytes *input)
{
    static covey_sync_entry entries[8];
    static uint8_t rooms[8][COVEY_BLOB_MAX];
    static uint8_t room[ROOM];
    static uint8_t work[8192];
    const covey_channel *channel = channel_out();
    covey_writer w = covey_writer_of(room, sizeof room);
    uint8_t choice = fuzz_byte(input);
    uint64_t index = channel->after + 1;
    covey_sync_response response = {.status = COVEY_SYNC_OK,
                                    .num_entries = choice & 7,
                                    .num_appended = channel->num_appends,
                                    .entries = entries};

    if ((choice & 8) != 0) index += fuzz_byte(input);
    if ((choice & 16) != 0) response.status = COVEY_SYNC_CONFLICT;
    if ((choice & 32) != 0) response.status = COVEY_SYNC_QUOTA;
    if (response.status != COVEY_SYNC_OK) response.num_appended = 0;
    if ((choice & 0xc0) == 0xc0) index = UINT64_MAX - 40;
    for (size_t i = 0; i < response.num_entries; i++) {
        entries[i] = make_entry(input, &index, rooms[i]);
    }
    for (size_t i = 0; i < response.num_appended; i++) {
        response.appended[i] = index + fuzz_byte(input) % 4;
        index = response.appended[i] + 1;
    }
    response.next = index;
    int err = covey_sync_response_encode(&w, &response,
                                         covey_scratch_of(work, sizeof work));
    return err ? covey_bytes_of(NULL, 0) : covey_writer_since(&w, 0);
}

static covey_bytes raw_answer(covey_bytes *input)
{
    size_t len = fuzz_u16(input);
    covey_bytes answer = *input;

    if (len < answer.len) answer.len = len;
    *input = covey_bytes_of(input->at + answer.len, input->len - answer.len);
    return answer;
}

static void answer(covey_bytes *input)
{
    uint8_t choice = fuzz_byte(input) % 16;
    covey_now now = test_home_now(host->home);

    if (choice == 15) {
        covey_device_failed(device, now, asked);
        return;
    }
    covey_bytes bytes = choice == 14 ? raw_answer(input) : make_answer(input);
    int err = covey_device_input(device, now, asked, bytes);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED);
}

/* ---- what the host does ---- */

static void reopen(void)
{
    fuzz_require(test_device_open(host) == COVEY_OK);
    num_told = 0; /* some comes again */
}

static void send(const covey_content *content)
{
    fuzz_either_way(
        covey_device_send(device, test_home_now(host->home), content, NULL));
}

static void command(void)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};
    covey_now now = test_home_now(host->home);
    covey_member member;

    content.of.command.kind = COVEY_COMMAND_LOCATE;
    content.of.command.not_after_ms = now.utc_ms + 60000;
    if (!covey_device_member(device, 1, now, &member)) return;
    content.of.command.target = member.id;
    send(&content);
}

static void remove_some(uint8_t which)
{
    covey_now now = test_home_now(host->home);
    covey_member member;

    if (!covey_device_member(device, which, now, &member)) return;
    fuzz_either_way(covey_device_remove(device, &member.id, now));
}

static void act(covey_bytes *input)
{
    const covey_content text = {.kind = COVEY_CONTENT_TEXT,
                                .of.text.text = covey_bytes_of_text("hello")};
    covey_document document = {.kind = COVEY_DOCUMENT_REPORTING,
                               .of.reporting = {60, 30, 50, 10}};
    covey_now now = test_home_now(host->home);
    uint8_t choice = fuzz_byte(input);

    switch (choice % 32) {
    case 1: send(&text); break;
    case 2: fuzz_either_way(covey_device_refresh(device, now)); break;
    case 3:
    case 4:
    case 5: remove_some(choice % 32 - 3); break;
    case 6: fuzz_either_way(covey_device_leave(device, now)); break;
    case 7: fuzz_either_way(covey_device_sos(device, now, NULL)); break;
    case 8: fuzz_either_way(covey_device_sos_over(device, now)); break;
    case 9: covey_device_wake(device, now); break;
    case 10: reopen(); break;
    case 11:
        fuzz_either_way(covey_device_set_policy(device, &document, now));
        break;
    case 12: command(); break;
    case 13: fuzz_either_way(covey_device_abandon(device)); break;
    case 14: host->home->time_ms += 70000; break;
    case 15: host->home->time_ms += 90000000; break;
    case 16:
        fuzz_either_way(covey_device_pause(device, now, now.utc_ms + 60000));
        break;
    default: break;
    }
}

/* ---- in the end ---- */

static covey_bytes record_of(uint32_t slot, uint8_t *room)
{
    covey_writer w = covey_writer_of(room, RECORD_ROOM);

    covey_record_write(&w, device, slot);
    fuzz_require(!w.failed);
    return covey_writer_since(&w, 0);
}

static bool is_record(uint32_t slot)
{
    return slot < COVEY_SLOT_DOCUMENTS || slot == COVEY_SLOT_PROPOSALS;
}

/* A watch that starts says so, and what became of its commands: three records
 * may be other ones then. */
static bool may_differ(uint32_t slot, bool had_tasks)
{
    bool says_boot = covey_is_wearer(device) &&
                     covey_device_state_of(device) == COVEY_DEVICE_MEMBER;

    return (slot == COVEY_SLOT_TASKS && had_tasks) ||
           ((slot == COVEY_SLOT_SELF || slot == COVEY_SLOT_OUTBOX) &&
            (had_tasks || says_boot));
}

static void save_all(covey_bytes *records)
{
    static uint8_t rooms[COVEY_SLOT_PROPOSALS + 1][RECORD_ROOM];

    for (uint32_t slot = 1; slot <= COVEY_SLOT_PROPOSALS; slot++) {
        if (is_record(slot)) covey_touch(device, slot);
    }
    fuzz_require(covey_device_save(device) == COVEY_OK);
    for (uint32_t slot = 1; slot <= COVEY_SLOT_PROPOSALS; slot++) {
        if (is_record(slot)) records[slot] = record_of(slot, rooms[slot]);
    }
}

/* What is opened again is what was saved. */
static void check_saved(void)
{
    static uint8_t room[RECORD_ROOM];
    covey_bytes records[COVEY_SLOT_PROPOSALS + 1] = {{NULL, 0}};
    bool had_tasks = device->tasks.num != 0;

    save_all(records);
    reopen();
    for (uint32_t slot = 1; slot <= COVEY_SLOT_PROPOSALS; slot++) {
        if (!is_record(slot) || may_differ(slot, had_tasks)) continue;
        covey_bytes again = record_of(slot, room);

        if (covey_bytes_same(again, records[slot])) continue;
        (void)fprintf(stderr, "record %u: %s\nwas %s\n", slot, hex_of(again),
                      hex_of(records[slot]));
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    uint8_t mode = fuzz_byte(&input);

    (void)circle_get();
    host = circle_restore((circle_name)((mode & 3) % CIRCLE_NUM), &asked);
    device = host->device;
    is_lenient = (mode & 4) != 0;
    fuzz_lenient = is_lenient;
    num_told = 0;
    for (int turn = 0; turn < TURNS && input.len != 0; turn++) {
        answer(&input);
        events(&input);
        act(&input);
        ask();
    }
    events(&input);
    check_saved();
    fuzz_lenient = false;
    test_free_all();
    return 0;
}
