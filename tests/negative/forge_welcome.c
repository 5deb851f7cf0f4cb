#include "forge_welcome.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "mls/advance.h"
#include "mls/tree_codec.h"
#include "support/guard.h"
#include "support/trees.h"

/* The newcomer of welcome_begin. */
#define NEWCOMER (FAMILY_MAX - 1)

static void run(welcome_forgery *f, welcome_stage stage)
{
    if (f->at[stage] != NULL) f->at[stage](f);
}

/* ---- beginnings ---- */

static covey_bytes own_leaf(const covey_mls_joiner *joiner)
{
    return covey_bytes_of(joiner->leaf, joiner->leaf_len);
}

welcome_forgery *welcome_begin(uint32_t num)
{
    welcome_forgery *f = calloc(1, sizeof *f);
    covey_group_context *context = &f->next.context;
    covey_bytes id = test_group_id();
    covey_leaf_index leaf;

    cr_assert_not_null(f);
    (void)family_package(NEWCOMER);
    f->joiner = family[NEWCOMER].joiner;
    test_tree_of(&f->next.tree, num);
    cr_assert_eq(covey_tree_add(&f->next.tree, own_leaf(f->joiner), &leaf),
                 COVEY_OK);
    context->suite = test_suite();
    context->epoch = 5;
    context->group_id_len = (uint8_t)id.len;
    memcpy(context->group_id, id.at, id.len);
    context->confirmed_transcript_hash_len = COVEY_HASH_SIZE;
    f->sign_key = test_sign_key(0);
    memset(&f->joiner_secret, 9, sizeof f->joiner_secret);
    return f;
}

welcome_forgery *welcome_of_commit(size_t committer, size_t newcomer)
{
    welcome_forgery *f = calloc(1, sizeof *f);
    forgery *commit =
        forge_with(committer, proposal_add(family_package(newcomer)));

    cr_assert_not_null(f);
    all_accept_commit(committer, forge_commit(commit));
    f->joiner = family[newcomer].joiner;
    f->next = commit->next;
    f->signer = commit->from.keys.self;
    f->sign_key = commit->leaf_sign_key;
    f->joiner_secret = commit->joiner.secret;
    for (uint32_t i = 0; i < f->next.tree.width; i++) {
        covey_leaf_index leaf = {i};
        if (!covey_leaf_set_has(&commit->added, leaf)) continue;
        unsigned level =
            covey_node_level(covey_common_ancestor(f->signer, leaf));
        for (size_t k = 0; k < commit->path.nodes.num; k++) {
            if (commit->path.nodes.level[k] != level) continue;
            f->has_path_secret = true;
            f->path_secret = commit->path.secrets[k];
        }
    }
    cr_assert(f->has_path_secret);
    free(commit);
    return f;
}

/* ---- forging ---- */

static covey_psk_secret psk_secret(covey_bytes list)
{
    covey_psk_secret secret;
    uint16_t count = 0;

    memset(&secret, 0, sizeof secret);
    for (unsigned pass = 0; pass < 2; pass++) {
        covey_reader r = covey_reader_of(list);
        uint16_t index = 0;

        while (covey_reader_more(&r)) {
            covey_psk_id id;
            covey_read_psk_id(&r, &id);
            if (pass == 0) {
                count++;
                continue;
            }
            const covey_mls_psk *psk =
                covey_psk_lookup(family_psks, family_num_psks, id.id);
            covey_psk_secret_add(&secret.secret, id.encoding,
                                 psk != NULL ? psk->secret
                                             : covey_bytes_of_text("not known"),
                                 index++, count);
        }
    }
    return secret;
}

static void make_state(welcome_forgery *f)
{
    covey_epoch *next = &f->next;
    covey_writer tree = bytes_writer();
    covey_writer context = bytes_writer();

    if (!f->keep_tree_hash) {
        covey_tree_hash(&next->context.tree_hash, &next->tree,
                        covey_tree_root(next->tree.width), NULL);
    }
    run(f, W_CONTEXT);
    covey_write_ratchet_tree(&tree, &next->tree);
    f->tree = bytes_done(&tree);
    run(f, W_TREE);
    f->extensions = f->tree_apart
                        ? covey_bytes_of(NULL, 0)
                        : extension_of(COVEY_EXTENSION_RATCHET_TREE, f->tree);
    run(f, W_EXTENSIONS);
    covey_write_group_context(&context, &next->context);
    f->context = bytes_done(&context);
    run(f, W_ENCODED);
}

static void sign_info(welcome_forgery *f)
{
    covey_writer tbs = bytes_writer();
    covey_writer w = bytes_writer();

    f->info = (covey_group_info){
        .group_context = f->context,
        .extensions = f->extensions,
        .confirmation_tag =
            covey_bytes_of(test_copy(covey_digest_bytes(&f->tag)),
                           sizeof f->tag.bytes),
        .signer = f->signer,
    };
    run(f, W_INFO);
    covey_write_group_info(&tbs, &f->info);
    tbs.len--; /* the empty signature's head */
    f->info.signature =
        bytes_signed("GroupInfoTBS", bytes_done(&tbs), &f->sign_key);
    run(f, W_SIGNED);
    covey_write_group_info(&w, &f->info);
    f->info_bytes = bytes_done(&w);
    run(f, W_INFO_BYTES);
}

