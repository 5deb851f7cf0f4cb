#include "session.h"

#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_MS 3600000

static void must(int err, const char *what)
{
    if (err == COVEY_OK) return;
    (void)fprintf(stderr, "session: %s: %s\n", what, covey_error_name(err));
    abort();
}

const char *session_name_of(session_name name)
{
    static const char *const names[SESSION_NUM] = {"anna", "watch", "ben"};

    return names[name];
}

static covey_now now(const session *s)
{
    return test_home_now(&s->home);
}

static void look(session *s, session_name who)
{
    if (s->look != NULL) s->look(s->ctx, s->devices[who]);
}

static void heard(void *ctx, test_device *who, const covey_event *event)
{
    session *s = ctx;

    if (s->look != NULL) s->look(s->ctx, who);
    if (s->on_event != NULL) s->on_event(s->ctx, who, event);
    if (event->kind != COVEY_EVENT_PAYLOAD) return;
    const covey_payload *payload = event->of.said.payload;

    if (payload->content.kind == COVEY_CONTENT_SOS) {
        s->sos_id = payload->content.of.sos.id;
    }
    if (payload->content.kind == COVEY_CONTENT_TEXT) {
        s->text = (covey_reference){event->of.said.sender, payload->id};
    }
}

void session_begin(session *s)
{
    test_home_begin(&s->home);
    for (size_t i = 0; i < SESSION_NUM; i++) {
        s->devices[i] = NULL;
        if (s->is_alone && i != (size_t)s->alone) continue;
        s->devices[i] =
            test_home_add(&s->home, session_name_of((session_name)i),
                          i != SESSION_WATCH, SESSION_SEED + i);
    }
    s->home.ctx = s;
    s->home.on_event = heard;
}

void session_end(session *s)
{
    test_home_end(&s->home);
}

/* ---- joining ---- */

static void create(session *s)
{
    test_device *anna = s->devices[SESSION_ANNA];

    if (anna == NULL) return;
    must(covey_device_create(anna->device, TEST_HOME_RELAY, now(s)), "create");
    s->facts.ids[SESSION_ANNA] = covey_device_self(anna->device);
    look(s, SESSION_ANNA);
}

static void invite(session *s, session_name who, covey_role role, size_t at)
{
    char uri[COVEY_URI_SIZE];

    if (s->devices[who] == NULL) return;
    must(covey_device_invite(s->devices[who]->device, role, TEST_HOME_RELAY, 0,
                             now(s), uri),
         "invite");
    memcpy(s->facts.uri[at], uri, sizeof uri);
    look(s, who);
}

static void join(session *s, session_name who, covey_role role, size_t at)
{
    test_device *anna = s->devices[SESSION_ANNA];
    test_device *newcomer = s->devices[who];

    invite(s, who, role, at);
    if (anna != NULL) {
        must(covey_device_accept(anna->device, s->facts.uri[at], false, now(s)),
             "accept");
    }
    test_home_run(&s->home, 12000);
    if (newcomer != NULL) {
        memcpy(s->facts.digits[at], newcomer->digits, COVEY_DIGITS_SIZE);
        s->facts.ids[who] = covey_device_self(newcomer->device);
    }
    if (anna != NULL) {
        must(covey_device_enter_digits(anna->device, s->facts.digits[at],
                                       now(s), NULL),
             "digits");
    }
    if (newcomer != NULL) {
        must(covey_device_confirm(newcomer->device, now(s)), "confirm");
    }
    test_home_run(&s->home, 5000);
}

/* ---- speaking ---- */

static void say(session *s, session_name who, const covey_content *content)
{
    if (s->devices[who] == NULL) return;
    must(covey_device_send(s->devices[who]->device, now(s), content, NULL),
         "send");
}

static void say_fix(session *s)
{
    const covey_fix fix = test_home_fix(&s->home);
    const covey_content content = {.kind = COVEY_CONTENT_LOCATION,
                                   .of.location = {.fixes = &fix,
                                                   .num_fixes = 1}};

    say(s, SESSION_WATCH, &content);
}

