#include "support/records.h"

#include <covey/error.h>

#include "support/bytes.h"

covey_host_key test_host_key(void)
{
    covey_host_key key;

    memset(key.bytes, 0x42, sizeof key.bytes);
    return key;
}

covey_scratch test_store_memory(void)
{
    static uint8_t memory[65536];

    return covey_scratch_of(memory, sizeof memory);
}

int test_store_set(covey_store *store, uint32_t slot, const char *text)
{
    covey_change change;

    int err = covey_change_begin(&change, store, test_store_memory());
    if (!err && text == NULL) err = covey_change_erase(&change, slot);
    if (!err && text != NULL) {
        err = covey_change_put(&change, slot, covey_bytes_of_text(text));
    }
    if (!err) err = covey_change_commit(&change);
    return err;
}

const char *test_store_text(covey_store *store, uint32_t slot, int *err)
{
    covey_scratch memory = test_store_memory();
    covey_bytes bytes = {NULL, 0};

    *err = covey_store_get(store, slot, &memory, &bytes);
    if (*err) return NULL;
    char *text = (char *)test_alloc(bytes.len + 1);
    memcpy(text, bytes.at, bytes.len);
    return text;
}

bool test_store_has(covey_store *store, uint32_t slot, const char *text)
{
    int err;
    const char *found = test_store_text(store, slot, &err);

    if (text == NULL) return err == COVEY_ERR_REFERENCE;
    return found != NULL && strcmp(found, text) == 0;
}
