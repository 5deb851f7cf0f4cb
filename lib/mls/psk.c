#include "mls/psk.h"

#include <covey/error.h>

#include "base/limits.h"
#include "base/secret.h"
#include "mls/types.h"

void covey_read_psk_id(covey_reader *r, covey_psk_id *psk)
{
    const uint8_t *start = r->at;

    *psk = (covey_psk_id){.type = covey_read_u8(r)};
    switch (psk->type) {
    case COVEY_PSK_EXTERNAL: psk->id = covey_read_vec(r); break;
    case COVEY_PSK_RESUMPTION:
        psk->usage = covey_read_u8(r);
        psk->group_id = covey_read_vec(r);
        psk->epoch = covey_read_u64(r);
        break;
    default: r->failed = true; break;
    }
    psk->nonce = covey_read_vec(r);
    psk->encoding = covey_reader_since(r, start);
}

void covey_write_psk_id(covey_writer *w, const covey_psk_id *psk)
{
    covey_write_u8(w, psk->type);
    if (psk->type == COVEY_PSK_EXTERNAL) {
        covey_write_vec(w, psk->id);
    } else {
        covey_write_u8(w, psk->usage);
        covey_write_vec(w, psk->group_id);
        covey_write_u64(w, psk->epoch);
    }
    covey_write_vec(w, psk->nonce);
}

int covey_psk_id_check(const covey_psk_id *psk)
{
    if (psk->type == COVEY_PSK_RESUMPTION &&
        psk->usage != COVEY_USAGE_APPLICATION) {
        return COVEY_ERR_PROPOSAL;
    }
    if (psk->nonce.len != COVEY_HASH_SIZE) return COVEY_ERR_PROPOSAL;
    if (psk->type != COVEY_PSK_EXTERNAL || psk->id.len > COVEY_MLS_PSK_ID_MAX) {
        return COVEY_ERR_PROFILE;
    }
    return COVEY_OK;
}

void covey_psk_secret_add(covey_secret *secret, covey_bytes psk_id_encoding,
                          covey_bytes psk, uint16_t index, uint16_t count)
{
    static const covey_secret zero;
    uint8_t label[1 + 4 + COVEY_MLS_PSK_ID_MAX + 4 + COVEY_HASH_SIZE + 4];
    covey_writer w = covey_writer_of(label, sizeof label);
    covey_secret input;

    covey_write_fixed(&w, psk_id_encoding);
    covey_write_u16(&w, index);
    covey_write_u16(&w, count);
    covey_hkdf_extract(&input, covey_secret_bytes(&zero), &psk, 1);
    covey_expand_secret(&input, &input, "derived psk",
                        covey_writer_since(&w, 0));

    covey_bytes ikm = covey_secret_bytes(secret);
    covey_hkdf_extract(secret, covey_secret_bytes(&input), &ikm, 1);
    covey_wipe(&input, sizeof input);
}
