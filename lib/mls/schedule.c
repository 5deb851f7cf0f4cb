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

/* DeriveSecret of a secret that has many. */
static void derive(covey_secret *out, const covey_hkdf_key *from,
                   const char *label)
{
    (void)covey_expand_with_label_by(out->bytes, sizeof out->bytes, from, label,
                                     covey_bytes_of(NULL, 0));
}

void covey_schedule_derive(covey_schedule *out, const covey_epoch_secret *epoch)
{
    covey_hkdf_key from;

    covey_hkdf_key_of(&from, &epoch->secret);
    derive(&out->sender_data_secret.secret, &from, "sender data");
    derive(&out->encryption_secret.secret, &from, "encryption");
    derive(&out->exporter_secret.secret, &from, "exporter");
    derive(&out->external_secret.secret, &from, "external");
    derive(&out->confirmation_key.secret, &from, "confirm");
    derive(&out->membership_key.secret, &from, "membership");
    derive(&out->resumption_psk.secret, &from, "resumption");
    derive(&out->epoch_authenticator.secret, &from, "authentication");
    derive(&out->init_secret.secret, &from, "init");
    covey_wipe(&from, sizeof from);
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
