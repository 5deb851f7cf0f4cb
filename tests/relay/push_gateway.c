#include "push_gateway.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "relay_process.h"
#include "sync_client.h"

#define SOON_MS 5000  /* for what must come */
#define QUIET_MS 1300 /* for what must not: longer than the relay's pace */

static pid_t gateway;
static FILE *told; /* a line for each request */
unsigned gateway_port;

static bool line_in(int ms)
{
    struct pollfd from = {.fd = fileno(told), .events = POLLIN};

    return poll(&from, 1, ms) == 1;
}

void start_gateway(const char *const *words)
{
    const char *all[16] = {"python3", COVEY_PUSH_GATEWAY};
    int ends[2];

    for (size_t i = 0; words[i] != NULL; i++) all[2 + i] = words[i];
    cr_assert_eq(pipe(ends), 0);
    gateway = fork();
    cr_assert(gateway >= 0);
    if (gateway == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execvp("python3", (char *const *)(uintptr_t)all);
        _exit(127);
    }
    close(ends[1]);
    told = fdopen(ends[0], "r");
    setvbuf(told, NULL, _IONBF, 0); /* so that poll sees every line */
    cr_assert(line_in(20000), "no gateway");
    cr_assert_eq(fscanf(told, "port %u", &gateway_port), 1);
    cr_assert_eq(fgetc(told), '\n');
}

void end_gateway(void)
{
    kill(gateway, SIGKILL);
    (void)waitpid(gateway, NULL, 0);
    fclose(told);
}

static const char *wake_in(int ms)
{
    static char hex[20000];
    static char bytes[10000];
    size_t len = 0;

    if (!line_in(ms) || fgets(hex, sizeof hex, told) == NULL) return NULL;
    cr_assert_eq(sodium_hex2bin((uint8_t *)bytes, sizeof bytes - 1, hex,
                                strlen(hex) - 1, NULL, &len, NULL),
                 0);
    bytes[len] = 0;
    return bytes;
}

const char *next_wake(void)
{
    return wake_in(SOON_MS);
}

const char *late_wake(void)
{
    return wake_in(4 * SOON_MS);
}

void expect_wake(void)
{
    cr_assert_not_null(next_wake(), "nobody was woken");
}

void expect_quiet(void)
{
    const char *came = wake_in(QUIET_MS);

    cr_assert_null(came, "woken by: %s", came);
}

void subscribe(unsigned mailbox, const char *endpoint, uint32_t expiry_s)
{
    exchange *s = new_sync();

    s->request.has_wake = true;
    s->request.sealed_endpoint = covey_bytes_of_text(endpoint);
    s->request.expiry_s = expiry_s;
    cr_assert_eq(do_sync(s, mailbox), COVEY_SYNC_OK);
    free(s);
}

void append_flagged(unsigned mailbox, unsigned number, bool wake)
{
    exchange *s = new_sync();

    add_blob(s, number);
    s->request.appends[0].wake = wake;
    cr_assert_eq(do_sync(s, mailbox), COVEY_SYNC_OK);
    free(s);
}

void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

unsigned long figure(const char *name)
{
    static body answer;
    char line[80];

    cr_assert_eq(http("GET", relay_metrics_port, "/metrics", NULL, 0, &answer),
                 200);
    answer.bytes[answer.len] = 0;
    snprintf(line, sizeof line, "\ncovey_relay_%s ", name);
    const char *at = strstr((const char *)answer.bytes, line);
    cr_assert_not_null(at, "no figure %s", name);
    return strtoul(at + strlen(line), NULL, 10);
}

void start_at_gateway(const char *const *answers)
{
    static char address[64];
    static const char *const args[] = {"--wake-gateway", address, "--wake-pace",
                                       "1", NULL};

    sync_client_set_up();
    start_gateway(answers);
    snprintf(address, sizeof address, "http://127.0.0.1:%u/wake", gateway_port);
    relay_process_make(args);
}

void stop_at_gateway(void)
{
    relay_process_remove();
    end_gateway();
    sync_client_tear_down();
}
