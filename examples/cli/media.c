#include "media.h"

#include <string.h>

static uint32_t big(const uint8_t *at, size_t len)
{
    uint32_t value = 0;

    for (size_t i = 0; i < len; i++) value = value << 8 | at[i];
    return value;
}

static uint32_t little(const uint8_t *at, size_t len)
{
    uint32_t value = 0;

    for (size_t i = len; i > 0; i--) value = value << 8 | at[i - 1];
    return value;
}

static bool set_sides(covey_attachment *what, uint32_t width, uint32_t height)
{
    if (width == 0 || height == 0 || width > COVEY_PICTURE_SIDE_MAX ||
        height > COVEY_PICTURE_SIDE_MAX) {
        return false;
    }
    what->media = COVEY_MEDIA_PICTURE;
    what->width = width;
    what->height = height;
    return true;
}

/* The frame header of a JPEG lies behind other segments, each with a length. */
static bool jpeg(covey_attachment *what, const uint8_t *at, size_t len)
{
    for (size_t i = 2; i + 9 <= len && at[i] == 0xff;) {
        uint8_t marker = at[i + 1];
        uint32_t size = big(at + i + 2, 2);
        bool is_frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
                        marker != 0xc8 && marker != 0xcc;
        if (is_frame) {
            return set_sides(what, big(at + i + 7, 2), big(at + i + 5, 2));
        }
        if (size < 2) return false;
        i += 2 + size;
    }
    return false;
}

bool media_picture(covey_attachment *what, const uint8_t *at, size_t len)
{
    if (len >= 24 && memcmp(at, "\x89PNG\r\n\x1a\n", 8) == 0 &&
        memcmp(at + 12, "IHDR", 4) == 0) {
        return set_sides(what, big(at + 16, 4), big(at + 20, 4));
    }
    return len >= 4 && at[0] == 0xff && at[1] == 0xd8 && jpeg(what, at, len);
}

bool media_voice(covey_attachment *what, const uint8_t *at, size_t len)
{
    uint32_t rate = 0; /* bytes in a second */

    if (len < 12 || memcmp(at, "RIFF", 4) != 0 ||
        memcmp(at + 8, "WAVE", 4) != 0) {
        return false;
    }
    for (size_t i = 12; i + 8 <= len;) {
        uint32_t size = little(at + i + 4, 4);
        if (memcmp(at + i, "fmt ", 4) == 0 && i + 24 <= len) {
            rate = little(at + i + 16, 4);
        }
        if (memcmp(at + i, "data", 4) == 0) {
            if (rate == 0) return false;
            uint64_t ms = (uint64_t)size * 1000 / rate;
            if (ms == 0 || ms > COVEY_VOICE_MS_MAX) return false;
            what->media = COVEY_MEDIA_VOICE;
            what->duration_ms = (uint32_t)ms;
            return true;
        }
        if (size > len - i - 8) return false;
        i += 8 + size + (size & 1);
    }
    return false;
}
