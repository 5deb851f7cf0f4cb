/*
 * Text that somebody else typed.
 */
#ifndef COVEY_CONTENT_UTF8_H
#define COVEY_CONTENT_UTF8_H

#include "base/bytes.h"

/* Whether this is UTF-8 in its shortest form, without surrogates and without
 * control characters (U+0000 to U+001F, U+007F to U+009F) but line feed and
 * tab where they are allowed. */
bool covey_utf8_valid(covey_bytes text, bool allow_lines);

/* Whether all bytes are visible ASCII, blanks not included. */
bool covey_ascii_valid(covey_bytes text);

#endif
