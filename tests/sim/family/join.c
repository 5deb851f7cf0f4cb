/* Pairing and removing, with the people who read digits and press buttons. */
#include "family.h"

#include <stdio.h>
#include <stdlib.h>

#define WINDOW_S 900
#define STEP_MS 1000
#define IDLE_MS (5 * SIM_MINUTE_MS)
#define JOIN_MS (20 * SIM_MINUTE_MS)

/* Power may fail on the way: what was saved is looked at then. */
static void create(sim_world *world, sim_node *node)
{
    int err;

    for (unsigned i = 0;
         i < 3 && sim_is_running(node) && sim_state(node) == COVEY_DEVICE_EMPTY;
         i++) {
        sim_call(node, 0, err,
                 covey_device_create(sim_device(node), SIM_RELAY,
                                     sim_node_now(node)));
        sim_require(world, SIM_ERRORS, err == COVEY_OK || node->disk.is_off,
                    "create: %s", covey_error_name(err));
        sim_node_pump(node, 0);
        if (!sim_is_running(node)) sim_run(world, SIM_MINUTE_MS);
    }
}

void sim_found(sim_world *world, sim_family *family)
{
    sim_node *node = sim_node_new(world, family, COVEY_ROLE_GUARDIAN, 1);

    if (!sim_is_running(node)) sim_run(world, SIM_MINUTE_MS);
    create(world, node);
    sim_require(world, SIM_SERVES, sim_state(node) == COVEY_DEVICE_MEMBER,
                "%s has no circle", sim_name(node));
    node->id = covey_device_self(sim_device(node));
    node->has_id = true;
    node->is_in = true;
    node->in_ms = world->now_ms;
    node->invited_ms = world->now_ms;
    sim_node_pump(node, 0);
}

void sim_wait_running(sim_node *node)
{
    for (unsigned i = 0; i < 5 && !sim_is_running(node); i++) {
        sim_run(node->world, SIM_MINUTE_MS);
    }
}

void sim_wait_idle(sim_node *node)
{
    uint64_t until = node->world->now_ms + IDLE_MS;

    while (node->world->now_ms < until && sim_is_running(node) &&
           covey_device_busy(sim_device(node)) != COVEY_OPERATION_NONE) {
        sim_run(node->world, STEP_MS);
    }
    /* What nobody agrees to is given up. */
    if (sim_is_running(node)) {
        int err;

        sim_call(node, 0, err, covey_device_abandon(sim_device(node)));
        sim_node_pump(node, 0);
    }
}

/* ---- joining ---- */

static bool is_zero(const covey_member_id *id)
{
    static const covey_member_id zero;

    return memcmp(id, &zero, sizeof zero) == 0;
}

static int show_invite(sim_node *newcomer, char uri[COVEY_URI_SIZE])
{
    int err;

    newcomer->invite_ended = false;
    newcomer->shows_digits = false;
    newcomer->invited_ms = newcomer->world->now_ms;
    sim_call(newcomer, 0, err,
             covey_device_invite(sim_device(newcomer), newcomer->role,
                                 SIM_RELAY, WINDOW_S, sim_node_now(newcomer),
                                 uri));
    newcomer->id = covey_device_self(sim_device(newcomer));
    newcomer->has_id = !is_zero(&newcomer->id);
    sim_note(newcomer->world, "%s shows an invite: %s", sim_name(newcomer),
             covey_error_name(err));
    sim_node_pump(newcomer, 0);
    return err;
}

static int type_digits(sim_node *guardian, const char *digits)
{
    unsigned tries = 0;
    int err;

    sim_call(guardian, 0, err,
             covey_device_enter_digits(sim_device(guardian), digits,
                                       sim_node_now(guardian), &tries));
    sim_note(guardian->world, "%s types the digits: %s", sim_name(guardian),
             covey_error_name(err));
    return err;
}

/* Somebody who mistypes is told so, and tries again. */
static int compare(sim_node *guardian, const sim_node *newcomer, bool at_first)
{
    sim_world *world = guardian->world;
    char digits[COVEY_DIGITS_SIZE];

    if (at_first && sim_once_in(world, 3)) {
        memcpy(digits, newcomer->digits, sizeof digits);
        digits[5] = digits[5] == '9' ? '0' : (char)(digits[5] + 1);
        int err = type_digits(guardian, digits);

        sim_require(world, SIM_ERRORS, err != COVEY_OK || guardian->disk.is_off,
                    "wrong digits agree");
    }
    guardian->wants_digits = false;
    int err = type_digits(guardian, newcomer->digits);

    sim_node_pump(guardian, 0);
    return err;
}

static bool confirm(sim_node *newcomer)
{
    sim_world *world = newcomer->world;
    int err;

    sim_wait_running(newcomer);
    if (!sim_is_running(newcomer)) return false;
    sim_call(newcomer, 0, err,
             covey_device_confirm(sim_device(newcomer),
                                  sim_node_now(newcomer)));
    sim_note(world, "%s is confirmed: %s", sim_name(newcomer),
             covey_error_name(err));
    if (newcomer->disk.is_off) sim_node_pump(newcomer, 0);
    sim_wait_running(newcomer);
    if (err != COVEY_OK && sim_state(newcomer) == COVEY_DEVICE_JOINED) {
        return sim_is_running(newcomer) && confirm(newcomer);
    }
    if (sim_state(newcomer) != COVEY_DEVICE_MEMBER) return false;
    newcomer->is_in = true;
    newcomer->in_ms = world->now_ms;
    sim_ghost_keep(newcomer);
    sim_node_pump(newcomer, 0);
    return true;
}

