#include "wire.h"

#include <covey/error.h>

#include "circle.h"

static test_home home;
static test_device *anna;
static test_device *watch;
static test_device *ben;
static wire_row *row;

static void note(void *ctx, test_device *who, covey_bytes request,
                 const test_exchange *exchange)
{
    (void)ctx;
    (void)who;
    if (row == NULL) return;
    for (size_t i = 0; i < exchange->request.num_appends; i++) {
        size_t len = exchange->request.appends[i].blob.len;
        size_t size = 0;

        while (((size_t)COVEY_BLOB_MIN << size) < len) size++;
        row->blobs[size]++;
        row->blob_bytes += len;
    }
    if (exchange->request.num_appends != 0) row->up += request.len;
    if (exchange->response.num_entries != 0) row->down += exchange->answer.len;
}

static void must(int err, const char *what)
{
    circle_must(err == COVEY_OK, what);
}

static void say(test_device *who, const covey_content *content)
{
    must(covey_device_send(who->device, test_home_now(&home), content, NULL),
         "send");
}

/* ---- what is done ---- */

static void one_fix(void)
{
    const covey_fix fix = circle_fix(&(const circle){.home = home});
    const covey_content content = {.kind = COVEY_CONTENT_LOCATION,
                                   .of.location = {.fixes = &fix,
                                                   .num_fixes = 1}};

    say(watch, &content);
}

/* A walk, while the relay is away: they wait, and leave together. */
static void six_fixes(void)
{
    for (int i = 0; i < 6; i++) {
        one_fix();
        home.time_ms += 60000;
    }
}

static void text(void)
{
    const covey_content content = {.kind = COVEY_CONTENT_TEXT,
                                   .of.text.text = covey_bytes_of_text(
                                       "I wait at the gate, come out")};

    say(anna, &content);
}

static void locate(void)
{
    const covey_content content = {
        .kind = COVEY_CONTENT_COMMAND,
        .of.command = {.target = covey_device_self(watch->device),
                       .not_after_ms = test_home_now(&home).utc_ms + 600000,
                       .kind = COVEY_COMMAND_LOCATE}};

    say(anna, &content);
}

static void sos(void)
{
    const covey_fix fix = circle_fix(&(const circle){.home = home});
    const covey_location where = {.fixes = &fix, .num_fixes = 1};

    must(covey_device_sos(watch->device, test_home_now(&home), &where), "sos");
    test_device_turn(watch);
    must(covey_device_sos_over(watch->device, test_home_now(&home)),
         "sos over");
}

static void policy(void)
{
    covey_document document = {.kind = COVEY_DOCUMENT_REPORTING,
                               .of.reporting = {60, 30, 50, 10}};

    must(covey_device_set_policy(anna->device, &document, test_home_now(&home)),
         "policy");
}

static void refresh(void)
{
    must(covey_device_refresh(anna->device, test_home_now(&home)), "refresh");
}

static void remove_ben(void)
{
    const covey_member_id id = covey_device_self(ben->device);

    must(covey_device_remove(anna->device, &id, test_home_now(&home)),
         "remove");
}

static void join(void)
{
    test_device *carer = test_home_add(&home, "carer", false, 9);

    test_home_join(&home, anna, carer, COVEY_ROLE_CARER, false);
}

/* ---- all of it ---- */

static void begin(void)
{
    test_home_begin(&home);
    home.on_exchange = note;
    anna = test_home_add(&home, "anna", true, 1);
    watch = test_home_add(&home, "watch", false, 2);
    test_device *own = test_home_add(&home, "anna's other", true, 3);
    ben = test_home_add(&home, "ben", true, 4);
    must(covey_device_create(anna->device, TEST_HOME_RELAY,
                             test_home_now(&home)),
         "create");
    test_home_join(&home, anna, watch, COVEY_ROLE_WEARER, false);
    test_home_join(&home, anna, own, COVEY_ROLE_GUARDIAN, true);
    /* Another phone of hers too: she may take it out alone. */
    test_home_join(&home, anna, ben, COVEY_ROLE_GUARDIAN, true);
    test_home_run(&home, 300000);
}

void wire_measure(wire_row *rows)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } all[WIRE_ROWS] = {
        {"one fix", one_fix},
        {"six fixes", six_fixes},
        {"text", text},
        {"locate", locate},
        {"SOS", sos},
        {"policy", policy},
        {"commit", refresh},
        {"join, to 5", join},
        {"removal", remove_ben},
    };

    begin();
    for (size_t i = 0; i < WIRE_ROWS; i++) {
        rows[i] = (wire_row){.name = all[i].name};
        row = &rows[i];
        all[i].run();
        test_home_run(&home, 400000);
        row = NULL;
    }
    test_home_end(&home);
}
