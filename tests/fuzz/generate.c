#include "fuzz/generate.h"

#include <covey/error.h>

#include "base/writer.h"
#include "fuzz/family.h"
#include "fuzz/fuzz.h"
#include "fuzz/process_seeds.h"
#include "mls/message.h"
#include "mls/types.h"

#define ROOM 65536

static covey_bytes dice;
static uint32_t num_keys;

static uint8_t pick(void)
{
    return fuzz_byte(&dice);
}

static covey_writer fresh(void)
{
    return covey_writer_of(test_alloc(ROOM), ROOM);
}

/* The value, or something else, of a length where limits are. */
static covey_bytes vary(covey_bytes value)
{
    static const uint16_t lens[] = {0,   1,   2,   16,  31,  32,   33,   47,
                                    48,  49,  63,  64,  65,  127,  255,  256,
                                    300, 383, 384, 385, 512, 1023, 1024, 2048};
    uint8_t choice = pick();

    if (choice == 0) return value;
    if (choice == 255) { /* one byte changed */
        uint8_t *copy = test_copy(value);

        if (value.len != 0) copy[pick() % value.len] ^= 1;
        return covey_bytes_of(copy, value.len);
    }
    size_t len = lens[choice % (sizeof lens / sizeof lens[0])];
    uint8_t *at = test_alloc(len);

    if (len != 0) memset(at, pick(), len);
    return covey_bytes_of(at, len);
}

/* 32 bytes that have not been used. */
static covey_bytes fresh_key(void)
{
    uint8_t *at = test_alloc(32);

    num_keys++;
    memset(at, 0x4b, 32);
    memcpy(at, &num_keys, sizeof num_keys);
    return covey_bytes_of(at, 32);
}

static bool has_node(const covey_tree *tree, covey_node_index node)
{
    return covey_node_is_leaf(node)
               ? covey_tree_has_leaf(tree, covey_leaf_of_node(node))
               : covey_tree_parent(tree, node) != NULL;
}

static covey_bytes encryption_key(const covey_tree *tree)
{
    uint8_t choice = pick();
    covey_node_index node = {choice % covey_tree_num_nodes(tree->width)};

    if (choice == 0) return fresh_key();
    if ((choice & 0x80) != 0) return vary(fresh_key());
    return has_node(tree, node) ? covey_tree_encryption_key(tree, node)
                                : fresh_key();
}

static covey_bytes extensions(void)
{
    static const uint16_t types[] = {0xf001, 0xf002, 1, 2, 3, 4, 5, 0x0a0a};
    covey_writer w = fresh();
    uint8_t num = pick() % (COVEY_MLS_EXTENSION_TYPES_MAX + 2);

    for (uint8_t i = 0; i < num; i++) {
        uint8_t type = pick();

        covey_write_u16(&w, (type & 0x80) != 0 ? (uint16_t)(0xf100 + i)
                                               : types[type % 8]);
        covey_write_vec(&w, vary(covey_bytes_of("\0\0\0", 3)));
    }
    return covey_writer_since(&w, 0);
}

static covey_bytes u16s(covey_bytes value)
{
    covey_bytes list = vary(value);

    list.len &= ~(size_t)1;
    return list;
}

/* Like the leaf that stands there, but for what the dice say. */
static covey_leaf_node leaf_like(const covey_tree *tree, covey_leaf_index at,
                                 uint8_t source)
{
    static const uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_capabilities *c = NULL;
    covey_leaf_node leaf;
    uint8_t flags = 0;

    covey_tree_leaf(tree, at, &leaf);
    leaf.encryption_key = encryption_key(tree);
    leaf.source = source;
    leaf.lifetime = (covey_lifetime){1, 1000};
    leaf.parent_hash = covey_bytes_of(signature, COVEY_HASH_SIZE);
    leaf.signature = covey_bytes_of(signature, sizeof signature);
    flags = pick();
    c = &leaf.capabilities;
    if ((flags & 1) != 0) leaf.identity = vary(leaf.identity);
    if ((flags & 2) != 0) {
        c->versions = u16s(c->versions);
        c->cipher_suites = u16s(c->cipher_suites);
        c->extensions = u16s(c->extensions);
        c->proposals = u16s(c->proposals);
        c->credentials = u16s(c->credentials);
    }
    if ((flags & 4) != 0) leaf.source = (uint8_t)(1 + pick() % 3);
    if ((flags & 8) != 0) leaf.lifetime.not_after = (uint64_t)pick() << 20;
    if ((flags & 16) != 0) leaf.parent_hash = vary(leaf.parent_hash);
    if ((flags & 32) != 0) leaf.extensions = extensions();
    if ((flags & 64) != 0) leaf.signature = vary(leaf.signature);
    if ((flags & 128) != 0) leaf.signature_key = vary(leaf.signature_key);
    return leaf;
}

/* A member; Anna unless the dice say so. */
static covey_leaf_index some_leaf(const covey_tree *tree)
{
    covey_leaf_index leaf = {pick() % tree->width};

    return covey_tree_has_leaf(tree, leaf) ? leaf : (covey_leaf_index){0};
}

