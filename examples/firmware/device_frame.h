/*
 * What device.c and its desk, desk/circle.c, say to each other over a serial
 * line: a kind, a length of two bytes (the high one first), and that many
 * bytes. The desk is the user's finger, the clock and the relay. To each of
 * its frames the watch answers by any number of others, and one DONE_FRAME.
 */
#ifndef COVEY_FIRMWARE_DEVICE_FRAME_H
#define COVEY_FIRMWARE_DEVICE_FRAME_H

enum {
    HEAD_SIZE = 3,
    TIME_SIZE = 16, /* UTC, then monotonic: ms, the high byte first */
    ANSWER_SIZE = 9 * 1024
};

enum {
    /* To the watch. */
    TIME_FRAME = 't',    /* what time it is now */
    TURN_FRAME = 'd',    /* do what is due */
    INVITE_FRAME = 'i',  /* the wearer shows its code */
    CONFIRM_FRAME = 'c', /* the wearer confirms */
    FIX_FRAME = 'f',     /* a fix comes from the receiver */
    SOS_FRAME = 's',     /* the wearer calls for help */
    RESTART_FRAME = 'r', /* lose the RAM, keep the flash */
    END_FRAME = 'e',     /* enough */
    ANSWER_FRAME = 'a',  /* the relay's, to the request before */
    /* From the watch. */
    REQUEST_FRAME = 'q', /* to the relay; waits for an ANSWER_FRAME */
    URI_FRAME = 'u',     /* its code, shown */
    DIGITS_FRAME = 'g',  /* its digits, shown */
    EVENT_FRAME = 'v',   /* the kind of an event, and of a payload */
    DONE_FRAME = '.'     /* its state, the SOS's, and the safety number; or
                            nothing, when it was refused */
};

#endif
