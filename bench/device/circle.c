#include "circle.h"

#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

static circle_saves saves;

void circle_must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "bench_device: %s\n", what);
    exit(1);
}

/* ---- hooks that cost next to nothing ---- */

static int cheap_random(void *ctx, uint8_t *out, size_t len)
{
    static uint64_t state = 1;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(state >> 56);
    }
    return 0;
}

static int counting_save(void *ctx, uint64_t version,
                         const covey_record *records, size_t num)
{
    test_device *device = ctx;

    if (version != device->version++) return COVEY_PORT_CONFLICT;
    for (size_t i = 0; i < num; i++) {
        size_t len = records[i].bytes.len;

        saves.num_records++;
        saves.bytes += len;
        if (records[i].slot == COVEY_STORE_KEY_SLOT) {
            if (saves.num < SAVES_MAX) saves.key_slots[saves.num] = len;
        } else if (saves.num_lens < sizeof saves.lens / sizeof saves.lens[0]) {
            saves.lens[saves.num_lens++] = len;
        }
    }
    saves.num++;
    return 0;
}

circle_saves circle_take_saves(void)
{
    circle_saves taken = saves;

    saves = (circle_saves){.num = 0};
    return taken;
}

/* ---- states ---- */

static circle_state keep(test_device *device)
{
    circle_state state = {device, malloc(device->size), device->version};

    circle_must(state.memory != NULL, "no memory");
    memcpy(state.memory, device->device, device->size);
    return state;
}

void circle_restore(const circle_state *state)
{
    memcpy(state->device->device, state->memory, state->device->size);
    state->device->version = state->version;
}

/* ---- the circle ---- */

covey_fix circle_fix(const circle *c)
{
    covey_fix fix = test_home_fix(&c->home);

    fix.has_altitude = true;
    fix.altitude_cm = 3400;
    fix.has_speed = true;
    fix.speed_cm_s = 120;
    fix.has_heading = true;
    fix.heading_cdeg = 9000;
    fix.has_battery = true;
    fix.battery_percent = 71;
    fix.worn = COVEY_YES;
    fix.reason = COVEY_REASON_INTERVAL;
    return fix;
}

static void gather(circle *c, size_t members)
{
    static const char *const names[TEST_HOME_DEVICES] = {
        "anna", "watch", "ben", "c4",  "c5",  "c6",  "c7",  "c8",
        "c9",   "c10",   "c11", "c12", "c13", "c14", "c15", "c16"};

    test_home_begin(&c->home);
    for (size_t i = 0; i < members; i++) {
        covey_role role = i == 1   ? COVEY_ROLE_WEARER
                          : i == 2 ? COVEY_ROLE_GUARDIAN
                                   : COVEY_ROLE_CARER;
        test_device *device =
            test_home_add(&c->home, names[i], i == 0 || i == 2, i + 1);

        if (i == 0) {
            circle_must(covey_device_create(device->device, TEST_HOME_RELAY,
                                            test_home_now(&c->home)) ==
                            COVEY_OK,
                        "create");
        } else {
            test_home_join(&c->home, &c->home.devices[0], device, role, false);
        }
    }
    c->phone = &c->home.devices[0];
    c->watch = &c->home.devices[1];
}

static void say_fix(circle *c)
{
    const covey_fix fix = circle_fix(c);
    const covey_content content = {.kind = COVEY_CONTENT_LOCATION,
                                   .of.location = {.fixes = &fix,
                                                   .num_fixes = 1}};

    circle_must(covey_device_send(c->watch->device, test_home_now(&c->home),
                                  &content, NULL) == COVEY_OK,
                "send");
}

/* The phone asks, and finds a fix. */
static void find_fix(circle *c)
{
    static uint8_t room[1 << 17];
    covey_buffer out = {room, sizeof room, 0};
    covey_request request;

    circle_must(covey_device_next_request(c->phone->device, c->now, &out,
                                          &request) == COVEY_OK &&
                    request.body.len != 0,
                "the phone asks for nothing");
    c->before_take = keep(c->phone);
    c->request = request.id;
    const test_exchange *exchange =
        test_mailboxes_answer(&c->home.relay, request.body);
    circle_must(exchange->response.num_entries == 1, "no fix came");
    uint8_t *copy = malloc(exchange->answer.len);
    circle_must(copy != NULL, "no memory");
    memcpy(copy, exchange->answer.at, exchange->answer.len);
    c->answer = covey_bytes_of(copy, exchange->answer.len);
    const test_mailbox *box = &c->home.relay.boxes[exchange->mailbox];
    c->blob = box->entries[box->num - 1];
}

/* With a reserve, of which the first fix has been sent: its save is the one
 * of them all. */
static void take_reserve(circle *c)
{
    c->watch->device->config.reserve = COVEY_DEVICE_RESERVE;
    say_fix(c);
    test_device_turn(c->watch);
    c->before_spare = keep(c->watch);
}

void circle_begin(circle *c, size_t members)
{
    gather(c, members);
    for (int i = 0; i < 3; i++) {
        say_fix(c);
        test_home_run(&c->home, 70000);
    }
    /* All have asked just now: only what is wanted is due. */
    c->watch->port.random = cheap_random;
    c->watch->port.save = counting_save;
    c->phone->port.random = cheap_random;
    c->phone->port.save = counting_save;
    c->now = test_home_now(&c->home);
    c->before_send = keep(c->watch);
    say_fix(c);
    c->payload_len = covey_outbox_payload(&c->watch->device->outbox, 0).len;
    test_device_turn(c->watch);
    c->home.time_ms += 60000;
    c->now = test_home_now(&c->home);
    find_fix(c);

    covey_event event;
    circle_must(covey_device_input(c->phone->device, c->now, c->request,
                                   c->answer) == COVEY_OK,
                "the answer is refused");
    do {
        circle_must(covey_device_next_event(c->phone->device, c->now, &event) ==
                        COVEY_OK,
                    "event");
    } while (event.kind != COVEY_EVENT_NONE);
    c->before_save = keep(c->phone);
    take_reserve(c);
    (void)circle_take_saves();
}

void circle_end(circle *c)
{
    circle_restore(&c->before_save);
    free(c->before_send.memory);
    free(c->before_spare.memory);
    free(c->before_take.memory);
    free(c->before_save.memory);
    free((void *)(uintptr_t)c->answer.at);
    test_home_end(&c->home);
}
