#include "mls/welcome.h"

/* Only the extent of a GroupContext. */
static covey_bytes skip_group_context(covey_reader *r)
{
    const uint8_t *start = r->at;

    (void)covey_read_u16(r);
    (void)covey_read_u16(r);
    (void)covey_read_vec(r);
    (void)covey_read_u64(r);
    (void)covey_read_vec(r);
    (void)covey_read_vec(r);
    (void)covey_read_vec(r);
    return covey_reader_since(r, start);
}

void covey_read_group_info(covey_reader *r, covey_group_info *info)
{
    const uint8_t *start = r->at;

    info->group_context = skip_group_context(r);
    info->extensions = covey_read_vec(r);
    info->confirmation_tag = covey_read_vec(r);
    info->signer.value = covey_read_u32(r);
    info->to_be_signed = covey_reader_since(r, start);
    info->signature = covey_read_vec(r);
}

void covey_write_group_info(covey_writer *w, const covey_group_info *info)
{
    covey_write_fixed(w, info->group_context);
    covey_write_vec(w, info->extensions);
    covey_write_vec(w, info->confirmation_tag);
    covey_write_u32(w, info->signer.value);
    covey_write_vec(w, info->signature);
}

void covey_read_group_secrets(covey_reader *r, covey_group_secrets *secrets)
{
    secrets->joiner_secret = covey_read_vec(r);
    secrets->has_path_secret = covey_read_optional(r);
    secrets->path_secret =
        secrets->has_path_secret ? covey_read_vec(r) : covey_bytes_of(NULL, 0);

    covey_reader list = covey_read_list(r);
    const uint8_t *start = list.at;

    while (covey_reader_more(&list)) {
        covey_psk_id one;
        covey_read_psk_id(&list, &one);
    }
    if (list.failed) r->failed = true;
    secrets->psks = covey_reader_since(&list, start);
}

void covey_write_group_secrets(covey_writer *w,
                               const covey_group_secrets *secrets)
{
    covey_write_vec(w, secrets->joiner_secret);
    covey_write_u8(w, secrets->has_path_secret ? 1 : 0);
    if (secrets->has_path_secret) covey_write_vec(w, secrets->path_secret);
    covey_write_vec(w, secrets->psks);
}

void covey_read_encrypted_group_secrets(covey_reader *r,
                                        covey_encrypted_group_secrets *one)
{
    one->new_member = covey_read_vec(r);
    covey_read_hpke_ciphertext(r, &one->group_secrets);
}

void covey_write_encrypted_group_secrets(
    covey_writer *w, const covey_encrypted_group_secrets *one)
{
    covey_write_vec(w, one->new_member);
    covey_write_hpke_ciphertext(w, &one->group_secrets);
}

void covey_read_welcome(covey_reader *r, covey_welcome *welcome)
{
    welcome->cipher_suite = covey_read_u16(r);

    covey_reader list = covey_read_list(r);
    const uint8_t *start = list.at;

    while (covey_reader_more(&list)) {
        covey_encrypted_group_secrets one;
        covey_read_encrypted_group_secrets(&list, &one);
    }
    if (list.failed) r->failed = true;
    welcome->secrets = covey_reader_since(&list, start);
    welcome->encrypted_group_info = covey_read_vec(r);
}

void covey_write_welcome(covey_writer *w, const covey_welcome *welcome)
{
    covey_write_u16(w, welcome->cipher_suite);
    covey_write_vec(w, welcome->secrets);
    covey_write_vec(w, welcome->encrypted_group_info);
}
