#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { TEXT, NUMBER, PORT } kind;

typedef struct {
    const char *name;
    kind kind;
    size_t offset;
    size_t size;           /* of a text; the most of a number */
    const char *otherwise; /* the default */
    const char *help;
} setting;

#define AT(field) offsetof(relay_config, field)
#define ROOM(field) sizeof(((relay_config *)0)->field)

static const setting settings[] = {
    {"name", TEXT, AT(name), ROOM(name), "localhost",
     "host name of this relay, as its clients know it"},
    {"address", TEXT, AT(address), ROOM(address), "127.0.0.1",
     "address to listen on"},
    {"port", PORT, AT(port), 65535, "8470", "port to listen on"},
    {"metrics-address", TEXT, AT(metrics_address), ROOM(metrics_address),
     "127.0.0.1", "address for /metrics"},
    {"metrics-port", PORT, AT(metrics_port), 65535, "0",
     "port for /metrics; 0: none"},
    {"database", TEXT, AT(database), ROOM(database), "covey-relay.db",
     "file of the store"},
    {"certificate", TEXT, AT(certificate), ROOM(certificate), "",
     "PEM file with the certificate chain; none: no TLS"},
    {"key", TEXT, AT(key), ROOM(key), "", "PEM file with its private key"},
    {"workers", NUMBER, AT(workers), 256, "2", "threads that serve clients"},
    {"wait-max", NUMBER, AT(wait_max_s), 300, "55",
     "seconds that a client may wait for something to come"},
    {"expiry", NUMBER, AT(expiry_h), 8760, "168", "hours that blobs are kept"},
    {"keep", NUMBER, AT(keep_h), 87600, "4320",
     "hours that blobs marked to be kept are kept"},
    {"mailbox-blobs", NUMBER, AT(mailbox_blobs_max), 10000000, "65536",
     "blobs in one mailbox"},
    {"hour-blobs", NUMBER, AT(hour_blobs_max), 10000000, "3600",
     "new blobs in one mailbox in one hour"},
    {"new-mailboxes", NUMBER, AT(new_mailboxes_hour), 10000000, "1000",
     "new mailboxes of one client address in one hour"},
    {"waits", NUMBER, AT(waits_max), 10000000, "20000",
     "clients of one address that wait at a time"},
    {"connections", NUMBER, AT(connections_max), 10000000, "0",
     "connections at a time; 0: as the system allows, up to 100000"},
    {"request-time", NUMBER, AT(request_s), 3600, "20",
     "seconds for a request to come in, and 1 more for each 500 bytes"},
    {"disk-max", NUMBER, AT(disk_max_mb), 1000000000, "0",
     "megabytes that the store may take; 0: no limit"},
    {"wake-gateway", TEXT, AT(wake_gateway), ROOM(wake_gateway), "",
     "address of the gateway that wakes phones; none: no gateway"},
    {"wake-hosts", TEXT, AT(wake_hosts), ROOM(wake_hosts), "",
     "push services that may be asked directly: host, host:port, ..."},
    {"wake-private", NUMBER, AT(wake_private), 1, "0",
     "1: these hosts may have private addresses"},
    {"wake-ca", TEXT, AT(wake_ca), ROOM(wake_ca), "",
     "PEM file of the authorities trusted for both; none: the system's"},
    {"wake-pace", NUMBER, AT(wake_pace_s), 3600, "5",
     "seconds between two wakes of one phone"},
    {"wake-max", NUMBER, AT(wake_subscriptions_max), 100000000, "1000000",
     "phones to be woken that are remembered"},
};
#define NUM_SETTINGS (sizeof settings / sizeof settings[0])

static bool set_number(void *at, const setting *s, const char *value)
{
    char *end = NULL;

    errno = 0;
    unsigned long number = strtoul(value, &end, 10);
    if (errno != 0 || end == value || *end != 0 || number > s->size) {
        fprintf(stderr,
                "covey-relay: %s is a number from 0 to %zu, not \"%s\"\n",
                s->name, s->size, value);
        return false;
    }
    if (s->kind == PORT) {
        uint16_t port = (uint16_t)number;
        memcpy(at, &port, sizeof port);
    } else {
        uint32_t wide = (uint32_t)number;
        memcpy(at, &wide, sizeof wide);
    }
    return true;
}

