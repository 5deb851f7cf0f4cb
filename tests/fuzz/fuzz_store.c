/*
 * What a store loads from a flash that somebody has written to. A fuzzer
 * cannot seal, so that this one does. The first byte: bit 0, the rest is
 * slot 0 as it stands; else its plaintext, of which bit 1 leaves the last
 * half for slot 1's. What opens seals again to the same plaintext.
 */
#include <covey/error.h>

#include "crypto/hkdf.h"
#include "fuzz/fuzz.h"
#include "store/store.h"

static const covey_host_key host_key = {{9}};
static const uint8_t salt[COVEY_STORE_SALT_SIZE] = {1};

static uint8_t *slots[2];
static size_t lens[2];

static int load(void *ctx, uint32_t slot, uint8_t *out, size_t cap, size_t *len)
{
    (void)ctx;
    *len = slot < 2 ? lens[slot] : 0;
    if (*len <= cap && *len != 0) memcpy(out, slots[slot], *len);
    return 0;
}

/* As SPEC.md section 5.2 says, and not as the library does. */
static void seal_key_slot(covey_bytes plain)
{
    const covey_bytes ikm =
        covey_bytes_of(host_key.bytes, sizeof host_key.bytes);
    const covey_bytes info = covey_bytes_of_text("covey store key slot");
    covey_aead_key key = {{0}, {0}};
    covey_secret secret;

    covey_hkdf_extract(&secret, covey_bytes_of(salt, sizeof salt), &ikm, 1);
    fuzz_require(covey_hkdf_expand(key.key, sizeof key.key, &secret, &info,
                                   1) == COVEY_OK);
    memcpy(slots[0], salt, sizeof salt);
    covey_aead_seal(slots[0] + sizeof salt, &key, covey_bytes_of(NULL, 0),
                    plain);
    lens[0] = sizeof salt + plain.len + COVEY_AEAD_TAG_SIZE;
}

static void fill(covey_bytes input, uint8_t choice)
{
    if ((choice & 1) != 0) {
        covey_copy(slots[0], input.at, input.len);
        lens[0] = input.len;
        lens[1] = 0;
        return;
    }
    size_t first = (choice & 2) != 0 ? input.len / 2 : input.len;

    lens[1] = input.len - first;
    covey_copy(slots[1], input.at + first, lens[1]);
    seal_key_slot(covey_bytes_of(input.at, first));
}

static void check(covey_store *store)
{
    uint8_t sealed[COVEY_STORE_KEY_SLOT_MAX];

    for (uint32_t slot = 0; slot <= COVEY_STORE_RECORDS_MAX + 1; slot++) {
        uint8_t room[512];
        covey_scratch memory = covey_scratch_of(room, sizeof room);
        covey_bytes bytes;
        int err = covey_store_get(store, slot, &memory, &bytes);

        fuzz_require(err == COVEY_ERR_AUTH || err == COVEY_ERR_REFERENCE ||
                     err == COVEY_ERR_BUFFER);
        fuzz_require(memory.used == 0);
    }
    size_t len = covey_key_slot_seal(sealed, &host_key, salt, &store->table);
    if (lens[0] == 0 || memcmp(slots[0], salt, sizeof salt) != 0) return;
    fuzz_require(len == lens[0] && memcmp(sealed, slots[0], len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = {data, size};
    uint8_t choice = fuzz_byte(&input);
    const covey_port port = {.load = load};
    covey_store store;

    slots[0] = malloc(input.len + 64);
    slots[1] = malloc(input.len + 1);
    fuzz_require(slots[0] != NULL && slots[1] != NULL);
    fill(input, choice);
    int err = covey_store_open(&store, &port, &host_key);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED ||
                 err == COVEY_ERR_AUTH);
    if (!err) check(&store);
    covey_store_close(&store);
    free(slots[0]);
    free(slots[1]);
    return 0;
}
