#include "family.h"

#include <stdio.h>
#include <stdlib.h>

#define TRIES 60
#define PUMPS 4000
#define SPINS 400
#define BOOT_MS 20000
#define SILENCE_MS (15 * SIM_MINUTE_MS)
#define HOST_KEY_SIZE COVEY_STORE_HOST_KEY_SIZE

/* ---- its host ---- */

sim_node *sim_node_new(sim_world *world, sim_family *family, covey_role role,
                       unsigned person)
{
    sim_node *node = calloc(1, sizeof *node);

    if (node == NULL) abort();
    node->world = world;
    node->family = family;
    node->number = world->num_nodes;
    node->place = family->num_nodes;
    node->role = role;
    node->person = person;
    world->nodes[world->num_nodes++] = node;
    family->nodes[family->num_nodes++] = node;
    if (role == COVEY_ROLE_WEARER) family->watch = node;
    node->wait_ms =
        role == COVEY_ROLE_GUARDIAN && sim_once_in(world, 3) ? 20000 : 0;
    sim_disk_init(&node->disk, &world->faults,
                  world->options.seed * SIM_NODES_MAX + node->number);
    node->disk.has_counter = sim_once_in(world, 3);
    sim_disk_init(&node->older, &world->faults, 0);
    test_fill(&world->choices, node->host_key, HOST_KEY_SIZE);
    for (unsigned i = 0; i < SIM_PROCESSES; i++) {
        sim_process *process = &node->processes[i];

        process->size = covey_device_size(role == COVEY_ROLE_GUARDIAN);
        process->memory = calloc(1, process->size);
        process->port = sim_disk_port(&node->disk);
        process->device = covey_device_at(process->memory, process->size);
        if (process->device == NULL) abort();
    }
    sim_node_power_on(node);
    return node;
}

void sim_node_free(sim_node *node)
{
    for (unsigned i = 0; i < SIM_PROCESSES; i++) {
        covey_device_close(node->processes[i].device);
        free(node->processes[i].memory);
    }
    sim_disk_free(&node->disk);
    sim_disk_free(&node->older);
    free(node);
}

covey_now sim_now(const sim_node *node, const sim_process *process)
{
    const sim_world *world = node->world;
    covey_now now = {SIM_UTC_MS + (int64_t)world->now_ms + node->clock_off_ms,
                     world->now_ms - process->started_ms};

    if (node->has_no_clock) now.utc_ms = 0;
    return now;
}

covey_now sim_node_now(const sim_node *node)
{
    return sim_now(node, &node->processes[0]);
}

bool sim_is_running(const sim_node *node)
{
    return node->processes[0].is_on && !node->disk.is_off;
}

covey_device_state sim_state(const sim_node *node)
{
    return covey_device_state_of(sim_device(node));
}

/* ---- opening ---- */

void sim_node_shut(sim_node *node, unsigned process)
{
    sim_process *at = &node->processes[process];

    covey_device_close(at->device);
    at->is_on = false;
    at->run++;
}

static int open_once(sim_node *node, sim_process *process)
{
    covey_device_config config = {
        .port = &process->port,
        .host_key = node->host_key,
        .poll_ms = SIM_MINUTE_MS,
        .wait_ms = node->wait_ms,
        .silence_ms = SILENCE_MS,
    };

    return covey_device_open(process->device, &config, sim_now(node, process));
}

void sim_node_open(sim_node *node, unsigned process)
{
    sim_process *at = &node->processes[process];
    unsigned tries = 0;
    int err;

    at->run++;
    do {
        err = open_once(node, at);
    } while (!node->disk.is_off && tries++ < TRIES &&
             (err == COVEY_ERR_PORT || err == COVEY_ERR_RANDOM ||
              err == COVEY_ERR_CONFLICT));
    if (node->disk.is_off) {
        sim_node_restart(node, BOOT_MS);
        return;
    }
    if (err == COVEY_ERR_ROLLBACK && node->was_rolled_back) {
        sim_node_shut(node, process); /* the hardware's counter has told */
        node->events[COVEY_EVENT_ROLLED_BACK]++;
        return;
    }
    sim_require(node->world, SIM_ERRORS, err == COVEY_OK,
                "%s opens what is stored: %s", sim_name(node),
                covey_error_name(err));
    at->is_on = true;
}

void sim_node_restart(sim_node *node, uint64_t after_ms)
{
    sim_world *world = node->world;

    sim_note(world, "%s: power is gone", sim_name(node));
    node->disk.is_off = true;
    for (unsigned i = 0; i < SIM_PROCESSES; i++) sim_node_shut(node, i);
    (void)sim_task_new(world, SIM_TASK_START, node, 0, after_ms);
}

