/*
 * What the programs in this directory ask of a board. To bring them to another
 * one, write another file like mps2_an386.c.
 *
 * The start-up code copies .data, clears .bss, calls main(), and ends the
 * program with main's value. A fault, abort() or a failed assert prints one
 * line and ends the program with a status of its own.
 */
#ifndef COVEY_FIRMWARE_BOARD_H
#define COVEY_FIRMWARE_BOARD_H

#include <covey/mls.h>

/** Exit statuses; 0 and 1 are main's own. */
enum {
    BOARD_EXIT_ABORT = 97,
    BOARD_EXIT_FAULT = 98,
    BOARD_EXIT_STACK = 99,
};

/** Write to the log: the first serial port. */
void board_log(const char *text);
void board_log_u32(uint32_t value);
void board_log_hex(const uint8_t *bytes, size_t len);

/** End the program; QEMU ends with the same status. */
_Noreturn void board_exit(int status);

/**
 * Fill `out` from the board's entropy source.
 *
 * @retval 0   All 32 bytes are unpredictable.
 * @retval 1   They are a fixed TEST value: this board has no source.
 * @retval -1  The source failed; `out` is zero.
 */
int board_entropy(uint8_t out[32]);

/** The modem: the second serial port. Reading waits for all the bytes. */
void board_modem_read(uint8_t *to, size_t len);
void board_modem_write(const uint8_t *from, size_t len);

/**
 * One record in non-volatile memory. Begin gives room for a new one; the old
 * one is replaced when it is committed, whole or not at all.
 */
covey_buffer board_flash_begin(void);
void board_flash_commit(size_t len);
covey_bytes board_flash_read(void);

/**
 * Count instructions: start, run, read. Right to +-40 instructions, up to
 * 671 million; more than that reads as UINT32_MAX.
 * Only under QEMU with -icount shift=0, where one instruction takes 1 ns.
 */
void board_count_start(void);
uint32_t board_count_read(void);

/**
 * Measure stack: paint what lies below the caller's frame, run, then read how
 * deep the stack has been since, in bytes below the caller's frame.
 */
void board_stack_paint(void);
uint32_t board_stack_depth(void);

/**
 * Before a function: it is not made part of its caller, so that what it keeps
 * on the stack does not lie there while the caller is elsewhere.
 */
#define BOARD_APART __attribute__((noinline))

/** The deepest that the stack has been since the start, in bytes. */
uint32_t board_stack_used(void);

#endif
