#include "fuzz/circle.h"

#include <covey/error.h>

#include "fuzz/clear.h"
#include "fuzz/fuzz.h"

#define DAY_MS 86400000

/* A device as it stands. */
typedef struct {
    test_device host;
    uint8_t *memory;
    uint8_t *records[COVEY_STORE_RECORDS_MAX + 1];
    uint32_t request;
} stand;

static test_home home;
static circle the_circle;
static stand stands[CIRCLE_NUM];
static covey_reference commands[64];
static size_t num_commands;

#define must(call) fuzz_require((call) == COVEY_OK)

static covey_device *device_of(circle_name name)
{
    return home.devices[name].device;
}

/* ---- what was said ---- */

static covey_digest hash_said(const covey_member_id *sender,
                              const covey_payload *payload)
{
    static uint8_t room[COVEY_PAYLOAD_MAX];
    static uint8_t work[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer out = {room, sizeof room, 0};
    covey_buffer scratch = {work, sizeof work, 0};
    covey_digest digest = {{0}};
    covey_hash hash;

    /* Of kinds that are not known nothing can be written. */
    if (covey_payload_encode(&out, payload, &scratch) != COVEY_OK) out.len = 0;
    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_member_id_bytes(sender));
    covey_hash_add(&hash, covey_bytes_of(out.at, out.len));
    covey_hash_end(&hash, &digest);
    return digest;
}

bool circle_was_said(const covey_member_id *sender,
                     const covey_payload *payload)
{
    const covey_digest digest = hash_said(sender, payload);

    for (size_t i = 0; i < the_circle.num_said; i++) {
        if (memcmp(&the_circle.said[i], &digest, sizeof digest) == 0) {
            return true;
        }
    }
    return false;
}

bool circle_was_commanded(const covey_reference *id)
{
    for (size_t i = 0; i < num_commands; i++) {
        if (memcmp(&commands[i].sender, &id->sender, sizeof id->sender) == 0 &&
            commands[i].id.counter == id->id.counter &&
            commands[i].id.incarnation == id->id.incarnation) {
            return true;
        }
    }
    return false;
}

static void note_said(void *ctx, test_device *who, const covey_event *event)
{
    (void)ctx;
    (void)who;
    if (event->kind == COVEY_EVENT_PAYLOAD &&
        !circle_was_said(&event->of.said.sender, event->of.said.payload)) {
        fuzz_require(the_circle.num_said < 512);
        the_circle.said[the_circle.num_said++] =
            hash_said(&event->of.said.sender, event->of.said.payload);
    }
    if (event->kind == COVEY_EVENT_COMMAND) {
        fuzz_require(num_commands < 64);
        commands[num_commands++] = event->of.command.id;
    }
}

/* ---- what they do ---- */

static void say(circle_name by, const covey_content *content)
{
    must(covey_device_send(device_of(by), test_home_now(&home), content, NULL));
}

static void say_text(circle_name by, const char *text)
{
    const covey_content content = {.kind = COVEY_CONTENT_TEXT,
                                   .of.text.text = covey_bytes_of_text(text)};

    say(by, &content);
}

static void say_fix(void)
{
    const covey_fix fix = test_home_fix(&home);
    const covey_content content = {.kind = COVEY_CONTENT_LOCATION,
                                   .of.location = {.fixes = &fix,
                                                   .num_fixes = 1}};

    say(CIRCLE_WATCH, &content);
}

static void say_command(circle_name by, covey_command_kind kind)
{
    covey_content content = {
        .kind = COVEY_CONTENT_COMMAND,
        .of.command = {.target = covey_device_self(device_of(CIRCLE_WATCH)),
                       .not_after_ms = test_home_now(&home).utc_ms + DAY_MS,
                       .kind = kind}};

    if (kind == COVEY_COMMAND_RING) content.of.command.of.duration_s = 5;
    say(by, &content);
}

static void set_policy(circle_name by, uint32_t interval_s)
{
    covey_document document = {.kind = COVEY_DOCUMENT_REPORTING,
                               .of.reporting = {interval_s, 30, 50, 10}};

    must(covey_device_set_policy(device_of(by), &document,
                                 test_home_now(&home)));
    test_home_run(&home, 130000);
}

/* All of it that lies behind them. */
static void live(void)
{
    test_home_begin(&home);
    home.on_event = note_said;
    (void)test_home_add(&home, "anna", true, 1);
    (void)test_home_add(&home, "watch", false, 2);
    (void)test_home_add(&home, "ben", true, 3);
    must(covey_device_create(device_of(CIRCLE_ANNA), TEST_HOME_RELAY,
                             test_home_now(&home)));
    test_home_join(&home, &home.devices[CIRCLE_ANNA],
                   &home.devices[CIRCLE_WATCH], COVEY_ROLE_WEARER, false);
    say_fix();
    test_home_join(&home, &home.devices[CIRCLE_ANNA], &home.devices[CIRCLE_BEN],
                   COVEY_ROLE_GUARDIAN, false);
    say_text(CIRCLE_BEN, "good morning");
    test_home_run(&home, 70000);
    set_policy(CIRCLE_ANNA, 60);
    say_fix();
    say_command(CIRCLE_BEN, COVEY_COMMAND_RING);
    test_home_run(&home, 70000);
}

