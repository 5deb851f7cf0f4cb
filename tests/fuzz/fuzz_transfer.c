/*
 * A transfer that receives from a relay that lies: the input says what each
 * answer is, of the attachment's true blobs and of others, or gives its bytes;
 * and when power is lost, a hook fails, an answer does not come. With the first
 * byte's bit 0, the rest is a saved state. What is written is what was sent,
 * and DONE is said of all of it alone.
 */
#include <covey/attachment.h>

#include "device/transfer_chunk.h"
#include "fuzz/fuzz.h"
#include "relay/sync.h"

enum { SIZE = 2000, CHUNK = 480, NUM = 5, BLOB = 512, TURNS = 64 };

static uint8_t sent[SIZE];
static uint8_t got[SIZE];
static uint8_t blobs[NUM][BLOB];
static uint8_t work[COVEY_TRANSFER_BATCH_MAX * COVEY_BLOB_MAX];
static uint64_t memory[128];
static covey_attachment what;
static bool fails;

static int read_file(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    (void)ctx;
    if (offset + len <= SIZE) {
        memcpy(out, got + offset, len);
    } else {
        memset(out, 1, len); /* of an attachment that was loaded */
    }
    return 0;
}

static int write_file(void *ctx, uint32_t offset, covey_bytes bytes)
{
    bool failed = fails;

    (void)ctx;
    fails = false;
    if (failed) return 1;
    fuzz_require(offset % CHUNK == 0 && offset < SIZE);
    fuzz_require(bytes.len <= SIZE - offset);
    fuzz_require(bytes.len == CHUNK || offset + bytes.len == SIZE);
    fuzz_require(memcmp(bytes.at, sent + offset, bytes.len) == 0);
    memcpy(got + offset, bytes.at, bytes.len);
    return 0;
}

static const covey_transfer_file file = {NULL, read_file, write_file};

static covey_transfer_config config_of(void)
{
    return (covey_transfer_config){.file = &file,
                                   .relay = covey_bytes_of_text("r"),
                                   .work = work,
                                   .work_len = sizeof work,
                                   .batch = 8};
}

/* ---- what was sent ---- */

static void make_attachment(void)
{
    covey_transfer_chunks chunks;
    covey_digest digest;
    covey_hash hash;

    for (size_t i = 0; i < SIZE; i++) sent[i] = (uint8_t)(i * i >> 3);
    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_bytes_of(sent, SIZE));
    covey_hash_end(&hash, &digest);
    what = (covey_attachment){.media = COVEY_MEDIA_VOICE,
                              .duration_ms = 1,
                              .size = SIZE,
                              .chunk_size = CHUNK};
    memcpy(what.sha256, digest.bytes, sizeof what.sha256);
    covey_transfer_chunks_of(&chunks, &what);
    for (uint32_t i = 0; i < NUM; i++) {
        memcpy(covey_transfer_chunk_at(blobs[i]), sent + i * CHUNK,
               covey_transfer_chunk_len(&chunks, i));
        covey_transfer_chunk_seal(&chunks, i, blobs[i]);
    }
}

/* ---- answers ---- */

/* One byte: a true blob, one with a bit changed, junk, or a stub. */
static covey_sync_entry make_entry(covey_bytes *input, uint64_t *index)
{
    static uint8_t changed[COVEY_SYNC_ENTRIES_MAX][BLOB];
    uint8_t choice = fuzz_byte(input);
    uint8_t *copy = changed[*index % COVEY_SYNC_ENTRIES_MAX];
    covey_sync_entry entry = {.index = *index};

    *index += 1u + (choice >> 7);
    memcpy(copy, blobs[choice % NUM], BLOB);
    entry.blob = covey_bytes_of(copy, BLOB);
    switch (choice >> 4 & 7) {
    case 0: test_flip(copy, (size_t)fuzz_byte(input) * 16); break;
    case 1: entry.blob.len = 256; break;
    case 2:
        entry.blob = covey_bytes_of(NULL, 0);
        entry.is_stub = true;
        entry.stub_len = 1024;
        break;
    default: break;
    }
    return entry;
}

static covey_bytes make_answer(covey_bytes *input)
{
    static covey_sync_entry entries[16];
    static uint8_t room[16 * 600];
    static uint8_t working[8192];
    covey_writer w = covey_writer_of(room, sizeof room);
    uint8_t choice = fuzz_byte(input);
    uint64_t index = fuzz_byte(input);
    covey_sync_response response = {.status = COVEY_SYNC_OK,
                                    .num_entries = choice & 15,
                                    .entries = entries};

    if (index == 0) index = 1;
    for (size_t i = 0; i < response.num_entries; i++) {
        entries[i] = make_entry(input, &index);
    }
    response.next = index + ((choice & 16) != 0 ? fuzz_byte(input) : 0);
    if ((choice & 0xe0) == 0xe0) {
        response = (covey_sync_response){.status = COVEY_SYNC_RETRY_LATER};
    }
    fuzz_require(
        covey_sync_response_encode(&w, &response,
                                   covey_scratch_of(working, sizeof working)) ==
        COVEY_OK);
    return covey_bytes_of(room, w.len);
}

