#include "line_input.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

bool line_ready(line_input *input, char line[LINE_SIZE])
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte = 0;

    while (!input->ended && poll(&in, 1, 0) > 0) {
        if (read(STDIN_FILENO, &byte, 1) != 1) {
            input->ended = true;
        } else if (byte == '\n') {
            memcpy(line, input->text, input->len);
            line[input->len] = 0;
            input->len = 0;
            return true;
        } else if (input->len + 1 < LINE_SIZE) {
            input->text[input->len++] = byte;
        }
    }
    return false;
}
