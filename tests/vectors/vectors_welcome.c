/*
 * mls/welcome.json: RFC 9420 section 12.4.3.1, without the tree, which this
 * vector does not have; passive-client-welcome.json has all of it.
 */
#include <covey/error.h>

#include "mls/advance.h"
#include "mls/key_package.h"
#include "mls/message.h"
#include "mls/types.h"
#include "mls/welcome.h"
#include "vectors/values.h"

typedef struct {
    covey_kem_secret init_secret;
    covey_kem_public init_key;
    covey_digest ref;
} newcomer;

static newcomer read_newcomer(const json_t *value)
{
    newcomer out;
    covey_key_package package;
    covey_reader r;

    cr_assert_eq(covey_message_body(&r, vector_hex(value, "key_package"),
                                    COVEY_WIRE_KEY_PACKAGE),
                 COVEY_OK);
    covey_read_key_package(&r, &package);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    covey_key_package_ref(&out.ref, &package);
    out.init_secret = kem_secret_of(vector_hex(value, "init_priv"));
    vector_suite()->kem->public_of(&out.init_key, &out.init_secret);
    check_bytes(covey_bytes_of(out.init_key.bytes, sizeof out.init_key.bytes),
                package.init_key);
    return out;
}

static covey_encrypted_group_secrets entry_for(const covey_welcome *welcome,
                                               const newcomer *self)
{
    covey_reader r = covey_reader_of(welcome->secrets);
    covey_encrypted_group_secrets one;

    while (covey_reader_more(&r)) {
        covey_read_encrypted_group_secrets(&r, &one);
        if (covey_bytes_same(one.new_member, covey_digest_bytes(&self->ref))) {
            return one;
        }
    }
    cr_assert_fail("the Welcome is not for this KeyPackage");
    return one;
}

static covey_joiner_secret open_secrets(const covey_welcome *welcome,
                                        const newcomer *self)
{
    covey_encrypted_group_secrets one = entry_for(welcome, self);
    covey_bytes none = {NULL, 0};
    covey_bytes sealed = one.group_secrets.ciphertext;
    uint8_t *plain = test_alloc(sealed.len);
    covey_hpke_info info;
    covey_group_secrets secrets;

    covey_encrypt_info(&info, vector_suite(), "Welcome",
                       welcome->encrypted_group_info);
    cr_assert_eq(covey_hpke_open(plain, vector_suite(),
                                 one.group_secrets.kem_output,
                                 &self->init_secret, &self->init_key, &info,
                                 none, sealed),
                 COVEY_OK);
    covey_reader r = covey_reader_of(
        covey_bytes_of(plain, sealed.len - COVEY_AEAD_TAG_SIZE));
    covey_read_group_secrets(&r, &secrets);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    cr_assert_eq(secrets.psks.len, 0);
    return (covey_joiner_secret){secret_of(secrets.joiner_secret)};
}

static covey_group_info open_info(const covey_welcome *welcome,
                                  const covey_member_secret *member,
                                  covey_bytes signer)
{
    covey_bytes none = {NULL, 0};
    covey_bytes sealed = welcome->encrypted_group_info;
    uint8_t *text = test_alloc(COVEY_SIGN_ROOM + sealed.len) + COVEY_SIGN_ROOM;
    covey_welcome_secret secret;
    covey_aead_key key;
    covey_group_info info;

    covey_schedule_welcome(&secret, member);
    covey_welcome_key(&key, &secret);
    cr_assert_eq(covey_aead_open(text, &key, none, sealed), COVEY_OK);
    covey_reader r =
        covey_reader_of(covey_bytes_of(text, sealed.len - COVEY_AEAD_TAG_SIZE));
    covey_read_group_info(&r, &info);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    cr_assert_eq(covey_verify_with_label(signer, "GroupInfoTBS", text,
                                         info.to_be_signed.len, info.signature),
                 COVEY_OK);
    return info;
}

static void check_tag(const covey_group_info *info,
                      const covey_member_secret *member)
{
    covey_reader r = covey_reader_of(info->group_context);
    covey_group_context context;
    covey_epoch_secret epoch;
    covey_schedule schedule;
    covey_digest tag;

    cr_assert_eq(covey_read_group_context(&r, &context), COVEY_OK);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    covey_schedule_epoch(&epoch, member, info->group_context);
    covey_schedule_derive(&schedule, &epoch);
    covey_confirmation_tag(
        &tag, &schedule.confirmation_key,
        covey_bytes_of(context.confirmed_transcript_hash.bytes,
                       context.confirmed_transcript_hash_len));
    check_bytes(covey_digest_bytes(&tag), info->confirmation_tag);
}

static void check_case(const json_t *value)
{
    static const covey_psk_secret no_psk;
    newcomer self = read_newcomer(value);
    covey_welcome welcome;
    covey_reader r;

    cr_assert_eq(covey_message_body(&r, vector_hex(value, "welcome"),
                                    COVEY_WIRE_WELCOME),
                 COVEY_OK);
    covey_read_welcome(&r, &welcome);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    cr_assert_eq(welcome.cipher_suite, COVEY_SUITE_X25519_CHACHA);

    covey_joiner_secret joiner = open_secrets(&welcome, &self);
    covey_member_secret member;
    covey_schedule_member(&member, &joiner, &no_psk);
    covey_group_info info =
        open_info(&welcome, &member, vector_hex(value, "signer_pub"));
    check_tag(&info, &member);
}

Test(vectors, welcome)
{
    const json_t *root = vectors_open("mls/welcome.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        check_suite(value);
        check_case(value);
        num++;
    }
    report_cases("welcome", num, json_array_size(root));
}
