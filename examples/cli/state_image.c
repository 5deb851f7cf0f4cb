#include "state_image.h"

#include <string.h>

static const uint8_t magic[8] = {'c', 'o', 'v', 'e', 'y', ' ', '1', '\n'};

#define HEAD_SIZE 16 /* magic, version */
#define ENTRY_SIZE 8 /* slot, length */

static uint64_t get(const uint8_t *at, size_t len)
{
    uint64_t value = 0;

    for (size_t i = len; i > 0; i--) value = value << 8 | at[i - 1];
    return value;
}

static void put(uint8_t *at, size_t len, uint64_t value)
{
    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(value >> (8 * i));
}

bool state_image_read(state_image *image, covey_bytes file)
{
    state_image read = {0};
    size_t at = HEAD_SIZE;

    if (file.len < HEAD_SIZE || memcmp(file.at, magic, sizeof magic) != 0) {
        return false;
    }
    read.version = get(file.at + sizeof magic, 8);
    while (at < file.len) {
        if (file.len - at < ENTRY_SIZE) return false;
        uint64_t slot = get(file.at + at, 4);
        uint64_t len = get(file.at + at + 4, 4);
        at += ENTRY_SIZE;
        if (slot >= STATE_SLOTS || len == 0 || len > file.len - at ||
            read.slots[slot].len != 0) {
            return false;
        }
        read.slots[slot] = (covey_bytes){file.at + at, (size_t)len};
        at += (size_t)len;
    }
    *image = read;
    return true;
}

bool state_image_apply(state_image *image, const covey_record *records,
                       size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (records[i].slot >= STATE_SLOTS) return false;
    }
    for (size_t i = 0; i < num; i++) {
        image->slots[records[i].slot] = records[i].bytes;
    }
    return true;
}

size_t state_image_size(const state_image *image)
{
    size_t size = HEAD_SIZE;

    for (size_t i = 0; i < STATE_SLOTS; i++) {
        if (image->slots[i].len > 0) size += ENTRY_SIZE + image->slots[i].len;
    }
    return size;
}

void state_image_write(uint8_t *out, const state_image *image)
{
    size_t at = HEAD_SIZE;

    memcpy(out, magic, sizeof magic);
    put(out + sizeof magic, 8, image->version);
    for (size_t i = 0; i < STATE_SLOTS; i++) {
        covey_bytes slot = image->slots[i];
        if (slot.len == 0) continue;
        put(out + at, 4, i);
        put(out + at + 4, 4, slot.len);
        memcpy(out + at + ENTRY_SIZE, slot.at, slot.len);
        at += ENTRY_SIZE + slot.len;
    }
}
