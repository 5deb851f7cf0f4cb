#include "support/reencode.h"

#include <covey/error.h>

#include "mls/extension.h"
#include "mls/message.h"
#include "mls/tree_codec.h"
#include "mls/types.h"
#include "mls/welcome.h"

static const covey_bytes nothing;

/* A writer with some room more than the input: too long an output shows. */
static covey_writer writer_for(size_t len)
{
    return covey_writer_of(test_alloc(len + 64), len + 64);
}

/* ---- lists; each gives the contents of its vector anew ---- */

static covey_bytes remake_u16s(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) covey_write_u16(&w, covey_read_u16(&r));
    return covey_writer_since(&w, 0);
}

/* A list that is not one of extensions stays as it is: reading a structure
 * does not look into it. */
static covey_bytes remake_extensions(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_extension extension = covey_read_extension(&r);

        covey_write_u16(&w, extension.type);
        covey_write_vec(&w, extension.data);
    }
    return r.failed ? list : covey_writer_since(&w, 0);
}

static covey_bytes remake_ciphertexts(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_hpke_ciphertext one;

        covey_read_hpke_ciphertext(&r, &one);
        covey_write_hpke_ciphertext(&w, &one);
    }
    return covey_writer_since(&w, 0);
}

static covey_bytes remake_path_nodes(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_update_path_node one;

        covey_read_update_path_node(&r, &one);
        one.ciphertexts = remake_ciphertexts(one.ciphertexts);
        covey_write_update_path_node(&w, &one);
    }
    return covey_writer_since(&w, 0);
}

static covey_bytes remake_psk_ids(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_psk_id one;

        covey_read_psk_id(&r, &one);
        one.encoding = nothing;
        covey_write_psk_id(&w, &one);
    }
    return covey_writer_since(&w, 0);
}

static covey_bytes remake_encrypted_secrets(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_encrypted_group_secrets one;

        covey_read_encrypted_group_secrets(&r, &one);
        covey_write_encrypted_group_secrets(&w, &one);
    }
    return covey_writer_since(&w, 0);
}

/* ---- structures; views of the whole are taken out ---- */

static void remake_leaf_node(covey_leaf_node *leaf)
{
    covey_capabilities *c = &leaf->capabilities;

    c->versions = remake_u16s(c->versions);
    c->cipher_suites = remake_u16s(c->cipher_suites);
    c->extensions = remake_u16s(c->extensions);
    c->proposals = remake_u16s(c->proposals);
    c->credentials = remake_u16s(c->credentials);
    leaf->extensions = remake_extensions(leaf->extensions);
    leaf->to_be_signed = nothing;
    leaf->encoding = nothing;
}

static void remake_key_package(covey_key_package *package)
{
    remake_leaf_node(&package->leaf);
    package->extensions = remake_extensions(package->extensions);
    package->to_be_signed = nothing;
    package->encoding = nothing;
}

static void remake_proposal(covey_proposal *proposal)
{
    proposal->encoding = nothing;
    switch (proposal->type) {
    case COVEY_PROPOSAL_ADD: remake_key_package(&proposal->of.add); break;
    case COVEY_PROPOSAL_UPDATE: remake_leaf_node(&proposal->of.update); break;
    case COVEY_PROPOSAL_PSK: proposal->of.psk.encoding = nothing; break;
    case COVEY_PROPOSAL_REINIT:
        proposal->of.reinit.extensions =
            remake_extensions(proposal->of.reinit.extensions);
        break;
    case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        proposal->of.extensions = remake_extensions(proposal->of.extensions);
        break;
    default: break;
    }
}

static covey_bytes remake_proposals(covey_bytes list)
{
    covey_writer w = writer_for(list.len);
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_proposal_or_ref one;

        covey_read_proposal_or_ref(&r, &one);
        covey_write_u8(&w, one.type);
        if (one.type == COVEY_BY_REFERENCE) {
            covey_write_vec(&w, one.reference);
        } else {
            remake_proposal(&one.proposal);
            covey_write_proposal(&w, &one.proposal);
        }
    }
    return covey_writer_since(&w, 0);
}

static void remake_update_path(covey_update_path *path)
{
    remake_leaf_node(&path->leaf);
    path->nodes = remake_path_nodes(path->nodes);
}

