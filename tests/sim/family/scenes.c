/*
 * Single scenes with an honest relay, or one thing wrong: what a day of random
 * acts reaches too seldom.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "family.h"

#define HOUR_MS (60ull * SIM_MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* A family of a watch and one guardian's phone, or two. */
typedef struct {
    sim_world *world;
    sim_family *family;
    sim_node *guardian;
    sim_node *watch;
    sim_node *second; /* another person's phone */
} scene;

static scene scene_of(uint64_t seed, bool with_second)
{
    sim_options options = {.seed = seed, .chosen = true, .families = 1};
    scene s = {.world = sim_world_new()};

    sim_begin(s.world, &options);
    s.family = &s.world->families[0];
    sim_found(s.world, s.family);
    s.guardian = s.family->nodes[0];
    s.watch = sim_node_new(s.world, s.family, COVEY_ROLE_WEARER, 0);
    cr_assert(sim_join(s.world, s.guardian, s.watch, false));
    if (with_second) {
        s.second = sim_node_new(s.world, s.family, COVEY_ROLE_GUARDIAN, 2);
        cr_assert(sim_join(s.world, s.guardian, s.second, false));
    }
    sim_run(s.world, 5 * SIM_MINUTE_MS);
    return s;
}

static void end_scene(scene *s)
{
    sim_make_honest(s->world);
    sim_run(s->world, 20 * SIM_MINUTE_MS);
    sim_check(s->world);
    sim_ghosts_try(s->world);
    sim_world_free(s->world);
}

static void fall_asleep(sim_node *node)
{
    node->is_asleep = true;
    sim_node_shut(node, 0);
}

static void wake_up(sim_node *node)
{
    node->is_asleep = false;
    sim_node_power_on(node);
    sim_node_pump(node, 0);
}

static bool agree(const sim_node *one, const sim_node *other)
{
    char left[COVEY_SAFETY_NUMBER_SIZE] = "1";
    char right[COVEY_SAFETY_NUMBER_SIZE] = "2";

    (void)!covey_device_safety_number(sim_device(one), left);
    (void)!covey_device_safety_number(sim_device(other), right);
    return strcmp(left, right) == 0;
}

/* ---- sizes ---- */

/* All that a node appends within half a minute: how many of 256 bytes, and
 * of other sizes. */
typedef struct {
    unsigned small;
    unsigned others;
} sizes;

static sizes sent_since(const scene *s, const sim_node *node, uint64_t ms)
{
    sizes found = {0, 0};

    for (size_t i = 0; i < s->world->relay.num; i++) {
        const sim_mailbox *mailbox = &s->world->relay.mailboxes[i];

        for (size_t j = 0; j < mailbox->num; j++) {
            const sim_entry *entry = &mailbox->entries[j];

            if (entry->from != node->number || entry->at_ms <= ms) continue;
            found.small += entry->len == COVEY_BLOB_MIN;
            found.others += entry->len != COVEY_BLOB_MIN;
        }
    }
    return found;
}

static void check_small(const scene *s, sim_node *node, uint64_t since,
                        const char *what)
{
    sim_node_pump(node, 0);
    sim_run(s->world, 20 * SIM_SECOND_MS);
    sizes found = sent_since(s, node, since);

    cr_assert_gt(found.small, 0, "%s did not leave", what);
    cr_assert_eq(found.others, 0, "%s takes more than the smallest blob", what);
    sim_run(s->world, 5 * SIM_MINUTE_MS);
}

Test(family, T34_a_location_a_text_a_command_and_an_sos_have_one_size)
{
    scene s = scene_of(34, true);
    covey_fix fix = sim_fix(s.world, s.watch);
    covey_content call = {.kind = COVEY_CONTENT_SOS};

    sim_say_location(s.watch);
    check_small(&s, s.watch, s.world->now_ms, "a location");
    sim_say_text(s.watch, "I am at the playground");
    check_small(&s, s.watch, s.world->now_ms, "a text");
    sim_say_text(s.guardian, "see you at five");
    check_small(&s, s.guardian, s.world->now_ms, "a guardian's text");
    cr_assert_eq(sim_say_command(s.guardian, COVEY_COMMAND_LOCATE), 0);
    check_small(&s, s.guardian, s.world->now_ms, "a command");
    uint64_t since = s.world->now_ms;

    fix.reason = COVEY_REASON_SOS;
    call.of.sos.has_where = true;
    call.of.sos.where = (covey_location){.fixes = &fix, .num_fixes = 1};
    (void)sim_item_new(s.watch, &call);
    cr_assert_eq(covey_device_sos(sim_device(s.watch), sim_node_now(s.watch),
                                  &call.of.sos.where),
                 COVEY_OK);
    check_small(&s, s.watch, since, "an SOS");
    cr_assert_eq(covey_device_sos_over(sim_device(s.watch),
                                       sim_node_now(s.watch)),
                 COVEY_OK);
    end_scene(&s);
}

