#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carry.h"
#include "commands.h"
#include "content_json.h"
#include "media.h"

#define HEAD_SIZE 65536
#define GIVE_UP_S 60

const struct argp_option voice_options[] = {
    {"seconds", 's', "N", 0, "how long it is, where the file does not say", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static bool show_progress(void *ctx, uint32_t done, uint32_t all)
{
    const app *a = ctx;

    if (!a->json && isatty(STDERR_FILENO) && all > 0) {
        fprintf(stderr, "\r%u of %u%s", done, all, done == all ? "\n" : "");
    }
    return !app_ends();
}

static poster *open_poster(app *a)
{
    json_t *settings = history_get(a->desk.rows, "settings");
    const json_t *relay = json_object_get(a->desk.view.device, "relay");
    poster *p = poster_open(json_string_value(relay), settings, &a->error);

    json_decref(settings);
    return p;
}

/* ---- sending ---- */

/* Media, and sides or length. */
static bool describe_file(app *a, covey_attachment *what, int fd, bool voice)
{
    static uint8_t head[HEAD_SIZE];
    int64_t seconds = 0;
    ssize_t len = pread(fd, head, sizeof head, 0);

    if (len < 0) return complain(&a->error, "%s", strerror(errno));
    if (!voice) {
        return media_picture(what, head, (size_t)len) ||
               complain(&a->error, "a picture is PNG or JPEG, with sides of "
                                   "at most 8192 pixels");
    }
    if (a->values['s'] != NULL) {
        if (!app_number(a, &seconds, "--seconds", a->values['s'], 1, 600)) {
            return false;
        }
        what->media = COVEY_MEDIA_VOICE;
        what->duration_ms = (uint32_t)seconds * 1000;
        return true;
    }
    return media_voice(what, head, (size_t)len) ||
           complain(&a->error, "this is not WAV of at most ten minutes: say "
                               "--seconds N");
}

static bool open_file(app *a, covey_attachment *what, int *fd, bool voice)
{
    struct stat status;

    *fd = open(a->args[0], O_RDONLY | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &status) != 0) {
        return complain(&a->error, "%s: %s", a->args[0], strerror(errno));
    }
    if (status.st_size < 1 || status.st_size > COVEY_ATTACHMENT_MAX) {
        return complain(&a->error, "%s: 1 byte to 8 MiB can be sent",
                        a->args[0]);
    }
    what->size = (uint32_t)status.st_size;
    return describe_file(a, what, *fd, voice);
}

/* To the relay first, so that who hears of it finds it there. */
static int send_file(app *a, covey_attachment *what, int fd)
{
    covey_content content = {.kind = COVEY_CONTENT_ATTACHMENT};
    const carriage how = {open_poster(a), fd, GIVE_UP_S, show_progress, a};

    bool ok = how.poster != NULL && carry_out(&how, what, &a->error);
    poster_close(how.poster);
    if (!ok) return app_fail(a);
    content.of.attachment = *what;
    json_t *wish = content_to_json(&content);
    json_object_set_new(wish, "do", json_string("attachment"));
    json_t *answer = app_wish(a, wish);
    if (answer == NULL) return APP_FAILED;
    int status = app_flush(a);
    app_say(a, answer, status == APP_OK ? "Sent.\n" : "Kept.\n");
    return status;
}

static int attach(app *a, bool voice)
{
    covey_attachment what = {.size = 0};
    int fd = -1;
    int status = APP_FAILED;

    if (!open_file(a, &what, &fd, voice)) {
        status = app_fail(a);
    } else if (app_open(a) == APP_OK) {
        status = send_file(a, &what, fd);
    }
    if (fd >= 0) close(fd);
    return status;
}

int cmd_voice(app *a)
{
    return attach(a, true);
}

int cmd_picture(app *a)
{
    return attach(a, false);
}

/* ---- receiving ---- */

/* The message of this number, or the newest attachment. */
static const json_t *find(app *a, const char *number)
{
    const json_t *messages = a->desk.view.messages;
    int64_t at = (int64_t)json_array_size(messages);
    covey_attachment what;

    if (number != NULL) {
        if (!app_number(a, &at, "NUMBER", number, 1, INT32_MAX)) return NULL;
        return json_array_get(messages, (size_t)at - 1);
    }
    while (at > 0) {
        const json_t *m = json_array_get(messages, (size_t)--at);
        if (attachment_from_json(&what, m)) return m;
    }
    return NULL;
}

/* Under another name until it is whole and what was described. */
static int save_file(app *a, const covey_attachment *what, const char *path)
{
    char part[PATH_MAX];

    snprintf(part, sizeof part, "%s.part", path);
    int fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)complain(&a->error, "%s: %s", part, strerror(errno));
        return app_fail(a);
    }
    const carriage how = {open_poster(a), fd, GIVE_UP_S, show_progress, a};
    bool ok = how.poster != NULL && carry_in(&how, what, &a->error);
    poster_close(how.poster);
    if (ok && (fsync(fd) != 0 || rename(part, path) != 0)) {
        ok = complain(&a->error, "%s: %s", path, strerror(errno));
    }
    close(fd);
    if (!ok) {
        (void)unlink(part);
        return app_fail(a);
    }
    app_say(a,
            json_pack("{s:s, s:I}", "file", path, "size",
                      (json_int_t)what->size),
            "Saved: %s\n", path);
    return APP_OK;
}

int cmd_save(app *a)
{
    covey_attachment what;
    const char *path = a->args[a->num_args - 1];

    if (app_open(a) != APP_OK) return APP_FAILED;
    app_sync(a);
    const json_t *m = find(a, a->num_args > 1 ? a->args[0] : NULL);
    if (!attachment_from_json(&what, m)) {
        (void)complain(&a->error, "there is no such attachment: `covey inbox` "
                                  "shows them with their numbers");
        return app_fail(a);
    }
    return save_file(a, &what, path);
}