static void remake_commit(covey_commit *commit)
{
    commit->proposals = remake_proposals(commit->proposals);
    if (commit->has_path) remake_update_path(&commit->path);
}

static void remake_content(covey_content *content, uint8_t type)
{
    covey_writer w = writer_for(content->encoding.len);

    content->encoding = nothing;
    switch (type) {
    case COVEY_CONTENT_APPLICATION:
        covey_write_vec(&w, content->of.application);
        break;
    case COVEY_CONTENT_PROPOSAL:
        remake_proposal(&content->of.proposal);
        covey_write_proposal(&w, &content->of.proposal);
        break;
    default:
        remake_commit(&content->of.commit);
        covey_write_commit(&w, &content->of.commit);
        break;
    }
    content->encoding = covey_writer_since(&w, 0);
}

/* One that our profile refuses stays as it is. */
static covey_bytes remake_group_context(covey_bytes encoding)
{
    covey_writer w = writer_for(encoding.len);
    covey_reader r = covey_reader_of(encoding);
    covey_group_context context;

    if (covey_read_group_context(&r, &context) != COVEY_OK) return encoding;
    covey_write_group_context(&w, &context);
    return covey_writer_since(&w, 0);
}

static void remake_group_info(covey_group_info *info)
{
    info->group_context = remake_group_context(info->group_context);
    info->extensions = remake_extensions(info->extensions);
    info->to_be_signed = nothing;
}

/* ---- reading and writing ---- */

static int again_key_package(covey_writer *w, covey_reader *r)
{
    covey_key_package package;

    covey_read_key_package(r, &package);
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_key_package(&package);
    covey_write_key_package(w, &package);
    return COVEY_OK;
}

static int again_leaf_node(covey_writer *w, covey_reader *r)
{
    covey_leaf_node leaf;

    covey_read_leaf_node(r, &leaf);
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_leaf_node(&leaf);
    covey_write_leaf_node(w, &leaf);
    return COVEY_OK;
}

static int again_proposal(covey_writer *w, covey_reader *r)
{
    covey_proposal proposal;

    covey_read_proposal(r, &proposal);
    if (r->failed) return covey_proposal_read_error(&proposal);
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_proposal(&proposal);
    covey_write_proposal(w, &proposal);
    return COVEY_OK;
}

static int again_commit(covey_writer *w, covey_reader *r)
{
    covey_commit commit;

    covey_read_commit(r, &commit);
    if (r->failed) return commit.refusal;
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_commit(&commit);
    covey_write_commit(w, &commit);
    return COVEY_OK;
}

static int again_update_path(covey_writer *w, covey_reader *r)
{
    covey_update_path path;

    covey_read_update_path(r, &path);
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_update_path(&path);
    covey_write_update_path(w, &path);
    return COVEY_OK;
}

static int again_welcome(covey_writer *w, covey_reader *r)
{
    covey_welcome welcome;

    covey_read_welcome(r, &welcome);
    int err = covey_reader_finish(r);
    if (err) return err;
    welcome.secrets = remake_encrypted_secrets(welcome.secrets);
    covey_write_welcome(w, &welcome);
    return COVEY_OK;
}

static int again_group_info(covey_writer *w, covey_reader *r)
{
    covey_group_info info;

    covey_read_group_info(r, &info);
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_group_info(&info);
    covey_write_group_info(w, &info);
    return COVEY_OK;
}

static int again_group_secrets(covey_writer *w, covey_reader *r)
{
    covey_group_secrets secrets;

    covey_read_group_secrets(r, &secrets);
    int err = covey_reader_finish(r);
    if (err) return err;
    secrets.psks = remake_psk_ids(secrets.psks);
    covey_write_group_secrets(w, &secrets);
    return COVEY_OK;
}

static int again_group_context(covey_writer *w, covey_reader *r)
{
    covey_group_context context;
    int err = covey_read_group_context(r, &context);

    if (!err) err = covey_reader_finish(r);
    if (!err) covey_write_group_context(w, &context);
    return err;
}

static int again_psk_id(covey_writer *w, covey_reader *r)
{
    covey_psk_id psk;

    covey_read_psk_id(r, &psk);
    int err = covey_reader_finish(r);
    if (err) return err;
    psk.encoding = nothing;
    covey_write_psk_id(w, &psk);
    return COVEY_OK;
}

