#include "support/transfers.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "test transfers: %s\n", what);
    abort();
}

/* ---- files ---- */

test_file test_file_new(uint64_t seed, size_t len)
{
    test_choices choices = test_choices_of(seed);
    test_file file = {.bytes = test_alloc(len),
                      .len = len,
                      .fail_read = TEST_NEVER,
                      .fail_write = TEST_NEVER};

    if (seed != 0) test_fill(&choices, file.bytes, len);
    return file;
}

static int read_file(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    test_file *file = ctx;

    must(offset <= file->len && len <= file->len - offset, "read outside");
    if (file->num_reads++ == file->fail_read) {
        memset(out, 0xee, len / 2);
        return 7;
    }
    memcpy(out, file->bytes + offset, len);
    return 0;
}

static int write_file(void *ctx, uint32_t offset, covey_bytes bytes)
{
    test_file *file = ctx;

    must(offset <= file->len && bytes.len <= file->len - offset,
         "written outside");
    if (file->num_writes++ == file->fail_write) return 7;
    memcpy(file->bytes + offset, bytes.at, bytes.len);
    return 0;
}

covey_transfer_file test_file_hooks(test_file *file)
{
    return (covey_transfer_file){file, read_file, write_file};
}

/* ---- transfers ---- */

covey_transfer_config test_transfer_config(const covey_transfer_file *hooks,
                                           size_t blob, uint32_t batch)
{
    return (covey_transfer_config){.file = hooks,
                                   .relay =
                                       covey_bytes_of_text(TEST_RELAY_NAME),
                                   .work = test_alloc(blob * batch),
                                   .work_len = blob * batch,
                                   .batch = batch};
}

covey_transfer *test_transfer_new(void)
{
    size_t size = covey_transfer_size();

    return covey_transfer_at(test_alloc(size), size);
}

covey_attachment test_voice(size_t size)
{
    return (covey_attachment){.media = COVEY_MEDIA_VOICE,
                              .duration_ms = 4000,
                              .size = (uint32_t)size};
}

covey_transfer_state test_transfer_state(const covey_transfer *t)
{
    return covey_transfer_progress_of(t).state;
}

/* ---- the loop ---- */

int test_transfer_step(covey_transfer *t, test_relay *relay, uint64_t *now_ms)
{
    static uint8_t room[1 << 18];
    covey_buffer out = {room, sizeof room, 0};
    covey_transfer_request request;
    uint64_t deadline = covey_transfer_deadline(t);

    if (deadline != COVEY_TRANSFER_NO_DEADLINE && deadline > *now_ms) {
        *now_ms = deadline;
    }
    int err = covey_transfer_next_request(t, *now_ms, &out, &request);
    if (err || request.body.len == 0) return err;
    covey_bytes answer = test_relay_answer(relay, request.body);
    must(answer.len <= request.answer_max, "a long answer");
    return covey_transfer_input(t, *now_ms, request.id, answer);
}

static bool has_ended(const covey_transfer *t)
{
    covey_transfer_state state = test_transfer_state(t);

    return state == COVEY_TRANSFER_DONE || state == COVEY_TRANSFER_BROKEN;
}

int test_transfer_run(covey_transfer *t, test_relay *relay, size_t turns)
{
    uint64_t now_ms = 1000;

    for (size_t i = 0; i < turns && !has_ended(t); i++) {
        int err = test_transfer_step(t, relay, &now_ms);

        if (err && err != COVEY_ERR_MALFORMED) return err;
    }
    return COVEY_OK;
}

covey_attachment test_transfer_sent(test_relay *relay, test_file *file,
                                    uint32_t max_blob)
{
    const covey_transfer_file hooks = test_file_hooks(file);
    const covey_transfer_config config =
        test_transfer_config(&hooks, max_blob, 3);
    const covey_attachment voice = test_voice(file->len);
    test_random state = test_random_of(file->len + max_blob);
    const covey_random random = test_random_hook(&state);
    covey_transfer *t = test_transfer_new();
    covey_attachment what;

    must(covey_transfer_send(t, &config, &voice, max_blob, &random) == COVEY_OK,
         "send");
    must(test_transfer_run(t, relay, 10000) == COVEY_OK, "run");
    must(test_transfer_state(t) == COVEY_TRANSFER_DONE, "not sent");
    must(covey_transfer_attachment(t, &what) == COVEY_OK, "no descriptor");
    covey_transfer_close(t);
    return what;
}
