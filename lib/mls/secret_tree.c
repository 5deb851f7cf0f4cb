#include "mls/secret_tree.h"

#include <covey/error.h>

#include "base/secret.h"

void covey_secret_tree_init(covey_secret_tree *tree,
                            const covey_encryption_secret *root, uint32_t width)
{
    covey_wipe(tree, sizeof *tree);
    tree->width = width;
    if (width == 1) {
        tree->senders[0].stage = COVEY_SENDER_SEED;
        tree->senders[0].ratchets[0].secret = root->secret;
    } else {
        size_t at = covey_tree_root(width).value / 2;

        tree->node_present[at] = true;
        tree->nodes[at] = root->secret;
    }
}

static void child_secret(covey_secret *out, const covey_hkdf_key *parent,
                         bool right)
{
    (void)covey_expand_with_label_by(out->bytes, sizeof out->bytes, parent,
                                     "tree",
                                     covey_bytes_of_text(right ? "right"
                                                               : "left"));
}

/* The lowest level above the leaf at which a secret is still there. */
static unsigned present_level(const covey_secret_tree *tree,
                              covey_leaf_index leaf)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));
    unsigned level = 1;

    while (level < height &&
           !tree->node_present[covey_node_above(leaf, level).value / 2]) {
        level++;
    }
    return level;
}

/* The leaf's node secret, while the sender has not started. */
static void leaf_secret(covey_secret *out, const covey_secret_tree *tree,
                        covey_leaf_index leaf)
{
    if (tree->senders[leaf.value].stage == COVEY_SENDER_SEED) {
        *out = tree->senders[leaf.value].ratchets[0].secret;
        return;
    }
    unsigned level = present_level(tree, leaf);
    covey_hkdf_key node;

    *out = tree->nodes[covey_node_above(leaf, level).value / 2];
    while (level > 0) {
        level--;
        covey_hkdf_key_of(&node, out);
        child_secret(out, &node, (leaf.value >> level & 1) != 0);
    }
    covey_wipe(&node, sizeof node);
}

static void start_ratchet(covey_ratchet *ratchet, const covey_hkdf_key *leaf,
                          covey_ratchet_kind kind)
{
    (void)covey_expand_with_label_by(ratchet->secret.bytes,
                                     sizeof ratchet->secret.bytes, leaf,
                                     kind == COVEY_RATCHET_HANDSHAKE
                                         ? "handshake"
                                         : "application",
                                     covey_bytes_of(NULL, 0));
    ratchet->generation = 0;
}

static void ratchet_of(covey_ratchet *out, const covey_secret_tree *tree,
                       covey_leaf_index leaf, covey_ratchet_kind kind)
{
    const covey_sender *sender = &tree->senders[leaf.value];
    covey_secret secret;
    covey_hkdf_key key;

    if (sender->stage == COVEY_SENDER_STARTED) {
        *out = sender->ratchets[kind];
        return;
    }
    leaf_secret(&secret, tree, leaf);
    covey_hkdf_key_of(&key, &secret);
    start_ratchet(out, &key, kind);
    covey_wipe(&secret, sizeof secret);
    covey_wipe(&key, sizeof key);
}

static void step(covey_ratchet *ratchet)
{
    covey_derive_tree_secret(ratchet->secret.bytes,
                             sizeof ratchet->secret.bytes, &ratchet->secret,
                             "secret", ratchet->generation);
    ratchet->generation++;
}

static void key_of(covey_aead_key *key, const covey_ratchet *ratchet)
{
    uint8_t context[4];
    covey_writer w = covey_writer_of(context, sizeof context);

    /* DeriveTreeSecret of both. */
    covey_write_u32(&w, ratchet->generation);
    covey_expand_aead_key(key, &ratchet->secret, covey_writer_since(&w, 0));
}

uint32_t covey_secret_tree_next(const covey_secret_tree *tree,
                                covey_leaf_index leaf, covey_ratchet_kind kind)
{
    const covey_sender *sender = &tree->senders[leaf.value];

    return sender->stage == COVEY_SENDER_STARTED
               ? sender->ratchets[kind].generation
               : 0;
}

static covey_skipped_key *skipped_of(covey_secret_tree *tree,
                                     covey_ratchet_kind kind, size_t *max)
{
    bool handshake = kind == COVEY_RATCHET_HANDSHAKE;

    *max = handshake ? COVEY_MLS_HANDSHAKE_SKIPPED_MAX : COVEY_MLS_SKIPPED_MAX;
    return handshake ? tree->skipped_handshake : tree->skipped_application;
}

static const covey_skipped_key *find_skipped(const covey_secret_tree *tree,
                                             const covey_key_name *name)
{
    const covey_skipped_key *keys = name->kind == COVEY_RATCHET_HANDSHAKE
                                        ? tree->skipped_handshake
                                        : tree->skipped_application;

    for (size_t i = 0; i < tree->num_skipped[name->kind]; i++) {
        if (covey_leaf_same(keys[i].leaf, name->leaf) &&
            keys[i].generation == name->generation) {
            return &keys[i];
        }
    }
    return NULL;
}

