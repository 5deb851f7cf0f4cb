/*
 * A watch with 64 kB of RAM, as an example of how firmware uses Covey: all of
 * it by <covey/device.h>.
 *
 * It shows an invite, joins a circle, sends its position, hears texts, answers
 * who asks where it is, follows the circle's commits, calls for help, and goes
 * on after a restart. desk/circle.c is the other end of the line: the relay,
 * and seven phones.
 *
 * Two habits to take from here:
 *   - Events are taken until there is none, then requests until there is none.
 *   - One's own random source is seeded before anything else happens, and a
 *     watch that has none does not start.
 */
#include <covey/device.h>
#include <sodium.h>
#include <string.h>

#include "board.h"
#include "device_frame.h"
#include "records.h"
#include "rng.h"

/* --- memory: all that the watch needs beside its stack ------------------- */

enum { DEVICE_SIZE = 57 * 1024 };

static uint64_t memory[DEVICE_SIZE / 8];

static covey_device *device;
static covey_now now;

/* --- small things -------------------------------------------------------- */

static void note(const char *what, int err)
{
    board_log(what);
    if (err) {
        board_log(": ");
        board_log(covey_error_name(err));
    }
    board_log("\n");
}

static void send(uint8_t kind, covey_bytes bytes)
{
    uint8_t head[HEAD_SIZE] = {kind, (uint8_t)(bytes.len >> 8),
                               (uint8_t)bytes.len};

    board_modem_write(head, sizeof head);
    board_modem_write(bytes.at, bytes.len);
}

static void send_text(uint8_t kind, const char *text)
{
    send(kind, (covey_bytes){(const uint8_t *)text, strlen(text)});
}

/* False: it is too long. */
static bool receive(uint8_t *kind, covey_buffer *to)
{
    uint8_t head[HEAD_SIZE];

    board_modem_read(head, sizeof head);
    *kind = head[0];
    to->len = (size_t)head[1] << 8 | head[2];
    if (to->len > to->cap) return false;
    board_modem_read(to->at, to->len);
    return true;
}

static uint64_t read_u64(const uint8_t *at)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++) value = value << 8 | at[i];
    return value;
}

static int fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    return port_random.fill(port_random.ctx, out, len);
}

static const covey_port port = {.random = fill,
                                .load = port_records_load,
                                .save = port_records_save};

/* A product keeps this key in hardware. */
BOARD_APART static int open_device(void)
{
    static const uint8_t host_key[COVEY_STORE_HOST_KEY_SIZE] = {1};
    const covey_device_config config = {.port = &port, .host_key = host_key};

    device = covey_device_at(memory, sizeof memory);
    if (device == NULL) return COVEY_ERR_BUFFER;
    return covey_device_open(device, &config, now);
}

/* --- events -------------------------------------------------------------- */

/* Piccadilly Circus. */
static covey_fix fix_of_now(void)
{
    return (covey_fix){.time_ms = now.utc_ms,
                       .lat_e7 = 515100000,
                       .lon_e7 = -1346000,
                       .accuracy_cm = 800,
                       .has_battery = true,
                       .battery_percent = 83};
}

BOARD_APART static int on_command(const covey_reference *id,
                                  const covey_command *command)
{
    covey_fix fix = fix_of_now();
    covey_location where = {.fixes = &fix, .num_fixes = 1};

    if (command->kind == COVEY_COMMAND_LOCATE) {
        return covey_device_command_done(device, now, id, COVEY_OUTCOME_DONE,
                                         COVEY_REFUSED_OTHER, &where);
    }
    return covey_device_command_done(device, now, id, COVEY_OUTCOME_REFUSED,
                                     COVEY_REFUSED_KIND, NULL);
}

BOARD_APART static int on_event(const covey_event *event)
{
    uint8_t kinds[2] = {(uint8_t)event->kind, 0};

    if (event->kind == COVEY_EVENT_PAYLOAD) {
        kinds[1] = (uint8_t)event->of.said.payload->content.kind;
    }
    send(EVENT_FRAME, (covey_bytes){kinds, sizeof kinds});
    switch (event->kind) {
    case COVEY_EVENT_SHOW_DIGITS:
        send_text(DIGITS_FRAME, event->of.digits);
        return COVEY_OK;
    case COVEY_EVENT_NOTICE:
        return covey_device_notice_shown(device, now, event->of.notice.token,
                                         true);
    case COVEY_EVENT_COMMAND: {
        const covey_reference id = event->of.command.id;
        const covey_command command = event->of.command.what;

        return on_command(&id, &command);
    }
    default: return COVEY_OK;
    }
}

static int take_events(void)
{
    covey_event event;
    int err;

    do {
        err = covey_device_next_event(device, now, &event);
        if (!err && event.kind != COVEY_EVENT_NONE) err = on_event(&event);
    } while (!err && event.kind != COVEY_EVENT_NONE);
    return err;
}

