#include "mls/proposal_store.h"

#include <covey/error.h>

#include "crypto/hkdf.h"

_Static_assert(COVEY_MLS_PROPOSALS_MAX <= 32, "a bit for each item");

/* The items that a sender has, those marked as gone left out. */
static size_t num_held(const covey_proposal_store *store, uint32_t gone,
                       covey_leaf_index sender)
{
    size_t num = 0;

    for (size_t i = 0; i < store->num; i++) {
        if ((gone >> i & 1) == 0 &&
            covey_leaf_same(store->items[i].sender, sender)) {
            num++;
        }
    }
    return num;
}

/* The next item to make room for one more of this sender: the oldest of
 * whoever holds most then. False when that is the new one itself. */
static bool next_to_go(size_t *at, const covey_proposal_store *store,
                       uint32_t gone, covey_leaf_index sender)
{
    covey_leaf_index most = sender;
    size_t num_most = num_held(store, gone, sender) + 1;

    for (size_t i = 0; i < store->num; i++) {
        size_t num = num_held(store, gone, store->items[i].sender);

        if (num > num_most) {
            num_most = num;
            most = store->items[i].sender;
        }
    }
    for (*at = 0; *at < store->num; (*at)++) {
        if ((gone >> *at & 1) == 0 &&
            covey_leaf_same(store->items[*at].sender, most)) {
            return true;
        }
    }
    return false;
}

/* Which items go so that this one fits; nothing is changed. */
static int find_room(uint32_t *gone, const covey_proposal_store *store,
                     covey_leaf_index sender, size_t len)
{
    size_t num = store->num;
    size_t used = store->used;

    *gone = 0;
    if (len > sizeof store->bytes) return COVEY_ERR_CAPACITY;
    while (num == COVEY_MLS_PROPOSALS_MAX || len > sizeof store->bytes - used) {
        size_t at = 0;

        if (!next_to_go(&at, store, *gone, sender)) return COVEY_ERR_CAPACITY;
        *gone |= (uint32_t)1 << at;
        num--;
        used -= store->items[at].len;
    }
    return COVEY_OK;
}

int covey_proposal_store_add(covey_proposal_store *store,
                             const covey_digest *ref, covey_leaf_index sender,
                             covey_bytes encoding)
{
    if (covey_proposal_store_find(store, covey_digest_bytes(ref)) != NULL) {
        return COVEY_OK;
    }
    uint32_t gone = 0;
    int err = find_room(&gone, store, sender, encoding.len);
    if (err) return err;
    for (size_t i = store->num; i > 0; i--) {
        if ((gone >> (i - 1) & 1) != 0) {
            covey_proposal_store_drop(store, &store->items[i - 1]);
        }
    }
    covey_stored_proposal *item = &store->items[store->num++];
    *item = (covey_stored_proposal){*ref, sender, store->used,
                                    (uint16_t)encoding.len};
    memcpy(store->bytes + item->at, encoding.at, encoding.len);
    store->used = (uint16_t)(store->used + item->len);
    return COVEY_OK;
}

const covey_stored_proposal *
covey_proposal_store_find(const covey_proposal_store *store, covey_bytes ref)
{
    for (size_t i = 0; i < store->num; i++) {
        if (covey_bytes_same(covey_digest_bytes(&store->items[i].ref), ref)) {
            return &store->items[i];
        }
    }
    return NULL;
}

covey_bytes covey_stored_encoding(const covey_proposal_store *store,
                                  const covey_stored_proposal *item)
{
    return covey_bytes_of(store->bytes + item->at, item->len);
}

void covey_proposal_store_drop(covey_proposal_store *store,
                               const covey_stored_proposal *item)
{
    size_t index = (size_t)(item - store->items);
    uint16_t at = item->at;
    uint16_t len = item->len;

    memmove(store->bytes + at, store->bytes + at + len,
            (size_t)(store->used - at - len));
    store->used = (uint16_t)(store->used - len);
    store->num--;
    memmove(&store->items[index], &store->items[index + 1],
            (store->num - index) * sizeof store->items[0]);
    for (size_t i = index; i < store->num; i++) {
        store->items[i].at = (uint16_t)(store->items[i].at - len);
    }
}