/* ---- away ---- */

static void refresh(const scene *s, sim_node *node)
{
    node->is_done = false;
    node->has_failed = false;
    cr_assert_eq(covey_device_refresh(sim_device(node), sim_node_now(node)),
                 COVEY_OK);
    sim_node_pump(node, 0);
    cr_assert(sim_finish(node, 5 * SIM_MINUTE_MS));
    sim_run(s->world, 2 * SIM_MINUTE_MS);
}

static void live_on(const scene *s, unsigned epochs, uint64_t every_ms)
{
    char text[40];

    for (unsigned i = 0; i < epochs; i++) {
        (void)snprintf(text, sizeof text, "while you were away %u", i);
        sim_say_text(s->guardian, text);
        sim_node_pump(s->guardian, 0);
        sim_run(s->world, every_ms);
        refresh(s, s->guardian);
    }
}

Test(family, a_watch_that_was_away_for_30_epochs_comes_back)
{
    scene s = scene_of(30, true);

    fall_asleep(s.watch);
    live_on(&s, 30, 10 * SIM_MINUTE_MS);
    cr_assert_not(agree(s.guardian, s.watch));
    wake_up(s.watch);
    sim_run(s.world, 30 * SIM_MINUTE_MS);
    cr_assert(agree(s.guardian, s.watch));
    cr_assert_eq(s.watch->events[COVEY_EVENT_MISSING], 0);
    end_scene(&s);
}

/* Longer than a relay keeps what is no commit: some is lost, and it is said. */
Test(family, a_watch_that_was_away_for_a_month_says_what_is_missing)
{
    scene s = scene_of(31, false);

    fall_asleep(s.watch);
    live_on(&s, 30, DAY_MS);
    wake_up(s.watch);
    sim_run(s.world, 2 * HOUR_MS);
    cr_assert(agree(s.guardian, s.watch));
    cr_assert_gt(s.watch->events[COVEY_EVENT_MISSING], 0);
    sim_world_free(s.world);
}

static unsigned num_read(const scene *s, const sim_node *node)
{
    unsigned num = 0;

    for (size_t i = 0; i < s->world->num_items; i++) {
        const sim_item *item = &s->world->items[i];

        num += item->kind == COVEY_CONTENT_LOCATION &&
               item->arrived_ms[node->place] != 0;
    }
    return num;
}

Test(family, ten_days_without_a_commit_are_read_without_loss, .timeout = 280)
{
    enum { FIXES = 14400 };
    scene s = scene_of(10, false);

    s.world->relay.keeps_all = true;
    fall_asleep(s.guardian);
    for (unsigned i = 0; i < FIXES; i++) {
        sim_say_location(s.watch);
        sim_node_pump(s.watch, 0);
        sim_run(s.world, SIM_MINUTE_MS);
    }
    wake_up(s.guardian);
    sim_run(s.world, 6 * HOUR_MS);
    cr_assert_eq(num_read(&s, s.guardian), FIXES);
    cr_assert_eq(s.guardian->events[COVEY_EVENT_MISSING], 0);
    cr_assert(agree(s.guardian, s.watch));
    sim_world_free(s.world);
}

/* ---- the relay's end ---- */

Test(family, T14_with_an_empty_relay_it_goes_on_without_pairing_again)
{
    scene s = scene_of(14, true);

    sim_say_text(s.guardian, "before");
    sim_node_pump(s.guardian, 0);
    sim_run(s.world, 5 * SIM_MINUTE_MS);
    sim_relay_lose(&s.world->relay);
    sim_say_text(s.guardian, "after");
    sim_say_location(s.watch);
    sim_run(s.world, 20 * SIM_MINUTE_MS);
    end_scene(&s);
}

/* ---- what is cut short ---- */

/* The next request of a device, and the honest answer to it. */
static size_t answer_of(const scene *s, sim_node *node, uint32_t *id,
                        uint8_t *answer, size_t cap)
{
    static uint8_t scratch_bytes[65536];
    covey_buffer out = {s->world->request, s->world->request_cap, 0};
    covey_scratch scratch =
        covey_scratch_of(scratch_bytes, sizeof scratch_bytes);
    sim_asker asker = {.node = node->number,
                       .now_ms = s->world->now_ms,
                       .until_ms = SIM_NEVER};
    covey_writer w = covey_writer_of(answer, cap);
    covey_request request;

    cr_assert_eq(covey_device_next_request(sim_device(node), sim_node_now(node),
                                           &out, &request),
                 COVEY_OK);
    cr_assert_neq(request.body.len, 0);
    *id = request.id;
    sim_relay_answer(&s->world->relay, &asker, request.body, &s->world->reply);
    cr_assert_eq(covey_sync_response_encode(&w, &s->world->reply.response,
                                            scratch),
                 0);
    return w.len;
}