/* --- requests ------------------------------------------------------------ */

/* The modem's task: here it is the serial line, and waits. The answer comes to
 * where the request was. */
BOARD_APART static int ask_relay(const covey_request *request)
{
    covey_buffer answer = covey_device_room(device);
    uint8_t kind;

    send(REQUEST_FRAME, request->body);
    if (!receive(&kind, &answer) || kind != ANSWER_FRAME || answer.len == 0) {
        covey_device_failed(device, now, request->id);
        return COVEY_OK;
    }
    return covey_device_input(device, now, request->id,
                              (covey_bytes){answer.at, answer.len});
}

static int turn(void)
{
    for (;;) {
        covey_request request;

        int err = take_events();
        if (err) return err;
        covey_buffer out = covey_device_room(device);
        err = covey_device_next_request(device, now, &out, &request);
        if (err || request.body.len == 0) return err;
        err = ask_relay(&request);
        if (err) return err;
    }
}

/* --- the wearer ---------------------------------------------------------- */

BOARD_APART static int show_invite(void)
{
    char uri[COVEY_URI_SIZE];
    int err = covey_device_invite(device, COVEY_ROLE_WEARER, "relay.test", 0,
                                  now, uri);

    if (!err) send_text(URI_FRAME, uri);
    return err;
}

BOARD_APART static int send_fix(void)
{
    covey_fix fix = fix_of_now();
    const covey_content content = {.kind = COVEY_CONTENT_LOCATION,
                                   .of.location = {.fixes = &fix,
                                                   .num_fixes = 1}};

    return covey_device_send(device, now, &content, NULL);
}

BOARD_APART static int call_for_help(void)
{
    covey_fix fix = fix_of_now();
    const covey_location where = {.fixes = &fix, .num_fixes = 1};

    return covey_device_sos(device, now, &where);
}

/* As after a new battery: the RAM is empty, the flash is not. */
static int restart(void)
{
    memset(memory, 0, sizeof memory);
    return open_device();
}

/* --- main ---------------------------------------------------------------- */

static int handle(uint8_t kind, covey_bytes bytes)
{
    switch (kind) {
    case TIME_FRAME:
        if (bytes.len != TIME_SIZE) return COVEY_ERR_ARGUMENT;
        now = (covey_now){(int64_t)read_u64(bytes.at), read_u64(bytes.at + 8)};
        return COVEY_OK;
    case TURN_FRAME: return turn();
    case INVITE_FRAME: return show_invite();
    case CONFIRM_FRAME: return covey_device_confirm(device, now);
    case FIX_FRAME: return send_fix();
    case SOS_FRAME: return call_for_help();
    case RESTART_FRAME: return restart();
    default: return COVEY_ERR_ARGUMENT;
    }
}

BOARD_APART static void answer_desk(int err)
{
    char number[COVEY_SAFETY_NUMBER_SIZE] = {0};
    uint8_t bytes[2 + sizeof number] = {(uint8_t)covey_device_state_of(device),
                                        (uint8_t)covey_device_sos_state(
                                            device)};

    if (err) {
        note("refused", err);
        send(DONE_FRAME, (covey_bytes){NULL, 0});
        return;
    }
    if (covey_device_safety_number(device, number) != COVEY_OK) number[0] = 0;
    memcpy(bytes + 2, number, sizeof number);
    send(DONE_FRAME, (covey_bytes){bytes, sizeof bytes});
}

BOARD_APART static bool start(void)
{
    uint8_t entropy[32];

    switch (board_entropy(entropy)) {
    case 0: break;
    case 1: note("TEST SEED: nothing made here is secret", 0); break;
    default: note("no entropy: the watch does not start", 0); return false;
    }
    port_rng_seed(entropy);
    sodium_memzero(entropy, sizeof entropy);
    if (sodium_init() < 0) return false;
    int err = open_device();
    if (err) note("the watch does not open", err);
    return err == COVEY_OK;
}

static void log_size(const char *name, size_t size)
{
    board_log("size ");
    board_log(name);
    board_log(" ");
    board_log_u32((uint32_t)size);
    board_log("\n");
}

int main(void)
{
    uint8_t bytes[TIME_SIZE];
    covey_buffer in = {bytes, sizeof bytes, 0};
    uint8_t kind;

    if (!start()) return 1;
    for (;;) {
        if (!receive(&kind, &in)) {
            note("a frame is too long", 0);
            return 1;
        }
        if (kind == END_FRAME) break;
        answer_desk(handle(kind, (covey_bytes){in.at, in.len}));
    }
    log_size("device", covey_device_size(false));
    log_size("stack", board_stack_used());
    log_size("flash", port_records_most());
    board_log("the watch is done\n");
    return 0;
}
