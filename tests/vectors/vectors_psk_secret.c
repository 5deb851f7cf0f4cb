/*
 * mls/psk_secret.json: RFC 9420 section 8.4.
 */
#include <covey/error.h>

#include "mls/psk.h"
#include "mls/types.h"
#include "vectors/values.h"

#define ID_ROOM 256

/* PreSharedKeyID of an external key; also read again, as it comes to the
 * library inside a proposal. */
static covey_bytes encoded_id(const json_t *value)
{
    const covey_psk_id psk = {
        .type = COVEY_PSK_EXTERNAL,
        .id = vector_hex(value, "psk_id"),
        .nonce = vector_hex(value, "psk_nonce"),
    };
    covey_writer w = covey_writer_of(test_alloc(ID_ROOM), ID_ROOM);
    covey_psk_id again;

    covey_write_psk_id(&w, &psk);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);

    covey_reader r = covey_reader_of(covey_writer_since(&w, 0));
    covey_read_psk_id(&r, &again);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    cr_assert_eq(covey_psk_id_check(&again), COVEY_OK);
    check_bytes(again.encoding, covey_writer_since(&w, 0));
    check_bytes(again.id, psk.id);
    check_bytes(again.nonce, psk.nonce);
    return again.encoding;
}

Test(vectors, psk_secret)
{
    const json_t *root = vectors_open("mls/psk_secret.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        const json_t *psks = vector_list(value, "psks");
        covey_secret secret = {{0}};
        const json_t *psk;
        size_t at;

        check_suite(value);
        json_array_foreach(psks, at, psk)
        {
            covey_psk_secret_add(&secret, encoded_id(psk),
                                 vector_hex(psk, "psk"), (uint16_t)at,
                                 (uint16_t)json_array_size(psks));
        }
        check_secret(secret, value, "psk_secret");
        num++;
    }
    report_cases("psk_secret", num, json_array_size(root));
}