static bool is_answer(const scene *s, const uint8_t *answer, size_t len)
{
    static uint8_t scratch_bytes[65536];
    covey_scratch scratch =
        covey_scratch_of(scratch_bytes, sizeof scratch_bytes);
    covey_sync_response response;

    return covey_sync_response_decode(&response, &scratch,
                                      covey_bytes_of(answer, len)) == 0 &&
           covey_sync_response_match(&response, &s->world->reply.request) == 0;
}

Test(family, T37_every_truncation_of_an_answer_is_refused_without_change)
{
    static uint8_t answer[65536];
    scene s = scene_of(40, false);
    size_t len = 1;

    fall_asleep(s.watch);
    sim_say_text(s.guardian, "one");
    sim_node_pump(s.guardian, 0);
    sim_run(s.world, SIM_MINUTE_MS);
    s.watch->is_asleep = false;
    for (size_t cut = 0; cut < len; cut++) {
        uint32_t id = 0;

        sim_node_shut(s.watch, 0);
        sim_node_power_on(s.watch);
        len = answer_of(&s, s.watch, &id, answer, sizeof answer);
        uint64_t version = s.watch->disk.version;
        int err = covey_device_input(sim_device(s.watch), sim_node_now(s.watch),
                                     id, covey_bytes_of(answer, cut));

        cr_assert_eq(err,
                     is_answer(&s, answer, cut) ? COVEY_OK
                                                : COVEY_ERR_MALFORMED,
                     "%zu of %zu bytes", cut, len);
        cr_assert_eq(s.watch->disk.version, version);
    }
    sim_node_shut(s.watch, 0);
    wake_up(s.watch);
    end_scene(&s);
}

static int open_on(const scene *s, sim_disk *disk)
{
    size_t size = covey_device_size(false);
    void *memory = calloc(1, size);
    covey_device *device = covey_device_at(memory, size);
    covey_port port = sim_disk_port(disk);
    covey_device_config config = {.port = &port,
                                  .host_key = s->watch->host_key};
    int err = covey_device_open(device, &config, sim_node_now(s->watch));

    covey_device_close(device);
    free(memory);
    return err;
}

Test(family, T37_every_truncation_of_a_record_is_refused_without_change)
{
    scene s = scene_of(41, false);
    sim_disk disk;

    sim_disk_init(&disk, &s.world->faults, 1);
    for (unsigned slot = 0; slot < SIM_SLOTS; slot++) {
        sim_disk_copy(&disk, &s.watch->disk);
        size_t len = disk.slots[slot].len;

        /* Short ones at each byte, long ones here and there. */
        for (size_t cut = len; cut-- > 1;) {
            if (cut > 200 && cut % 61 != 0 && cut + 20 < len) continue;
            disk.slots[slot].len = cut;
            int err = open_on(&s, &disk);

            cr_assert(err == COVEY_ERR_AUTH || err == COVEY_ERR_MALFORMED,
                      "slot %u, %zu of %zu bytes: %s", slot, cut, len,
                      covey_error_name(err));
            cr_assert_eq(disk.version, s.watch->disk.version);
        }
        disk.slots[slot].len = len;
        cr_assert_eq(open_on(&s, &disk), COVEY_OK);
    }
    sim_disk_free(&disk);
    end_scene(&s);
}

/* ---- removal ---- */

Test(family, T43_who_was_removed_reads_nothing_more)
{
    scene s = scene_of(43, true);
    sim_node *phone = sim_node_new(s.world, s.family, COVEY_ROLE_GUARDIAN, 1);

    cr_assert(sim_join(s.world, s.guardian, phone, true));
    sim_run(s.world, 5 * SIM_MINUTE_MS);
    fall_asleep(phone); /* stolen: it never learns */
    cr_assert(sim_remove(s.guardian, phone));
    sim_run(s.world, 5 * SIM_MINUTE_MS);
    sim_say_location(s.watch);
    sim_say_text(s.guardian, "without it");
    sim_run(s.world, 5 * SIM_MINUTE_MS);
    cr_assert(agree(s.guardian, s.watch));
    cr_assert(agree(s.guardian, s.second));
    end_scene(&s);
}

/* ---- the invite ---- */

