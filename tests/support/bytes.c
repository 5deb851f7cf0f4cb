#include "support/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct block {
    struct block *next;
    void *at;
} block;

/* Reachable, so that leak checkers are content. */
static block *blocks;

static void give_up(const char *what)
{
    (void)fprintf(stderr, "test support: %s\n", what);
    abort();
}

uint8_t *test_alloc(size_t len)
{
    block *b = malloc(sizeof *b);
    void *at = calloc(len != 0 ? len : 1, 1);

    if (b == NULL || at == NULL) give_up("out of memory");
    *b = (block){blocks, at};
    blocks = b;
    return at;
}

void test_free_all(void)
{
    while (blocks != NULL) {
        block *b = blocks;
        blocks = b->next;
        free(b->at);
        free(b);
    }
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return (unsigned)(c - 'A' + 10);
    give_up("not a hex digit");
    return 0;
}

static size_t num_digits(const char *text)
{
    size_t num = 0;

    for (; *text != '\0'; text++) num += !isspace((unsigned char)*text);
    if (num % 2 != 0) give_up("half a byte of hex");
    return num;
}

void hex_into(uint8_t *out, size_t len, const char *text)
{
    size_t done = 0;

    if (num_digits(text) != 2 * len) give_up("hex of another length");
    for (; *text != '\0'; text++) {
        if (isspace((unsigned char)*text)) continue;
        out[done / 2] = (uint8_t)((unsigned)out[done / 2] << 4 | digit(*text));
        done++;
    }
}

covey_bytes hex(const char *text)
{
    size_t len = num_digits(text) / 2;
    uint8_t *at = test_alloc(len);

    hex_into(at, len, text);
    return covey_bytes_of(at, len);
}

const char *hex_of(covey_bytes bytes)
{
    char *text = (char *)test_alloc(2 * bytes.len + 1);

    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = "0123456789abcdef"[bytes.at[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes.at[i] & 15];
    }
    return text;
}

uint8_t *test_copy(covey_bytes bytes)
{
    uint8_t *at = test_alloc(bytes.len);

    covey_copy(at, bytes.at, bytes.len);
    return at;
}

bool test_is_zero(const void *at, size_t len)
{
    const uint8_t *byte = at;

    for (size_t i = 0; i < len; i++) {
        if (byte[i] != 0) return false;
    }
    return true;
}
