/*
 * A JSON value as a sealed blob: a random nonce, XChaCha20-Poly1305, padded
 * with zeros to multiples of 256 bytes. Bound to a name, which the caller
 * keeps beside it.
 */
#ifndef DESK_SEALED_JSON_H
#define DESK_SEALED_JSON_H

#include <jansson.h>
#include <stdint.h>

#define SEALED_KEY_SIZE 32

/* To be freed; NULL without memory. */
uint8_t *json_seal(size_t *len, const json_t *value,
                   const uint8_t key[SEALED_KEY_SIZE], const uint8_t *name,
                   size_t name_len);

/* A new reference; NULL when it does not open. */
json_t *json_open_sealed(const uint8_t *sealed, size_t len,
                         const uint8_t key[SEALED_KEY_SIZE],
                         const uint8_t *name, size_t name_len);

#endif