void sim_node_power_on(sim_node *node)
{
    sim_world *world = node->world;
    sim_process *process = &node->processes[0];

    if (process->is_on || node->is_asleep) return;
    sim_disk_power_on(&node->disk);
    process->started_ms = world->now_ms;
    node->last_start_ms = world->now_ms;
    node->num_starts++;
    node->repeats = 0;
    sim_evil_restarted(world, node);
    sim_node_open(node, 0);
}

bool sim_again(sim_node *node, unsigned process, int err, unsigned *tries)
{
    if (err == COVEY_OK || node->disk.is_off) return false;
    if (err != COVEY_ERR_PORT && err != COVEY_ERR_RANDOM &&
        err != COVEY_ERR_CONFLICT) {
        return false;
    }
    /* It goes back to what is stored: the last events come again. */
    node->last_start_ms = node->world->now_ms;
    node->repeats = 0;
    sim_require(node->world, SIM_ERRORS, ++*tries < TRIES,
                "%s: a hook failed once, the call fails for ever: %s",
                sim_name(node), covey_error_name(err));
    if (err == COVEY_ERR_CONFLICT) {
        sim_require(node->world, SIM_ERRORS,
                    sim_is_bad(node->world, SIM_HOST_TWIN) ||
                        sim_is_bad(node->world, SIM_HOST_ROLLBACK),
                    "%s: nobody else has saved", sim_name(node));
        sim_node_open(node, process);
    }
    return node->processes[process].is_on;
}

/* ---- the loop ---- */

static bool take_events(sim_node *node, unsigned process)
{
    sim_process *at = &node->processes[process];
    covey_event event = {.kind = COVEY_EVENT_NONE};

    for (unsigned i = 0; at->is_on && i < PUMPS; i++) {
        int err;

        sim_call(node, process, err,
                 covey_device_next_event(at->device, sim_now(node, at),
                                         &event));
        if (!at->is_on || node->disk.is_off) return false;
        sim_require(node->world, SIM_ERRORS, err == COVEY_OK,
                    "%s: next event: %s", sim_name(node),
                    covey_error_name(err));
        if (event.kind == COVEY_EVENT_NONE) return true;
        sim_app_event(node, process, &event);
        if (node->disk.is_off) return false;
    }
    sim_require(node->world, SIM_SPIN, !at->is_on, "%s: events without end",
                sim_name(node));
    return false;
}

static bool send_requests(sim_node *node, unsigned process)
{
    sim_world *world = node->world;
    sim_process *at = &node->processes[process];

    /* After a failed hook those that are out are made again. */
    for (unsigned i = 0; i <= 2 * COVEY_DEVICE_REQUESTS; i++) {
        covey_buffer out = {world->request, world->request_cap, 0};
        covey_request request = {.id = 0};
        int err;

        sim_call(node, process, err,
                 covey_device_next_request(at->device, sim_now(node, at), &out,
                                           &request));
        if (!at->is_on || node->disk.is_off) return false;
        sim_require(world, SIM_ERRORS, err == COVEY_OK, "%s: next request: %s",
                    sim_name(node), covey_error_name(err));
        if (request.body.len == 0) return true;
        sim_send(node, process, &request);
    }
    sim_require(world, SIM_SPIN, false, "%s: more than %d requests at once",
                sim_name(node), COVEY_DEVICE_REQUESTS);
    return false;
}

void sim_node_pump(sim_node *node, unsigned process)
{
    sim_process *at = &node->processes[process];

    if (at->is_on && !node->disk.is_off && take_events(node, process)) {
        sim_interrupt(node, process);
        (void)send_requests(node, process);
    }
    if (node->disk.is_off && (at->is_on || node->processes[0].is_on)) {
        sim_node_restart(node, BOOT_MS);
    }
}

/* ---- who is who ---- */

sim_node *sim_node_of_id(const sim_family *family, const covey_member_id *id)
{
    for (unsigned i = 0; i < family->num_nodes; i++) {
        sim_node *node = family->nodes[i];

        if (node->has_id && memcmp(&node->id, id, sizeof *id) == 0) {
            return node;
        }
    }
    return NULL;
}

static uint32_t members_of(const sim_node *node, const sim_process *process)
{
    covey_member member;
    covey_now now = sim_now(node, process);
    uint32_t places = 0;

    for (size_t i = 0; covey_device_member(process->device, i, now, &member);
         i++) {
        const sim_node *other = sim_node_of_id(node->family, &member.id);

        if (other != NULL) places |= SIM_BIT(other->place);
    }
    return places;
}

/* One of two processes may know less than the other. */
uint32_t sim_members(const sim_node *node)
{
    uint32_t places = 0;

    for (unsigned i = 0; i < SIM_PROCESSES; i++) {
        if (node->processes[i].is_on) {
            places |= members_of(node, &node->processes[i]);
        }
    }
    return places;
}
