#include <covey/error.h>

#include "mls/saved.h"
#include "mls/tree_codec.h"
#include "mls/tree_validate.h"

void covey_load_bytes(covey_reader *r, void *out, size_t len)
{
    covey_bytes bytes = covey_read_fixed(r, len);

    if (!r->failed) covey_copy(out, bytes.at, len);
}

static void save_secret(covey_writer *w, const covey_secret *secret)
{
    covey_write_fixed(w, covey_secret_bytes(secret));
}

static void load_secret(covey_reader *r, covey_secret *secret)
{
    covey_load_bytes(r, secret->bytes, sizeof secret->bytes);
}

/* ---- private keys of the tree ---- */

static void save_keys(covey_writer *w, const covey_tree_keys *keys)
{
    covey_write_u32(w, keys->self.value);
    covey_write_fixed(w, covey_bytes_of(keys->leaf.bytes,
                                        sizeof keys->leaf.bytes));
    covey_write_u32(w, keys->held);
    for (unsigned level = 1; level <= COVEY_MLS_DEPTH_MAX; level++) {
        if ((keys->held >> level & 1) == 0) continue;
        covey_write_fixed(w, covey_bytes_of(keys->parents[level - 1].bytes,
                                            sizeof keys->parents[0].bytes));
    }
}

static void load_keys(covey_reader *r, covey_tree_keys *keys,
                      const covey_tree *tree, bool member)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    keys->self.value = covey_read_u32(r);
    covey_load_bytes(r, keys->leaf.bytes, sizeof keys->leaf.bytes);
    keys->held = covey_read_u32(r);
    /* Bits for the levels 1 to the height, no others. */
    if ((keys->held & 1) != 0 || keys->held >> (height + 1) != 0 ||
        (member && !covey_tree_has_leaf(tree, keys->self))) {
        r->failed = true;
    }
    for (unsigned level = 1; !r->failed && level <= height; level++) {
        if ((keys->held >> level & 1) == 0) continue;
        covey_load_bytes(r, keys->parents[level - 1].bytes,
                         sizeof keys->parents[0].bytes);
        if (!member ||
            covey_tree_parent(tree, covey_node_above(keys->self, level)) ==
                NULL) {
            r->failed = true;
        }
    }
}

/* ---- the secret tree ---- */

static void save_skipped(covey_writer *w, const covey_skipped_key *keys,
                         uint16_t num)
{
    covey_write_u16(w, num);
    for (size_t i = 0; i < num; i++) {
        covey_write_u32(w, keys[i].leaf.value);
        covey_write_u32(w, keys[i].generation);
        covey_write_fixed(w, covey_bytes_of(keys[i].key.key,
                                            sizeof keys[i].key.key));
        covey_write_fixed(w, covey_bytes_of(keys[i].key.nonce,
                                            sizeof keys[i].key.nonce));
    }
}

static int load_skipped(covey_reader *r, covey_skipped_key *keys, uint16_t *num,
                        size_t max, uint32_t width)
{
    *num = covey_read_u16(r);
    if (*num > max) return COVEY_ERR_CAPACITY;
    for (size_t i = 0; !r->failed && i < *num; i++) {
        keys[i].leaf.value = covey_read_u32(r);
        keys[i].generation = covey_read_u32(r);
        covey_load_bytes(r, keys[i].key.key, sizeof keys[i].key.key);
        covey_load_bytes(r, keys[i].key.nonce, sizeof keys[i].key.nonce);
        if (keys[i].leaf.value >= width) r->failed = true;
    }
    return COVEY_OK;
}

static void save_sender(covey_writer *w, const covey_sender *sender)
{
    covey_write_u8(w, sender->stage);
    if (sender->stage == COVEY_SENDER_NONE) return;
    save_secret(w, &sender->ratchets[0].secret);
    if (sender->stage == COVEY_SENDER_SEED) return;
    save_secret(w, &sender->ratchets[1].secret);
    covey_write_u32(w, sender->ratchets[0].generation);
    covey_write_u32(w, sender->ratchets[1].generation);
}

static void load_sender(covey_reader *r, covey_sender *sender)
{
    sender->stage = covey_read_u8(r);
    if (sender->stage > COVEY_SENDER_STARTED) r->failed = true;
    if (r->failed || sender->stage == COVEY_SENDER_NONE) return;
    load_secret(r, &sender->ratchets[0].secret);
    if (sender->stage == COVEY_SENDER_SEED) return;
    load_secret(r, &sender->ratchets[1].secret);
    sender->ratchets[0].generation = covey_read_u32(r);
    sender->ratchets[1].generation = covey_read_u32(r);
}