static covey_key_package key_package(const covey_tree *tree)
{
    covey_key_package package = {
        .version = COVEY_MLS10,
        .cipher_suite = COVEY_SUITE_X25519_CHACHA,
        .init_key = fresh_key(),
    };

    package.leaf = leaf_like(tree, some_leaf(tree), COVEY_SOURCE_KEY_PACKAGE);
    if (pick() == 0) package.leaf.signature_key = fresh_key();
    package.signature = package.leaf.signature;

    uint8_t flags = pick();
    if ((flags & 1) != 0) package.version = pick();
    if ((flags & 2) != 0) package.cipher_suite = pick();
    if ((flags & 4) != 0) package.init_key = vary(package.init_key);
    if ((flags & 8) != 0) package.init_key = package.leaf.encryption_key;
    if ((flags & 16) != 0) package.extensions = extensions();
    if ((flags & 32) != 0) package.signature = vary(package.signature);
    return package;
}

static covey_psk_id psk_id(void)
{
    covey_bytes id = family_get()->psk.id;
    covey_psk_id psk = {.type = COVEY_PSK_EXTERNAL};

    /* The same nonce twice makes the same PreSharedKeyID. */
    psk.nonce = pick() != 0 ? covey_bytes_of(test_alloc(32), 32) : fresh_key();
    psk.nonce = vary(psk.nonce);
    psk.id = vary(id);
    if (pick() != 0) {
        psk.type = COVEY_PSK_RESUMPTION;
        psk.usage = pick();
        psk.group_id = vary(covey_bytes_of_text("family"));
        psk.epoch = pick();
    }
    return psk;
}

static void write_proposal(covey_writer *w, const covey_tree *tree,
                           covey_leaf_index sender)
{
    static const uint16_t types[] = {
        COVEY_PROPOSAL_ADD,           COVEY_PROPOSAL_REMOVE,
        COVEY_PROPOSAL_PSK,           COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
        COVEY_PROPOSAL_UPDATE,        COVEY_PROPOSAL_REINIT,
        COVEY_PROPOSAL_EXTERNAL_INIT, 0x0a0a};
    covey_proposal proposal = {.type = types[pick() % 8]};

    switch (proposal.type) {
    case COVEY_PROPOSAL_ADD: proposal.of.add = key_package(tree); break;
    case COVEY_PROPOSAL_UPDATE:
        proposal.of.update = leaf_like(tree, sender, COVEY_SOURCE_UPDATE);
        break;
    case COVEY_PROPOSAL_REMOVE: proposal.of.remove.value = pick(); break;
    case COVEY_PROPOSAL_PSK: proposal.of.psk = psk_id(); break;
    case COVEY_PROPOSAL_REINIT:
        proposal.of.reinit.extensions = extensions();
        break;
    case COVEY_PROPOSAL_EXTERNAL_INIT:
        proposal.of.kem_output = vary(fresh_key());
        break;
    case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        proposal.of.extensions = extensions();
        break;
    default: covey_write_u16(w, proposal.type); return;
    }
    covey_write_proposal(w, &proposal);
}

static void write_proposals(covey_writer *w, const covey_mls_group *group,
                            covey_leaf_index sender)
{
    uint8_t num = pick() % (COVEY_MLS_PROPOSALS_MAX + 2);
    size_t mark = covey_write_vec_open(w);

    for (uint8_t i = 0; i < num; i++) {
        uint8_t choice = pick();

        if ((choice & 0x80) == 0) {
            covey_write_u8(w, COVEY_BY_VALUE);
            write_proposal(w, &group->epoch.tree, sender);
        } else if (group->proposals.num != 0) {
            size_t at = (size_t)choice % group->proposals.num;

            covey_write_u8(w, COVEY_BY_REFERENCE);
            covey_write_vec(w, vary(covey_digest_bytes(
                                   &group->proposals.items[at].ref)));
        }
    }
    covey_write_vec_close(w, mark);
}

/* How many there should be, or some more or less. */
static size_t about(size_t num)
{
    uint8_t choice = pick();

    if (choice == 0) return num;
    if ((choice & 1) != 0) return num + (size_t)(choice >> 1) % 4;
    return num != 0 ? num - 1 : 0;
}

/* The tree as the proposals leave it, if they can be applied. */
static void tree_after(covey_epoch *next, covey_leaf_set *added,
                       const covey_mls_group *group, covey_bytes proposals,
                       covey_leaf_index sender)
{
    covey_reader r = covey_reader_of(proposals);
    covey_proposal_list list;

    memset(added, 0, sizeof *added);
    *next = group->epoch;
    if (covey_proposal_list_of(&list, covey_read_vec(&r), sender,
                               &group->proposals) != COVEY_OK ||
        covey_proposal_list_apply(&list, next, sender,
                                  group->limits.lifetime_max_s,
                                  added) != COVEY_OK) {
        *next = group->epoch;
    }
}

