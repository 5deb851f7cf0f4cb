#include "rng.h"

#include "rng_default.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

static uint8_t key[crypto_stream_chacha20_ietf_KEYBYTES];
static bool seeded;

void port_rng_seed(const uint8_t entropy[32])
{
    uint8_t pool[sizeof key + 32];

    memcpy(pool, key, sizeof key);
    memcpy(pool + sizeof key, entropy, 32);
    crypto_hash_sha256(key, pool, sizeof pool);
    sodium_memzero(pool, sizeof pool);
    seeded = true;
}

/* Block 0 of the key's stream is the next key, the blocks behind it are given
 * out. A key is used for one call, so the nonce can be constant. */
static int draw(void *ctx, uint8_t *out, size_t len)
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    uint8_t next[sizeof key];

    (void)ctx;
    memset(out, 0, len);
    if (!seeded) return -1;
    crypto_stream_chacha20_ietf_xor_ic(out, out, len, nonce, 1, key);
    crypto_stream_chacha20_ietf(next, sizeof next, nonce, key);
    memcpy(key, next, sizeof key);
    sodium_memzero(next, sizeof next);
    return 0;
}

const covey_random port_random = {.ctx = NULL, .fill = draw};

/* --- the same for libsodium --------------------------------------------- */

static void draw_or_end(void *out, size_t len)
{
    if (draw(NULL, out, len) != 0) sodium_misuse();
}

static uint32_t draw_u32(void)
{
    uint32_t value;

    draw_or_end(&value, sizeof value);
    return value;
}

static const char *name(void)
{
    return "covey-port";
}

const struct randombytes_implementation port_rng = {
    .implementation_name = name,
    .random = draw_u32,
    .stir = NULL,
    .uniform = NULL,
    .buf = draw_or_end,
    .close = NULL,
};