int covey_secret_tree_peek(covey_aead_key *key, const covey_secret_tree *tree,
                           const covey_key_name *name, uint32_t forward_max)
{
    uint32_t next = covey_secret_tree_next(tree, name->leaf, name->kind);
    covey_ratchet ratchet;

    if (name->generation < next) {
        const covey_skipped_key *skipped = find_skipped(tree, name);

        if (skipped == NULL) return COVEY_ERR_REPLAY;
        *key = skipped->key;
        return COVEY_OK;
    }
    if (name->generation - next > forward_max ||
        name->generation == UINT32_MAX) {
        return COVEY_ERR_TOO_FAR;
    }
    ratchet_of(&ratchet, tree, name->leaf, name->kind);
    while (ratchet.generation < name->generation) step(&ratchet);
    key_of(key, &ratchet);
    covey_wipe(&ratchet, sizeof ratchet);
    return COVEY_OK;
}

/* Puts the children's secrets in the place of each parent's, down to the
 * leaf: section 9.2 wants the parents gone. */
static void open_path(covey_secret_tree *tree, covey_leaf_index leaf)
{
    for (unsigned level = present_level(tree, leaf); level > 0; level--) {
        covey_node_index node = covey_node_above(leaf, level);
        covey_secret *secret = &tree->nodes[node.value / 2];
        covey_hkdf_key key;

        covey_hkdf_key_of(&key, secret);
        for (unsigned side = 0; side < 2; side++) {
            covey_node_index child =
                side == 1 ? covey_node_right(node) : covey_node_left(node);
            covey_sender *sender =
                &tree->senders[covey_leaf_of_node(child).value];
            bool is_leaf = covey_node_is_leaf(child);

            child_secret(is_leaf ? &sender->ratchets[0].secret
                                 : &tree->nodes[child.value / 2],
                         &key, side == 1);
            if (is_leaf) {
                sender->stage = COVEY_SENDER_SEED;
            } else {
                tree->node_present[child.value / 2] = true;
            }
        }
        covey_wipe(secret, sizeof *secret);
        covey_wipe(&key, sizeof key);
        tree->node_present[node.value / 2] = false;
    }
}

static void start(covey_secret_tree *tree, covey_leaf_index leaf)
{
    covey_sender *sender = &tree->senders[leaf.value];
    covey_hkdf_key key;

    if (sender->stage == COVEY_SENDER_STARTED) return;
    if (sender->stage == COVEY_SENDER_NONE) open_path(tree, leaf);
    covey_hkdf_key_of(&key, &sender->ratchets[0].secret);
    start_ratchet(&sender->ratchets[COVEY_RATCHET_HANDSHAKE], &key,
                  COVEY_RATCHET_HANDSHAKE);
    start_ratchet(&sender->ratchets[COVEY_RATCHET_APPLICATION], &key,
                  COVEY_RATCHET_APPLICATION);
    sender->stage = COVEY_SENDER_STARTED;
    covey_wipe(&key, sizeof key);
}

static void drop_skipped(covey_secret_tree *tree, covey_ratchet_kind kind,
                         size_t at)
{
    size_t max = 0;
    covey_skipped_key *keys = skipped_of(tree, kind, &max);
    size_t num = --tree->num_skipped[kind];

    memmove(&keys[at], &keys[at + 1], (num - at) * sizeof keys[0]);
    covey_wipe(&keys[num], sizeof keys[num]);
}

/* The oldest key of the sender who holds most: one who skips cannot push
 * out the keys of the others. */
static size_t least_useful(const covey_skipped_key *keys, size_t num)
{
    size_t chosen = 0;
    size_t most = 0;

    for (size_t i = 0; i < num; i++) {
        size_t held = 0;

        for (size_t k = 0; k < num; k++) {
            if (covey_leaf_same(keys[k].leaf, keys[i].leaf)) held++;
        }
        if (held > most) {
            most = held;
            chosen = i;
        }
    }
    return chosen;
}

static void keep_skipped(covey_secret_tree *tree, covey_ratchet_kind kind,
                         covey_leaf_index leaf, const covey_ratchet *ratchet)
{
    size_t max = 0;
    covey_skipped_key *keys = skipped_of(tree, kind, &max);

    if (tree->num_skipped[kind] == max) {
        drop_skipped(tree, kind, least_useful(keys, max));
    }
    covey_skipped_key *key = &keys[tree->num_skipped[kind]++];
    key->leaf = leaf;
    key->generation = ratchet->generation;
    key_of(&key->key, ratchet);
}

void covey_secret_tree_take(covey_secret_tree *tree, const covey_key_name *name)
{
    const covey_skipped_key *skipped = find_skipped(tree, name);
    size_t max = 0;

    if (skipped != NULL) {
        const covey_skipped_key *keys = skipped_of(tree, name->kind, &max);

        drop_skipped(tree, name->kind, (size_t)(skipped - keys));
        return;
    }
    (void)skipped_of(tree, name->kind, &max);
    start(tree, name->leaf);

    covey_ratchet *ratchet =
        &tree->senders[name->leaf.value].ratchets[name->kind];
    while (ratchet->generation < name->generation) {
        /* Only the last ones that there is room for. */
        if (name->generation - ratchet->generation <= max) {
            keep_skipped(tree, name->kind, name->leaf, ratchet);
        }
        step(ratchet);
    }
    step(ratchet);
}

void covey_sender_data_key(covey_aead_key *key,
                           const covey_sender_data_secret *secret,
                           covey_bytes ciphertext)
{
    covey_bytes sample = ciphertext;

    if (sample.len > COVEY_HASH_SIZE) sample.len = COVEY_HASH_SIZE;
    covey_expand_aead_key(key, &secret->secret, sample);
}
