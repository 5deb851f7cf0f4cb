/*
 * bench_device [--json] [--counts] [--members N] [--runs R] [--check]
 *
 * What a fix costs beside the bare libsodium calls that it cannot avoid, what
 * is saved for it, and what crosses the wire. bench/README.md says how.
 * --check times nothing: it compares what was called, and the sizes of blobs.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "fix.h"
#include "measure.h"
#include "wire.h"

typedef struct {
    bool json;
    bool counts;
    bool check;
    size_t members;
    size_t runs;
} settings;

static const size_t sizes[] = {2, 4, 8, 16};
#define NUM_SIZES (sizeof sizes / sizeof sizes[0])

static bool all_well = true;

static void expect(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "bench_device: not so: %s\n", what);
    all_well = false;
}

/* ---- one row ---- */

static void print_counts(const measure_result *r)
{
    for (int i = 0; i < BARE_NUM; i++) {
        if (r->counts.calls[i] == 0 && r->limit_counts.calls[i] == 0) continue;
        printf("    %-16s %8llu %8llu\n", bare_name((bare_kind)i),
               (unsigned long long)r->counts.calls[i],
               (unsigned long long)r->limit_counts.calls[i]);
    }
    printf("    %-16s %8llu %8llu\n", "SHA-256 blocks",
           (unsigned long long)r->counts.sha256_blocks,
           (unsigned long long)r->limit_counts.sha256_blocks);
}

static void print_row(const settings *s, const char *name, size_t members,
                      const measure_result *r)
{
    static bool again;

    if (s->check) return;
    if (s->json) {
        printf("%s\n  {\"operation\": \"%s\", \"members\": %zu, \"runs\": %zu, "
               "\"time_us\": %.2f, \"limit_us\": %.2f, \"ratio\": %.3f}",
               again ? "," : "", name, members, r->runs, r->time_us,
               r->limit_us, r->time_us / r->limit_us);
        again = true;
        return;
    }
    printf("%-16s %7zu %10.1f %10.1f %6.2f\n", name, members, r->time_us,
           r->limit_us, r->time_us / r->limit_us);
    if (s->counts) print_counts(r);
    (void)fflush(stdout);
}

/* The same signatures on both sides; of opened AEADs, `opened` more: whether
 * a blob is one of this epoch is seen by opening its sender data. */
static void check_counts(const measure_result *r, uint64_t opened)
{
    const uint64_t *calls = r->counts.calls;
    const uint64_t *limit = r->limit_counts.calls;

    expect(calls[BARE_SIGN] == limit[BARE_SIGN], "signs as often as it must");
    expect(calls[BARE_VERIFY] == limit[BARE_VERIFY],
           "verifies as often as it must");
    expect(calls[BARE_SEAL] == limit[BARE_SEAL], "seals as often as it must");
    expect(calls[BARE_OPEN] == limit[BARE_OPEN] + opened,
           "opens as often as it must");
    expect(calls[BARE_BASE] + calls[BARE_AGREE] == 0, "needs no X25519");
    expect(r->limit_counts.sha256_blocks <= r->counts.sha256_blocks,
           "the limit hashes no more than the library");
}

/* ---- all of them ---- */

static void do_fix(const settings *s, circle *c, size_t members, bool out)
{
    static fix_state state;
    const measure_subject subject = {&state, fix_prepare,
                                     out ? fix_out_run : fix_in_run,
                                     &state.limit};

    if (out) {
        fix_out_begin(&state, c);
    } else {
        fix_in_begin(&state, c);
    }
    measure_result result = measure(&subject, s->check ? 1 : s->runs);
    check_counts(&result, out ? 0 : 1);
    print_row(s, out ? "fix out" : "fix in", members, &result);
    fix_end(&state);
}

typedef struct {
    const char *name;
    void (*begin)(engine_state *state, circle *c);
    void (*run)(void *ctx);
    uint64_t opened;
} engine_row;

static const engine_row engine_rows[] = {
    {"watch sends", engine_send_begin, engine_send_run, 0},
    {"with a reserve", engine_spare_begin, engine_send_run, 0},
    {"phone takes", engine_take_begin, engine_take_run, 1},
    {"phone saves", engine_save_begin, engine_save_run, 0},
};
#define NUM_ENGINE (sizeof engine_rows / sizeof engine_rows[0])

static void do_engine(const settings *s, circle *c, size_t members,
                      const engine_row *row, circle_saves *saves)
{
    static engine_state state;
    const measure_subject subject = {&state, engine_prepare, row->run,
                                     &state.limit};

    row->begin(&state, c);
    *saves = state.saves;
    measure_result result = measure(&subject, s->check ? 1 : s->runs);
    check_counts(&result, row->opened);
    print_row(s, row->name, members, &result);
    engine_end(&state);
}

