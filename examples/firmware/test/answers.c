/*
 * Does this board compute what the standards say?
 */
#include <sodium.h>

#include "board.h"
#include "known_answers.h"
#include "rng.h"

int main(void)
{
    unsigned num_checked;
    uint8_t bytes[32];

    if (port_random.fill(port_random.ctx, bytes, sizeof bytes) == 0) {
        board_log("FAILED: random bytes before there was a seed\n");
        return 1;
    }
    (void)board_entropy(bytes);
    port_rng_seed(bytes);
    if (sodium_init() < 0) {
        board_log("FAILED: sodium_init\n");
        return 1;
    }

    const char *wrong = known_answers(&num_checked);
    if (wrong) {
        board_log("FAILED: ");
        board_log(wrong);
        board_log("\n");
        return 1;
    }
    board_log_u32(num_checked);
    board_log(" known answers are right\n");
    return 0;
}