static void save_secret_tree(covey_writer *w, const covey_secret_tree *tree)
{
    covey_write_u32(w, tree->width);
    for (uint32_t i = 0; i + 1 < tree->width; i++) {
        covey_write_u8(w, tree->node_present[i] ? 1 : 0);
        if (tree->node_present[i]) save_secret(w, &tree->nodes[i]);
    }
    for (uint32_t i = 0; i < tree->width; i++) {
        save_sender(w, &tree->senders[i]);
    }
    save_skipped(w, tree->skipped_handshake,
                 tree->num_skipped[COVEY_RATCHET_HANDSHAKE]);
    save_skipped(w, tree->skipped_application,
                 tree->num_skipped[COVEY_RATCHET_APPLICATION]);
}

/* Whether each sender that has not begun can still be reached from above. */
static bool is_whole(const covey_secret_tree *tree)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (uint32_t i = 0; i < tree->width; i++) {
        bool found = tree->senders[i].stage != COVEY_SENDER_NONE;

        for (unsigned level = 1; !found && level <= height; level++) {
            covey_node_index node =
                covey_node_above((covey_leaf_index){i}, level);
            found = tree->node_present[node.value / 2];
        }
        if (!found) return false;
    }
    return true;
}

static int load_secret_tree(covey_reader *r, covey_secret_tree *tree,
                            uint32_t width)
{
    tree->width = covey_read_u32(r);
    if (tree->width != width) return COVEY_ERR_MALFORMED;
    for (uint32_t i = 0; i + 1 < width; i++) {
        tree->node_present[i] = covey_read_optional(r);
        if (tree->node_present[i]) load_secret(r, &tree->nodes[i]);
    }
    for (uint32_t i = 0; i < width; i++) load_sender(r, &tree->senders[i]);

    int err = load_skipped(r, tree->skipped_handshake,
                           &tree->num_skipped[COVEY_RATCHET_HANDSHAKE],
                           COVEY_MLS_HANDSHAKE_SKIPPED_MAX, width);
    if (!err) {
        err = load_skipped(r, tree->skipped_application,
                           &tree->num_skipped[COVEY_RATCHET_APPLICATION],
                           COVEY_MLS_SKIPPED_MAX, width);
    }
    if (!err && (r->failed || (width != 0 && !is_whole(tree)))) {
        err = COVEY_ERR_MALFORMED;
    }
    return err;
}

/* ---- all of it ---- */

void covey_save_epoch(covey_writer *w, const covey_epoch *epoch)
{
    covey_write_group_context(w, &epoch->context);
    covey_write_fixed(w, covey_digest_bytes(&epoch->interim_transcript_hash));
    covey_write_ratchet_tree(w, &epoch->tree);
    save_keys(w, &epoch->keys);
    covey_write_fixed(w, covey_bytes_of(epoch->sign_key.bytes,
                                        sizeof epoch->sign_key.bytes));
    save_secret(w, &epoch->sender_data_secret.secret);
    save_secret(w, &epoch->membership_key.secret);
    covey_write_u8(w, epoch->exporter_present ? 1 : 0);
    if (epoch->exporter_present) save_secret(w, &epoch->exporter_secret.secret);
    save_secret(w, &epoch->epoch_authenticator.secret);
    save_secret(w, &epoch->init_secret.secret);
    save_secret_tree(w, &epoch->secret_tree);
}

static int load_tree(covey_reader *r, covey_epoch *epoch)
{
    const uint8_t *start = r->at;

    (void)covey_read_vec(r);
    if (r->failed) return COVEY_ERR_MALFORMED;

    int err =
        covey_ratchet_tree_decode(&epoch->tree, covey_reader_since(r, start),
                                  epoch->context.suite);
    if (!err) err = covey_tree_check(&epoch->tree, epoch->context.suite);
    return err == COVEY_OK || err == COVEY_ERR_CAPACITY ? err
                                                        : COVEY_ERR_MALFORMED;
}

int covey_load_epoch(covey_reader *r, covey_epoch *epoch, bool member)
{
    if (covey_read_group_context(r, &epoch->context) != COVEY_OK) {
        return COVEY_ERR_MALFORMED;
    }
    covey_load_bytes(r, epoch->interim_transcript_hash.bytes,
                     sizeof epoch->interim_transcript_hash.bytes);
    int err = load_tree(r, epoch);
    if (err) return err;
    load_keys(r, &epoch->keys, &epoch->tree, member);
    covey_load_bytes(r, epoch->sign_key.bytes, sizeof epoch->sign_key.bytes);
    load_secret(r, &epoch->sender_data_secret.secret);
    load_secret(r, &epoch->membership_key.secret);
    epoch->exporter_present = covey_read_optional(r);
    if (epoch->exporter_present) {
        load_secret(r, &epoch->exporter_secret.secret);
    }
    load_secret(r, &epoch->epoch_authenticator.secret);
    load_secret(r, &epoch->init_secret.secret);
    if (r->failed) return COVEY_ERR_MALFORMED;
    return load_secret_tree(r, &epoch->secret_tree,
                            member ? epoch->tree.width : 0);
}