static bool set(relay_config *config, const setting *s, const char *value)
{
    char *at = (char *)config + s->offset;

    if (s->kind != TEXT) return set_number(at, s, value);
    if (strlen(value) >= s->size) {
        fprintf(stderr, "covey-relay: %s is too long\n", s->name);
        return false;
    }
    memcpy(at, value, strlen(value) + 1);
    return true;
}

static const setting *find(const char *name)
{
    for (size_t i = 0; i < NUM_SETTINGS; i++) {
        if (strcmp(settings[i].name, name) == 0) return &settings[i];
    }
    return NULL;
}

/* The text without white space around it. */
static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && strchr(" \t\r\n", end[-1]) != NULL) end--;
    *end = 0;
    return text + strspn(text, " \t");
}

/* Lines of "name = value"; # begins a comment. */
static bool read_file(relay_config *config, const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    bool ok = true;

    if (file == NULL) {
        fprintf(stderr, "covey-relay: %s: %s\n", path, strerror(errno));
        return false;
    }
    for (unsigned number = 1; ok && fgets(line, sizeof line, file) != NULL;
         number++) {
        char *comment = strchr(line, '#');
        if (comment != NULL) *comment = 0;
        if (*trim(line) == 0) continue;

        char *equals = strchr(line, '=');
        if (equals != NULL) *equals = 0;
        const setting *s = equals != NULL ? find(trim(line)) : NULL;
        if (s == NULL) {
            fprintf(stderr,
                    "covey-relay: %s:%u: a line is \"name = value\", with a "
                    "name of --help\n",
                    path, number);
            ok = false;
        } else {
            ok = set(config, s, trim(equals + 1));
        }
    }
    fclose(file);
    return ok;
}

static void print_help(void)
{
    printf("Usage: covey-relay [--config FILE] [--NAME VALUE]...\n\n"
           "A relay for Covey: it keeps mailboxes of sealed blobs, and can "
           "read none.\n\n"
           "  --%-16s %s\n",
           "config FILE", "read settings, one \"name = value\" a line");
    for (size_t i = 0; i < NUM_SETTINGS; i++) {
        printf("  --%-16s %s%s%s%s\n", settings[i].name, settings[i].help,
               *settings[i].otherwise != 0 ? " (" : "", settings[i].otherwise,
               *settings[i].otherwise != 0 ? ")" : "");
    }
    printf("  --%-16s %s\n  --%-16s %s\n\n"
           "What follows later on the command line wins. SIGTERM ends it "
           "without loss.\n",
           "help", "this text", "version", "the version");
}

int relay_config_read(relay_config *config, int argc, char **argv)
{
    struct option options[NUM_SETTINGS + 4];
    int chosen = 0;

    memset(config, 0, sizeof *config);
    memset(options, 0, sizeof options);
    for (size_t i = 0; i < NUM_SETTINGS; i++) {
        (void)set(config, &settings[i], settings[i].otherwise);
        options[i] = (struct option){settings[i].name, required_argument, NULL,
                                     (int)i + 256};
    }
    options[NUM_SETTINGS] =
        (struct option){"config", required_argument, NULL, 'c'};
    options[NUM_SETTINGS + 1] = (struct option){"help", no_argument, NULL, 'h'};
    options[NUM_SETTINGS + 2] =
        (struct option){"version", no_argument, NULL, 'v'};
    while ((chosen = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (chosen == 'h') {
            print_help();
            return 1;
        }
        if (chosen == 'v') return 3;
        if (chosen == '?') return 2;
        if (chosen == 'c' ? !read_file(config, optarg)
                          : !set(config, &settings[chosen - 256], optarg)) {
            return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "covey-relay: what is \"%s\"? See --help\n",
                argv[optind]);
        return 2;
    }
    if ((*config->certificate == 0) != (*config->key == 0)) {
        fprintf(stderr, "covey-relay: certificate and key go together\n");
        return 2;
    }
    if (config->workers == 0) config->workers = 1;
    return 0;
}
