/*
 * bench_relay [--short] [rates|polls|stored]
 *
 * What the reference relay costs, beside what no relay can do without.
 * bench/README.md says what is measured. --short is for a look whether
 * everything works: its figures mean nothing. Exits 1 when an answer was
 * wrong.
 */
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "polls.h"
#include "rate.h"
#include "served.h"
#include "stored.h"

#define AIM_RATIO 0.5        /* of what verification alone allows */
#define AIM_TLS_POLL 24000.0 /* bytes */

static const char *verdict(bool kept)
{
    return kept ? "" : "  missed";
}

static void print_rate(const char *name, const rate_row *row)
{
    printf("%-34s %10.1f %12.0f %12.0f\n", name, row->cpu_us, 1e6 / row->cpu_us,
           row->wall_hz);
}

static size_t do_rates(bool is_short)
{
    rate_result r = rate_measure(is_short ? 2000 : 20000, is_short ? 1 : 7);

    printf("%-34s %10s %12s %12s\n", "operation", "cpu us", "/s of a core",
           "/s measured");
    print_rate("sync: append one, read one", &r.relay);
    print_rate("  limit: libevent, an empty 200", &r.evhttp);
    print_rate("  limit: Ed25519 verification", &r.verify);
    printf("of what verification alone allows: %.2f, aim %.1f%s\n\n", r.ratio,
           AIM_RATIO, verdict(r.ratio >= AIM_RATIO));
    (void)fflush(stdout);
    return r.num_failed;
}

static void do_polls(size_t num, bool tls)
{
    polls_result r = polls_measure(num, tls);
    bool kept = !tls || r.bytes <= AIM_TLS_POLL;

    printf("%-34s %10.0f bytes each%s%s\n",
           tls ? "idle long poll, TLS" : "idle long poll", r.bytes,
           tls ? ", aim 24000" : "", verdict(kept));
    printf("%-34s %10zu\n", "  at the same time", r.num);
    (void)fflush(stdout);
}

static void do_stored(bool is_short)
{
    size_t num = is_short ? 20000 : 1000000;
    size_t mailboxes = is_short ? 1000 : 100000;
    stored_result r = stored_measure(num, mailboxes);

    printf("\n%-34s %10zu in %zu mailboxes\n", "blobs of 256 bytes", num,
           mailboxes);
    printf("%-34s %10.0f /s, 256 to a durable step\n", "  appended",
           r.appends_hz);
    printf("%-34s %10.0f bytes each\n", "  in the file", r.bytes_per_blob);
    printf("%-34s %10.0f bytes for each mailbox\n", "  in memory",
           r.mailbox_bytes);
    printf("%-34s %10.2f s to read the store, %.2f s until it serves\n",
           "  restart", r.open_s, r.start_s);
}

static void do_all_polls(bool is_short)
{
    do_polls(is_short ? 300 : 5000, false);
    if (!served_make_certificate()) {
        printf("no openssl: polls over TLS are NOT MEASURED\n");
        return;
    }
    do_polls(is_short ? 100 : 5000, true);
    if (!is_short) do_polls(18000, true);
}

static bool is_wanted(const char *only, const char *what)
{
    return only == NULL || strcmp(only, what) == 0;
}

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    const char *only = argv[is_short ? 2 : 1];
    size_t num_failed = 0;

    if (argc > (is_short ? 3 : 2) || (only != NULL && *only == '-')) {
        fprintf(stderr, "bench_relay [--short] [rates|polls|stored]\n");
        return 2;
    }
    if (sodium_init() < 0) return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    printf("libsodium %s, %s, %s; %u cores\n\n", sodium_version_string(),
           BENCH_COMPILER, BENCH_BUILD_TYPE, served_num_cores());
    if (is_wanted(only, "rates")) num_failed = do_rates(is_short);
    if (is_wanted(only, "polls")) do_all_polls(is_short);
    if (is_wanted(only, "stored")) do_stored(is_short);
    served_remove_directory();
    if (num_failed != 0) printf("\n%zu answers were WRONG\n", num_failed);
    return num_failed == 0 ? 0 : 1;
}