static covey_bytes seal_info(const welcome_forgery *f,
                             const covey_member_secret *member)
{
    covey_welcome_secret secret;
    covey_aead_key key;
    uint8_t *at = test_alloc(f->info_bytes.len + COVEY_AEAD_TAG_SIZE);

    covey_schedule_welcome(&secret, member);
    covey_welcome_key(&key, &secret);
    covey_aead_seal(at, &key, covey_bytes_of(NULL, 0), f->info_bytes);
    return covey_bytes_of(at, f->info_bytes.len + COVEY_AEAD_TAG_SIZE);
}

static void seal_secrets(welcome_forgery *f, covey_bytes sealed_info)
{
    covey_random random = family_random();
    covey_writer w = bytes_writer();
    covey_kem_output *output = (covey_kem_output *)test_alloc(sizeof *output);
    covey_hpke_info info;

    f->secrets = (covey_group_secrets){
        .joiner_secret = covey_secret_bytes(&f->joiner_secret),
        .has_path_secret = f->has_path_secret,
        .path_secret = covey_secret_bytes(&f->path_secret),
        .psks = f->psks,
    };
    run(f, W_SECRETS);
    covey_write_group_secrets(&w, &f->secrets);
    f->secrets_bytes = bytes_done(&w);
    run(f, W_SECRETS_BYTES);
    uint8_t *sealed = test_alloc(f->secrets_bytes.len + COVEY_AEAD_TAG_SIZE);
    covey_encrypt_info(&info, f->next.context.suite, "Welcome", sealed_info);
    cr_assert_eq(covey_hpke_seal(output, sealed, f->next.context.suite, &random,
                                 &f->joiner->init_key, &info,
                                 covey_bytes_of(NULL, 0), f->secrets_bytes),
                 COVEY_OK);
    f->entry = (covey_encrypted_group_secrets){
        .new_member = covey_digest_bytes(&f->joiner->ref),
        .group_secrets = {covey_bytes_of(output->bytes, sizeof output->bytes),
                          covey_bytes_of(sealed, f->secrets_bytes.len +
                                                     COVEY_AEAD_TAG_SIZE)},
    };
    run(f, W_ENTRY);
}

covey_bytes forge_welcome(welcome_forgery *f)
{
    const covey_psk_secret psk = psk_secret(f->psks);
    covey_joiner_secret joiner = {f->joiner_secret};
    covey_member_secret member;
    covey_writer entry = bytes_writer();
    covey_writer w = bytes_writer();

    make_state(f);
    covey_schedule_member(&member, &joiner, &psk);
    covey_advance_secrets(&f->next, &f->tag, &member, f->context);
    sign_info(f);
    covey_bytes sealed_info = seal_info(f, &member);
    seal_secrets(f, sealed_info);
    covey_write_encrypted_group_secrets(&entry, &f->entry);
    f->welcome = (covey_welcome){
        .cipher_suite = f->next.context.suite->id,
        .secrets = bytes_done(&entry),
        .encrypted_group_info = sealed_info,
    };
    run(f, W_WELCOME);
    covey_write_message_head(&w, COVEY_WIRE_WELCOME);
    covey_write_welcome(&w, &f->welcome);
    return bytes_done(&w);
}

/* ---- offers ---- */

static family_member *newcomer_of(const welcome_forgery *f)
{
    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (family[i].joiner == f->joiner) return &family[i];
    }
    cr_assert(false);
    return NULL;
}

static int stage(const welcome_forgery *f, covey_bytes welcome)
{
    int err = covey_mls_stage_welcome(newcomer_of(f)->staged, f->joiner,
                                      guard_copy(welcome),
                                      f->tree_apart ? guard_copy(f->tree)
                                                    : covey_bytes_of(NULL, 0),
                                      family_psks, family_num_psks, NULL,
                                      family_scratch());

    guard_free_all();
    return err;
}

void accept_welcome(const welcome_forgery *f, covey_bytes welcome)
{
    int err = stage(f, welcome);

    cr_assert_eq(err, COVEY_OK, "%s: %s", trying, covey_error_name(err));
    covey_mls_drop(newcomer_of(f)->staged);
}

void refuse_welcome(const welcome_forgery *f, covey_bytes welcome, int err)
{
    const covey_mls_joiner before = *f->joiner;
    int got = stage(f, welcome);

    cr_assert_eq(got, err, "%s: %s, not %s", trying, covey_error_name(got),
                 covey_error_name(err));
    check_error_group(err);
    cr_assert(test_is_zero(newcomer_of(f)->staged, covey_mls_staged_size()));
    cr_assert_arr_eq(f->joiner, &before, sizeof before);
}

void check_welcome(welcome_forgery *f, welcome_stage at, welcome_hook *hook,
                   int err)
{
    const covey_epoch next = f->next;
    const covey_sign_key sign_key = f->sign_key;

    f->at[at] = NULL;
    accept_welcome(f, forge_welcome(f));
    f->next = next;
    f->at[at] = hook;
    refuse_welcome(f, forge_welcome(f), err);
    f->at[at] = NULL;
    f->next = next;
    f->sign_key = sign_key;
}
