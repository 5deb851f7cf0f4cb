/*
 * Counts what operations cost: instructions, and stack below the caller. The
 * worst of each operation at each group size is printed at the end, as lines
 * that scripts/footprint reads:
 *
 *   cost OPERATION MEMBERS INSTRUCTIONS STACK
 */
#ifndef COVEY_FIRMWARE_COST_H
#define COVEY_FIRMWARE_COST_H

#include <stdint.h>

void cost_begin(void);
void cost_end(const char *operation, uint32_t members);
void cost_print(void);

#endif