/* One that leaves at once, then six that wait for each other. */
static void walk(session *s)
{
    say_fix(s);
    test_home_run(&s->home, 65000);
    for (int i = 0; i < 6; i++) {
        say_fix(s);
        s->home.time_ms += 60000;
    }
    test_home_run(&s->home, 65000);
}

/* It is delivered by itself, and read by Anna. */
static void text(session *s)
{
    const covey_content said = {.kind = COVEY_CONTENT_TEXT,
                                .of.text.text =
                                    covey_bytes_of_text("I wait at the gate")};
    covey_content read = {.kind = COVEY_CONTENT_RECEIPT};
    covey_receipt *receipt = &read.of.receipt;

    say(s, SESSION_BEN, &said);
    test_home_run(&s->home, 65000);
    receipt->kind = COVEY_RECEIPT_READ;
    receipt->sender = s->text.sender;
    receipt->incarnation = s->text.id.incarnation;
    receipt->ranges[0].first = s->text.id.counter;
    receipt->ranges[0].last = s->text.id.counter;
    receipt->num_ranges = 1;
    say(s, SESSION_ANNA, &read);
    test_home_run(&s->home, 65000);
}

static void locate(session *s)
{
    const covey_content content = {
        .kind = COVEY_CONTENT_COMMAND,
        .of.command = {.target = s->facts.ids[SESSION_WATCH],
                       .not_after_ms = now(s).utc_ms + 600000,
                       .kind = COVEY_COMMAND_LOCATE}};

    say(s, SESSION_ANNA, &content);
    test_home_run(&s->home, 130000);
}

static void policy(session *s)
{
    covey_document document = {.kind = COVEY_DOCUMENT_REPORTING,
                               .of.reporting = {60, 30, 50, 10}};

    if (s->devices[SESSION_ANNA] != NULL) {
        must(covey_device_set_policy(s->devices[SESSION_ANNA]->device,
                                     &document, now(s)),
             "policy");
    }
    test_home_run(&s->home, 130000);
}

static void acknowledge(session *s, covey_ack_by by)
{
    const covey_content content = {.kind = COVEY_CONTENT_SOS_ACK,
                                   .of.sos_ack = {.id = s->sos_id, .by = by}};

    say(s, SESSION_BEN, &content);
}

static void sos(session *s)
{
    const test_device *watch = s->devices[SESSION_WATCH];
    const covey_fix fix = test_home_fix(&s->home);
    const covey_location where = {.fixes = &fix, .num_fixes = 1};

    if (watch != NULL) {
        must(covey_device_sos(watch->device, now(s), &where), "sos");
    }
    test_home_run(&s->home, 65000);
    acknowledge(s, COVEY_ACK_DEVICE);
    test_home_run(&s->home, 15000);
    acknowledge(s, COVEY_ACK_PERSON);
    test_home_run(&s->home, 15000);
    if (watch != NULL) {
        must(covey_device_sos_over(watch->device, now(s)), "sos over");
    }
    test_home_run(&s->home, 65000);
}

/* ---- the circle ---- */

/* Nobody is on the air for most of a day. Then the watch offers fresh keys,
 * and a guardian's commit, a day after the last, takes them: both guardians
 * make one, and one loses. */
static void next_day(session *s)
{
    s->home.time_ms += 21 * (uint64_t)HOUR_MS;
    test_home_run(&s->home, 130000);
    s->home.time_ms += 4 * (uint64_t)HOUR_MS;
    test_home_run(&s->home, 130000);
    say_fix(s);
    test_home_run(&s->home, 65000);
}

/* The wearer asks for it; Anna's commit carries it out. */
static void removal(session *s)
{
    const test_device *watch = s->devices[SESSION_WATCH];

    if (watch != NULL) {
        must(covey_device_remove(watch->device, &s->facts.ids[SESSION_BEN],
                                 now(s)),
             "remove");
    }
    test_home_run(&s->home, 130000);
    say_fix(s);
    test_home_run(&s->home, 65000);
}

void session_play(session *s)
{
    create(s);
    join(s, SESSION_WATCH, COVEY_ROLE_WEARER, 0);
    join(s, SESSION_BEN, COVEY_ROLE_GUARDIAN, 1);
    walk(s);
    text(s);
    locate(s);
    policy(s);
    sos(s);
    next_day(s);
    removal(s);
}
