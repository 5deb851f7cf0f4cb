/*
 * What the watch and the phone of this example say to each other over a serial
 * line, in place of a relay: a kind, a length of two bytes (the high one
 * first), and that many bytes. The watch answers each frame of the phone by
 * any number of frames and then one FRAME_DONE.
 */
#ifndef COVEY_FIRMWARE_FRAME_H
#define COVEY_FIRMWARE_FRAME_H

enum {
    FRAME_HEAD_SIZE = 3,
    FRAME_MAX = 8192, /* the longest blob that a relay takes */
};

enum {
    FRAME_HELLO = 'h',   /* to the watch: begin; answered by a package */
    FRAME_PACKAGE = 'k', /* a KeyPackage */
    FRAME_WELCOME = 'w', /* a Welcome */
    FRAME_MESSAGE = 'm', /* any other MLSMessage */
    FRAME_RESTART = 'r', /* to the watch: lose the RAM, keep the flash */
    FRAME_END = 'e',     /* to the watch: enough */
    FRAME_DONE = 'd',    /* from the watch: the group's epoch authenticator,
                            or empty when the frame was refused */
};

#endif
