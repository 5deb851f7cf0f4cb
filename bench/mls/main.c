/*
 * bench_mls [--json] [--counts] [--no-init] [--only OPERATION] [--members N]
 *           [--runs R]
 *
 * Times each operation of <covey/mls.h> beside the bare libsodium calls that
 * it cannot avoid, by turns. bench/README.md says what these are.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "operations.h"

typedef struct {
    bool json;
    bool counts;
    bool no_init; /* without sodium_init() */
    const char *only;
    size_t members;
    size_t runs;
} settings;

static const size_t sizes[] = {2, 8, 32};
#define NUM_SIZES (sizeof sizes / sizeof sizes[0])

static const char *shape_name(family_shape shape)
{
    return shape == FAMILY_FULL ? "full" : "fresh";
}

/* ---- one row ---- */

static void print_row(const operation *op, const operation_state *state,
                      const measure_result *r)
{
    printf("%-16s %7zu  %-5s %10.1f", op->name, state->members,
           shape_name(state->shape), r->time_us);
    if (op->aim > 0) {
        double ratio = r->time_us / r->limit_us;

        printf(" %10.1f %6.2f %5.1f%s", r->limit_us, ratio, op->aim,
               ratio <= op->aim ? "" : "  above");
    }
    printf("\n");
}

static void print_json_row(const operation *op, const operation_state *state,
                           const measure_result *r)
{
    static bool again;

    printf("%s\n  {\"operation\": \"%s\", \"members\": %zu, \"tree\": \"%s\", "
           "\"runs\": %zu, \"time_us\": %.2f",
           again ? "," : "", op->name, state->members, shape_name(state->shape),
           r->runs, r->time_us);
    again = true;
    if (op->aim > 0) {
        printf(", \"limit_us\": %.2f, \"ratio\": %.3f, \"aim\": %.1f",
               r->limit_us, r->time_us / r->limit_us, op->aim);
    }
    printf("}");
}

static void print_count(const char *name, uint64_t count, uint64_t limit)
{
    if (count == 0 && limit == 0) return;
    printf("    %-16s %8llu %8llu\n", name, (unsigned long long)count,
           (unsigned long long)limit);
}

static void print_counts(const measure_result *r)
{
    for (int i = 0; i < BARE_NUM; i++) {
        print_count(bare_name((bare_kind)i), r->counts.calls[i],
                    r->limit_counts.calls[i]);
    }
    print_count("AEAD bytes", r->counts.aead_bytes, r->limit_counts.aead_bytes);
    print_count("SHA-256 blocks", r->counts.sha256_blocks,
                r->limit_counts.sha256_blocks);
}

static void do_one(const settings *s, const operation *op, size_t members,
                   family_shape shape)
{
    static operation_state state;

    operation_begin(&state, op, members, shape);

    const measure_subject subject = {&state, op->prepare, op->run,
                                     op->aim > 0 ? &state.limit : NULL};
    measure_result result = measure(&subject, s->runs);

    if (s->json) {
        print_json_row(op, &state, &result);
    } else {
        print_row(op, &state, &result);
        if (s->counts) print_counts(&result);
    }
    (void)fflush(stdout);
    operation_end(&state);
}

/* ---- all of them ---- */

static bool is_wanted(const settings *s, const operation *op, size_t members)
{
    return (s->only == NULL || strcmp(s->only, op->name) == 0) &&
           (s->members == 0 || s->members == members) &&
           members <= COVEY_MLS_MEMBERS_MAX;
}

static void do_all(const settings *s)
{
    if (!s->json) {
        printf("%-16s %7s  %-5s %10s %10s %6s %5s\n", "operation", "members",
               "tree", "time us", "limit us", "ratio", "aim");
    }
    for (size_t i = 0; i < NUM_OPERATIONS; i++) {
        for (size_t k = 0; k < NUM_SIZES; k++) {
            if (!is_wanted(s, &operations[i], sizes[k])) continue;
            do_one(s, &operations[i], sizes[k], FAMILY_FULL);
        }
        for (size_t k = 1; k < NUM_SIZES; k++) {
            if (!operations[i].depends_on_tree ||
                !is_wanted(s, &operations[i], sizes[k])) {
                continue;
            }
            do_one(s, &operations[i], sizes[k], FAMILY_FRESH);
        }
    }
}

