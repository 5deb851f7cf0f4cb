#include "sealed_json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 256
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

/* The text and zeros, at least one of them. */
static char *padded(size_t *len, const json_t *value)
{
    size_t text_len = json_dumpb(value, NULL, 0, JSON_COMPACT);

    *len = (text_len / BLOCK + 1) * BLOCK;
    char *text = text_len > 0 ? calloc(1, *len) : NULL;
    if (text != NULL) (void)json_dumpb(value, text, *len, JSON_COMPACT);
    return text;
}

uint8_t *json_seal(size_t *len, const json_t *value,
                   const uint8_t key[SEALED_KEY_SIZE], const uint8_t *name,
                   size_t name_len)
{
    size_t text_len = 0;
    char *text = padded(&text_len, value);
    uint8_t *sealed = text != NULL ? malloc(NONCE + text_len + TAG) : NULL;

    if (sealed != NULL) {
        randombytes_buf(sealed, NONCE);
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL,
                                                         (const uint8_t *)text,
                                                         text_len, name,
                                                         name_len, NULL, sealed,
                                                         key);
        *len = NONCE + text_len + TAG;
    }
    if (text != NULL) sodium_memzero(text, text_len);
    free(text);
    return sealed;
}

json_t *json_open_sealed(const uint8_t *sealed, size_t len,
                         const uint8_t key[SEALED_KEY_SIZE],
                         const uint8_t *name, size_t name_len)
{
    json_t *value = NULL;

    if (sealed == NULL || len < NONCE + TAG + 1) return NULL;
    size_t text_len = len - NONCE - TAG;
    char *text = malloc(text_len);
    if (text != NULL && crypto_aead_xchacha20poly1305_ietf_decrypt(
                            (uint8_t *)text, NULL, NULL, sealed + NONCE,
                            len - NONCE, name, name_len, sealed, key) == 0) {
        value =
            json_loadb(text, strnlen(text, text_len), JSON_DECODE_ANY, NULL);
    }
    if (text != NULL) sodium_memzero(text, text_len);
    free(text);
    return value;
}
