#include "support/random.h"

#include <sodium/crypto_stream_chacha20.h>

static void store(uint8_t out[8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)(value >> 8 * i);
}

static int fill(void *ctx, uint8_t *out, size_t len)
{
    test_random *random = ctx;
    uint8_t key[crypto_stream_chacha20_KEYBYTES] = "covey tests";
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    bool fails = random->num_calls == random->fail_at;

    store(key + 16, random->seed);
    store(nonce, random->num_calls++);
    (void)crypto_stream_chacha20(out, fails ? len / 2 : len, nonce, key);
    random->failed = random->failed || fails;
    return fails ? 7 : 0;
}

test_random test_random_of(uint64_t seed)
{
    return (test_random){seed, 0, TEST_RANDOM_NEVER, false};
}

covey_random test_random_hook(test_random *random)
{
    return (covey_random){random, fill};
}

static int stuck(void *ctx, uint8_t *out, size_t len)
{
    if (len != 0) memset(out, *(const uint8_t *)ctx, len);
    return 0;
}

covey_random test_random_stuck(uint8_t *value)
{
    return (covey_random){value, stuck};
}

/* splitmix64: any seed will do, neighbouring ones too. */
test_choices test_choices_of(uint64_t seed)
{
    return (test_choices){seed};
}

uint64_t test_choice(test_choices *choices)
{
    uint64_t z = choices->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint32_t test_below(test_choices *choices, uint32_t below)
{
    return (uint32_t)((test_choice(choices) >> 32) * below >> 32);
}

void test_fill(test_choices *choices, void *out, size_t len)
{
    uint8_t *byte = out;

    for (size_t i = 0; i < len; i++) byte[i] = (uint8_t)test_choice(choices);
}
