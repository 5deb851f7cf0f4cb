#include "mls/advance.h"

#include <covey/error.h>

#include "base/secret.h"
#include "mls/types.h"

covey_bytes covey_context_encode(uint8_t *at,
                                 const covey_group_context *context)
{
    covey_writer w = covey_writer_of(at, COVEY_MLS_GROUP_CONTEXT_MAX);

    covey_write_group_context(&w, context);
    return covey_writer_since(&w, 0);
}

int covey_path_leaf_check(const covey_epoch *next, covey_leaf_index committer)
{
    covey_leaf_node leaf;

    covey_tree_leaf(&next->tree, committer, &leaf);
    if (leaf.source != COVEY_SOURCE_COMMIT ||
        covey_tree_has_signature_key(&next->tree, leaf.signature_key,
                                     committer)) {
        return COVEY_ERR_LEAF;
    }
    int err = covey_leaf_node_check(&leaf, next->context.suite, 0);
    if (!err) {
        err = covey_leaf_node_supports(&leaf,
                                       covey_group_extensions(&next->context));
    }
    return err;
}

void covey_advance_transcript(covey_epoch *next, covey_bytes framed,
                              const uint8_t signature[COVEY_SIGNATURE_SIZE])
{
    covey_confirmed_transcript_hash(&next->context.confirmed_transcript_hash,
                                    &next->interim_transcript_hash, framed,
                                    covey_bytes_of(signature,
                                                   COVEY_SIGNATURE_SIZE));
    next->context.confirmed_transcript_hash_len = COVEY_HASH_SIZE;
}

void covey_advance_joiner(covey_joiner_secret *joiner, const covey_epoch *next,
                          const covey_commit_secret *commit_secret,
                          covey_bytes group_context)
{
    covey_schedule_joiner(joiner, &next->init_secret, commit_secret,
                          group_context);
}

void covey_advance_secrets(covey_epoch *next, covey_digest *tag,
                           const covey_member_secret *member,
                           covey_bytes group_context)
{
    covey_epoch_secret secret;
    covey_schedule schedule;

    covey_schedule_epoch(&secret, member, group_context);
    covey_schedule_derive(&schedule, &secret);
    covey_epoch_take_schedule(next, &schedule);
    covey_confirmation_tag(
        tag, &schedule.confirmation_key,
        covey_bytes_of(next->context.confirmed_transcript_hash.bytes,
                       next->context.confirmed_transcript_hash_len));
    covey_schedule_wipe(&schedule);
    covey_wipe(&secret, sizeof secret);
}

void covey_advance_interim(covey_epoch *next, const covey_digest *tag)
{
    covey_interim_transcript_hash(
        &next->interim_transcript_hash,
        covey_bytes_of(next->context.confirmed_transcript_hash.bytes,
                       next->context.confirmed_transcript_hash_len),
        covey_digest_bytes(tag));
}

void covey_welcome_key(covey_aead_key *key, const covey_welcome_secret *secret)
{
    covey_expand_aead_key(key, &secret->secret, covey_bytes_of(NULL, 0));
}
