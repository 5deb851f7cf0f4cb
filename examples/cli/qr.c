#include "qr.h"

#include <qrencode.h>

#define QUIET 4 /* modules around it, by ISO 18004 */

static bool is_dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return false;
    return (code->data[y * code->width + x] & 1) != 0;
}

bool qr_print(FILE *out, const char *text, bool colours)
{
    static const char *const halves[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80",
                                         "\xe2\x96\x88"};
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

    if (code == NULL) return false;
    /* Two rows of modules in one line. */
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        if (colours) fputs("\033[30;107m", out);
        for (int x = -QUIET; x < code->width + QUIET; x++) {
            int which = (is_dark(code, x, y) ? 2 : 0) +
                        (is_dark(code, x, y + 1) ? 1 : 0);
            /* Without colours the terminal is taken for a dark one. */
            fputs(halves[colours ? which : 3 - which], out);
        }
        fputs(colours ? "\033[0m\n" : "\n", out);
    }
    QRcode_free(code);
    return true;
}
