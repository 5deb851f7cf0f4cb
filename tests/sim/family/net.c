#include "family.h"

#include <stdlib.h>

#define WAY_MS 80    /* to the relay, and back */
#define LOOK_MS 2000 /* how often a relay looks at a request that waits */
#define TIMEOUT_MS 30000
#define ENCODE_SCRATCH (64u * 1024u)

/* ---- tasks ---- */

sim_task *sim_task_new(sim_world *world, sim_task_kind kind, sim_node *node,
                       unsigned process, uint64_t after_ms)
{
    if (world->num_tasks == world->tasks_room) {
        world->tasks_room = 2 * world->tasks_room + 32;
        world->tasks =
            realloc(world->tasks, world->tasks_room * sizeof world->tasks[0]);
        if (world->tasks == NULL) abort();
    }
    sim_task *task = &world->tasks[world->num_tasks++];

    *task = (sim_task){.at_ms = world->now_ms + after_ms,
                       .order = world->next_order++,
                       .kind = kind,
                       .node = node,
                       .process = process,
                       .run = node->processes[process].run};
    return task;
}

static size_t first_task(const sim_world *world)
{
    size_t best = 0;

    for (size_t i = 1; i < world->num_tasks; i++) {
        const sim_task *task = &world->tasks[i];
        const sim_task *first = &world->tasks[best];

        if (task->at_ms < first->at_ms ||
            (task->at_ms == first->at_ms && task->order < first->order)) {
            best = i;
        }
    }
    return best;
}

uint64_t sim_task_due(const sim_world *world)
{
    return world->num_tasks == 0 ? SIM_NEVER
                                 : world->tasks[first_task(world)].at_ms;
}

bool sim_task_next(sim_world *world, uint64_t until_ms, sim_task *task)
{
    size_t first = first_task(world);

    if (world->num_tasks == 0 || world->tasks[first].at_ms > until_ms) {
        return false;
    }
    *task = world->tasks[first];
    world->tasks[first] = world->tasks[--world->num_tasks];
    return true;
}

void sim_tasks_drop(sim_world *world)
{
    for (size_t i = 0; i < world->num_tasks; i++) free(world->tasks[i].bytes);
    world->num_tasks = 0;
}

static uint8_t *copy(const uint8_t *bytes, size_t len)
{
    uint8_t *at = malloc(len == 0 ? 1 : len);

    if (at == NULL) abort();
    covey_copy(at, bytes, len);
    return at;
}

/* ---- requests ---- */

void sim_send(sim_node *node, unsigned process, const covey_request *request)
{
    sim_world *world = node->world;
    sim_task *task =
        sim_task_new(world, SIM_TASK_REQUEST, node, process, WAY_MS);

    sim_require(world, SIM_ERRORS,
                strcmp(request->relay, SIM_RELAY) == 0 &&
                    request->answer_max != 0,
                "%s asks its own relay", sim_name(node));
    task->id = request->id;
    task->wait_ms = request->wait_ms;
    task->bytes = copy(request->body.at, request->body.len);
    task->len = request->body.len;
}

void sim_interrupt(sim_node *node, unsigned process)
{
    sim_world *world = node->world;
    sim_process *at = &node->processes[process];

    for (size_t i = 0; i < world->num_tasks; i++) {
        sim_task *task = &world->tasks[i];

        if (task->kind == SIM_TASK_REQUEST && task->node == node &&
            task->process == process && task->run == at->run &&
            covey_device_interrupts(at->device, task->id)) {
            task->kind = SIM_TASK_LOST;
            task->at_ms = world->now_ms;
        }
    }
}

static void lose(sim_world *world, const sim_task *task)
{
    sim_task *lost = sim_task_new(world, SIM_TASK_LOST, task->node,
                                  task->process, TIMEOUT_MS);

    lost->id = task->id;
    lost->run = task->run;
}

/* A relay that has nothing to say may wait with it. */
static bool holds(sim_world *world, sim_task *task)
{
    const sim_reply *reply = &world->reply;

    if (reply->response.status != COVEY_SYNC_OK || task->wait_ms < LOOK_MS ||
        reply->response.num_entries != 0 || reply->request.num_appends != 0) {
        return false;
    }
    sim_task *later = sim_task_new(world, SIM_TASK_REQUEST, task->node,
                                   task->process, LOOK_MS);

    later->id = task->id;
    later->run = task->run;
    later->wait_ms = task->wait_ms - LOOK_MS;
    later->bytes = task->bytes;
    later->len = task->len;
    task->bytes = NULL;
    return true;
}