static bool is_wanted(const settings *s, size_t members)
{
    if (s->check) return members == 4;
    return s->members == 0 || s->members == members;
}

static void do_all(const settings *s, circle_saves saves[][NUM_ENGINE])
{
    static circle c;

    for (size_t k = 0; k < NUM_SIZES; k++) {
        if (!is_wanted(s, sizes[k])) continue;
        circle_begin(&c, sizes[k]);
        do_fix(s, &c, sizes[k], true);
        do_fix(s, &c, sizes[k], false);
        for (size_t i = 0; i < NUM_ENGINE; i++) {
            do_engine(s, &c, sizes[k], &engine_rows[i], &saves[k][i]);
        }
        circle_end(&c);
    }
}

/* ---- saves and bytes ---- */

static void print_saves(const settings *s, circle_saves saves[][NUM_ENGINE])
{
    printf("\nSaves: records count the key slot.\n%-16s %7s %6s %8s %8s\n",
           "operation", "members", "saves", "records", "bytes");
    for (size_t k = 0; k < NUM_SIZES; k++) {
        if (!is_wanted(s, sizes[k])) continue;
        for (size_t i = 0; i < NUM_ENGINE; i++) {
            const circle_saves *one = &saves[k][i];

            printf("%-16s %7zu %6zu %8zu %8zu\n", engine_rows[i].name, sizes[k],
                   one->num, one->num_records, one->bytes);
        }
    }
}

static void print_wire(const wire_row *rows)
{
    printf("\nOn the wire, four members: blobs by size, all they come to; "
           "requests that\nappend and answers with entries, of all members, "
           "without HTTP.\n%-12s %6s %6s %6s %6s %8s %8s %8s\n",
           "", "256", "512", "1024", "larger", "blobs", "up", "down");
    for (size_t i = 0; i < WIRE_ROWS; i++) {
        const wire_row *r = &rows[i];
        size_t larger = 0;

        for (size_t k = 3; k < WIRE_SIZES; k++) larger += r->blobs[k];
        printf("%-12s %6zu %6zu %6zu %6zu %8zu %8zu %8zu\n", r->name,
               r->blobs[0], r->blobs[1], r->blobs[2], larger, r->blob_bytes,
               r->up, r->down);
    }
}

static void print_json_wire(const wire_row *rows)
{
    printf("\n], \"wire\": [");
    for (size_t i = 0; i < WIRE_ROWS; i++) {
        printf("%s\n  {\"what\": \"%s\", \"blob_bytes\": %zu, \"up\": %zu, "
               "\"down\": %zu}",
               i == 0 ? "" : ",", rows[i].name, rows[i].blob_bytes, rows[i].up,
               rows[i].down);
    }
    printf("\n]}\n");
}

static void check_wire(const wire_row *rows)
{
    expect(rows[0].blob_bytes == COVEY_BLOB_MIN, "a fix takes 256 bytes");
    expect(rows[1].blob_bytes == COVEY_BLOB_MIN, "six fixes take 256 bytes");
    expect(rows[3].blobs[0] >= 4, "a command has a notice, log and receipt");
}

/* ---- the command line ---- */

static settings settings_of(int argc, char **argv)
{
    settings s = {.json = false};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            s.json = true;
        } else if (strcmp(argv[i], "--counts") == 0) {
            s.counts = true;
        } else if (strcmp(argv[i], "--check") == 0) {
            s.check = true;
        } else if (strcmp(argv[i], "--members") == 0 && i + 1 < argc) {
            s.members = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
            s.runs = strtoul(argv[++i], NULL, 10);
        } else {
            (void)fprintf(stderr, "bench_device [--json] [--counts] "
                                  "[--members N] [--runs R] [--check]\n");
            exit(2);
        }
    }
    return s;
}

int main(int argc, char **argv)
{
    static circle_saves saves[NUM_SIZES][NUM_ENGINE];
    const settings s = settings_of(argc, argv);
    wire_row rows[WIRE_ROWS];

    if (sodium_init() < 0) return 2;
    if (s.json) {
        printf("{\"libsodium\": \"%s\", \"compiler\": \"%s\", \"build\": "
               "\"%s\", \"rows\": [",
               sodium_version_string(), BENCH_COMPILER, BENCH_BUILD_TYPE);
    } else if (!s.check) {
        printf("libsodium %s, %s, %s; medians of processor time\n\n"
               "%-16s %7s %10s %10s %6s\n",
               sodium_version_string(), BENCH_COMPILER, BENCH_BUILD_TYPE,
               "operation", "members", "time us", "limit us", "ratio");
    }
    do_all(&s, saves);
    wire_measure(rows);
    check_wire(rows);
    if (s.json) {
        print_json_wire(rows);
    } else if (!s.check) {
        print_saves(&s, saves);
        print_wire(rows);
    }
    return all_well ? 0 : 1;
}
