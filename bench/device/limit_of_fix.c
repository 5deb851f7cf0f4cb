#include "limit_of_fix.h"

#include <string.h>

#include "mls/framing.h"
#include "mls/group.h"
#include "parts.h"
#include "store/key_slot.h"

/* FramedContentTBS. */
static size_t signed_len(const covey_mls_group *group, size_t payload_len)
{
    covey_writer w = covey_writer_counting();

    covey_write_group_context(&w, &group->epoch.context);
    return part_sign_content("FramedContentTBS",
                             4 + part_group_id_len() + 8 + 5 + part_vec(0) + 1 +
                                 part_vec(payload_len) + w.len);
}

/* Key and nonce of the generation, the next one's secret; key and nonce of
 * the sender data; the two AEADs. */
static void sealing(bare_plan *plan, bare_kind kind, size_t blob_len)
{
    size_t aad = part_group_id_len() + 8 + 1;

    part_key(plan);
    part_expand(plan, "key", 4);
    part_expand(plan, "nonce", 4);
    part_expand(plan, "secret", 4);
    part_key(plan);
    part_expand(plan, "key", COVEY_HASH_SIZE);
    part_expand(plan, "nonce", COVEY_HASH_SIZE);
    bare_add_aead(plan, kind, COVEY_SENDER_DATA_SIZE, aad);
    bare_add_aead(plan, kind,
                  blob_len - COVEY_SEALED_SENDER_DATA_SIZE -
                      COVEY_AEAD_TAG_SIZE,
                  aad + part_vec(0));
}

void limit_message_out(bare_plan *plan, const covey_mls_group *group,
                       size_t payload_len, size_t blob_len)
{
    bare_add(plan, BARE_SIGN, signed_len(group, payload_len));
    sealing(plan, BARE_SEAL, blob_len);
}

void limit_message_in(bare_plan *plan, const covey_mls_group *group,
                      size_t payload_len, size_t blob_len)
{
    sealing(plan, BARE_OPEN, blob_len);
    bare_add(plan, BARE_VERIFY, signed_len(group, payload_len));
}

void limit_saves(bare_plan *plan, const circle_saves *saves)
{
    for (size_t i = 0; i < saves->num_lens; i++) {
        bare_add_aead(plan, BARE_SEAL, saves->lens[i] - COVEY_AEAD_TAG_SIZE, 9);
    }
    for (size_t i = 0; i < saves->num; i++) {
        part_key(plan); /* the salt, then what is extracted */
        bare_add(plan, BARE_HMAC, COVEY_STORE_HOST_KEY_SIZE);
        part_key(plan);
        bare_add(plan, BARE_HMAC, strlen("covey store key slot") + 1);
        bare_add(plan, BARE_SEAL,
                 saves->key_slots[i] - COVEY_STORE_SALT_SIZE -
                     COVEY_AEAD_TAG_SIZE);
    }
}

void limit_request(bare_plan *plan, size_t num_appends)
{
    bare_add(plan, BARE_SIGN, 110 + 37 * num_appends);
}

void limit_entry(bare_plan *plan, size_t blob_len)
{
    bare_add(plan, BARE_HASH, blob_len);
    bare_add(plan, BARE_HASH, strlen("covey seen 1") + 16 + COVEY_HASH_SIZE);
}