Test(family, T30_three_times_the_wrong_digits_are_enough)
{
    scene s = scene_of(44, false);
    sim_node *phone = sim_node_new(s.world, s.family, COVEY_ROLE_GUARDIAN, 2);
    char uri[COVEY_URI_SIZE];
    unsigned left = 9;

    cr_assert_eq(covey_device_invite(sim_device(phone), COVEY_ROLE_GUARDIAN,
                                     SIM_RELAY, 600, sim_node_now(phone), uri),
                 0);
    phone->id = covey_device_self(sim_device(phone));
    phone->has_id = true;
    phone->invited_ms = s.world->now_ms;
    cr_assert_eq(covey_device_accept(sim_device(s.guardian), uri, false,
                                     sim_node_now(s.guardian)),
                 0);
    sim_run(s.world, 3 * SIM_MINUTE_MS);
    cr_assert(phone->shows_digits && s.guardian->wants_digits);
    phone->digits[0] = phone->digits[0] == '9' ? '0' : '9';
    for (unsigned i = 0; i < COVEY_DIGITS_TRIES; i++) {
        cr_assert_eq(covey_device_enter_digits(sim_device(s.guardian),
                                               phone->digits,
                                               sim_node_now(s.guardian), &left),
                     COVEY_ERR_AUTH);
        cr_assert_eq(left, COVEY_DIGITS_TRIES - 1 - i);
    }
    sim_node_pump(s.guardian, 0);
    cr_assert(s.guardian->has_failed);
    cr_assert_neq(covey_device_enter_digits(sim_device(s.guardian),
                                            phone->digits,
                                            sim_node_now(s.guardian), &left),
                  COVEY_OK);
    sim_world_free(s.world);
}

/* A photographed code: two guardians, each with a circle of its own. */
Test(family, T30_of_two_who_scanned_one_code_only_one_is_asked_for_digits)
{
    scene s = scene_of(45, false);
    sim_node *phone = sim_node_new(s.world, s.family, COVEY_ROLE_GUARDIAN, 2);
    char uri[COVEY_URI_SIZE];

    sim_found(s.world, s.family);
    sim_node *stranger = s.family->nodes[s.family->num_nodes - 1];

    cr_assert_eq(covey_device_invite(sim_device(phone), COVEY_ROLE_GUARDIAN,
                                     SIM_RELAY, 600, sim_node_now(phone), uri),
                 0);
    phone->invited_ms = s.world->now_ms;
    sim_node_pump(phone, 0);
    cr_assert_eq(covey_device_accept(sim_device(stranger), uri, false,
                                     sim_node_now(stranger)),
                 0);
    sim_node_pump(stranger, 0);
    cr_assert_eq(covey_device_accept(sim_device(s.guardian), uri, false,
                                     sim_node_now(s.guardian)),
                 0);
    sim_run(s.world, 15 * SIM_MINUTE_MS);
    cr_assert(!s.guardian->wants_digits || !stranger->wants_digits);
    sim_node *other = s.guardian->wants_digits ? stranger : s.guardian;

    cr_assert_neq(covey_device_enter_digits(sim_device(other), phone->digits,
                                            sim_node_now(other), NULL),
                  COVEY_OK);
    sim_world_free(s.world);
}

Test(family, T54_a_watch_of_a_circle_takes_no_second_one)
{
    scene s = scene_of(46, false);
    char uri[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(sim_device(s.watch), COVEY_ROLE_WEARER,
                                     SIM_RELAY, 600, sim_node_now(s.watch),
                                     uri),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_device_wipe(sim_device(s.watch)), COVEY_OK);
    cr_assert_eq(covey_device_invite(sim_device(s.watch), COVEY_ROLE_WEARER,
                                     SIM_RELAY, 600, sim_node_now(s.watch),
                                     uri),
                 COVEY_OK);
    sim_world_free(s.world);
}

/* ---- SOS ---- */

Test(family, T10_an_sos_that_nobody_gets_is_not_shown_as_seen)
{
    scene s = scene_of(47, false);
    covey_content call = {.kind = COVEY_CONTENT_SOS};

    (void)sim_item_new(s.watch, &call);
    s.world->has_no_relay = true;
    cr_assert_eq(covey_device_sos(sim_device(s.watch), sim_node_now(s.watch),
                                  NULL),
                 COVEY_OK);
    sim_node_pump(s.watch, 0);
    sim_run(s.world, 10 * SIM_MINUTE_MS);
    cr_assert_eq(covey_device_sos_state(sim_device(s.watch)),
                 COVEY_SOS_CALLING);
    s.world->has_no_relay = false;
    sim_run(s.world, 15 * SIM_MINUTE_MS);
    cr_assert_gt(s.guardian->events[COVEY_EVENT_PAYLOAD], 0);
    cr_assert_neq(covey_device_sos_state(sim_device(s.watch)),
                  COVEY_SOS_CALLING);
    cr_assert(covey_device_sos_state(sim_device(s.watch)) != COVEY_SOS_SEEN ||
              s.watch->has_person_ack);
    sim_world_free(s.world);
}
