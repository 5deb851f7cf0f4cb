/*
 * sodium_init() lets each primitive choose its fastest variant, and by that
 * links all of them: Argon2, AEGIS, Salsa20, BLAKE2b, 15 kB that Covey does not
 * use and that have nothing to choose on a Cortex-M. These empty choices keep
 * them out. A firmware that does use one of them deletes its line here; if it
 * forgets, the linker reports the symbol twice.
 */
int _crypto_aead_aegis128l_pick_best_implementation(void);
int _crypto_aead_aegis256_pick_best_implementation(void);
int _crypto_generichash_blake2b_pick_best_implementation(void);
int _crypto_pwhash_argon2_pick_best_implementation(void);
int _crypto_stream_salsa20_pick_best_implementation(void);

int _crypto_aead_aegis128l_pick_best_implementation(void)
{
    return 0;
}
int _crypto_aead_aegis256_pick_best_implementation(void)
{
    return 0;
}
int _crypto_generichash_blake2b_pick_best_implementation(void)
{
    return 0;
}
int _crypto_pwhash_argon2_pick_best_implementation(void)
{
    return 0;
}
int _crypto_stream_salsa20_pick_best_implementation(void)
{
    return 0;
}
