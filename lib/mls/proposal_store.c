#include "mls/proposal_store.h"

#include <covey/error.h>

#include "crypto/hkdf.h"

int covey_proposal_store_add(covey_proposal_store *store,
                             const covey_digest *ref, covey_leaf_index sender,
                             covey_bytes encoding)
{
    if (covey_proposal_store_find(store, covey_digest_bytes(ref)) != NULL) {
        return COVEY_OK;
    }
    if (store->num == COVEY_MLS_PROPOSALS_MAX ||
        encoding.len > sizeof store->bytes - store->used) {
        return COVEY_ERR_CAPACITY;
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