static void write_path_node(covey_writer *w, const covey_tree *tree,
                            size_t num_ciphertexts)
{
    static const uint8_t sealed[COVEY_HASH_SIZE + COVEY_AEAD_TAG_SIZE];
    size_t mark = 0;

    covey_write_vec(w, encryption_key(tree));
    mark = covey_write_vec_open(w);
    for (size_t i = about(num_ciphertexts); i > 0; i--) {
        const covey_hpke_ciphertext one = {vary(fresh_key()),
                                           vary(covey_bytes_of(sealed,
                                                               sizeof sealed))};

        covey_write_hpke_ciphertext(w, &one);
    }
    covey_write_vec_close(w, mark);
}

static void write_path(covey_writer *w, const covey_mls_group *group,
                       covey_bytes proposals, covey_leaf_index sender)
{
    static covey_epoch next;
    covey_leaf_set added;
    covey_filtered_path path;
    size_t mark = 0;

    tree_after(&next, &added, group, proposals, sender);
    covey_leaf_node leaf = leaf_like(&next.tree, sender, COVEY_SOURCE_COMMIT);
    covey_write_leaf_node(w, &leaf);
    covey_tree_filtered_path(&next.tree, sender, &path);
    mark = covey_write_vec_open(w);
    for (size_t i = about(path.num), k = 0; k < i; k++) {
        covey_resolution resolution = {.num = 1};

        if (k < path.num) {
            covey_node_index below =
                covey_node_above(sender, path.level[k] - 1);

            covey_tree_resolution(&next.tree, covey_node_sibling(below), &added,
                                  &resolution);
        }
        write_path_node(w, &next.tree, resolution.num);
    }
    covey_write_vec_close(w, mark);
}

static void write_commit(covey_writer *w, const covey_mls_group *group,
                         covey_leaf_index sender)
{
    size_t mark = w->len;

    write_proposals(w, group, sender);
    covey_bytes proposals = covey_writer_since(w, mark);
    bool with_path = pick() == 0;

    covey_write_u8(w, with_path ? 1 : 0);
    if (with_path && !w->failed) write_path(w, group, proposals, sender);
}

/* ---- around it ---- */

static covey_bytes seal_public(const covey_mls_group *group,
                               covey_public_message *message)
{
    covey_writer w = fresh();

    message->framed.group_id = covey_group_id(&group->epoch.context);
    message->framed.epoch = group->epoch.context.epoch;
    message->framed.sender_type = COVEY_SENDER_MEMBER;
    message->membership_tag = message->auth.confirmation_tag;
    covey_write_message_head(&w, COVEY_WIRE_PUBLIC_MESSAGE);
    covey_write_public_message(&w, message);
    return covey_writer_since(&w, 0);
}

static covey_bytes seal_private(const covey_mls_group *group,
                                const covey_public_message *message)
{
    const covey_epoch *epoch = &group->epoch;
    uint8_t type = message->framed.content_type;
    covey_leaf_index sender = {message->framed.sender};
    covey_writer data = fresh();
    covey_writer plain = fresh();

    covey_write_u32(&data, sender.value);
    covey_write_u32(&data, covey_secret_tree_next(&epoch->secret_tree, sender,
                                                  COVEY_RATCHET_HANDSHAKE) +
                               pick() % 4);
    covey_write_u32(&data, 7);
    covey_write_fixed(&plain, message->framed.content.encoding);
    covey_write_auth_data(&plain, type, &message->auth);
    covey_write_zeros(&plain, pick());
    return process_seal_private(epoch, type, covey_writer_since(&data, 0),
                                message->framed.authenticated_data,
                                covey_writer_since(&plain, 0));
}

covey_bytes generate_message(const covey_mls_group *group, covey_bytes input)
{
    static const uint8_t zeros[COVEY_SIGNATURE_SIZE];
    covey_writer content = fresh();
    covey_public_message message;

    dice = input;
    num_keys = 0;
    if (!covey_mls_is_open(group)) return covey_bytes_of(NULL, 0);

    uint8_t form = pick();
    covey_leaf_index sender = some_leaf(&group->epoch.tree);
    bool is_commit = (form & 1) == 0;

    if (is_commit) {
        write_commit(&content, group, sender);
    } else {
        write_proposal(&content, &group->epoch.tree, sender);
    }
    memset(&message, 0, sizeof message);
    message.framed.sender = sender.value;
    message.framed.content_type =
        is_commit ? COVEY_CONTENT_COMMIT : COVEY_CONTENT_PROPOSAL;
    message.framed.content.encoding = covey_writer_since(&content, 0);
    message.framed.authenticated_data = vary(covey_bytes_of(NULL, 0));
    message.auth.signature = covey_bytes_of(zeros, sizeof zeros);
    message.auth.confirmation_tag = covey_bytes_of(zeros, COVEY_HASH_SIZE);
    covey_bytes out = (form & 2) == 0 ? seal_public(group, &message)
                                      : seal_private(group, &message);
    return covey_bytes_of(test_copy(out), out.len);
}