/* A watch that came half in cannot be removed: who is alone with it begins
 * anew. */
static void begin_anew(sim_node *guardian, const sim_node *newcomer)
{
    uint32_t others = sim_members(guardian) & ~SIM_BIT(guardian->place) &
                      ~SIM_BIT(newcomer->place);
    int err;

    if (newcomer->role != COVEY_ROLE_WEARER || others != 0 ||
        !sim_is_running(guardian)) {
        return;
    }
    sim_call(guardian, 0, err, covey_device_wipe(sim_device(guardian)));
    sim_node_pump(guardian, 0);
    if (err == COVEY_OK) create(guardian->world, guardian);
    if (!sim_is_running(guardian)) return;
    guardian->id = covey_device_self(sim_device(guardian));
}

static void give_up(sim_node *guardian, sim_node *newcomer)
{
    int err;

    sim_note(guardian->world, "%s does not come in", sim_name(newcomer));
    if (sim_is_running(newcomer)) {
        sim_call(newcomer, 0, err, covey_device_cancel(sim_device(newcomer)));
        sim_node_pump(newcomer, 0);
    }
    sim_wait_running(guardian);
    newcomer->is_asleep = true;
    sim_node_shut(newcomer, 0);
    if (newcomer == newcomer->family->watch) newcomer->family->watch = NULL;
    if (!sim_is_running(guardian)) return;
    sim_call(guardian, 0, err, covey_device_abandon(sim_device(guardian)));
    sim_node_pump(guardian, 0);
    if (newcomer->has_id && !sim_remove(guardian, newcomer)) {
        begin_anew(guardian, newcomer);
    }
}

static bool wait_for_digits(sim_node *guardian, sim_node *newcomer)
{
    sim_world *world = guardian->world;
    uint64_t until = world->now_ms + JOIN_MS;

    while (world->now_ms < until && !guardian->has_failed &&
           !newcomer->invite_ended) {
        if (guardian->wants_digits && newcomer->shows_digits &&
            sim_is_running(guardian) && sim_is_running(newcomer)) {
            return true;
        }
        sim_run(world, STEP_MS);
    }
    return false;
}

/* After a failed hook, or a restart, it asks for them again. */
static bool digits_agree(sim_node *guardian, sim_node *newcomer)
{
    for (unsigned i = 0; i < 4 && wait_for_digits(guardian, newcomer); i++) {
        if (compare(guardian, newcomer, i == 0) == COVEY_OK) return true;
    }
    return false;
}

bool sim_join(sim_world *world, sim_node *guardian, sim_node *newcomer,
              bool own_person)
{
    char uri[COVEY_URI_SIZE] = "";
    int err;

    sim_wait_idle(guardian);
    guardian->has_failed = false;
    guardian->is_done = false;
    guardian->wants_digits = false;
    if (!sim_is_running(guardian) || !sim_is_running(newcomer)) return false;
    err = show_invite(newcomer, uri);
    if (err != COVEY_OK) {
        give_up(guardian, newcomer);
        return false;
    }
    sim_call(guardian, 0, err,
             covey_device_accept(sim_device(guardian), uri, own_person,
                                 sim_node_now(guardian)));
    sim_note(world, "%s scans the invite of %s: %s", sim_name(guardian),
             sim_name(newcomer), covey_error_name(err));
    sim_node_pump(guardian, 0);
    sim_wait_running(guardian);
    if (covey_device_busy(sim_device(guardian)) != COVEY_OPERATION_ADD ||
        !digits_agree(guardian, newcomer) || !confirm(newcomer)) {
        give_up(guardian, newcomer);
        return false;
    }
    (void)sim_finish(guardian, 5 * SIM_MINUTE_MS);
    return true;
}

/* ---- operations ---- */

bool sim_finish(sim_node *node, uint64_t within_ms)
{
    sim_world *world = node->world;
    uint64_t until = world->now_ms + within_ms;

    while (world->now_ms < until && !node->is_done && !node->has_failed) {
        sim_run(world, STEP_MS);
    }
    return node->is_done;
}

bool sim_remove(sim_node *node, sim_node *target)
{
    sim_world *world = node->world;
    int err;

    sim_wait_idle(node);
    if (!sim_is_running(node)) return false;
    if (target->is_in) sim_ghost_keep(target);
    node->family->leaving |= SIM_BIT(target->place);
    node->is_done = false;
    node->has_failed = false;
    sim_call(node, 0, err,
             covey_device_remove(sim_device(node), &target->id,
                                 sim_node_now(node)));
    sim_note(world, "%s removes %s: %s", sim_name(node), sim_name(target),
             covey_error_name(err));
    if (err != COVEY_OK) return false;
    sim_node_pump(node, 0);
    if (!sim_finish(node, 10 * SIM_MINUTE_MS)) return false;
    if ((sim_members(node) & SIM_BIT(target->place)) != 0) return false;
    target->is_out = true;
    target->is_in = false;
    return true;
}
