/* The real engine over the real transport to a real relay: a watch and a phone
 * find each other and talk. */
#include <covey/transport_curl.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../relay/relay_process.h"
#include "support/flash.h"

static char relay_name[COVEY_RELAY_SIZE];

static void set_up(void)
{
    /* Requests are signed for the host that the devices name. */
    static const char *const more[] = {"--name", "127.0.0.1", "--wait-max",
                                       "55", NULL};

    relay_process_make(more);
    snprintf(relay_name, sizeof relay_name, "127.0.0.1:%u", relay_port);
}

TestSuite(transport_pairing, .init = set_up, .fini = relay_process_remove,
          .timeout = 100);

static uint64_t ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

/* ---- a device and its host ---- */

typedef struct {
    covey_transport *transport;
    test_flash flash;
    covey_port port;
    covey_device *device;
    void *memory;
    char digits[COVEY_DIGITS_SIZE]; /* that it shows */
    bool is_asked;                  /* for what the other one shows */
    unsigned num_sent;
    unsigned num_texts;
    char text[64];           /* the last one */
    covey_operation done;    /* the last one */
    unsigned num_tries;      /* requests that ended without an answer */
    covey_relay_state relay; /* what it last said of the relay */
} host;

static covey_now now_of(const host *h)
{
    return covey_transport_now(h->transport);
}

static void take_payload(host *h, const covey_payload *payload)
{
    const covey_bytes text = payload->content.of.text.text;

    if (payload->content.kind != COVEY_CONTENT_TEXT) return;
    cr_assert(text.len < sizeof h->text);
    memcpy(h->text, text.at, text.len);
    h->text[text.len] = 0;
    h->num_texts++;
}

static void on_event(void *ctx, covey_device *device, const covey_event *event)
{
    host *h = ctx;

    switch (event->kind) {
    case COVEY_EVENT_SHOW_DIGITS:
        memcpy(h->digits, event->of.digits, sizeof h->digits);
        break;
    case COVEY_EVENT_ENTER_DIGITS: h->is_asked = true; break;
    case COVEY_EVENT_SENT: h->num_sent++; break;
    case COVEY_EVENT_DONE: h->done = event->of.done; break;
    case COVEY_EVENT_PAYLOAD: take_payload(h, event->of.said.payload); break;
    case COVEY_EVENT_RELAY: h->relay = event->of.relay; break;
    case COVEY_EVENT_NOTICE:
        cr_assert_eq(covey_device_notice_shown(device, now_of(h),
                                               event->of.notice.token, true),
                     COVEY_OK);
        break;
    case COVEY_EVENT_FAILED:
    case COVEY_EVENT_INVITE_ENDED:
        cr_assert_fail("%s", covey_error_name(event->of.failed.error));
        break;
    default: break;
    }
}

static void on_error(void *ctx, covey_device *device, int error)
{
    (void)ctx;
    (void)device;
    cr_assert_fail("%s", covey_error_name(error));
}

static void on_outcome(void *ctx, covey_device *device,
                       covey_transport_outcome outcome, int status)
{
    host *h = ctx;

    (void)device;
    (void)status;
    if (outcome != COVEY_TRANSPORT_ANSWERED &&
        outcome != COVEY_TRANSPORT_GIVEN_UP) {
        h->num_tries++;
    }
}

/* What it is told does not wait for a poll: those are an hour apart. */
static host *host_new(covey_transport *transport, uint64_t seed, bool commits)
{
    static const uint8_t key[COVEY_STORE_HOST_KEY_SIZE] = {7};
    host *h = calloc(1, sizeof *h);
    size_t size = covey_device_size(commits);
    const covey_transport_callbacks callbacks = {.ctx = h,
                                                 .on_event = on_event,
                                                 .on_error = on_error,
                                                 .on_outcome = on_outcome};

    h->transport = transport;
    h->memory = malloc(size);
    test_flash_init(&h->flash, seed);
    h->port = test_flash_port(&h->flash);
    h->device = covey_device_at(h->memory, size);
    const covey_device_config config = {.port = &h->port,
                                        .host_key = key,
                                        .poll_ms = 3600000,
                                        .wait_ms = 60000};
    cr_assert_not_null(h->device);
    cr_assert_eq(covey_device_open(h->device, &config, now_of(h)), COVEY_OK);
    cr_assert_eq(covey_transport_add(transport, h->device, &callbacks),
                 COVEY_OK);
    return h;
}

static void host_free(host *h)
{
    covey_transport_remove(h->transport, h->device);
    covey_device_close(h->device);
    test_flash_free(&h->flash);
    free(h->memory);
    free(h);
}

