/*
 * Where fixes come from: a track that is replayed, or NMEA 0183 from a file, a
 * pipe or a serial line. Never waits.
 */
#ifndef DESK_SOURCE_H
#define DESK_SOURCE_H

#include "complaint.h"
#include "nmea.h"
#include "track.h"

typedef struct {
    track track;    /* a replay */
    size_t next;    /* of the track */
    int64_t length; /* of the track in ms */
    int64_t speed;  /* times as fast; 0: all at once */
    int64_t begun;  /* 0: not yet; of the caller's clock */
    int fd;         /* NMEA; -1 when there is none, or it has ended */
    bool is_open;
    nmea_reader reader;
    bool ended;
    bool has_newest;
    covey_fix newest;
} source;

/* How a track is replayed. */
typedef struct {
    int64_t speed;     /* times as fast; 0: all at once */
    int64_t within_ms; /* 0, or how long it takes, instead of the speed */
    int64_t now_ms;    /* 0, or the time now: its times are shifted so that it
                          ends when the replay does */
} source_pace;

/* A track. Points without a time are a second apart. */
bool source_replay(source *s, const char *path, const source_pace *pace,
                   complaint *error);

/* "-" is standard input; a serial line is set to 8N1 at this speed. */
bool source_nmea(source *s, const char *path, int64_t baud, complaint *error);

void source_close(source *s);

/* The next fix that is due at this time of the caller's clock. */
bool source_next(source *s, int64_t clock_ms, covey_fix *fix);

/* Puts the fix back that came last: it could not be sent yet. */
void source_undo(source *s);

#endif
