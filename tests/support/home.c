#include "support/home.h"

#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t request_room[1 << 17];

static void must(int err, const char *what)
{
    if (err == COVEY_OK) return;
    (void)fprintf(stderr, "test home: %s: %s\n", what, covey_error_name(err));
    abort();
}

/* ---- the host's hooks ---- */

static int hook_random(void *ctx, uint8_t *out, size_t len)
{
    test_device *device = ctx;
    covey_random random = test_random_hook(&device->random);

    return random.fill(random.ctx, out, len);
}

static int hook_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                     size_t *len)
{
    const test_device *device = ctx;

    *len = device->lens[slot];
    if (*len != 0 && *len <= cap) memcpy(out, device->records[slot], *len);
    return 0;
}

static int hook_save(void *ctx, uint64_t version, const covey_record *records,
                     size_t num)
{
    test_device *device = ctx;

    if (version != device->version) return COVEY_PORT_CONFLICT;
    device->num_saves++;
    for (size_t i = 0; i < num; i++) {
        uint32_t slot = records[i].slot;
        size_t len = records[i].bytes.len;

        free(device->records[slot]);
        device->records[slot] = malloc(len + 1);
        if (device->records[slot] == NULL) abort();
        covey_copy(device->records[slot], records[i].bytes.at, len);
        device->lens[slot] = len;
        device->num_records++;
        device->saved_bytes += len;
    }
    device->version++;
    return 0;
}

/* ---- beginning and end ---- */

void test_home_begin(test_home *home)
{
    memset(home, 0, sizeof *home);
    home->relay.name = TEST_HOME_RELAY;
    home->relay.origin = 20261130;
    home->time_ms = 1000;
}

void test_home_end(test_home *home)
{
    for (size_t i = 0; i < home->num; i++) {
        test_device *device = &home->devices[i];

        covey_device_close(device->device);
        free(device->device);
        for (size_t k = 0; k <= COVEY_STORE_RECORDS_MAX; k++) {
            free(device->records[k]);
        }
    }
    test_mailboxes_free(&home->relay);
    memset(home, 0, sizeof *home);
}

covey_now test_home_now(const test_home *home)
{
    return (covey_now){TEST_HOME_UTC + (int64_t)home->time_ms, home->time_ms};
}

int test_device_open(test_device *device)
{
    static const uint8_t key[COVEY_STORE_HOST_KEY_SIZE] = {1};
    const covey_device_config config = {.port = &device->port, .host_key = key};

    return covey_device_open(device->device, &config,
                             test_home_now(device->home));
}

test_device *test_home_add(test_home *home, const char *name, bool commits,
                           uint64_t seed)
{
    if (home->num == TEST_HOME_DEVICES) abort();
    test_device *device = &home->devices[home->num++];
    size_t size = covey_device_size(commits);
    void *memory = malloc(size);

    *device = (test_device){.home = home,
                            .name = name,
                            .size = size,
                            .random = test_random_of(seed)};
    device->port =
        (covey_port){device, hook_random, hook_load, hook_save, NULL};
    device->device = covey_device_at(memory, size);
    if (device->device == NULL) abort();
    must(test_device_open(device), "open");
    return device;
}

/* ---- the loop ---- */

covey_fix test_home_fix(const test_home *home)
{
    return (covey_fix){.time_ms = test_home_now(home).utc_ms,
                       .lat_e7 = 525200000 + (int32_t)(home->time_ms / 1000),
                       .lon_e7 = 134050000,
                       .accuracy_cm = 800,
                       .source = COVEY_SOURCE_GNSS};
}

static void run_command(test_device *device, const covey_event *event)
{
    const covey_fix fix = test_home_fix(device->home);
    const covey_location where = {.fixes = &fix, .num_fixes = 1};
    bool locates = event->of.command.what.kind == COVEY_COMMAND_LOCATE;
    const covey_reference id = event->of.command.id;

    must(covey_device_command_done(device->device, test_home_now(device->home),
                                   &id, COVEY_OUTCOME_DONE, COVEY_REFUSED_OTHER,
                                   locates ? &where : NULL),
         "command done");
}

static void take(test_device *device, const covey_event *event)
{
    test_home *home = device->home;

    if (home->on_event != NULL) home->on_event(home->ctx, device, event);
    switch (event->kind) {
    case COVEY_EVENT_SHOW_DIGITS:
        memcpy(device->digits, event->of.digits, sizeof device->digits);
        break;
    case COVEY_EVENT_NOTICE:
        must(covey_device_notice_shown(device->device, test_home_now(home),
                                       event->of.notice.token, true),
             "notice shown");
        break;
    case COVEY_EVENT_COMMAND: run_command(device, event); break;
    default: break;
    }
}

void test_device_events(test_device *device)
{
    covey_event event;

    for (;;) {
        must(covey_device_next_event(device->device,
                                     test_home_now(device->home), &event),
             "event");
        if (event.kind == COVEY_EVENT_NONE) return;
        take(device, &event);
    }
}

static covey_bytes answer_to(test_device *device, covey_bytes request)
{
    test_home *home = device->home;

    if (home->answer != NULL) return home->answer(home->ctx, device, request);
    const test_exchange *exchange =
        test_mailboxes_answer(&home->relay, request);
    if (home->on_exchange != NULL) {
        home->on_exchange(home->ctx, device, request, exchange);
    }
    return exchange->answer;
}

void test_device_turn(test_device *device)
{
    test_home *home = device->home;

    for (;;) {
        covey_buffer out = {request_room, sizeof request_room, 0};
        covey_request request;

        test_device_events(device);
        must(covey_device_next_request(device->device, test_home_now(home),
                                       &out, &request),
             "request");
        if (request.body.len == 0) return;
        must(covey_device_input(device->device, test_home_now(home), request.id,
                                answer_to(device, request.body)),
             "input");
    }
}

void test_home_run(test_home *home, uint64_t ms)
{
    uint64_t end = home->time_ms + ms;

    while (home->time_ms < end) {
        for (size_t i = 0; i < home->num; i++) {
            test_device_turn(&home->devices[i]);
        }
        home->time_ms += 1000;
    }
}

void test_home_join(test_home *home, test_device *guardian,
                    test_device *newcomer, covey_role role, bool own_person)
{
    char uri[COVEY_URI_SIZE];

    must(covey_device_invite(newcomer->device, role, TEST_HOME_RELAY, 0,
                             test_home_now(home), uri),
         "invite");
    must(covey_device_accept(guardian->device, uri, own_person,
                             test_home_now(home)),
         "accept");
    test_home_run(home, 15000);
    must(covey_device_enter_digits(guardian->device, newcomer->digits,
                                   test_home_now(home), NULL),
         "digits");
    must(covey_device_confirm(newcomer->device, test_home_now(home)),
         "confirm");
    test_home_run(home, 5000);
}
