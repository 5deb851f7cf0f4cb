/*
 * Mistakes made on purpose. A compiler, an optimisation or a valgrind that
 * hides them would hide others.
 */
#include "crypto/label.h"
#include "ct.h"

static volatile unsigned sink;

__attribute__((noinline)) static void act(void)
{
    sink++;
}

/* The comparison of covey_ct_equal, with an early exit. */
__attribute__((noinline)) static bool equal_early(const uint8_t *a,
                                                  const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

static void early_exit(void)
{
    uint8_t secret[32];
    uint8_t guess[32] = {0};

    ct_make_secret(secret, sizeof secret, 1);

    bool same = equal_early(secret, guess, sizeof secret);

    ct_public(&same, sizeof same);
    if (same) act();
}

static void branch_on_a_bit(void)
{
    uint8_t secret[32];

    ct_make_secret(secret, sizeof secret, 2);
    if ((secret[31] & 0x40) != 0) act();
}

static void index_into_a_table(void)
{
    static volatile uint8_t table[256];
    uint8_t secret[32];

    ct_make_secret(secret, sizeof secret, 3);
    sink = table[secret[7]];
}

/* The mark must survive the library's own derivations. */
static void branch_on_a_derived_secret(void)
{
    covey_secret secret;

    ct_make_secret(&secret, sizeof secret, 4);
    covey_derive_secret(&secret, &secret, "label");
    if (secret.bytes[0] == 0) act();
}

/* And X25519 with the KEM's extraction. */
static void branch_on_a_shared_secret(void)
{
    covey_kem_secret secret;
    covey_kem_public public_key;
    covey_secret shared;

    ct_make_secret(&secret, sizeof secret, 5);
    covey_kem_x25519.public_of(&public_key, &secret);
    (void)covey_kem_x25519.decap(&shared, covey_bytes_of(public_key.bytes, 32),
                                 &secret, &public_key);
    if ((shared.bytes[31] & 1) != 0) act();
}

static const ct_case cases[] = {
    {"a comparison that exits early", early_exit},
    {"a branch on a secret bit", branch_on_a_bit},
    {"a secret index into a table", index_into_a_table},
    {"a branch on a derived secret", branch_on_a_derived_secret},
    {"a branch on a shared secret", branch_on_a_shared_secret},
};

CT_LIST(ct_leaks, "planted leaks", cases);
