#include "base/secret.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "support/bytes.h"
#include "support/guard.h"

Test(secret, wiping_zeroes_exactly_the_bytes_named)
{
    for (size_t len = 0; len <= 130; len++) {
        uint8_t *at = guard_end(len + 2);

        memset(at, 0xa5, len + 2);
        covey_wipe(at + 2, len);
        cr_assert(test_is_zero(at + 2, len), "%zu", len);
        check_hex(at, 2, "a5a5");

        at = guard_start(len + 1);
        memset(at, 0xa5, len + 1);
        covey_wipe(at, len);
        cr_assert(test_is_zero(at, len), "%zu", len);
        cr_assert_eq(at[len], 0xa5);
    }
}

Test(secret, wiping_nothing_takes_no_pointer)
{
    covey_wipe(NULL, 0);
}

/* A dead store is what compilers remove. `leave` runs on a stack of our own,
 * which its caller then searches without calling anything, so that nothing
 * overwrites what was left. */
#define STACK_SIZE (256 * 1024)

static uint8_t stack[STACK_SIZE] __attribute__((aligned(65536)));

typedef struct {
    bool wipes;
    bool found;
} trial;

__attribute__((noinline)) static void leave(bool wipes)
{
    uint8_t local[64];

    /* 64 bytes that nothing else on a stack has in a row. */
    for (unsigned i = 0; i < sizeof local; i++) {
        local[i] = (uint8_t)(0x5c ^ i);
    }
    __asm__ volatile("" : : "r"(local) : "memory");
    if (wipes) covey_wipe(local, sizeof local);
}

static void *run_trial(void *arg)
{
    const volatile uint8_t *at = stack;
    trial *t = arg;
    unsigned run = 0;

    leave(t->wipes);
    for (size_t i = 0; i < sizeof stack; i++) {
        run = at[i] == (0x5c ^ run) ? run + 1 : at[i] == 0x5c;
        if (run == 32) t->found = true;
    }
    return NULL;
}

static bool is_left(bool wipes)
{
    trial t = {wipes, false};
    pthread_attr_t attr;
    pthread_t thread;

    cr_assert_eq(pthread_attr_init(&attr), 0);
    cr_assert_eq(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
    cr_assert_eq(pthread_create(&thread, &attr, run_trial, &t), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    return t.found;
}

Test(secret, a_wiped_local_is_gone_from_the_stack)
{
    cr_assert(is_left(false), "this test can fail");
    memset(stack, 0, sizeof stack);
    cr_assert_not(is_left(true));
}

Test(secret, equal_means_equal_in_every_bit)
{
    for (size_t len = 1; len <= 40; len++) {
        uint8_t *a = guard_end(len);
        uint8_t *b = guard_end(len);

        for (size_t i = 0; i < len; i++) a[i] = b[i] = (uint8_t)(i * 37 + 11);
        cr_assert(covey_ct_equal(a, b, len));
        for (size_t bit = 0; bit < 8 * len; bit++) {
            test_flip(a, bit);
            cr_assert_not(covey_ct_equal(a, b, len), "%zu: %zu", len, bit);
            cr_assert_not(covey_ct_equal(b, a, len));
            test_flip(a, bit);
        }
    }
}

Test(secret, every_pair_of_bytes_is_told_apart)
{
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t left_byte = (uint8_t)a;
            uint8_t right_byte = (uint8_t)b;

            cr_assert_eq(covey_ct_equal(&left_byte, &right_byte, 1), a == b);
        }
    }
}

Test(secret, differences_do_not_cancel)
{
    cr_assert_not(covey_ct_equal("\x01\x01", "\x02\x02", 2));
    cr_assert_not(covey_ct_equal("\xff\x00", "\x00\xff", 2));
    cr_assert_not(covey_ct_equal("\x80\x80", "\x00\x00", 2));
}

Test(secret, nothing_equals_nothing)
{
    cr_assert(covey_ct_equal(NULL, NULL, 0));
    cr_assert(covey_ct_equal("a", "b", 0));
    cr_assert(covey_ct_is_zero(NULL, 0));
}

Test(secret, zero_means_zero_in_every_bit)
{
    for (size_t len = 1; len <= 40; len++) {
        uint8_t *at = guard_end(len);

        cr_assert(covey_ct_is_zero(at, len));
        for (size_t bit = 0; bit < 8 * len; bit++) {
            test_flip(at, bit);
            cr_assert_not(covey_ct_is_zero(at, len), "%zu: %zu", len, bit);
            test_flip(at, bit);
        }
    }
}
