/*
 * The map of a family that was made up, for a browser to look at.
 *
 *   map_rig html FILE TRACK   writes it as a file
 *   map_rig serve TRACK       serves it, says where, until its input ends; each
 *                             time it is asked there is one message more
 */
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpx.h"
#include "map_server.h"
#include "rows.h"
#include "scratch_dir.h"
#include "view.h"

#define NOW 1795161405000
#define HOSTILE                                                                \
    "</script><script>document.title='owned'</script>"                         \
    "<img src=x onerror=\"document.title='owned'\">"

static history *rows;
static view v;
static unsigned num_asked;

static json_t *look(void *ctx)
{
    char text[32];

    (void)ctx;
    snprintf(text, sizeof text, "look number %u", ++num_asked);
    rows_text(rows, ROWS_WATCH, 100 + num_asked, NOW, text);
    return view_update(&v) ? view_to_json(&v, (covey_now){NOW + 30000, 0})
                           : NULL;
}

static void set_up(const char *path)
{
    track t = {NULL, 0, 0};
    complaint error;

    if (!gpx_read_file(&t, path, &error)) abort();
    rows_device(rows);
    rows_walk(rows, &t, NOW);
    rows_text(rows, ROWS_BEN, 1, NOW, HOSTILE);
    track_free(&t);
}

static bool write_file(const char *path)
{
    const map_options options = {.tiles = NULL, .live = false};
    FILE *out = fopen(path, "w");
    json_t *data = look(NULL);

    bool ok = out != NULL && map_page_write(out, data, &options);
    if (out != NULL) ok = fclose(out) == 0 && ok;
    json_decref(data);
    return ok;
}

static bool serve(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    complaint error;
    map_server *server = map_server_open(0, NULL, look, NULL, &error);

    if (server == NULL) return false;
    printf("%s\n", map_server_url(server));
    fflush(stdout);
    while (poll(&input, 1, 0) == 0) map_server_turn(server, 20);
    map_server_close(server);
    return true;
}

int main(int argc, char **argv)
{
    static const uint8_t key[HISTORY_KEY_SIZE] = {1};
    complaint error;
    bool ok = false;

    if (argc < 3 || sodium_init() < 0) return 2;
    const char *directory = scratch_dir_make();
    rows = history_open(directory, key, &error);
    view_init(&v, rows);
    set_up(argv[argc - 1]);
    ok = strcmp(argv[1], "html") == 0 ? write_file(argv[2]) : serve();
    view_free(&v);
    history_close(rows);
    scratch_dir_remove(directory);
    return ok ? 0 : 1;
}
