/* The Welcome for those that a commit adds: RFC 9420 section 12.4.3. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/commit_work.h"
#include "mls/tree_codec.h"
#include "mls/types.h"
#include "mls/welcome.h"

/* GroupInfo, signed, encrypted under the welcome key; in the scratch. */
static int make_group_info(covey_bytes *sealed, const covey_epoch *next,
                           const covey_digest *tag,
                           const covey_member_secret *member,
                           covey_bytes context, covey_scratch *scratch)
{
    size_t left = scratch->cap - scratch->used;
    uint8_t *at = covey_scratch_take(scratch, left);
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_welcome_secret welcome_secret;
    covey_aead_key key;

    if (at == NULL || left < COVEY_SIGN_ROOM + COVEY_AEAD_TAG_SIZE) {
        return COVEY_ERR_BUFFER;
    }
    uint8_t *text = at + COVEY_SIGN_ROOM;
    covey_writer w =
        covey_writer_of(text, left - COVEY_SIGN_ROOM - COVEY_AEAD_TAG_SIZE);
    covey_write_fixed(&w, context);
    size_t extensions = covey_write_vec_open(&w);
    covey_write_u16(&w, COVEY_EXTENSION_RATCHET_TREE);
    size_t tree = covey_write_vec_open(&w);
    covey_write_ratchet_tree(&w, &next->tree);
    covey_write_vec_close(&w, tree);
    covey_write_vec_close(&w, extensions);
    covey_write_vec(&w, covey_digest_bytes(tag));
    covey_write_u32(&w, next->keys.self.value);
    if (w.failed) return COVEY_ERR_BUFFER;
    covey_sign_with_label(signature, &next->sign_key, "GroupInfoTBS", text,
                          w.len);
    covey_write_vec(&w, covey_bytes_of(signature, sizeof signature));
    if (w.failed) return COVEY_ERR_BUFFER;

    covey_schedule_welcome(&welcome_secret, member);
    covey_welcome_key(&key, &welcome_secret);
    covey_aead_seal(text, &key, covey_bytes_of(NULL, 0),
                    covey_bytes_of(text, w.len));
    covey_wipe(&welcome_secret, sizeof welcome_secret);
    covey_wipe(&key, sizeof key);
    *sealed = covey_bytes_of(text, w.len + COVEY_AEAD_TAG_SIZE);
    return COVEY_OK;
}

/* The PreSharedKeyIDs of the list, in order. */
static void write_psks(covey_writer *w, const covey_proposal_list *list)
{
    size_t mark = covey_write_vec_open(w);

    for (size_t i = 0; i < list->num; i++) {
        covey_proposal proposal;

        if (list->items[i].type != COVEY_PROPOSAL_PSK) continue;
        covey_listed_read(&list->items[i], &proposal);
        covey_write_fixed(w, proposal.of.psk.encoding);
    }
    covey_write_vec_close(w, mark);
}

/* GroupSecrets for one newcomer: with the path secret of the lowest node
 * that it shares with the committer. */
static void write_group_secrets(covey_writer *w, const covey_commit_work *work,
                                covey_leaf_index committer,
                                covey_leaf_index leaf, bool with_path)
{
    unsigned level = covey_node_level(covey_common_ancestor(committer, leaf));

    covey_write_vec(w, covey_secret_bytes(&work->joiner.secret));
    covey_write_u8(w, with_path ? 1 : 0);
    for (size_t i = 0; with_path && i < work->path.nodes.num; i++) {
        if (work->path.nodes.level[i] == level) {
            covey_write_vec(w, covey_secret_bytes(&work->path.secrets[i]));
        }
    }
    write_psks(w, &work->list);
}

/* EncryptedGroupSecrets for the newcomer that this item adds. */
static int write_secrets(covey_writer *w, const covey_commit_work *work,
                         const covey_listed_proposal *item,
                         const covey_epoch *next, const covey_hpke_info *info,
                         bool with_path)
{
    uint8_t plain[COVEY_MLS_GROUP_SECRETS_MAX];
    uint8_t sealed[COVEY_MLS_GROUP_SECRETS_MAX + COVEY_AEAD_TAG_SIZE];
    covey_writer secrets = covey_writer_of(plain, sizeof plain);
    const covey_suite *suite = next->context.suite;
    covey_proposal proposal;
    covey_kem_public init_key;
    covey_kem_output output;
    covey_digest ref;

    covey_listed_read(item, &proposal);
    memcpy(init_key.bytes, proposal.of.add.init_key.at, sizeof init_key.bytes);
    write_group_secrets(&secrets, work, next->keys.self, item->leaf, with_path);
    int err = covey_writer_finish(&secrets);
    if (!err) {
        err = covey_hpke_seal(&output, sealed, suite, work->random, &init_key,
                              info, covey_bytes_of(NULL, 0),
                              covey_writer_since(&secrets, 0));
    }
    covey_wipe(plain, sizeof plain);
    if (err) return err;
    covey_key_package_ref(&ref, &proposal.of.add);

    const covey_encrypted_group_secrets one = {
        .new_member = covey_digest_bytes(&ref),
        .group_secrets = {covey_bytes_of(output.bytes, suite->kem->output_size),
                          covey_bytes_of(sealed,
                                         secrets.len + COVEY_AEAD_TAG_SIZE)},
    };
    covey_write_encrypted_group_secrets(w, &one);
    return covey_writer_finish(w);
}

/* Welcome, around a GroupInfo that is sealed already. */
static int make_welcome(const covey_commit_work *work, const covey_epoch *next,
                        bool with_path, covey_bytes group_info,
                        covey_buffer *out)
{
    covey_writer w = covey_writer_of(out->at, out->cap);
    covey_hpke_info info;
    int err = COVEY_OK;

    covey_encrypt_info(&info, next->context.suite, "Welcome", group_info);
    covey_write_message_head(&w, COVEY_WIRE_WELCOME);
    covey_write_u16(&w, next->context.suite->id);
    size_t mark = covey_write_vec_open(&w);
    for (size_t i = 0; !err && i < work->list.num; i++) {
        if (work->list.items[i].type != COVEY_PROPOSAL_ADD) continue;
        err = write_secrets(&w, work, &work->list.items[i], next, &info,
                            with_path);
    }
    covey_write_vec_close(&w, mark);
    covey_write_vec(&w, group_info);
    if (!err) err = covey_writer_finish(&w);
    if (!err) out->len = w.len;
    return err;
}

int covey_commit_write_welcome(covey_buffer *out, const covey_commit_work *work,
                               const covey_epoch *next, bool with_path,
                               const covey_member_secret *member,
                               covey_bytes context, covey_scratch *scratch)
{
    covey_bytes group_info;
    int err = make_group_info(&group_info, next, &work->tag, member, context,
                              scratch);

    if (!err) err = make_welcome(work, next, with_path, group_info, out);
    return err;
}
