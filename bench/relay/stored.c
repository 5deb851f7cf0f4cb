#include "stored.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "request.h"
#include "served.h"
#include "storage.h"

#define BATCH 256u

static uint32_t now_h(void)
{
    return (uint32_t)(time(NULL) / 3600);
}

static relay_address address_of(size_t number)
{
    relay_address address = {{0}};

    memcpy(address.bytes, &number, sizeof number);
    return address;
}

static relay_storage *open_store(const char *path)
{
    const relay_storage_options options = {.path = path,
                                           .hour_blobs_max = UINT32_MAX / 2,
                                           .mailbox_blobs_max = UINT32_MAX / 2};
    char error[300];
    relay_storage *storage =
        relay_storage_open(&options, now_h(), error, sizeof error);

    if (storage == NULL) served_give_up(error);
    return storage;
}

/* The mailboxes in turn, each reader up to date. */
static void append_batch(relay_storage *storage, size_t first,
                         size_t num_mailboxes)
{
    static uint8_t bytes[BATCH][REQUEST_BLOB];
    static relay_blob blobs[BATCH];
    static relay_append requests[BATCH];
    static relay_append *batch[BATCH];

    randombytes_buf(bytes, sizeof bytes);
    for (size_t i = 0; i < BATCH; i++) {
        size_t number = first + i;

        blobs[i] = (relay_blob){.bytes = bytes[i], .len = REQUEST_BLOB};
        requests[i] =
            (relay_append){.mailbox = address_of(number % num_mailboxes),
                           .blobs = &blobs[i],
                           .num_blobs = 1,
                           .after = number / num_mailboxes};
        batch[i] = &requests[i];
    }
    relay_storage_append(storage, batch, BATCH, now_h());
    for (size_t i = 0; i < BATCH; i++) {
        if (requests[i].status != RELAY_OK) served_give_up("an append failed");
    }
}

static double time_of_open(const char *path)
{
    double from = served_now_s();
    relay_storage *storage = open_store(path);
    double took = served_now_s() - from;

    relay_storage_close(storage);
    return took;
}

stored_result stored_measure(size_t num_blobs, size_t num_mailboxes)
{
    stored_result result = {0};
    char path[128];
    struct stat file;

    num_blobs = (num_blobs + BATCH - 1) / BATCH * BATCH;
    snprintf(path, sizeof path, "%s/stored.db", served_directory());
    relay_storage *storage = open_store(path);
    double from = served_now_s();
    for (size_t i = 0; i < num_blobs; i += BATCH) {
        append_batch(storage, i, num_mailboxes);
    }
    result.appends_hz = (double)num_blobs / (served_now_s() - from);
    relay_storage_close(storage);
    if (stat(path, &file) != 0) served_give_up(path);
    result.bytes_per_blob = (double)file.st_size / (double)num_blobs;
    result.open_s = time_of_open(path);

    served empty = served_relay("empty.db", false, 1);
    from = served_now_s();
    served full = served_relay("stored.db", false, 1);
    result.start_s = served_now_s() - from;
    if (served_figure(&full, "blobs") != num_blobs) {
        served_give_up("blobs are missing");
    }
    result.mailbox_bytes =
        ((double)served_memory(&full) - (double)served_memory(&empty)) /
        (double)num_mailboxes;
    served_end(&full);
    served_end(&empty);
    return result;
}
