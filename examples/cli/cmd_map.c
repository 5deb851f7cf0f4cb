#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "map_server.h"

#define WAIT_MS 25000
#define TURN_MS 50

const struct argp_option map_options_of[] = {
    {"port", 'p', "PORT", 0, "of the loopback (any that is free)", 0},
    {"html", 'f', "FILE", 0, "write it to a file instead, and end", 0},
    {"tiles", 't', "URL", 0,
     "tiles, with {z}, {x} and {y}: whoever serves them learns where the "
     "child is",
     0},
    {NULL, 0, NULL, 0, NULL, 0}};

static json_t *look(void *ctx)
{
    const app *a = ctx;

    return view_to_json(&a->desk.view, desk_clocks());
}

/* The file shows where a child is: for its owner alone. */
static FILE *open_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int write_file(app *a, const char *path)
{
    const map_options options = {.tiles = a->values['t'], .live = false};
    FILE *out = NULL;

    app_sync(a);
    json_t *data = look(a);
    out = open_private(path);
    bool ok = out != NULL && map_page_write(out, data, &options);
    if (out != NULL && fclose(out) != 0) ok = false;
    json_decref(data);
    if (!ok) {
        (void)complain(&a->error, "cannot write %s: %s", path, strerror(errno));
        return app_fail(a);
    }
    app_say(a, json_pack("{s:s}", "html", path), "Written: %s\n", path);
    return APP_OK;
}

static int serve(app *a, uint16_t port)
{
    map_server *server =
        map_server_open(port, a->values['t'], look, a, &a->error);

    if (server == NULL) return app_fail(a);
    app_say(a, json_pack("{s:s}", "url", map_server_url(server)),
            "The map is at %s\nCtrl-C ends it.\n", map_server_url(server));
    while (!app_ends()) {
        map_server_turn(server, 0);
        if (!desk_turn(&a->desk, TURN_MS, &a->error)) break;
    }
    map_server_close(server);
    return app_ends() ? APP_OK : app_fail(a);
}

int cmd_map(app *a)
{
    const char *tiles = a->values['t'];
    int64_t port = 0;

    if (tiles != NULL && !map_tiles_are_good(tiles)) {
        (void)complain(&a->error, "--tiles is like "
                                  "https://tile.example/{z}/{x}/{y}.png");
        (void)app_fail(a);
        return APP_USAGE;
    }
    if (a->values['p'] != NULL &&
        !app_number(a, &port, "--port", a->values['p'], 1, 65535)) {
        return APP_USAGE;
    }
    a->options.wait_ms = a->values['f'] != NULL ? 0 : WAIT_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    if (a->values['f'] != NULL) return write_file(a, a->values['f']);
    return serve(a, (uint16_t)port);
}
