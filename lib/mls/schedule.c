#include "mls/schedule.h"

#include "base/secret.h"

static void extract(covey_secret *out, const covey_secret *salt,
                    const covey_secret *ikm)
{
    covey_bytes part = covey_secret_bytes(ikm);

    covey_hkdf_extract(out, covey_secret_bytes(salt), &part, 1);
}

void covey_schedule_joiner(covey_joiner_secret *out,
                           const covey_init_secret *init,
                           const covey_commit_secret *commit,
                           covey_bytes group_context)
{
    covey_secret extracted;

    extract(&extracted, &init->secret, &commit->secret);
    covey_expand_secret(&out->secret, &extracted, "joiner", group_context);
    covey_wipe(&extracted, sizeof extracted);
}

void covey_schedule_member(covey_member_secret *out,
                           const covey_joiner_secret *joiner,
                           const covey_psk_secret *psk)
{
    extract(&out->secret, &joiner->secret, &psk->secret);
}

void covey_schedule_welcome(covey_welcome_secret *out,
                            const covey_member_secret *member)
{
    covey_derive_secret(&out->secret, &member->secret, "welcome");
}

void covey_schedule_epoch(covey_epoch_secret *out,
                          const covey_member_secret *member,
                          covey_bytes group_context)
{
    covey_expand_secret(&out->secret, &member->secret, "epoch", group_context);
}

void covey_schedule_derive(covey_schedule *out, const covey_epoch_secret *epoch)
{
    const covey_secret *from = &epoch->secret;

    covey_derive_secret(&out->sender_data_secret.secret, from, "sender data");
    covey_derive_secret(&out->encryption_secret.secret, from, "encryption");
    covey_derive_secret(&out->exporter_secret.secret, from, "exporter");
    covey_derive_secret(&out->external_secret.secret, from, "external");
    covey_derive_secret(&out->confirmation_key.secret, from, "confirm");
    covey_derive_secret(&out->membership_key.secret, from, "membership");
    covey_derive_secret(&out->resumption_psk.secret, from, "resumption");
    covey_derive_secret(&out->epoch_authenticator.secret, from,
                        "authentication");
    covey_derive_secret(&out->init_secret.secret, from, "init");
}

void covey_schedule_wipe(covey_schedule *schedule)
{
    covey_wipe(schedule, sizeof *schedule);
}

void covey_confirmation_tag(covey_digest *out,
                            const covey_confirmation_key *key,
                            covey_bytes confirmed_transcript_hash)
{
    covey_hmac hmac;

    covey_hmac_begin(&hmac, covey_secret_bytes(&key->secret));
    covey_hmac_add(&hmac, confirmed_transcript_hash);
    covey_hmac_end(&hmac, out);
}

int covey_exporter(uint8_t *out, size_t out_len,
                   const covey_exporter_secret *exporter, const char *label,
                   covey_bytes context)
{
    covey_secret derived;
    covey_digest hashed;
    covey_hash hash;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, context);
    covey_hash_end(&hash, &hashed);
    int err = covey_expand_with_label(derived.bytes, sizeof derived.bytes,
                                      &exporter->secret, label,
                                      covey_bytes_of(NULL, 0));
    if (!err) {
        err = covey_expand_with_label(out, out_len, &derived, "exported",
                                      covey_digest_bytes(&hashed));
    }
    covey_wipe(&derived, sizeof derived);
    return err;
}