static void send_text(host *h, const char *text)
{
    const covey_content content = {.kind = COVEY_CONTENT_TEXT,
                                   .of.text.text = {(const uint8_t *)text,
                                                    strlen(text)}};

    cr_assert_eq(covey_device_send(h->device, now_of(h), &content, NULL),
                 COVEY_OK);
}

/* ---- a family of two ---- */

typedef struct {
    covey_transport *transport;
    host *phone;
    host *watch;
} family;

/* Turns until it is so; 30 s at most. */
#define RUN_UNTIL(family, what)                                                \
    do {                                                                       \
        uint64_t last = ms() + 30000;                                          \
        while (!(what)) {                                                      \
            cr_assert(ms() < last, "never: " #what);                           \
            cr_assert_eq(covey_transport_run((family)->transport, 1000),       \
                         COVEY_OK);                                            \
        }                                                                      \
    } while (0)

static family paired(void)
{
    const covey_transport_config config = {.plain_loopback = true};
    char uri[COVEY_URI_SIZE];
    family f = {0};

    cr_assert_eq(covey_transport_new(&f.transport, &config), COVEY_OK);
    f.phone = host_new(f.transport, 1, true);
    f.watch = host_new(f.transport, 2, false);
    cr_assert_eq(covey_device_create(f.phone->device, relay_name,
                                     now_of(f.phone)),
                 COVEY_OK);
    cr_assert_eq(covey_device_invite(f.watch->device, COVEY_ROLE_WEARER,
                                     relay_name, 0, now_of(f.watch), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(f.phone->device, uri, false,
                                     now_of(f.phone)),
                 COVEY_OK);
    RUN_UNTIL(&f, f.phone->is_asked);
    cr_assert_neq(f.watch->digits[0], 0);
    cr_assert_eq(covey_device_enter_digits(f.phone->device, f.watch->digits,
                                           now_of(f.phone), NULL),
                 COVEY_OK);
    cr_assert_eq(covey_device_confirm(f.watch->device, now_of(f.watch)),
                 COVEY_OK);
    RUN_UNTIL(&f, f.phone->done == COVEY_OPERATION_ADD);
    cr_assert_eq(covey_device_state_of(f.watch->device), COVEY_DEVICE_MEMBER);
    return f;
}

static void part(family *f)
{
    host_free(f->phone);
    host_free(f->watch);
    covey_transport_free(f->transport);
}

/* Says it on one side, and waits until it is read on the other. */
static void say(family *f, host *from, host *to, const char *text)
{
    unsigned num = to->num_texts + 1;

    send_text(from, text);
    RUN_UNTIL(f, to->num_texts == num);
    cr_assert_str_eq(to->text, text);
}

Test(transport_pairing, a_watch_and_a_phone_find_each_other_and_talk)
{
    family f = paired();

    say(&f, f.phone, f.watch, "Home at six?");
    say(&f, f.watch, f.phone, "Yes");
    RUN_UNTIL(&f, f.phone->num_sent != 0 && f.watch->num_sent != 0);
    part(&f);
}

/* Both have a long poll at the relay, which holds it for 2 s: what one says
 * goes out at once, and reaches the other at once. */
Test(transport_pairing, a_text_does_not_wait_for_a_poll)
{
    family f = paired();
    uint64_t begun = 0;

    say(&f, f.phone, f.watch, "one");
    begun = ms();
    for (unsigned i = 0; i < 10; i++) {
        say(&f, i % 2 ? f.phone : f.watch, i % 2 ? f.watch : f.phone, "more");
    }
    cr_assert(ms() - begun < 8000, "ten took %u ms", (unsigned)(ms() - begun));
    part(&f);
}

Test(transport_pairing, a_relay_that_was_away_is_found_again)
{
    family f = paired();

    say(&f, f.phone, f.watch, "before");
    relay_process_end(SIGTERM);
    send_text(f.phone, "meanwhile");
    f.phone->num_tries = 0;
    uint64_t end = ms() + 5000;
    while (ms() < end) {
        cr_assert_eq(covey_transport_run(f.transport, 500), COVEY_OK);
    }
    cr_assert(f.phone->num_tries >= 1);
    cr_assert(f.phone->num_tries <= 4, "%u tries in 5 s", f.phone->num_tries);
    relay_process_start();
    RUN_UNTIL(&f, f.watch->num_texts == 2);
    cr_assert_str_eq(f.watch->text, "meanwhile");
    part(&f);
}
