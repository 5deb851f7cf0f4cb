#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "gpx.h"

#define STEP_MS 1000 /* between points without a time */

/* ---- a track ---- */

static void give_times(track *t)
{
    for (size_t i = 0; i < t->num; i++) {
        if (t->fixes[i].time_ms > 0) continue;
        t->fixes[i].time_ms =
            i > 0 ? t->fixes[i - 1].time_ms + STEP_MS : STEP_MS;
    }
}

static void set_pace(source *s, const source_pace *pace)
{
    covey_fix *fixes = s->track.fixes;
    size_t num = s->track.num;

    s->length = fixes[num - 1].time_ms - fixes[0].time_ms;
    s->speed = pace->speed;
    if (pace->within_ms > 0) s->speed = s->length / pace->within_ms + 1;
    if (pace->now_ms > 0) {
        int64_t takes = s->speed > 0 ? s->length / s->speed : 0;
        int64_t shift = pace->now_ms + takes - fixes[num - 1].time_ms;
        for (size_t i = 0; i < num; i++) fixes[i].time_ms += shift;
    }
}

bool source_replay(source *s, const char *path, const source_pace *pace,
                   complaint *error)
{
    complaint why;

    *s = (source){.fd = -1};
    if (!gpx_read_file(&s->track, path, &why)) {
        track_free(&s->track);
        return complain(error, "%s: %.300s", path, why.text);
    }
    if (s->track.num == 0) {
        return complain(error, "%s: there is no track in it", path);
    }
    give_times(&s->track);
    track_sort(&s->track);
    set_pace(s, pace);
    return true;
}

static bool next_of_track(source *s, int64_t clock_ms, covey_fix *fix)
{
    if (s->begun == 0) s->begun = clock_ms;
    if (s->next == s->track.num) {
        s->ended = true;
        return false;
    }
    int64_t since = s->track.fixes[s->next].time_ms - s->track.fixes[0].time_ms;
    if (s->speed > 0 && since / s->speed > clock_ms - s->begun) return false;
    *fix = s->track.fixes[s->next++];
    return true;
}

void source_undo(source *s)
{
    if (s->next > 0) s->next--;
}

/* ---- NMEA ---- */

static bool set_line(int fd, int64_t baud)
{
    static const struct {
        int64_t baud;
        speed_t speed;
    } speeds[] = {{4800, B4800},   {9600, B9600},   {19200, B19200},
                  {38400, B38400}, {57600, B57600}, {115200, B115200}};
    struct termios line;

    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].baud != baud) continue;
        if (tcgetattr(fd, &line) != 0) return false;
        cfmakeraw(&line);
        line.c_cflag |= CLOCAL | CREAD;
        return cfsetispeed(&line, speeds[i].speed) == 0 &&
               cfsetospeed(&line, speeds[i].speed) == 0 &&
               tcsetattr(fd, TCSANOW, &line) == 0;
    }
    return false;
}

bool source_nmea(source *s, const char *path, int64_t baud, complaint *error)
{
    *s = (source){.fd = STDIN_FILENO};
    nmea_init(&s->reader);
    if (strcmp(path, "-") != 0) {
        s->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        s->is_open = s->fd >= 0;
    }
    if (s->fd < 0) return complain(error, "%s: %s", path, strerror(errno));
    (void)fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
    if (isatty(s->fd) && s->is_open && !set_line(s->fd, baud)) {
        source_close(s);
        return complain(error,
                        "%s cannot be set to %lld baud: 4800, 9600, "
                        "19200, 38400, 57600 or 115200",
                        path, (long long)baud);
    }
    return true;
}

static bool next_of_nmea(source *s, covey_fix *fix)
{
    char byte = 0;

    while (!s->ended) {
        ssize_t len = read(s->fd, &byte, 1);
        if (len == 1 && nmea_take(&s->reader, byte, fix)) return true;
        if (len < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (len <= 0) s->ended = true;
    }
    return false;
}

/* ---- both ---- */

void source_close(source *s)
{
    if (s->is_open) close(s->fd);
    track_free(&s->track);
    *s = (source){.fd = -1, .ended = true};
}

bool source_next(source *s, int64_t clock_ms, covey_fix *fix)
{
    if (s->ended) return false;
    bool has =
        s->fd >= 0 ? next_of_nmea(s, fix) : next_of_track(s, clock_ms, fix);
    if (has) {
        s->has_newest = true;
        s->newest = *fix;
    }
    return has;
}
