/*
 * A QR code of block characters on the terminal.
 */
#ifndef DESK_QR_H
#define DESK_QR_H

#include <stdbool.h>
#include <stdio.h>

/* With colours where the terminal has them: a light ground is what scanners
 * expect. */
bool qr_print(FILE *out, const char *text, bool colours);

#endif
