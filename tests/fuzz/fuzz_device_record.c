/*
 * The records of a device, each read from any bytes: its seal is taken away.
 * The input's first byte says whose device, the second which record. What is
 * read comes back from being written; and a device with it goes on, to
 * wherever that leads, but not out of bounds.
 */
#include <covey/error.h>

#include "device/records.h"
#include "fuzz/circle.h"
#include "fuzz/fuzz.h"
#include "fuzz/lenient.h"

#define ROOM (1u << 18)

static const uint32_t slots[] = {COVEY_SLOT_SELF,      COVEY_SLOT_GROUP,
                                 COVEY_SLOT_LOG,       COVEY_SLOT_OUTBOX,
                                 COVEY_SLOT_PEERS,     COVEY_SLOT_TASKS,
                                 COVEY_SLOT_BOOK,      COVEY_SLOT_PAIRING,
                                 COVEY_SLOT_OPERATION, COVEY_SLOT_PROPOSALS};
#define NUM_SLOTS (sizeof slots / sizeof slots[0])

static uint8_t room[ROOM];

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* ---- seeds ---- */

static covey_bytes record_of(const covey_device *device, uint32_t slot)
{
    covey_writer w = covey_writer_of(room, sizeof room);

    covey_record_write(&w, device, slot);
    return w.failed ? covey_bytes_of(NULL, 0) : covey_writer_since(&w, 0);
}

static void write_seed(const char *directory, uint8_t who, uint8_t which,
                       const char *name, const covey_device *device)
{
    covey_bytes record = record_of(device, slots[which]);
    char path[4096];

    if (record.len == 0) return;
    (void)snprintf(path, sizeof path, "%s/%s_%u_%u", directory, name, who,
                   which);
    FILE *file = fopen(path, "wb");
    fuzz_require(file != NULL && fputc(who, file) == who &&
                 fputc(which, file) == which);
    fuzz_require(fwrite(record.at, 1, record.len, file) == record.len);
    fuzz_require(fclose(file) == 0);
}

/* An invite that is shown: the only device with that record. */
static void seed_invite(const char *directory)
{
    static test_home other;
    char uri[COVEY_URI_SIZE];

    test_home_begin(&other);
    test_device *watch = test_home_add(&other, "new", false, 7);
    fuzz_require(covey_device_invite(watch->device, COVEY_ROLE_WEARER,
                                     TEST_HOME_RELAY, 0, test_home_now(&other),
                                     uri) == COVEY_OK);
    for (uint8_t i = 0; i < NUM_SLOTS; i++) {
        write_seed(directory, CIRCLE_WATCH, i, "invite", watch->device);
    }
    test_home_end(&other);
}

static void write_seeds(const char *directory)
{
    uint32_t id;

    for (uint8_t who = 0; who < CIRCLE_NUM; who++) {
        test_device *host = circle_restore((circle_name)who, &id);

        for (uint8_t i = 0; i < NUM_SLOTS; i++) {
            write_seed(directory, who, i, "stands", host->device);
        }
        fuzz_either_way(
            covey_device_refresh(host->device, test_home_now(host->home)));
        covey_device_failed(host->device, test_home_now(host->home), id);
        host->home->time_ms += 60000;
        covey_buffer out = {room, sizeof room, 0};
        covey_request request;
        fuzz_require(covey_device_next_request(host->device,
                                               test_home_now(host->home), &out,
                                               &request) == COVEY_OK);
        for (uint8_t i = 0; i < NUM_SLOTS; i++) {
            write_seed(directory, who, i, "busy", host->device);
        }
    }
    seed_invite(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *directory = getenv("COVEY_FUZZ_SEEDS");

    (void)argc;
    (void)argv;
    (void)circle_get();
    if (directory != NULL) {
        write_seeds(directory);
        exit(0);
    }
    return 0;
}

/* ---- what holds ---- */

/* Whatever it means: nothing happens out of bounds. */
static void go_on(test_device *host)
{
    covey_device *device = host->device;
    covey_event event;

    for (int i = 0; i < 8; i++) {
        covey_buffer out = {room, sizeof room, 0};
        covey_request request;

        host->home->time_ms += 60000;
        (void)covey_device_deadline(device);
        for (int k = 0; k < 64; k++) {
            if (covey_device_next_event(device, test_home_now(host->home),
                                        &event) != COVEY_OK ||
                event.kind == COVEY_EVENT_NONE) {
                break;
            }
        }
        if (covey_device_next_request(device, test_home_now(host->home), &out,
                                      &request) != COVEY_OK) {
            return;
        }
        if (request.body.len != 0) {
            covey_device_failed(device, test_home_now(host->home), request.id);
        }
    }
}

/* As before a record is loaded. */
static void forget(covey_device *device, uint32_t slot)
{
    if (slot == COVEY_SLOT_GROUP) {
        covey_mls_group_wipe(device->group);
        if (device->staged != NULL) covey_mls_drop(device->staged);
    }
    if (slot == COVEY_SLOT_PAIRING) covey_mls_joiner_wipe(device->joiner);
}

/* What is written is read as the same. One that says that there is nothing
 * need not be there. */
static void check_again(covey_device *device, uint32_t slot)
{
    static uint8_t kept[ROOM];
    covey_bytes once = record_of(device, slot);

    if (once.len == 0) return;
    memcpy(kept, once.at, once.len);
    forget(device, slot);
    fuzz_require(covey_record_read(device, slot,
                                   covey_bytes_of(kept, once.len)) == COVEY_OK);
    fuzz_require(covey_bytes_same(record_of(device, slot),
                                  covey_bytes_of(kept, once.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    uint8_t who = fuzz_byte(&input);
    uint32_t slot = slots[fuzz_byte(&input) % NUM_SLOTS];
    uint32_t id;

    test_device *host = circle_restore((circle_name)(who % CIRCLE_NUM), &id);
    fuzz_lenient = (who & 0x80) != 0;
    forget(host->device, slot);
    int err = covey_record_read(host->device, slot, input);
    if (err == COVEY_OK) {
        check_again(host->device, slot);
        go_on(host);
    } else {
        fuzz_require(covey_error_name(err) != NULL);
        fuzz_require(err != COVEY_ERR_STATE && err != COVEY_ERR_ARGUMENT);
    }
    fuzz_lenient = false;
    return 0;
}