/* ---- bytes ---- */

static void print_bytes(size_t members, family_shape shape)
{
    operation_bytes b = operation_bytes_of(members, shape);

    printf("%7zu  %-5s %8zu %8zu %8zu %8zu %8zu %8zu\n", members,
           shape_name(shape), b.key_package, b.commit, b.add, b.welcome,
           b.message, b.saved);
}

static void print_json_bytes(void)
{
    printf("\n], \"bytes\": [");
    for (size_t k = 0; k < 2 * NUM_SIZES; k++) {
        size_t members = sizes[k / 2];
        family_shape shape = k % 2 == 0 ? FAMILY_FULL : FAMILY_FRESH;

        if (members > COVEY_MLS_MEMBERS_MAX) break;
        operation_bytes b = operation_bytes_of(members, shape);
        printf("%s\n  {\"members\": %zu, \"tree\": \"%s\", \"key_package\": "
               "%zu, \"commit\": %zu, \"add\": %zu, \"welcome\": %zu, "
               "\"message\": %zu, \"saved\": %zu}",
               k == 0 ? "" : ",", members, shape_name(shape), b.key_package,
               b.commit, b.add, b.welcome, b.message, b.saved);
    }
}

static void do_bytes(void)
{
    printf("\nBytes: a message holds 100 bytes of data; saved is a group's "
           "state.\n%7s  %-5s %8s %8s %8s %8s %8s %8s\n",
           "members", "tree", "package", "commit", "add", "welcome", "message",
           "saved");
    for (size_t k = 0; k < NUM_SIZES; k++) {
        if (sizes[k] > COVEY_MLS_MEMBERS_MAX) continue;
        print_bytes(sizes[k], FAMILY_FULL);
        if (k > 0) print_bytes(sizes[k], FAMILY_FRESH);
    }
    printf("\nMemory for up to %d members: group %zu, staged epoch %zu, "
           "joiner %zu,\nscratch %zu (%zu for one that adds nobody)\n",
           COVEY_MLS_MEMBERS_MAX, covey_mls_group_size(),
           covey_mls_staged_size(), covey_mls_joiner_size(),
           covey_mls_scratch_size(), covey_mls_member_scratch_size());
}

/* ---- the command line ---- */

static void usage(void)
{
    fprintf(stderr, "bench_mls [--json] [--counts] [--no-init] "
                    "[--only OPERATION] [--members N] [--runs R]\n");
    exit(2);
}

static settings settings_of(int argc, char **argv)
{
    settings s = {.json = false};

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--json") == 0) {
            s.json = true;
            continue;
        }
        if (strcmp(argv[i], "--counts") == 0) {
            s.counts = true;
            continue;
        }
        if (strcmp(argv[i], "--no-init") == 0) {
            s.no_init = true;
            continue;
        }
        if (value == NULL) usage();
        if (strcmp(argv[i], "--only") == 0) {
            s.only = value;
        } else if (strcmp(argv[i], "--members") == 0) {
            s.members = strtoul(value, NULL, 10);
        } else if (strcmp(argv[i], "--runs") == 0) {
            s.runs = strtoul(value, NULL, 10);
        } else {
            usage();
        }
        i++;
    }
    return s;
}

int main(int argc, char **argv)
{
    settings s = settings_of(argc, argv);

    /* Chooses implementations by the processor, for both sides. */
    if (!s.no_init && sodium_init() < 0) return 2;
    if (s.json) {
        printf("{\"libsodium\": \"%s\", \"compiler\": \"%s\", \"build\": "
               "\"%s\", \"rows\": [",
               sodium_version_string(), BENCH_COMPILER, BENCH_BUILD_TYPE);
        do_all(&s);
        print_json_bytes();
        printf("\n]}\n");
        return 0;
    }
    printf("libsodium %s, %s, %s; medians of processor time\n\n",
           sodium_version_string(), BENCH_COMPILER, BENCH_BUILD_TYPE);
    do_all(&s);
    if (s.only == NULL) do_bytes();
    return 0;
}