/* And all that is still to come, as far as the fuzzer wants it. */
static void go_on(void)
{
    const covey_member_id ben = covey_device_self(device_of(CIRCLE_BEN));

    test_home_run(&home, 70000);
    say_command(CIRCLE_ANNA, COVEY_COMMAND_LOCATE);
    test_home_run(&home, 70000);
    must(covey_device_sos(device_of(CIRCLE_WATCH), test_home_now(&home), NULL));
    test_home_run(&home, 70000);
    must(covey_device_sos_over(device_of(CIRCLE_WATCH), test_home_now(&home)));
    set_policy(CIRCLE_ANNA, 300);
    say_text(CIRCLE_BEN, "and in the next epoch");
    home.time_ms += DAY_MS;
    test_home_run(&home, 130000);
    say_fix();
    test_home_run(&home, 70000);
    must(covey_device_remove(device_of(CIRCLE_WATCH), &ben,
                             test_home_now(&home)));
    test_home_run(&home, 130000);
    must(covey_device_leave(device_of(CIRCLE_WATCH), test_home_now(&home)));
    test_home_run(&home, 130000);
}

/* ---- where they stand ---- */

static void keep(circle_name name)
{
    test_device *device = &home.devices[name];
    stand *s = &stands[name];

    s->host = *device;
    s->memory = malloc(device->size);
    fuzz_require(s->memory != NULL);
    memcpy(s->memory, device->device, device->size);
    for (size_t i = 0; i <= COVEY_STORE_RECORDS_MAX; i++) {
        s->records[i] = malloc(device->lens[i] + 1);
        fuzz_require(s->records[i] != NULL);
        covey_copy(s->records[i], device->records[i], device->lens[i]);
    }
}

/* Each asks, and stands there; then it has its answer. */
static void stop_and_ask(void)
{
    static uint8_t room[1 << 17];

    say_text(CIRCLE_ANNA, "where are you");
    say_fix();
    say_text(CIRCLE_BEN, "at the gate");
    for (size_t i = 0; i < CIRCLE_NUM; i++) {
        covey_buffer out = {room, sizeof room, 0};
        covey_request request;

        must(covey_device_next_request(home.devices[i].device,
                                       test_home_now(&home), &out, &request));
        fuzz_require(request.body.len != 0);
        keep((circle_name)i);
        stands[i].request = request.id;
        const test_exchange *exchange =
            test_mailboxes_answer(&home.relay, request.body);
        must(covey_device_input(home.devices[i].device, test_home_now(&home),
                                request.id, exchange->answer));
    }
}

test_device *circle_restore(circle_name name, uint32_t *id)
{
    const stand *s = &stands[name];
    test_device *device = &home.devices[name];

    for (size_t i = 0; i <= COVEY_STORE_RECORDS_MAX; i++) {
        free(device->records[i]);
    }
    *device = s->host;
    memcpy(device->device, s->memory, device->size);
    for (size_t i = 0; i <= COVEY_STORE_RECORDS_MAX; i++) {
        device->records[i] = malloc(s->host.lens[i] + 1);
        fuzz_require(device->records[i] != NULL);
        covey_copy(device->records[i], s->records[i], s->host.lens[i]);
    }
    home.time_ms = the_circle.time_ms;
    home.on_event = NULL;
    *id = s->request;
    return device;
}

/* ---- the pool ---- */

static void fill_from(const test_mailbox *box, size_t from)
{
    for (size_t i = from; i < box->num; i++) {
        fuzz_require(the_circle.num_blobs < 512);
        the_circle.blobs[the_circle.num_blobs++] =
            (circle_blob){box->entries[i], clear_blob(box->entries[i])};
    }
}

static void fill_pool(size_t present, size_t from)
{
    const test_mailboxes *relay = &home.relay;

    fill_from(&relay->boxes[present], from);
    the_circle.num_present = the_circle.num_blobs;
    for (size_t i = present + 1; i < relay->num; i++) {
        fill_from(&relay->boxes[i], 0);
    }
    for (size_t i = 0; i < present; i++) fill_from(&relay->boxes[i], 0);
}

const circle *circle_get(void)
{
    if (the_circle.num_blobs != 0) return &the_circle;
    clear_note(true);
    live();
    size_t present = home.relay.num - 1;
    size_t from = home.relay.boxes[present].num;

    the_circle.time_ms = home.time_ms;
    stop_and_ask();
    fuzz_require(home.relay.num == present + 1);
    go_on();
    clear_note(false);
    fill_pool(present, from);
    return &the_circle;
}
