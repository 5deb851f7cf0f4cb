#include "content/utf8.h"

/* How many bytes follow a first byte, and the least code point that may be
 * written so; RFC 3629 section 3. */
static int head(uint8_t byte, uint32_t *code, uint32_t *least)
{
    if (byte < 0x80) {
        *code = byte;
        *least = 0;
        return 0;
    }
    if (byte >= 0xc0 && byte < 0xe0) {
        *code = byte & 0x1fu;
        *least = 0x80;
        return 1;
    }
    if (byte >= 0xe0 && byte < 0xf0) {
        *code = byte & 0x0fu;
        *least = 0x800;
        return 2;
    }
    if (byte >= 0xf0 && byte < 0xf8) {
        *code = byte & 0x07u;
        *least = 0x10000;
        return 3;
    }
    return -1;
}

static bool allowed(uint32_t code, bool allow_lines)
{
    if (code == '\n' || code == '\t') return allow_lines;
    return code >= 0x20 && (code < 0x7f || code > 0x9f) &&
           (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
}

bool covey_utf8_valid(covey_bytes text, bool allow_lines)
{
    size_t i = 0;

    while (i < text.len) {
        uint32_t code, least;
        int more = head(text.at[i++], &code, &least);

        if (more < 0 || (size_t)more > text.len - i) return false;
        for (; more > 0; more--) {
            uint8_t byte = text.at[i++];

            if ((byte & 0xc0) != 0x80) return false;
            code = code << 6 | (byte & 0x3fu);
        }
        if (code < least || !allowed(code, allow_lines)) return false;
    }
    return true;
}

bool covey_ascii_valid(covey_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 0x21 || text.at[i] > 0x7e) return false;
    }
    return true;
}
