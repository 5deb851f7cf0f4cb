#include "heads.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PLACES 1024

bool relay_heads_init(relay_heads *heads)
{
    memset(heads, 0, sizeof *heads);
    heads->places = calloc(FIRST_PLACES, sizeof *heads->places);
    heads->num_places = FIRST_PLACES;
    randombytes_buf(heads->key, sizeof heads->key);
    return heads->places != NULL;
}

void relay_heads_free(relay_heads *heads)
{
    free(heads->places);
    heads->places = NULL;
}

/* Where the address is, or where it would go. */
static relay_head *place_of(const relay_heads *heads,
                            const relay_address *address)
{
    uint64_t hash = 0;

    crypto_shorthash((uint8_t *)&hash, address->bytes, sizeof address->bytes,
                     heads->key);
    for (size_t i = (size_t)hash;; i++) {
        relay_head *place = &heads->places[i & (heads->num_places - 1)];

        if (place->id == 0 ||
            memcmp(&place->address, address, sizeof *address) == 0) {
            return place;
        }
    }
}

relay_head *relay_heads_find(const relay_heads *heads,
                             const relay_address *address)
{
    relay_head *place = place_of(heads, address);

    return place->id != 0 ? place : NULL;
}

static bool grow(relay_heads *heads)
{
    relay_heads larger = *heads;

    larger.num_places *= 2;
    larger.places = calloc(larger.num_places, sizeof *larger.places);
    if (larger.places == NULL) return false;
    for (size_t i = 0; i < heads->num_places; i++) {
        const relay_head *old = &heads->places[i];

        if (old->id != 0) *place_of(&larger, &old->address) = *old;
    }
    free(heads->places);
    *heads = larger;
    return true;
}

relay_head *relay_heads_insert(relay_heads *heads, const relay_address *address)
{
    if (heads->num_used * 4 >= heads->num_places * 3 && !grow(heads)) {
        return NULL;
    }
    relay_head *place = place_of(heads, address);
    memset(place, 0, sizeof *place);
    place->address = *address;
    heads->num_used++;
    return place;
}
