/*
 * mls/key-schedule.json: RFC 9420 sections 8 to 8.7.
 */
#include <covey/error.h>

#include "mls/group_context.h"
#include "mls/schedule.h"
#include "support/guard.h"
#include "vectors/values.h"

/* The GroupContext of an epoch, made from its parts and encoded. */
static covey_bytes context_of(const json_t *value, covey_bytes group_id,
                              uint64_t epoch)
{
    uint8_t *at = test_alloc(COVEY_MLS_GROUP_CONTEXT_MAX);
    covey_writer w = covey_writer_of(at, COVEY_MLS_GROUP_CONTEXT_MAX);
    covey_group_context context = {
        .suite = vector_suite(),
        .epoch = epoch,
        .group_id_len = (uint8_t)group_id.len,
        .tree_hash = vector_digest(value, "tree_hash"),
        .confirmed_transcript_hash =
            vector_digest(value, "confirmed_transcript_hash"),
        .confirmed_transcript_hash_len = COVEY_HASH_SIZE,
    };

    cr_assert_leq(group_id.len, COVEY_MLS_GROUP_ID_MAX);
    memcpy(context.group_id, group_id.at, group_id.len);
    covey_write_group_context(&w, &context);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    return covey_writer_since(&w, 0);
}

static void check_external_pub(const json_t *value,
                               const covey_external_secret *secret)
{
    const covey_kem *kem = vector_suite()->kem;
    covey_kem_secret private_key;
    covey_kem_public public_key;

    kem->derive(&private_key, &public_key, covey_secret_bytes(&secret->secret));
    check_bytes(covey_bytes_of(public_key.bytes, kem->public_size),
                vector_hex(value, "external_pub"));
}

static void check_exporter(const json_t *value,
                           const covey_exporter_secret *secret)
{
    const json_t *exporter = vector_get(value, "exporter");
    size_t len = (size_t)vector_number(exporter, "length");
    uint8_t *out = guard_end(len);

    cr_assert_eq(covey_exporter(out, len, secret,
                                vector_text(exporter, "label"),
                                vector_hex(exporter, "context")),
                 COVEY_OK);
    check_bytes(covey_bytes_of(out, len), vector_hex(exporter, "secret"));
}

static void check_derived(const json_t *value, const covey_schedule *schedule)
{
    check_secret(schedule->sender_data_secret.secret, value,
                 "sender_data_secret");
    check_secret(schedule->encryption_secret.secret, value,
                 "encryption_secret");
    check_secret(schedule->exporter_secret.secret, value, "exporter_secret");
    check_secret(schedule->epoch_authenticator.secret, value,
                 "epoch_authenticator");
    check_secret(schedule->external_secret.secret, value, "external_secret");
    check_secret(schedule->confirmation_key.secret, value, "confirmation_key");
    check_secret(schedule->membership_key.secret, value, "membership_key");
    check_secret(schedule->resumption_psk.secret, value, "resumption_psk");
    check_secret(schedule->init_secret.secret, value, "init_secret");
}

/* One epoch; *init becomes the next one's. */
static void check_epoch(const json_t *value, covey_bytes group_id,
                        uint64_t number, covey_init_secret *init)
{
    covey_bytes context = context_of(value, group_id, number);
    covey_commit_secret commit = {vector_secret(value, "commit_secret")};
    covey_psk_secret psk = {{{0}}};
    covey_joiner_secret joiner;
    covey_member_secret member;
    covey_welcome_secret welcome;
    covey_epoch_secret epoch;
    covey_schedule schedule;

    check_bytes(context, vector_hex(value, "group_context"));
    if (vector_has(value, "psk_secret")) {
        psk.secret = vector_secret(value, "psk_secret");
    }
    covey_schedule_joiner(&joiner, init, &commit, context);
    check_secret(joiner.secret, value, "joiner_secret");
    covey_schedule_member(&member, &joiner, &psk);
    covey_schedule_welcome(&welcome, &member);
    check_secret(welcome.secret, value, "welcome_secret");
    covey_schedule_epoch(&epoch, &member, context);
    covey_schedule_derive(&schedule, &epoch);
    check_derived(value, &schedule);
    check_external_pub(value, &schedule.external_secret);
    check_exporter(value, &schedule.exporter_secret);
    *init = schedule.init_secret;
    covey_schedule_wipe(&schedule);
    cr_assert(test_is_zero(&schedule, sizeof schedule));
}

Test(vectors, key_schedule)
{
    const json_t *root = vectors_open("mls/key-schedule.json");
    const json_t *value;
    size_t num = 0;
    size_t num_epochs = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        covey_init_secret init = {vector_secret(value, "initial_init_secret")};
        const json_t *epoch;
        size_t number;

        check_suite(value);
        json_array_foreach(vector_list(value, "epochs"), number, epoch)
        {
            check_epoch(epoch, vector_hex(value, "group_id"), number, &init);
            num_epochs++;
        }
        num++;
    }
    report_cases("key-schedule", num, json_array_size(root));
    report_cases("key-schedule, epochs", num_epochs, num_epochs);
}
