#include "cost.h"

#include <string.h>

#include "board.h"

enum { COSTS_MAX = 128 };

static struct {
    const char *operation;
    uint32_t members;
    uint32_t count;
    uint32_t stack;
} costs[COSTS_MAX];

static unsigned num_costs;

void cost_begin(void)
{
    board_stack_paint();
    board_count_start();
}

void cost_end(const char *operation, uint32_t members)
{
    uint32_t count = board_count_read();
    uint32_t stack = board_stack_depth();
    unsigned i = 0;

    while (i < num_costs && (costs[i].members != members ||
                             strcmp(costs[i].operation, operation) != 0)) {
        i++;
    }
    if (i == COSTS_MAX || count == UINT32_MAX) {
        board_log("FAILED: cannot count ");
        board_log(operation);
        board_log("\n");
        board_exit(1);
    }
    if (i == num_costs) num_costs++;
    costs[i].operation = operation;
    costs[i].members = members;
    if (count > costs[i].count) costs[i].count = count;
    if (stack > costs[i].stack) costs[i].stack = stack;
}

void cost_print(void)
{
    for (unsigned i = 0; i < num_costs; i++) {
        board_log("cost ");
        board_log(costs[i].operation);
        board_log(" ");
        board_log_u32(costs[i].members);
        board_log(" ");
        board_log_u32(costs[i].count);
        board_log(" ");
        board_log_u32(costs[i].stack);
        board_log("\n");
    }
}