static int again_ratchet_tree(covey_writer *w, covey_reader *r)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    covey_tree *tree = (covey_tree *)test_alloc(sizeof *tree);
    int err =
        covey_ratchet_tree_decode(tree, covey_bytes_of(r->at, r->left), suite);

    if (!err) covey_write_ratchet_tree(w, tree);
    return err;
}

static int again_extensions(covey_writer *w, covey_reader *r)
{
    covey_bytes list = covey_bytes_of(r->at, r->left);
    int err = covey_extensions_check(list);

    if (!err) covey_write_fixed(w, remake_extensions(list));
    return err;
}

/* The extension stands alone in a list, as its reader looks for it there. */
static int again_required_capabilities(covey_writer *w, covey_reader *r)
{
    covey_required_capabilities required;
    covey_writer list = writer_for(r->left);

    covey_write_u16(&list, COVEY_EXTENSION_REQUIRED_CAPABILITIES);
    covey_write_vec(&list, covey_bytes_of(r->at, r->left));
    int err =
        covey_required_capabilities_of(&required, covey_writer_since(&list, 0));
    if (err) return err;
    covey_write_vec(w, remake_u16s(required.extensions));
    covey_write_vec(w, remake_u16s(required.proposals));
    covey_write_vec(w, remake_u16s(required.credentials));
    return COVEY_OK;
}

static int again_public_message(covey_writer *w, covey_reader *r)
{
    covey_public_message message;

    covey_read_public_message(r, &message);
    if (r->failed) return message.framed.content.refusal;
    int err = covey_reader_finish(r);
    if (err) return err;
    remake_content(&message.framed.content, message.framed.content_type);
    covey_write_public_message(w, &message);
    return COVEY_OK;
}

static int again_private_message(covey_writer *w, covey_reader *r)
{
    covey_private_message message;

    covey_read_private_message(r, &message);
    int err = covey_reader_finish(r);
    if (!err) covey_write_private_message(w, &message);
    return err;
}

static int again_message(covey_writer *w, covey_reader *r)
{
    covey_bytes whole = covey_bytes_of(r->at, r->left);
    covey_message_head head = covey_read_message_head(r);
    covey_reader body;
    int err = covey_message_body(&body, whole, head.wire_format);

    if (err) return err;
    covey_write_message_head(w, head.wire_format);
    switch (head.wire_format) {
    case COVEY_WIRE_PUBLIC_MESSAGE: return again_public_message(w, &body);
    case COVEY_WIRE_PRIVATE_MESSAGE: return again_private_message(w, &body);
    case COVEY_WIRE_WELCOME: return again_welcome(w, &body);
    case COVEY_WIRE_GROUP_INFO: return again_group_info(w, &body);
    case COVEY_WIRE_KEY_PACKAGE: return again_key_package(w, &body);
    default: return COVEY_ERR_PROFILE;
    }
}

int reencode(covey_bytes *out, reencode_kind kind, covey_bytes in)
{
    static int (*const again[REENCODE_NUM])(covey_writer *, covey_reader *) = {
        [REENCODE_MESSAGE] = again_message,
        [REENCODE_KEY_PACKAGE] = again_key_package,
        [REENCODE_LEAF_NODE] = again_leaf_node,
        [REENCODE_PROPOSAL] = again_proposal,
        [REENCODE_COMMIT] = again_commit,
        [REENCODE_UPDATE_PATH] = again_update_path,
        [REENCODE_WELCOME] = again_welcome,
        [REENCODE_GROUP_INFO] = again_group_info,
        [REENCODE_GROUP_SECRETS] = again_group_secrets,
        [REENCODE_GROUP_CONTEXT] = again_group_context,
        [REENCODE_PSK_ID] = again_psk_id,
        [REENCODE_RATCHET_TREE] = again_ratchet_tree,
        [REENCODE_EXTENSIONS] = again_extensions,
        [REENCODE_REQUIRED_CAPABILITIES] = again_required_capabilities,
    };
    covey_writer w = writer_for(in.len);
    covey_reader r = covey_reader_of(in);
    int err = again[kind](&w, &r);

    *out = covey_writer_since(&w, 0);
    return err;
}
