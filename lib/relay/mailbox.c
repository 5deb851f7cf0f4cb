#include "relay/mailbox.h"

#include "base/secret.h"

void covey_mailbox_of_seed(covey_mailbox *mailbox,
                           const uint8_t seed[COVEY_SIGN_SEED_SIZE])
{
    covey_sign_key_of_seed(&mailbox->key, seed);
}

void covey_mailbox_wipe(covey_mailbox *mailbox)
{
    covey_wipe(mailbox, sizeof *mailbox);
}

covey_mailbox_address covey_mailbox_address_of(const covey_mailbox *mailbox)
{
    covey_bytes public_key = covey_sign_key_public(&mailbox->key);
    covey_mailbox_address address;

    memcpy(address.bytes, public_key.at, sizeof address.bytes);
    /* It goes out in clear. */
    COVEY_CT_PUBLIC(&address, sizeof address);
    return address;
}

void covey_mailbox_sign(uint8_t signature[COVEY_SIGNATURE_SIZE],
                        const covey_mailbox *mailbox, covey_bytes text)
{
    covey_sign(signature, &mailbox->key, text);
}

int covey_mailbox_verify(const covey_mailbox_address *address, covey_bytes text,
                         covey_bytes signature)
{
    return covey_verify(covey_mailbox_address_bytes(address), text, signature);
}