/* An epoch's mailbox is seen by devices of one family only. */
static void check_owner(sim_world *world, const sim_node *node)
{
    const sim_mailbox *mailbox =
        sim_relay_find(&world->relay, &world->reply.request.mailbox, 0);

    if (mailbox == NULL) return;
    sim_require(world, SIM_ADDRESS,
                world->nodes[mailbox->owner]->family == node->family,
                "%s uses a mailbox of %s", sim_name(node),
                sim_name(world->nodes[mailbox->owner]));
}

/* Said here once more: the library's own answer may be what is wrong. */
static bool is_size(size_t len)
{
    return len >= 256 && len <= 16384 && (len & (len - 1)) == 0;
}

static void check_appends(sim_world *world, const sim_node *node)
{
    const covey_sync_request *request = &world->reply.request;

    for (size_t i = 0; i < request->num_appends; i++) {
        size_t len = request->appends[i].blob.len;

        sim_require(world, SIM_SIZE, is_size(len),
                    "%s sends a blob of %zu bytes", sim_name(node), len);
    }
}

static size_t encode(sim_world *world, uint8_t *out)
{
    static uint8_t bytes[ENCODE_SCRATCH];
    covey_scratch scratch = covey_scratch_of(bytes, sizeof bytes);
    covey_writer w = covey_writer_of(out, SIM_ANSWER_MAX);

    world->reply.response.entries = world->reply.entries;
    if (covey_sync_response_encode(&w, &world->reply.response, scratch)) {
        return 0; /* too evil to be encoded */
    }
    return covey_writer_since(&w, 0).len;
}

static void serve(sim_world *world, sim_task *task)
{
    static uint8_t answer[SIM_ANSWER_MAX];
    sim_node *node = task->node;
    sim_asker asker = {.node = node->number,
                       .now_ms = world->now_ms,
                       .until_ms = SIM_NEVER};

    if (!sim_evil_request(world, node)) {
        sim_relay_miss(&world->relay, covey_bytes_of(task->bytes, task->len),
                       world->now_ms);
        lose(world, task);
        return;
    }
    sim_evil_asker(world, node, &asker);
    sim_relay_answer(&world->relay, &asker,
                     covey_bytes_of(task->bytes, task->len), &world->reply);
    sim_require(world, SIM_ERRORS,
                world->reply.response.status != COVEY_SYNC_BAD_REQUEST &&
                    world->reply.response.status != COVEY_SYNC_NOT_FOUND,
                "%s makes requests that a relay takes", sim_name(node));
    check_owner(world, node);
    check_appends(world, node);
    if (holds(world, task)) return;
    sim_evil_view(world, node, &world->reply);
    size_t len = encode(world, answer);

    if (!sim_evil_bytes(world, node, &world->reply.request.mailbox, answer,
                        &len)) {
        lose(world, task);
        return;
    }
    sim_task *back = sim_task_new(world, SIM_TASK_ANSWER, node, task->process,
                                  WAY_MS + sim_evil_delay_ms(world));

    back->id = task->id;
    back->run = task->run;
    back->bytes = copy(answer, len);
    back->len = len;
}

/* ---- doing ---- */

static void take_answer(sim_world *world, const sim_task *task)
{
    sim_node *node = task->node;
    sim_process *process = &node->processes[task->process];
    int err;

    if (!process->is_on || process->run != task->run) return;
    covey_now now = sim_now(node, process);

    if (task->kind == SIM_TASK_LOST) {
        covey_device_failed(process->device, now, task->id);
        return;
    }
    err = covey_device_input(process->device, now, task->id,
                             covey_bytes_of(task->bytes, task->len));
    sim_require(world, SIM_ERRORS,
                err == COVEY_OK || err == COVEY_ERR_MALFORMED,
                "%s takes an answer: %s", sim_name(node),
                covey_error_name(err));
    sim_require(world, SIM_SERVES,
                err == COVEY_OK || !world->is_honest ||
                    world->now_ms < world->evil_until_ms + 600000,
                "%s refuses an honest answer: %s", sim_name(node),
                covey_error_name(err));
}

void sim_task_do(sim_world *world, sim_task *task)
{
    sim_node *node = task->node;

    switch (task->kind) {
    case SIM_TASK_REQUEST: serve(world, task); break;
    case SIM_TASK_ANSWER:
    case SIM_TASK_LOST: take_answer(world, task); break;
    case SIM_TASK_SHOWN: sim_app_shown(node, task); break;
    case SIM_TASK_RAN: sim_app_ran(node, task); break;
    case SIM_TASK_START: sim_node_power_on(node); break;
    case SIM_TASK_NUM: break;
    }
    free(task->bytes);
    if (task->kind != SIM_TASK_REQUEST) sim_node_pump(node, task->process);
}
