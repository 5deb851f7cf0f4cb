/*
 * relay-conformance: whether a relay keeps the rules of SPEC.md section 4.5.
 * Asks it over HTTP as its clients do, and prints a table.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

static const conformance_case *const groups[] = {
    append_cases, order_cases, read_cases, refuse_cases, wait_cases,
};
#define NUM_GROUPS (sizeof groups / sizeof groups[0])

/* ---- what the cases share ---- */

void finding_fail(finding *f, const char *format, ...)
{
    va_list args;

    if (f->verdict == FAILED) return;
    f->verdict = FAILED;
    va_start(args, format);
    vsnprintf(f->why, sizeof f->why, format, args);
    va_end(args);
}

static const char *status_name(covey_sync_status status)
{
    static const char *const names[] = {"none",        "ok",
                                        "bad request", "too large",
                                        "retry later", "not found",
                                        "conflict",    "quota"};

    return (size_t)status < sizeof names / sizeof names[0] ? names[status]
                                                           : "unknown";
}

bool sync_wants(finding *f, exchange *x, const covey_mailbox *mailbox,
                covey_sync_status status)
{
    if (!client_sync(x, mailbox)) {
        finding_fail(f, "%s", x->trouble);
        return false;
    }
    if (x->response.status != status) {
        finding_fail(f, "the status is %u (%s), not %u (%s)",
                     x->response.status, status_name(x->response.status),
                     status, status_name(status));
        return false;
    }
    return true;
}

bool append_fresh(finding *f, const covey_mailbox *mailbox, size_t num)
{
    bool ok = true;

    while (ok && num != 0) {
        exchange *x = client_new(f->to);

        for (; num != 0 && x->request.num_appends < COVEY_SYNC_APPENDS_MAX;
             num--) {
            client_add(x, BLOB);
        }
        x->request.after = UINT64_MAX;
        ok = sync_wants(f, x, mailbox, COVEY_SYNC_OK);
        client_free(x);
    }
    return ok;
}

bool count_entries(finding *f, const covey_mailbox *mailbox, uint64_t after,
                   size_t *num)
{
    exchange *x = client_new(f->to);

    x->request.after = after;
    bool ok = sync_wants(f, x, mailbox, COVEY_SYNC_OK);
    *num = ok ? x->response.num_entries : 0;
    client_free(x);
    return ok;
}

bool next_of(finding *f, const covey_mailbox *mailbox, uint64_t *next)
{
    exchange *x = client_new(f->to);

    x->request.after = UINT64_MAX;
    bool ok = sync_wants(f, x, mailbox, COVEY_SYNC_OK);
    *next = ok ? x->response.next : 0;
    client_free(x);
    return ok;
}

bool is_entry_of(const covey_sync_entry *entry, const exchange *x, size_t at)
{
    covey_bytes blob = x->request.appends[at].blob;

    return !entry->is_stub && entry->blob.len == blob.len &&
           memcmp(entry->blob.at, blob.at, blob.len) == 0;
}

/* ---- running ---- */

static const char usage[] =
    "Usage: relay-conformance URL [--relay-name NAME] [--case NAME]...\n"
    "       relay-conformance --list\n\n"
    "Whether a relay keeps the rules of SPEC.md section 4.5. Leaves some\n"
    "hundred small mailboxes of rubbish in it, which expire.\n\n"
    "  URL                 of the relay, such as http://localhost:8470\n"
    "  --relay-name NAME   that it takes requests for (the URL's host)\n"
    "  --case NAME         only this case; may be repeated\n"
    "  --quota BLOBS       that one mailbox holds: the quota is tried too\n"
    "  --patience MS       that answers may come late (3000)\n"
    "  --list              prints the cases\n\n"
    "Exits with 0 when all cases pass, 1 when one fails, 2 when it could\n"
    "not run.\n";

static int list(void)
{
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        for (const conformance_case *c = groups[i]; c->name != NULL; c++) {
            printf("%-36s %s\n", c->name, c->rule);
        }
    }
    return 0;
}

typedef struct {
    target to;
    char *chosen[64];
    size_t num_chosen;
    size_t counts[3]; /* by verdict */
    char url[500];
    char name[COVEY_SYNC_RELAY_MAX + 1];
} session;

static bool is_chosen(const session *s, const char *name)
{
    for (size_t i = 0; i < s->num_chosen; i++) {
        if (strcmp(s->chosen[i], name) == 0) return true;
    }
    return s->num_chosen == 0;
}

static void run_case(session *s, const conformance_case *c)
{
    static const char *const words[] = {"pass", "FAIL", "----"};
    finding f = {.to = &s->to};

    c->run(&f);
    client_free_all();
    s->counts[f.verdict]++;
    printf("%s  %-36s %s\n", words[f.verdict], c->name, c->rule);
    if (f.verdict != PASSED) printf("      %s\n", f.why);
    fflush(stdout);
}

static int run_all(session *s)
{
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        for (const conformance_case *c = groups[i]; c->name != NULL; c++) {
            if (is_chosen(s, c->name)) run_case(s, c);
        }
    }
    printf("%zu passed, %zu failed, %zu not checked\n", s->counts[PASSED],
           s->counts[FAILED], s->counts[NOT_CHECKED]);
    if (s->counts[PASSED] + s->counts[FAILED] == 0) {
        fputs("nothing was checked: see --list\n", stderr);
        return 2;
    }
    return s->counts[FAILED] == 0 ? 0 : 1;
}

/* Requests are signed for the host as the client knows it. */
static bool name_of_url(session *s)
{
    const char *at = strstr(s->url, "://");
    size_t len = 0;

    if (at == NULL) return false;
    at += 3;
    len = *at == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/");
    if (len == 0 || len >= sizeof s->name) return false;
    for (size_t i = 0; i < len; i++) {
        bool is_upper = at[i] >= 'A' && at[i] <= 'Z';
        s->name[i] = (char)(is_upper ? at[i] - 'A' + 'a' : at[i]);
    }
    s->to.name = s->name;
    return true;
}

static bool read_options(session *s, int argc, char **argv)
{
    static const struct option options[] = {
        {"relay-name", required_argument, NULL, 'n'},
        {"case", required_argument, NULL, 'c'},
        {"quota", required_argument, NULL, 'q'},
        {"patience", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    s->to.patience = 3000;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'n') {
            s->to.name = optarg;
        } else if (option == 'q') {
            s->to.quota = (uint32_t)strtoul(optarg, NULL, 10);
        } else if (option == 'p') {
            s->to.patience = (uint32_t)strtoul(optarg, NULL, 10);
        } else if (option == 'c' && s->num_chosen < 64) {
            s->chosen[s->num_chosen++] = optarg;
        } else {
            return false;
        }
    }
    if (optind + 1 != argc || strlen(argv[optind]) >= sizeof s->url) {
        return false;
    }
    snprintf(s->url, sizeof s->url, "%s", argv[optind]);
    size_t len = strlen(s->url);
    while (len != 0 && s->url[len - 1] == '/') s->url[--len] = 0;
    s->to.url = s->url;
    return s->to.name != NULL || name_of_url(s);
}

int main(int argc, char **argv)
{
    static session s;

    if (argc == 2 && strcmp(argv[1], "--list") == 0) return list();
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!read_options(&s, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        fputs("libsodium or libcurl does not start\n", stderr);
        return 2;
    }
    printf("%s, as \"%s\"\n", s.to.url, s.to.name);
    int status = run_all(&s);
    curl_global_cleanup();
    return status;
}
