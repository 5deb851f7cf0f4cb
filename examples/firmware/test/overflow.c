/*
 * A stack that grows too far must end the program, not run through whatever
 * lies beside it. This program has to fail, with BOARD_EXIT_STACK.
 */
#include "board.h"

enum { LEVELS = 200 }; /* a hundred kilobytes */

static uint32_t deep(volatile uint8_t *above)
{
    volatile uint8_t frame[512];

    frame[0] = (uint8_t)(above[0] + 1);
    if (frame[0] == LEVELS) return 0;
    return deep(frame) + frame[0];
}

int main(void)
{
    volatile uint8_t start[1] = {0};

    board_log_u32(deep(start));
    board_log("FAILED: the stack was not guarded\n");
    return 0;
}