static covey_bytes raw_answer(covey_bytes *input)
{
    size_t len = fuzz_byte(input);
    covey_bytes answer = *input;

    if (len < answer.len) answer.len = len;
    *input = covey_bytes_of(input->at + answer.len, input->len - answer.len);
    return answer;
}

/* ---- turns ---- */

static void restart(covey_transfer *t)
{
    const covey_transfer_config config = config_of();
    uint8_t saved[COVEY_TRANSFER_SAVED_SIZE];
    uint8_t again[COVEY_TRANSFER_SAVED_SIZE];

    fuzz_require(covey_transfer_save(t, saved) == COVEY_OK);
    covey_transfer_close(t);
    fuzz_require(
        covey_transfer_load(t, &config, covey_bytes_of(saved, sizeof saved)) ==
        COVEY_OK);
    fuzz_require(covey_transfer_save(t, again) == COVEY_OK);
    fuzz_require(memcmp(saved, again, sizeof saved) == 0);
}

static void check(const covey_transfer *t)
{
    const covey_transfer_progress progress = covey_transfer_progress_of(t);
    size_t len = (size_t)progress.chunks_done * CHUNK;

    fuzz_require(progress.chunks_done <= NUM);
    if (len > SIZE) len = SIZE;
    fuzz_require(memcmp(got, sent, len) == 0);
    fuzz_require(progress.state != COVEY_TRANSFER_BROKEN);
    fuzz_require(progress.state != COVEY_TRANSFER_DONE || len == SIZE);
}

static void answer(covey_transfer *t, covey_bytes *input, uint32_t id,
                   uint64_t now_ms)
{
    switch (fuzz_byte(input) % 8) {
    case 0: covey_transfer_failed(t, now_ms, id); break;
    case 1: restart(t); break;
    case 2: fails = true; break;
    case 3:
        fuzz_either_way(covey_transfer_input(t, now_ms, id, raw_answer(input)));
        break;
    default:
        fuzz_either_way(
            covey_transfer_input(t, now_ms, id, make_answer(input)));
        break;
    }
}

static void receive(covey_transfer *t, covey_bytes input)
{
    static uint8_t room[512];
    const covey_transfer_config config = config_of();
    covey_transfer_request request = {.id = 0};
    covey_buffer out = {room, sizeof room, 0};
    uint64_t now_ms = 0;

    fuzz_require(covey_transfer_receive(t, &config, &what) == COVEY_OK);
    for (int turn = 0; turn < TURNS && input.len != 0; turn++) {
        uint64_t deadline = covey_transfer_deadline(t);
        covey_transfer_request next;

        if (deadline != COVEY_TRANSFER_NO_DEADLINE && deadline > now_ms) {
            now_ms = deadline;
        }
        fuzz_require(covey_transfer_next_request(t, now_ms, &out, &next) ==
                     COVEY_OK);
        if (next.body.len != 0) request = next;
        answer(t, &input, request.id, now_ms);
        check(t);
    }
}

static void load(covey_transfer *t, covey_bytes input)
{
    static uint8_t room[256];
    const covey_transfer_config config = config_of();
    covey_buffer out = {room, sizeof room, 0};
    uint8_t again[COVEY_TRANSFER_SAVED_SIZE];
    covey_transfer_request request;

    int err = covey_transfer_load(t, &config, input);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED);
    if (err) return;
    fuzz_require(covey_transfer_save(t, again) == COVEY_OK);
    fuzz_require(covey_bytes_same(input, covey_bytes_of(again, sizeof again)));
    for (int i = 0; i < 4; i++) {
        err = covey_transfer_next_request(t, 0, &out, &request);
        fuzz_require(err == COVEY_OK || err == COVEY_ERR_BUFFER);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = {data, size};
    uint8_t mode = fuzz_byte(&input);
    covey_transfer *t;

    if (what.size == 0) make_attachment();
    fuzz_require(covey_transfer_size() <= sizeof memory);
    t = covey_transfer_at(memory, sizeof memory);
    fuzz_require(t != NULL);
    memset(got, 0, sizeof got);
    fails = false;
    if ((mode & 1) != 0) {
        load(t, input);
    } else {
        receive(t, input);
    }
    covey_transfer_close(t);
    return 0;
}
